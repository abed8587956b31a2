//! The hosted payment page: what a donor sees at Stripe, with a button for each way that it can go.

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{only_with_sandbox_stripe, see_other};
use crate::app::App;
use crate::error::Error;
use crate::i18n::Texts;
use crate::sandbox::stripe::look::{self, Session};
use crate::sandbox::stripe::{Outcome, SandboxStripe, engine};
use crate::values::{At, Language};
use crate::web::Answer;
use crate::web::extract::{Form, Loopback, PublicPage, Query};
use crate::web::sandbox::private;
use crate::web::staff::moment;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CheckoutQuery {
    /// What went wrong with the last try.
    error: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PayForm {
    /// The button that was pressed.
    outcome: String,
}

#[derive(Debug, Serialize)]
struct Checkout {
    path: String,
    /// `open`, `paid`, `processing` or `expired`.
    state: &'static str,
    lines: Vec<String>,
    amount: String,
    every: Option<String>,
    button: String,
    email: String,
    declined: bool,
    expires: String,
    success_href: String,
    cancel_href: Option<String>,
    object_href: String,
}

/// `GET /sandbox/stripe/checkout/{session}`
pub async fn show(
    _: Loopback,
    page: PublicPage,
    app: Data<App>,
    id: Path<String>,
    Query(query): Query<CheckoutQuery>,
) -> Answer {
    let stripe = only_with_sandbox_stripe(&app)?;
    let id = id.into_inner();
    let loaded = app.db.read(move |db| Ok::<_, Error>((find(db, &id)?, engine::now(db, &stripe)?)));
    let (session, now) = loaded.await?;
    let mut sheet = Checkout::of(&session, now, query.error == "declined");
    sheet.expires = moment(session.expires_at, page.organisation.zone());
    let mut answer = private(page).render("sandbox/stripe/checkout", "Pay", &sheet)?;
    if let Ok(policy) = HeaderValue::from_str(&policy(&session)) {
        answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(answer)
}

/// `POST /sandbox/stripe/checkout/{session}`: pays, is declined, or leaves.
pub async fn pay(_: Loopback, app: Data<App>, id: Path<String>, form: Form<PayForm>) -> Answer {
    let stripe = only_with_sandbox_stripe(&app)?;
    let (id, pressed) = (id.into_inner(), form.into_inner().outcome);
    let here = format!("/sandbox/stripe/checkout/{id}");
    let outcome = match pressed.as_str() {
        "back" => None,
        pressed => Some(outcome(pressed).ok_or_else(|| Error::invalid("outcome", "is none of the buttons"))?),
    };
    let paid = app.db.write(move |db| {
        let session = find(db, &id)?;
        visit(db, &stripe, &id, outcome)?;
        Ok::<_, Error>(session)
    });
    match (paid.await, outcome) {
        (Ok(_), Some(Outcome::Declined)) => see_other(&format!("{here}?error=declined")),
        (Ok(session), Some(_)) => see_other(&session.success_url),
        (Ok(session), None) => see_other(session.cancel_url.as_deref().unwrap_or(&here)),
        // Paid or expired meanwhile, perhaps in another tab: the page says so.
        (Err(Error::Conflict(_)), _) => see_other(&here),
        (Err(error), _) => Err(error.into()),
    }
}

fn find(db: &mut crate::db::Db, id: &str) -> Result<Session, Error> {
    look::session(db, id)?.ok_or(Error::NotFound("payment page"))
}

fn visit(db: &mut crate::db::Db, stripe: &SandboxStripe, id: &str, outcome: Option<Outcome>) -> Result<(), Error> {
    match outcome {
        Some(outcome) => engine::pay(db, stripe, id, outcome),
        None => engine::abandon(db, stripe, id),
    }
}

fn outcome(pressed: &str) -> Option<Outcome> {
    Some(match pressed {
        "paid" => Outcome::Paid,
        "debit" => Outcome::Processing,
        "debit_fails" => Outcome::ProcessingThenFails,
        "declined" => Outcome::Declined,
        "fails_later" => Outcome::PaidThenFails,
        _ => return None,
    })
}

impl Checkout {
    fn of(session: &Session, now: At, declined: bool) -> Self {
        // As Stripe's page does: numbers in the session's language. What stands around them is for staff, in English.
        let language = Language::parse(&session.locale).unwrap_or_else(|_| Language::english());
        let texts = Texts::get();
        let language = texts.nearest(&language);
        let amount = session.total.as_ref().map(|total| texts.money(&language, total)).unwrap_or_default();
        let state = match (session.status.as_str(), session.payment_status.as_str()) {
            ("complete", "unpaid") => "processing",
            ("complete", _) => "paid",
            ("open", _) if now < session.expires_at => "open",
            _ => "expired",
        };
        Self {
            path: format!("/sandbox/stripe/checkout/{}", session.id),
            state,
            lines: session.lines.clone(),
            every: session.interval.as_ref().map(|interval| format!("every {interval}")),
            button: match (&session.interval, session.donate) {
                (Some(interval), _) => format!("Pay {amount} every {interval}"),
                (None, true) => format!("Donate {amount}"),
                (None, false) => format!("Pay {amount}"),
            },
            amount,
            email: session.email.clone(),
            declined,
            expires: String::new(),
            success_href: session.success_url.clone(),
            cancel_href: session.cancel_url.clone(),
            object_href: format!("/sandbox/stripe/objects/{}", session.id),
        }
    }
}

/// Browsers hold a form's redirects against `form-action` too, and the way back may lead to this site by another name.
fn policy(session: &Session) -> String {
    let origin = |url: &str| {
        let origin = Url::parse(url).ok()?.origin();
        origin.is_tuple().then(|| format!(" {}", origin.ascii_serialization()))
    };
    let back = [Some(&session.success_url), session.cancel_url.as_ref()];
    let back: String = back.into_iter().flatten().filter_map(|url| origin(url)).collect();
    format!("default-src 'self'; base-uri 'none'; form-action 'self'{back}; frame-ancestors 'none'; object-src 'none'")
}
