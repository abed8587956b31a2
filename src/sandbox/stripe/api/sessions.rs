//! `/v1/checkout/sessions`.

use serde_json::Value;

use super::catalog::{self, PRICE_DATA};
use super::lists::{page, same};
use super::params::{Kind, Params, missing};
use super::{Answered, Call};
use crate::sandbox::stripe::engine::pay;
use crate::sandbox::stripe::fault::{ApiError, Fault};
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::objects;
use crate::sandbox::stripe::run::Run;
use crate::values::Currency;

const SESSION: &str = "checkout.session";
const URL: &str = "/v1/checkout/sessions";

/// Languages of the hosted page.
const LOCALES: &[&str] = &[
    "auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr", "hu",
    "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv",
    "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
];
const LINE: Kind =
    Kind::Object(&[("price", Kind::Text), ("price_data", Kind::Object(PRICE_DATA)), ("quantity", Kind::Int)]);
const PAYMENT: Params = &[
    ("capture_method", Kind::OneOf(&["automatic", "automatic_async"])),
    ("description", Kind::Text),
    ("metadata", Kind::Metadata),
    ("setup_future_usage", Kind::OneOf(&["off_session", "on_session"])),
    ("statement_descriptor", Kind::Text),
    ("statement_descriptor_suffix", Kind::Text),
];
pub const CREATE: Params = &[
    ("adaptive_pricing", Kind::Object(&[("enabled", Kind::Bool)])),
    ("allowed_payment_method_types", Kind::List(&Kind::OneOf(&["card", "sepa_debit"]))),
    ("billing_address_collection", Kind::OneOf(&["auto", "required"])),
    ("cancel_url", Kind::Text),
    ("client_reference_id", Kind::Text),
    ("currency", Kind::Currency),
    ("customer", Kind::Text),
    ("customer_creation", Kind::OneOf(&["always", "if_required"])),
    ("customer_email", Kind::Text),
    ("excluded_payment_method_types", Kind::List(&Kind::Text)),
    ("expires_at", Kind::Int),
    ("line_items", Kind::List(&LINE)),
    ("locale", Kind::OneOf(LOCALES)),
    ("metadata", Kind::Metadata),
    ("mode", Kind::OneOf(&["payment", "setup", "subscription"])),
    ("origin_context", Kind::OneOf(&["mobile_app", "web"])),
    ("payment_intent_data", Kind::Object(PAYMENT)),
    ("submit_type", Kind::OneOf(&["auto", "book", "donate", "pay", "subscribe"])),
    ("subscription_data", Kind::Object(&[("description", Kind::Text), ("metadata", Kind::Metadata)])),
    ("success_url", Kind::Text),
    ("ui_mode", Kind::OneOf(&["hosted_page"])),
];
pub const LIST: Params = &[
    ("customer", Kind::Text),
    ("customer_details", Kind::Object(&[("email", Kind::Text)])),
    ("payment_intent", Kind::Text),
    ("status", Kind::OneOf(&["complete", "expired", "open"])),
    ("subscription", Kind::Text),
];

pub fn create(run: &mut Run<'_>, call: &Call) -> Answered {
    let asked = &call.params;
    let recurring = match asked.text("mode") {
        "payment" => false,
        "subscription" => true,
        "setup" => {
            return Err(ApiError::invalid("The sandbox does not have mode setup.").param("mode").before().into());
        }
        _ => return Err(missing("mode").into()),
    };
    let wrong = if recurring { ["payment_intent_data", "customer_creation"] } else { ["subscription_data", ""] };
    if let Some(name) = wrong.into_iter().find(|name| !name.is_empty() && !asked.is_nothing(name)) {
        let said = format!("You can not pass `{name}` in `{}` mode.", asked.text("mode"));
        return Err(ApiError::invalid(said).param(name).before().into());
    }
    for (name, needed) in [("success_url", true), ("cancel_url", false)] {
        match asked.maybe(name) {
            Some(given) if url::Url::parse(given).is_err() => {
                return Err(ApiError::invalid("Not a valid URL").code("url_invalid").param(name).before().into());
            }
            None if needed => return Err(missing(name).into()),
            _ => {}
        }
    }
    if let (Some(_), Some(_)) = (asked.maybe("customer"), asked.maybe("customer_email")) {
        let said = "You may only specify one of these parameters: customer, customer_email.";
        return Err(ApiError::invalid(said).before().into());
    }
    if let Some(email) = asked.maybe("customer_email")
        && !email.contains('@')
    {
        let said = format!("Invalid email address: {email}");
        return Err(ApiError::invalid(said).code("email_invalid").param("customer_email").before().into());
    }
    if let Some(customer) = asked.maybe("customer") {
        run.named("customer", customer, "customer")?;
    }
    if asked.text("client_reference_id").len() > 200 {
        let said = "Invalid string: client_reference_id must be at most 200 characters";
        return Err(ApiError::invalid(said).param("client_reference_id").before().into());
    }
    let expires = expiry(run, asked.maybe_int("expires_at"))?;
    let lines = lines(run, asked, recurring)?;
    let session = objects::session::session(run.stripe, asked, lines, (run.seconds(), expires))?;
    run.add(&session)?;
    run.schedule(expires, "expire", session.text("id"))?;
    Ok(session.into())
}

