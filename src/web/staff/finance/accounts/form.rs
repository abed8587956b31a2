//! Adding, changing and removing an account of the map.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{ACCOUNTS, words};
use crate::app::App;
use crate::db::Db;
use crate::donations::funds;
use crate::error::{Error as FeatureError, FieldError};
use crate::finance::journal::Chart;
use crate::finance::journal::accounts::{self, Purpose};
use crate::finance::{AccountKind, AccountRole, JournalAccount, bank};
use crate::values::{JournalAccountId, Language};
use crate::web::extract::{Form, Query, Staff, permit};
use crate::web::staff::field_errors;
use crate::web::{Answer, Notice};

type Writer = Staff<permit::Gifts>;

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct AccountForm {
    code: String,
    name: String,
    /// Of staff's own accounts only.
    kind: String,
    /// What a new one is for: `fund-3`, `bank-1`, `other`.
    #[serde(rename = "for")]
    purpose: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewQuery {
    #[serde(rename = "for")]
    purpose: String,
}

/// What the form says around its fields.
struct Around {
    heading: String,
    hint: String,
    action: String,
    button: &'static str,
    /// Staff's own: its kind can be chosen.
    is_own: bool,
    remove: Option<Removing>,
}

#[derive(Serialize)]
struct Removing {
    action: String,
    /// What happens then.
    words: &'static str,
}

/// `GET /staff/finance/accounts/new?for=`
pub async fn new(staff: Writer, app: Data<App>, Query(query): Query<NewQuery>) -> Answer {
    let typed =
        AccountForm { purpose: query.purpose, kind: AccountKind::Expenses.to_string(), ..AccountForm::default() };
    new_form(&staff, &app, StatusCode::OK, typed, Vec::new()).await
}

/// `POST /staff/finance/accounts`
pub async fn create(staff: Writer, app: Data<App>, form: Form<AccountForm>) -> Answer {
    let (form, typed, actor, now) = (form.0.clone(), form.into_inner(), staff.actor(), app.clock.now());
    let done = app.db.write(move |db| accounts::add(db, purpose(&form)?, &form.code, &form.name, &actor, now)).await;
    match done {
        Ok(_) => staff.redirect(ACCOUNTS, Notice::ok("The account is added. The journal uses it at once.")),
        Err(error) => new_form(&staff, &app, StatusCode::UNPROCESSABLE_ENTITY, typed, field_errors(error)?).await,
    }
}

fn purpose(form: &AccountForm) -> Result<Purpose, FeatureError> {
    let missing = |_| FeatureError::NotFound("account");
    match form.purpose.split_once('-') {
        Some(("fund", id)) => Ok(Purpose::Fund(id.parse().map_err(missing)?)),
        Some(("bank", id)) => Ok(Purpose::Bank(id.parse().map_err(missing)?)),
        _ => {
            let kind = form.kind.parse().map_err(|_| FeatureError::invalid("kind", "choose what it is"))?;
            Ok(Purpose::Other(kind))
        }
    }
}

async fn new_form(
    staff: &Writer,
    app: &App,
    status: StatusCode,
    typed: AccountForm,
    errors: Vec<FieldError>,
) -> Answer {
    let word = typed.purpose.clone();
    let heading = app.db.read(move |db| new_heading(db, &word)).await?;
    let is_own = heading.is_none();
    let around = Around {
        heading: heading.unwrap_or_else(|| "New account".into()),
        hint: match is_own {
            true => {
                "An account of your own, to explain by hand what no rule explains: another income, a loan, a fee of \
                     somebody else."
                    .into()
            }
            false => "Give it the number and the name that your chart of accounts has.".into(),
        },
        action: ACCOUNTS.into(),
        button: "Add the account",
        is_own,
        remove: None,
    };
    form_page(staff, status, &around, &typed, &errors)
}

/// `Account of the fund Legal aid`; nothing for staff's own.
fn new_heading(db: &mut Db, word: &str) -> Result<Option<String>, FeatureError> {
    match word.split_once('-') {
        Some(("fund", id)) => {
            let fund = funds::list(db, &Language::english())?.into_iter().find(|fund| fund.id.to_string() == id);
            Ok(Some(format!("Account of the fund {}", fund.ok_or(FeatureError::NotFound("fund"))?.name)))
        }
        Some(("bank", id)) => {
            let bank = bank::accounts(db)?.into_iter().find(|bank| bank.id.to_string() == id);
            Ok(Some(format!(
                "Account of the bank account {}",
                bank.ok_or(FeatureError::NotFound("bank account"))?.name
            )))
        }
        _ => Ok(None),
    }
}

/// By number; the general ones by what they are for, because they have no number before somebody changes them.
fn find(db: &mut Db, word: &str) -> Result<JournalAccount, FeatureError> {
    let chart = Chart::load(db)?;
    let found = match word.parse::<JournalAccountId>() {
        Ok(id) => chart.find(id),
        Err(_) => word.parse::<AccountRole>().ok().and_then(|role| chart.role(role)),
    };
    found.cloned().ok_or(FeatureError::NotFound("account"))
}

/// `GET /staff/finance/accounts/{account}`
pub async fn edit(staff: Writer, app: Data<App>, word: Path<String>) -> Answer {
    let asked = word.clone();
    let account = app.db.read(move |db| find(db, &asked)).await?;
    let typed = AccountForm {
        code: account.code.clone(),
        name: account.name.clone(),
        kind: account.kind.to_string(),
        purpose: String::new(),
    };
    form_page(&staff, StatusCode::OK, &around(&account, &word), &typed, &[])
}

/// `POST /staff/finance/accounts/{account}`
pub async fn save(staff: Writer, app: Data<App>, word: Path<String>, form: Form<AccountForm>) -> Answer {
    let (asked, form, typed) = (word.clone(), form.0.clone(), form.into_inner());
    let (actor, now) = (staff.actor(), app.clock.now());
    let done = app.db.write(move |db| {
        accounts::ensure(db, now)?;
        let account = find(db, &asked)?;
        let kind = if account.role == AccountRole::Other { form.kind.parse().ok() } else { None };
        accounts::save(db, account.id, &form.code, &form.name, kind, &actor, now)
    });
    match done.await {
        Ok(()) => staff.redirect(ACCOUNTS, Notice::ok("The account is saved. All months show it.")),
        Err(error) => {
            let errors = field_errors(error)?;
            let asked = word.clone();
            let account = app.db.read(move |db| find(db, &asked)).await?;
            form_page(&staff, StatusCode::UNPROCESSABLE_ENTITY, &around(&account, &word), &typed, &errors)
        }
    }
}

fn around(account: &JournalAccount, word: &str) -> Around {
    let is_own = account.role == AccountRole::Other;
    let remove = (is_own || account.fund_id.is_some() || account.bank_account_id.is_some()).then(|| Removing {
        action: format!("{ACCOUNTS}/{}/remove", account.id),
        words: match (is_own, account.fund_id) {
            (true, _) => "It can be removed while no transaction is explained by it.",
            (false, Some(_)) => "Its gifts are then booked to the general account for gifts, in all months.",
            (false, None) => "Its money is then booked to the general account of the bank, in all months.",
        },
    });
    Around {
        heading: format!("{} {}", account.code, account.name),
        hint: words::hint(account.role).into(),
        action: format!("{ACCOUNTS}/{word}"),
        button: "Save",
        is_own,
        remove,
    }
}

fn form_page(
    staff: &Writer,
    status: StatusCode,
    around: &Around,
    typed: &AccountForm,
    errors: &[FieldError],
) -> Answer {
    let d = json!({
        "crumbs": [
            { "label": "Journal", "href": "/staff/finance/journal" }, { "label": "Account map", "href": ACCOUNTS },
            { "label": around.heading, "href": null },
        ],
        "heading": around.heading, "hint": around.hint, "action": around.action, "button": around.button,
        "is_own": around.is_own, "kinds": words::kinds(), "remove": around.remove, "form": typed, "errors": errors,
    });
    staff.render_with(status, "staff/finance/accounts/form", &around.heading, &d)
}

/// `POST /staff/finance/accounts/{account}/remove`
pub async fn remove(staff: Writer, app: Data<App>, id: Path<JournalAccountId>) -> Answer {
    let (id, actor, now) = (*id, staff.actor(), app.clock.now());
    match app.db.write(move |db| accounts::remove(db, id, &actor, now)).await {
        Ok(()) => staff.redirect(ACCOUNTS, Notice::ok("The account is removed.")),
        Err(FeatureError::Conflict(words)) => staff.redirect(&format!("{ACCOUNTS}/{id}"), Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}
