//! The receipt as it was issued, to be read and printed.

use actix_web::web::{Data, Path};
use serde_json::json;

use super::{find, giver};
use crate::app::App;
use crate::donations::{receipt, store};
use crate::error::Error as FeatureError;
use crate::values::DonationId;
use crate::web::Answer;
use crate::web::extract::{Staff, permit};
use crate::web::staff::gift_words::{donation_path, money};
use crate::web::staff::moment;

/// `GET /staff/donations/{id}/receipt`
pub async fn show(staff: Staff<permit::GiftsRead>, app: Data<App>, id: Path<DonationId>) -> Answer {
    let id = *id;
    let load = app.db.read(move |db| Ok::<_, FeatureError>((find(db, id)?, store::receipts::of(db, id)?)));
    let (donation, receipt) = load.await?;
    let receipt = receipt.ok_or(FeatureError::NotFound("receipt"))?;
    let content = receipt::content(&receipt)?;
    let zone = staff.zone();
    let d = json!({
        "crumbs": [
            { "label": "Donations", "href": "/staff/donations" },
            { "label": format!("{} from {}", money(&donation.amount()), giver(&donation)), "href": donation_path(id) },
            { "label": format!("Receipt {}", receipt.shown()), "href": null },
        ],
        "number": receipt.shown(), "content": content, "lang": donation.language, "dir": donation.language.dir(),
        "issued": moment(receipt.issued_at, zone), "voided": receipt.voided_at.map(|at| moment(at, zone)),
        "test": content.test, "send_href": receipt.voided_at.is_none().then(|| format!("{}/receipt/send", donation_path(id))),
    });
    staff.render("staff/donations/receipt", &format!("Receipt {}", receipt.shown()), &d)
}