/// 30 minutes to 24 hours from now. A client lives in real time: when the sandbox's clock was moved ahead, the same
/// span is taken from there.
fn expiry(run: &Run<'_>, asked: Option<i64>) -> Result<i64, Fault> {
    const DAY: i64 = 86_400;
    let (here, real) = (run.seconds(), run.stripe.clock.now().0.timestamp());
    // Some seconds of grace: clocks differ, requests travel.
    let fits = |from: i64, at: i64| (from + 1800 - 10..=from + DAY + 10).contains(&at);
    match asked {
        None => Ok(here + DAY),
        Some(at) if fits(here, at) => Ok(at),
        Some(at) if fits(real, at) => Ok(at + here - real),
        Some(_) => {
            let said = "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout \
                        Session creation.";
            Err(ApiError::invalid(said).param("expires_at").before().into())
        }
    }
}

fn lines(run: &mut Run<'_>, asked: &Value, recurring: bool) -> Result<Vec<Value>, Fault> {
    let items = asked.list("line_items");
    if items.is_empty() {
        return Err(missing("line_items").into());
    }
    if recurring && items.len() > 1 {
        return Err(ApiError::invalid("The sandbox takes one line in subscription mode.")
            .param("line_items")
            .before()
            .into());
    }
    let mut lines = Vec::new();
    for (number, item) in items.iter().enumerate() {
        let name = format!("line_items[{number}]");
        let (price, product) = match item.maybe("price") {
            Some(price) => {
                let price = run.named("price", price, &format!("{name}[price]"))?;
                let product = run.get(price.text("product"))?;
                (price, product)
            }
            None if item.is_nothing("price_data") => return Err(missing(&format!("{name}[price]")).into()),
            None => catalog::inline(run, item.get_at("price_data"), &format!("{name}[price_data]"))?,
        };
        let quantity = item.maybe_int("quantity").ok_or_else(|| missing(&format!("{name}[quantity]")))?;
        if quantity < 1 {
            let said = "This value must be greater than or equal to 1.";
            return Err(ApiError::invalid(said)
                .code("parameter_invalid_integer")
                .param(&format!("{name}[quantity]"))
                .before()
                .into());
        }
        if recurring == price.is_nothing("recurring") {
            let said = match recurring {
                true => "You must provide at least one recurring price in `subscription` mode when using prices.",
                false => {
                    "You specified `payment` mode but passed a recurring price. Either switch to `subscription` \
                          mode or use only one-time prices."
                }
            };
            return Err(ApiError::invalid(said).param("line_items").before().into());
        }
        lines.push(objects::session::line(&price, product.text("name"), quantity)?);
    }
    check_total(&lines)?;
    Ok(lines)
}

fn check_total(lines: &[Value]) -> Result<(), Fault> {
    let code = lines.first().map_or("", |line| line.text("currency"));
    if lines.iter().any(|line| line.text("currency") != code) {
        return Err(ApiError::invalid("All line items must have the same currency.")
            .param("line_items")
            .before()
            .into());
    }
    let total = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.int("amount_total")));
    let currency = Currency::parse(code).map_err(|e| ApiError::invalid(e.to_string()))?;
    Ok(catalog::chargeable(total, &currency, "line_items")?)
}

pub fn retrieve(run: &mut Run<'_>, call: &Call) -> Answered {
    Ok(run.named(SESSION, &call.id, "session")?.into())
}

pub fn expire(run: &mut Run<'_>, call: &Call) -> Answered {
    Ok(pay::expire(run, &call.id)?.into())
}

pub fn line_items(run: &mut Run<'_>, call: &Call) -> Answered {
    let session = run.named(SESSION, &call.id, "session")?;
    Ok(objects::list(session.list("_lines").to_vec(), false, &format!("{URL}/{}/line_items", call.id)).into())
}

pub fn list(run: &mut Run<'_>, call: &Call) -> Answered {
    let page = page(run, call, SESSION, URL, |session| {
        same(session, "customer", call, "customer")
            && same(session, "customer_details.email", call, "customer_details.email")
            && same(session, "payment_intent", call, "payment_intent")
            && same(session, "status", call, "status")
            && same(session, "subscription", call, "subscription")
    })?;
    Ok(page.into())
}
