//! Gifts: the list, a gift's page, its receipt, giving money back. Only for roles that may see who gave.

mod actions;
mod export;
mod list;
mod receipt;
mod refund;
mod show;
mod way;

pub use actions::{accept, send_receipt, sure_send_receipt};
pub use export::export;
pub(crate) use list::begin;
pub use list::list;
pub use receipt::show as receipt;
pub use refund::{ask as ask_refund, refund};
pub use show::show;

use crate::donations::{Donation, store};
use crate::error::Error as FeatureError;
use crate::values::DonationId;
use crate::web::extract::Staff;
use crate::web::staff::gift_words::donation_path;
use crate::web::{Answer, Notice};

fn find(db: &mut crate::db::Db, id: DonationId) -> Result<Donation, FeatureError> {
    store::find(db, id)?.ok_or(FeatureError::NotFound("gift"))
}

/// Who gave, as a heading names them: their name, else their address, else nobody.
fn giver(donation: &Donation) -> String {
    match (donation.name.as_str(), donation.email.as_str()) {
        ("", "") => "somebody who did not finish".into(),
        ("", email) => email.into(),
        (name, _) => name.into(),
    }
}

/// After a change: back to the gift, with what was done or why it was not.
fn after<P>(staff: &Staff<P>, id: DonationId, done: Result<(), FeatureError>, words: &str) -> Answer {
    match done {
        Ok(()) => staff.redirect(&donation_path(id), Notice::ok(words)),
        Err(FeatureError::Conflict(words)) => staff.redirect(&donation_path(id), Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}
