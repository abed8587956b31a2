//! The receipt as it was issued, to be read and printed.

use actix_web::web::{Data, Path};
use serde_json::{Value, json};

use super::{find, giver};
use crate::app::App;
use crate::donations::receipt::{self, Content};
use crate::donations::store;
use crate::error::Error as FeatureError;
use crate::i18n::{self, Texts};
use crate::values::{DonationId, Language};
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
    let heading = format!("Receipt {}", receipt.shown());
    let d = json!({
        "crumbs": [
            { "label": "Donations", "href": "/staff/donations" },
            { "label": format!("{} from {}", money(&donation.amount()), giver(&donation)), "href": donation_path(id) },
            { "label": heading, "href": null },
        ],
        "heading": heading, "lang": donation.language, "dir": donation.language.dir(), "test": content.test,
        "label": labels(&content, &donation.language), "lines": lines(&content, &donation.language), "content": content,
        "voided": receipt.voided_at.is_some(),
        "voided_words": receipt.voided_at.map(|at| format!("All of it was given back on {}.", moment(at, zone))),
        "send_href": receipt.voided_at.is_none().then(|| format!("{}/receipt/send", donation_path(id))),
    });
    staff.render("staff/donations/receipt", &heading, &d)
}

/// The words of the mail, in the donor's language: the page shows what the donor has.
fn labels(content: &Content, language: &Language) -> Value {
    let t = |key, args: &[(&str, i18n::Value<'_>)]| Texts::get().t(language, key, args);
    json!({
        "title": t("mail-receipt-lead", &[("organisation", content.legal_name.as_str().into())]),
        "test": content.test.then(|| t("mail-gift-test", &[])),
    })
}

fn lines(content: &Content, language: &Language) -> Vec<Value> {
    let donor = match content.donor_name.as_str() {
        "" => content.donor_email.clone(),
        name => format!("{name}, {}", content.donor_email),
    };
    let all = [
        ("mail-receipt-number", &content.number),
        ("mail-receipt-amount", &content.amount),
        ("mail-receipt-date", &content.date),
        ("mail-receipt-fund", &content.fund),
        ("mail-receipt-donor", &donor),
        ("mail-receipt-registration", &content.registration_number),
        ("mail-receipt-tax", &content.tax_number),
    ];
    all.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| json!({ "term": Texts::get().t(language, key, &[]), "value": value }))
        .collect()
}
