//! Giving money back: one page that says what happens, and asks how much and why.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{find, giver};
use crate::app::App;
use crate::donations::{DonationState, refund as refunds, store};
use crate::error::{Error as FeatureError, FieldError};
use crate::payments::read;
use crate::values::DonationId;
use crate::web::extract::{Form, Staff, permit};
use crate::web::staff::field_errors;
use crate::web::staff::gift_words::{donation_path, money};
use crate::web::{Answer, Notice};

type Writer = Staff<permit::Gifts>;

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct RefundForm {
    amount: String,
    reason: String,
}

/// `GET /staff/donations/{id}/refund`
pub async fn ask(staff: Writer, app: Data<App>, id: Path<DonationId>) -> Answer {
    page(&staff, &app, *id, StatusCode::OK, RefundForm::default(), Vec::new()).await
}

/// `POST /staff/donations/{id}/refund`
pub async fn refund(staff: Writer, app: Data<App>, id: Path<DonationId>, form: Form<RefundForm>) -> Answer {
    let (id, form, actor) = (*id, form.into_inner(), staff.actor());
    let (typed, root, now) = (form.clone(), app.root.clone(), app.clock.now());
    let done = app
        .db
        .write(move |db| refunds::request(db, id, &typed.amount, &typed.reason, &actor, &root, now).map(|_| ()))
        .await;
    match done {
        Err(FeatureError::Conflict(words)) => staff.redirect(&donation_path(id), Notice::warn(words)),
        Err(error) => page(&staff, &app, id, StatusCode::UNPROCESSABLE_ENTITY, form, field_errors(error)?).await,
        Ok(()) => {
            app.ring();
            staff.redirect(
                &donation_path(id),
                Notice::ok("Stripe is told to give the money back. Its answer shows here."),
            )
        }
    }
}

async fn page(
    staff: &Writer,
    app: &App,
    id: DonationId,
    status: StatusCode,
    form: RefundForm,
    errors: Vec<FieldError>,
) -> Answer {
    let load = app.db.read(move |db| {
        let donation = find(db, id)?;
        let payments: Vec<String> = donation.payment.iter().cloned().collect();
        let fee = read::settled(db, &payments)?.into_values().find_map(|settled| settled.balance).map(|b| b.fee);
        Ok::<_, FeatureError>((refunds::left(db, id)?, store::receipts::of(db, id)?, fee, donation))
    });
    let (left, receipt, fee, donation) = load.await?;
    if donation.state != DonationState::Paid || left.minor <= 0 {
        return staff.redirect(&donation_path(id), Notice::warn("There is nothing to give back."));
    }
    let d = json!({
        "href": donation_path(id), "action": format!("{}/refund", donation_path(id)),
        "crumbs": [
            { "label": "Donations", "href": "/staff/donations" },
            { "label": format!("{} from {}", money(&donation.amount()), giver(&donation)), "href": donation_path(id) },
            { "label": "Give money back", "href": null },
        ],
        "facts": [
            { "term": "Gift", "value": money(&donation.amount()) },
            { "term": "Can be given back", "value": money(&left) },
            { "term": "From", "value": giver(&donation) },
        ],
        "left": left.decimal(), "currency": left.currency, "left_words": money(&left), "fee": fee.map(|fee| money(&fee)),
        "receipt": receipt.map(|receipt| receipt.shown()), "test": donation.test, "repeated": donation.pledge_id.is_some(),
        "form": form, "errors": errors,
    });
    staff.render_with(status, "staff/donations/refund", "Give money back", &d)
}
