//! Bringing a statement in. The answer to the form is the result itself: sending it again changes nothing.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use serde::Serialize;
use serde_json::{Value, json};

use super::list::spaced;
use super::words::{BANK, days, statement_path};
use crate::app::App;
use crate::error::{Error as FeatureError, FieldError};
use crate::finance::BankAccount;
use crate::finance::bank::{self, Account, Imported, Taken};
use crate::values::{BankAccountId, clean_line};
use crate::web::Answer;
use crate::web::extract::{FILE_LIMIT, Staff, Upload, UploadedFile, permit};
use crate::web::staff::campaigns::{link, number};
use crate::web::staff::field_errors;
use crate::web::staff::gift_words::Choice;

type Writer = Staff<permit::Gifts>;

/// The choice of an account that is not there yet.
const NEW: &str = "new";

/// As it was sent. A file cannot be filled in again.
#[derive(Debug, Clone, Default, Serialize)]
struct ImportForm {
    /// An id, or [`NEW`].
    account: String,
    name: String,
}

/// `GET /staff/finance/bank/import`
pub async fn ask(staff: Writer, app: Data<App>) -> Answer {
    form(&staff, &app, StatusCode::OK, ImportForm::default(), Vec::new()).await
}

/// `POST /staff/finance/bank/import`
pub async fn import(staff: Writer, app: Data<App>, request: HttpRequest, payload: Payload) -> Answer {
    let upload = Upload::read(&request, payload).await?;
    let typed = ImportForm { account: upload.field("account").into(), name: upload.field("name").into() };
    let refused = |error: FieldError| form(&staff, &app, StatusCode::UNPROCESSABLE_ENTITY, typed.clone(), vec![error]);
    let Some(file) = upload.file else {
        let words = match upload.too_large {
            true => format!("the file is larger than {} MB: ask the bank for fewer days", FILE_LIMIT / 1024 / 1024),
            false => "choose the file that the bank gave you".into(),
        };
        return refused(field("file", words)).await;
    };
    match take(&staff, &app, file, &typed).await {
        Ok(imported) => staff.render("staff/finance/bank/imported", "Statement imported", &result(&imported)),
        Err(error) => {
            let errors = field_errors(error)?.into_iter().map(|error| beside(error, &typed)).collect();
            form(&staff, &app, StatusCode::UNPROCESSABLE_ENTITY, typed, errors).await
        }
    }
}

async fn take(staff: &Writer, app: &App, file: UploadedFile, typed: &ImportForm) -> Result<Imported, FeatureError> {
    let (actor, now, livemode) = (staff.actor(), app.clock.now(), app.livemode());
    let (chosen, name) = (typed.account.parse::<BankAccountId>().ok(), typed.name.clone());
    // What a computer calls a file may be longer than anybody reads, or have letters that no page can show.
    let file_name = clean_line(&file.name, 200).unwrap_or_else(|_| "statement".into());
    app.db
        .write(move |db| {
            let account = chosen.map_or(Account::Named(&name), Account::Id);
            bank::import(db, &file.bytes, &file_name, account, livemode, &actor, now)
        })
        .await
}

fn field(name: &str, message: impl Into<String>) -> FieldError {
    FieldError { field: name.into(), message: message.into() }
}

/// The import speaks of the account; on the form that is the name when a new one was wanted.
fn beside(error: FieldError, typed: &ImportForm) -> FieldError {
    let named = typed.account.parse::<BankAccountId>().is_err();
    if error.field == "account" && named { FieldError { field: "name".into(), ..error } } else { error }
}

async fn form(staff: &Writer, app: &App, status: StatusCode, typed: ImportForm, errors: Vec<FieldError>) -> Answer {
    let accounts = app.db.read(|db| Ok::<_, FeatureError>(bank::accounts(db)?)).await?;
    let words =
        |account: &BankAccount| format!("{} ({}, {})", account.name, spaced(&account.identification), account.currency);
    let mut choices: Vec<Choice> = accounts.iter().map(|one| Choice::new(one.id, words(one))).collect();
    if !choices.is_empty() {
        choices.push(Choice::new(NEW, "A new account"));
    }
    let d = json!({
        "crumbs": crumbs("Import a statement"), "accounts": choices, "form": typed, "errors": errors,
    });
    staff.render_with(status, "staff/finance/bank/import", "Import a statement", &d)
}

fn crumbs(label: &str) -> Value {
    json!([{ "label": "Bank", "href": BANK }, { "label": label, "href": null }])
}

/// What became of the file.
fn result(imported: &Imported) -> Value {
    let account = &imported.account;
    let sum =
        |of: fn(&Taken) -> usize| i64::try_from(imported.statements.iter().map(of).sum::<usize>()).unwrap_or(i64::MAX);
    let (lines, matched, aside) = (sum(|s| s.lines), sum(|s| s.matched), sum(|s| s.set_aside));
    let open = lines.saturating_sub(matched).saturating_sub(aside);
    let href = |show: &str| link(BANK, &[("show", show), ("account", &account.id.to_string())]);
    let lead = match imported.account_is_new {
        true => format!(
            "{} is a new account here: {}, {}.",
            account.name,
            spaced(&account.identification),
            account.currency
        ),
        false => format!("Account {}.", account.name),
    };
    let (heading, next) = headings(imported.statements.len(), open);
    json!({
        "crumbs": crumbs(heading), "heading": heading, "lead": lead, "warnings": imported.warnings,
        "known": !imported.known.is_empty(), "known_words": known_words(&imported.known),
        "figures": [
            { "label": "Lines", "number": number(lines), "change": null, "href": href("all") },
            { "label": "Matched with payouts", "number": number(matched), "change": null, "href": href("matched") },
            { "label": "Set aside", "number": number(aside), "change": "not about payouts", "href": href("set_aside") },
            { "label": "Open", "number": number(open), "change": null, "href": href("open") },
        ],
        "caption": match imported.statements.len() { 1 => "The statement", _ => "The statements" },
        "statements": imported.statements.iter().map(taken).collect::<Vec<_>>(),
        "next": next, "has_open": open > 0,
        "next_label": if open == 1 { "Look at the open line".into() } else { format!("Look at {} open lines", number(open)) },
    })
}

fn headings(statements: usize, open: i64) -> (&'static str, &'static str) {
    match (statements, open) {
        (0, _) => ("This statement is here already", "There is nothing to do."),
        (1, 0) => ("The statement is imported", "Nothing is open: every line is matched or set aside."),
        (_, 0) => ("The statements are imported", "Nothing is open: every line is matched or set aside."),
        (1, _) => {
            ("The statement is imported", "Open lines are matched by hand, or set aside when they are no payouts.")
        }
        _ => ("The statements are imported", "Open lines are matched by hand, or set aside when they are no payouts."),
    }
}

fn known_words(known: &[String]) -> String {
    match known {
        [one] => format!("Statement {one} was imported before."),
        many => format!("These statements were imported before: {}.", many.join(", ")),
    }
}

fn taken(taken: &Taken) -> Value {
    let open = taken.lines.saturating_sub(taken.matched).saturating_sub(taken.set_aside);
    json!({
        "href": statement_path(taken.id), "reference": taken.reference, "days": days(taken.opens_on, taken.closes_on),
        "lines": taken.lines, "matched": taken.matched, "set_aside": taken.set_aside, "open": open,
    })
}
