//! The page to which Stripe sends back. It says what we know, never what the browser's coming back suggests.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web::Data};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::donations::Gift;
use crate::donations::checkout::{self, Standing, Stands};
use crate::error::Error;
use crate::i18n::Texts;
use crate::values::{DonationId, PledgeId, Purpose};
use crate::web::extract::{PublicPage, Query};
use crate::web::{Answer, Message};

/// For how long the page looks again by itself, in seconds. Webhooks come within seconds; later nobody should wait here.
const LOOKS_FOR: i64 = 300;
/// Seconds between looks of browsers without script, which load the whole page.
const REFRESH: i64 = 10;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The token.
    gift: String,
    /// When the page was first opened, in seconds since 1970; written by the page itself.
    since: i64,
    lang: String,
}

#[derive(Serialize)]
struct Waiting {
    title: String,
    text: String,
    live_url: String,
    waited: bool,
    settled: bool,
}

/// `GET /donate/thanks?gift=`, or the part of it that is asked for again.
pub async fn show(mut page: PublicPage, app: Data<App>, asked: Query<Asked>, request: HttpRequest) -> Answer {
    page.meta.noindex = true;
    let fragment = request.headers().contains_key("x-fragment");
    let Some(gift) = gift(&app, &asked.gift) else { return neutral(&page) };
    let standing = match app.db.read(move |db| checkout::standing(db, gift)).await {
        Ok(standing) => standing,
        Err(Error::NotFound(_)) => return neutral(&page),
        Err(other) => return Err(other.into()),
    };
    // Stripe's page knows nothing of the language that was chosen on ours.
    if asked.lang.is_empty() {
        page.language = page.organisation.language_or_first(Some(&standing.language));
    }
    match standing.stands {
        Stands::Waiting => waiting(page, &standing, &asked, fragment),
        _ if fragment => page.render("public/donate/look", "", &Waiting { settled: true, ..nothing() }),
        _ => page.message(StatusCode::OK, &settled(&page, &standing)),
    }
}

/// The gift that the token names; nothing for what is forged or older than a day.
fn gift(app: &App, token: &str) -> Option<Gift> {
    let now = app.clock.now();
    let donation = app.root.verify(Purpose::Donation, token, now).map(|id| Gift::Donation(DonationId(id)));
    donation.or_else(|_| app.root.verify(Purpose::Pledge, token, now).map(|id| Gift::Pledge(PledgeId(id)))).ok()
}

fn waiting(mut page: PublicPage, standing: &Standing, asked: &Asked, fragment: bool) -> Answer {
    let now = page.app.clock.now().0.timestamp();
    let since = if (1..=now).contains(&asked.since) { asked.since } else { now };
    let waited = now - since > LOOKS_FOR;
    let key = if waited { "thanks-waiting-long" } else { "thanks-waiting-text" };
    let url = format!("/donate/thanks?gift={}&since={since}&lang={}", asked.gift, page.language);
    let text = match waited {
        true => page.t(key, &[]),
        false => page.t(key, &[("amount", amount(&page, standing).into())]),
    };
    let title = page.t("thanks-waiting-title", &[]);
    page.meta.refresh = (!waited).then(|| format!("{REFRESH};url={url}"));
    let data = Waiting { title: title.clone(), text, live_url: url, waited, settled: false };
    page.render(if fragment { "public/donate/look" } else { "public/donate/waiting" }, &title, &data)
}

fn nothing() -> Waiting {
    Waiting { title: String::new(), text: String::new(), live_url: String::new(), waited: false, settled: false }
}

fn amount(page: &PublicPage, standing: &Standing) -> String {
    Texts::get().money(&page.language, &standing.amount)
}

/// Where who has nothing more to do here may go on.
fn analyses(page: &PublicPage) -> String {
    format!("/analyses?lang={}", page.language)
}

fn settled(page: &PublicPage, standing: &Standing) -> Message {
    let text = |key: &str| page.t(key, &[("amount", amount(page, standing).into())]);
    let plain = |key: &str| page.t(key, &[]);
    let repeated = standing.every.is_some();
    let again = format!("/donate?lang={}", page.language);
    let analyses = analyses(page);
    let message = match standing.stands {
        Stands::Paid => {
            let arrived = text(if repeated { "thanks-paid-monthly" } else { "thanks-paid-once" });
            let message = Message::new(plain("thanks-paid-title")).kind("ok").paragraph(arrived);
            let message = message.paragraph(plain("thanks-paid-receipt"));
            let message = if repeated { message.paragraph(plain("thanks-paid-end")) } else { message };
            message.link(analyses, plain("thanks-paid-link"))
        }
        Stands::Processing | Stands::Waiting => Message::new(plain("thanks-processing-title"))
            .kind("info")
            .paragraph(text("thanks-processing-text"))
            .paragraph(plain("thanks-processing-receipt"))
            .link(analyses, plain("thanks-paid-link")),
        Stands::Failed => Message::new(plain("thanks-failed-title"))
            .kind("warn")
            .paragraph(text("thanks-failed-text"))
            .link(again, plain("thanks-again")),
        Stands::Cancelled => Message::new(plain("thanks-cancelled-title"))
            .kind("info")
            .paragraph(plain("thanks-cancelled-text"))
            .link(again, plain("thanks-again")),
    };
    if !standing.test {
        return message;
    }
    message.paragraph(format!("{} {}", plain("donate-test"), plain("donate-test-text")))
}

/// For links that we did not make or that are too old: it says nothing of anybody.
fn neutral(page: &PublicPage) -> Answer {
    let message = Message::new(page.t("thanks-neutral-title", &[]))
        .paragraph(page.t("thanks-neutral-text", &[]))
        .link(analyses(page), page.t("thanks-paid-link", &[]));
    page.message(StatusCode::OK, &message)
}
