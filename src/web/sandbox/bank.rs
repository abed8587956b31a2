//! `/sandbox/bank`: the accounts of the sandbox's bank and their statements. Opens only to the machine itself, where the
//! sandbox's Stripe does.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};

use super::private;
use super::stripe::only_with_sandbox_stripe;
use crate::app::App;
use crate::error::Error;
use crate::i18n::Texts;
use crate::sandbox::bank::{self, Booking};
use crate::sandbox::stripe::engine;
use crate::values::{Currency, Day, Language, Money};
use crate::web::Answer;
use crate::web::extract::{Loopback, PublicPage, Query};

/// Days whose bookings are listed.
const SHOWN: i64 = 62;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct BankQuery {
    currency: String,
    from: String,
    to: String,
}

#[derive(Serialize)]
struct Bank {
    heading: String,
    iban: String,
    owner: String,
    currency: String,
    /// The other accounts.
    accounts: Vec<Account>,
    balance: String,
    today: String,
    from: Day,
    to: Day,
    lines: Vec<Line>,
}

#[derive(Serialize)]
struct Account {
    currency: String,
    href: String,
}

#[derive(Serialize)]
struct Line {
    day: Day,
    date: String,
    party: String,
    words: String,
    reference: String,
    amount: String,
}

/// `GET /sandbox/bank[?currency=]`
pub async fn show(_: Loopback, page: PublicPage, app: Data<App>, Query(query): Query<BankQuery>) -> Answer {
    let stripe = only_with_sandbox_stripe(&app)?;
    let owner = page.organisation.name.clone();
    let loaded = app.db.read(move |db| {
        // Banks and Stripe change the day at the same moment here.
        let today = Day::of(engine::now(db, &stripe)?, chrono_tz::UTC);
        let all = bank::currencies(db)?;
        let currency = currency(&query)?;
        let money = |minor| Texts::get().money(&Language::english(), &Money::new(minor, currency.clone()));
        let mut lines = bank::bookings(db, &currency, today.plus(-SHOWN).0, today.0)?;
        lines.reverse();
        let others = all.iter().filter(|one| **one != currency);
        let account =
            |one: &Currency| Account { currency: one.to_string(), href: format!("/sandbox/bank?currency={one}") };
        Ok::<_, Error>(Bank {
            heading: format!("Account in {currency}"),
            iban: in_groups(&bank::iban(&currency)),
            owner,
            accounts: others.map(account).collect(),
            balance: money(bank::balance_before(db, &currency, today.plus(1).0)?),
            today: date(today),
            // Stripe’s clock moves by weeks: a month of days has what it paid out, whatever month it is.
            from: today.plus(-31),
            to: today.plus(-1),
            lines: lines.iter().map(line).collect(),
            currency: currency.to_string(),
        })
    });
    private(page).render("sandbox/bank", "Sandbox bank", &loaded.await?)
}

/// `GET /sandbox/bank/statement.xml?currency=&from=&to=`
pub async fn statement(_: Loopback, app: Data<App>, Query(query): Query<BankQuery>) -> Answer {
    let stripe = only_with_sandbox_stripe(&app)?;
    let day = |field: &str, text: &str| Day::parse(text).map_err(|error| Error::invalid(field, error));
    let (from, to) = (day("from", &query.from)?, day("to", &query.to)?);
    let currency = currency(&query)?;
    let name = format!("attachment; filename=\"statement-{currency}-{from}-{to}.xml\"");
    let written = app.db.read(move |db| {
        let now = engine::now(db, &stripe)?;
        if to > Day::of(now, chrono_tz::UTC) {
            return Err(Error::invalid("to", "is a day that has not come yet"));
        }
        bank::camt(db, &currency, from.0, to.0, now)
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_DISPOSITION, name))
        .content_type("application/xml; charset=utf-8")
        .body(written.await?))
}

fn currency(query: &BankQuery) -> Result<Currency, Error> {
    match query.currency.is_empty() {
        true => Ok(Currency::eur()),
        false => Currency::parse(&query.currency).map_err(|error| Error::invalid("currency", error)),
    }
}

fn date(day: Day) -> String {
    Texts::get().date(&Language::english(), day.0)
}

fn line(booking: &Booking) -> Line {
    let day = Day(booking.booked_on);
    Line {
        day,
        date: date(day),
        party: booking.party.clone(),
        words: booking.words.clone(),
        reference: booking.reference.clone(),
        amount: Texts::get().money(&Language::english(), &booking.amount),
    }
}

/// As IBANs are printed: four by four.
fn in_groups(iban: &str) -> String {
    let letters = iban.chars().enumerate();
    letters.flat_map(|(n, letter)| (n > 0 && n % 4 == 0).then_some(' ').into_iter().chain([letter])).collect()
}
