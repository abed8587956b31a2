//! Answering a question, and mailing a receipt again.

use actix_web::web::{Data, Path};
use serde_json::json;

use super::{after, find, giver};
use crate::app::App;
use crate::donations::{question, receipt, store};
use crate::error::Error as FeatureError;
use crate::values::DonationId;
use crate::web::Answer;
use crate::web::extract::{Staff, permit};
use crate::web::staff::gift_words::donation_path;

type Writer = Staff<permit::Gifts>;

/// `POST /staff/donations/{id}/accept`: books what was paid.
pub async fn accept(staff: Writer, app: Data<App>, id: Path<DonationId>) -> Answer {
    let (id, actor, root, web, now) = (*id, staff.actor(), app.root.clone(), app.config.web.clone(), app.clock.now());
    let done = app.db.write(move |db| question::accept(db, id, &actor, &root, &|path| web.link(path), now)).await;
    app.ring();
    after(&staff, id, done, "What was paid is booked. The receipt is on its way.")
}

/// `GET /staff/donations/{id}/receipt/send`
pub async fn sure_send_receipt(staff: Writer, app: Data<App>, id: Path<DonationId>) -> Answer {
    let id = *id;
    let load = app.db.read(move |db| Ok::<_, FeatureError>((find(db, id)?, store::receipts::of(db, id)?)));
    let (donation, receipt) = load.await?;
    let receipt = receipt.ok_or(FeatureError::NotFound("receipt"))?;
    let d = json!({
        "heading": format!("Send receipt {} again?", receipt.shown()),
        "lead": format!("{} gets the same receipt once more, marked as a copy. Its number stays.", giver(&donation)),
        "action": format!("{}/receipt/send", donation_path(id)), "button": "Send it again",
        "cancel_href": donation_path(id), "danger": false,
        "facts": [{ "term": "To", "value": donation.email }],
    });
    staff.render("staff/donations/sure", "Send the receipt again", &d)
}

/// `POST /staff/donations/{id}/receipt/send`
pub async fn send_receipt(staff: Writer, app: Data<App>, id: Path<DonationId>) -> Answer {
    let (id, actor, now) = (*id, staff.actor(), app.clock.now());
    let done = app.db.write(move |db| receipt::send_again(db, id, &actor, now)).await;
    app.ring();
    after(&staff, id, done, "A copy of the receipt is on its way.")
}
