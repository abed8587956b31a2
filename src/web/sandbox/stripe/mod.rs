//! `/sandbox/stripe`: the hosted payment page of the sandbox's Stripe, and its dashboard. Opens only to the machine
//! itself, in the sandbox and in a rehearsal.

mod actions;
mod checkout;
mod dashboard;
mod money;
mod objects;
mod rows;

pub use actions::{choose_mischief, move_clock, send_again};
pub use checkout::{pay, show as checkout};
pub use dashboard::{live, show as dashboard};
pub use money::{fail_payout, move_money};
pub use objects::{list as objects, show as object};

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header;

use crate::app::App;
use crate::sandbox::stripe::SandboxStripe;
use crate::web::{Answer, Error};

/// A live installation has no such pages.
pub(super) fn only_with_sandbox_stripe(app: &App) -> Result<Arc<SandboxStripe>, Error> {
    app.sandbox_stripe.clone().ok_or_else(|| Error::not_found("page"))
}

fn see_other(address: &str) -> Answer {
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish())
}
