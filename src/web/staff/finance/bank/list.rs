//! `/staff/finance/bank`: the accounts with their last statement, and the lines, first those that are open.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::words::{BANK, Row, day, line_words, payout_path, payout_words, sentence, statement_path};
use crate::app::App;
use crate::db::Db;
use crate::error::{Error as FeatureError, FieldError};
use crate::finance::bank::{self, LineFilter, LineRow, LineState, Suggestion};
use crate::finance::{BankAccount, BankLine};
use crate::staff::Permission;
use crate::values::{BankLineId, Currency, Day, Money, PageRequest};
use crate::web::Answer;
use crate::web::extract::{Query, Staff, permit};
use crate::web::pager::Pager;
use crate::web::staff::campaigns::{link, number};
use crate::web::staff::gift_words::{Choice, money};

/// Each open line is looked at for payouts that fit.
const PER_PAGE: i64 = 30;
/// Whatever became of them.
const ALL: &str = "all";

/// As it stands in the address; anything odd is as if it were not there.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ListQuery {
    q: String,
    /// A state, or `all`; nothing is `open`.
    show: String,
    account: String,
    /// Of a figure of finance's home.
    currency: String,
    /// The bank's days, both included.
    from: String,
    to: String,
    #[serde(skip_serializing)]
    page: String,
}

impl ListQuery {
    fn filter(&self, accounts: &[BankAccount]) -> LineFilter {
        LineFilter {
            state: if self.show == ALL { None } else { Some(self.show.parse().unwrap_or(LineState::Open)) },
            account: self.account.parse().ok(),
            currency: Currency::parse(&self.currency).ok(),
            from: Day::parse(&self.from).ok(),
            to: Day::parse(&self.to).ok(),
            q: self.q.clone(),
            amounts: amounts(&self.q, accounts),
            ..LineFilter::default()
        }
    }
    fn pairs(&self) -> [(&'static str, &str); 6] {
        [
            ("q", &self.q),
            ("show", &self.show),
            ("account", &self.account),
            ("currency", &self.currency),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }
    fn is_filtered(&self) -> bool {
        self.pairs().iter().any(|(_, value)| !value.is_empty())
    }
    fn page(&self, number: &str) -> String {
        link(BANK, &[&self.pairs()[..], &[("page", number)]].concat())
    }
    /// This page of the list.
    pub fn here(&self) -> String {
        self.page(&self.page)
    }
    /// Where setting aside is posted to, so that its answer is this page.
    fn aside_action(&self) -> String {
        link(&format!("{BANK}/aside"), &[&self.pairs()[..], &[("page", &self.page)]].concat())
    }
}

/// What was typed, as an amount in each currency of the accounts; either way of the money.
fn amounts(typed: &str, accounts: &[BankAccount]) -> Vec<i64> {
    let digits = typed.trim().trim_start_matches(['-', '\u{2212}', '+']);
    let parse = |account: &BankAccount| Money::parse(digits, account.currency.clone()).ok().map(|money| money.minor);
    let mut found: Vec<i64> = accounts.iter().filter_map(parse).flat_map(|minor| [minor, -minor]).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The bar over the table as it was sent.
#[derive(Debug, Default, Serialize)]
pub(super) struct AsideForm {
    pub note: String,
    #[serde(skip)]
    pub ticked: Vec<BankLineId>,
}

/// `GET /staff/finance/bank[?q=&show=&account=&from=&to=&page=]`
pub async fn list(staff: Staff<permit::GiftsRead>, app: Data<App>, Query(query): Query<ListQuery>) -> Answer {
    page(&staff, &app, StatusCode::OK, query, AsideForm::default(), Vec::new()).await
}

pub(super) async fn page<P>(
    staff: &Staff<P>,
    app: &App,
    status: StatusCode,
    query: ListQuery,
    form: AsideForm,
    errors: Vec<FieldError>,
) -> Answer {
    let (livemode, may_write) = (app.livemode(), staff.may(Permission::Gifts));
    let d = app.db.read(move |db| load(db, livemode, may_write, &query, form, &errors)).await?;
    staff.render_with(status, "staff/finance/bank/list", "Bank", &d)
}

fn load(
    db: &mut Db,
    livemode: bool,
    may_write: bool,
    query: &ListQuery,
    form: AsideForm,
    errors: &[FieldError],
) -> Result<Value, FeatureError> {
    let accounts = bank::accounts(db)?;
    let filter = query.filter(&accounts);
    let found = bank::lines(db, &filter, PageRequest::new(query.page.parse().ok(), PER_PAGE))?;
    let mut rows = Vec::new();
    for row in &found.rows {
        rows.push(listed(db, livemode, row, &accounts, &form)?);
    }
    let total = found.total;
    let open = filter.state == Some(LineState::Open);
    Ok(json!({
        "may_write": may_write, "errors": errors, "may_set_aside": may_write && rows.iter().any(|row| row.row.is_open),
        "accounts": account_rows(db, &accounts)?, "many_accounts": accounts.len() > 1,
        "account_choices": accounts.iter().map(|one| Choice::new(one.id, &one.name)).collect::<Vec<_>>(),
        "states": states(), "filter": {
            "q": query.q, "show": filter.state.map_or_else(|| ALL.to_owned(), |state| state.to_string()),
            "account": query.account, "currency": query.currency, "from": query.from, "to": query.to,
        },
        "clear_href": query.is_filtered().then_some(BANK), "here": query.here(), "aside_action": query.aside_action(),
        "open": open, "count": count(total, filter.state), "nothing": nothing(query, filter.state), "form": form,
        "pager": Pager::new(&found, |number| query.page(&number.to_string())), "rows": rows,
    }))
}

fn states() -> Vec<Choice> {
    vec![
        Choice::new(LineState::Open, "Open"),
        Choice::new(LineState::Matched, "Matched"),
        Choice::new(LineState::SetAside, "Set aside"),
        Choice::new(ALL, "All"),
    ]
}

fn count(total: i64, state: Option<LineState>) -> String {
    let word = match state {
        None => "",
        Some(LineState::Open) => "open ",
        Some(LineState::Matched) => "matched ",
        Some(LineState::SetAside) => "set aside ",
    };
    match (total, state) {
        (1, Some(LineState::SetAside)) => "1 line set aside".into(),
        (n, Some(LineState::SetAside)) => format!("{} lines set aside", number(n)),
        (1, _) => format!("1 {word}line"),
        (n, _) => format!("{} {word}lines", number(n)),
    }
}

/// What an empty list says.
fn nothing(query: &ListQuery, state: Option<LineState>) -> Value {
    let narrowed = [&query.q, &query.account, &query.from, &query.to].iter().any(|value| !value.is_empty());
    let all = link(BANK, &[("show", ALL)]);
    let (heading, text) = match (narrowed, state) {
        (true, _) => ("No line is found", "No line fits this search."),
        (false, Some(LineState::Open)) => {
            ("Nothing is open", "Every line is matched with a payout or set aside. The next statement brings new ones.")
        }
        (false, Some(LineState::Matched)) => {
            ("No line is matched yet", "A line is matched when it has the amount and the days of a payout.")
        }
        (false, Some(LineState::SetAside)) => {
            ("Nothing is set aside", "Lines that are not about payouts are set aside: by you, or by the import.")
        }
        (false, None) => ("No lines yet", "The statements that are here have no lines."),
    };
    match (narrowed, state) {
        (true, _) => json!({ "heading": heading, "text": text, "href": all, "label": "Show all lines" }),
        (false, None) => json!({ "heading": heading, "text": text, "href": null, "label": null }),
        (false, Some(_)) => json!({ "heading": heading, "text": text, "href": all, "label": "Show all lines" }),
    }
}

/// The accounts, each with its newest statement.
fn account_rows(db: &mut Db, accounts: &[BankAccount]) -> Result<Vec<Value>, FeatureError> {
    let mut rows = Vec::new();
    for account in accounts {
        let statements = bank::statements(db, Some(account.id), PageRequest::new(None, 1))?;
        let newest = statements.rows.first().map(|row| &row.statement);
        let balance = newest.map(|s| money(&Money::new(s.closing_minor, s.currency.clone())));
        rows.push(json!({
            "name": account.name, "identification": spaced(&account.identification),
            "statement_href": newest.map(|s| statement_path(s.id)), "until": newest.map(|s| day(s.closes_on)),
            "reference": newest.map(|s| s.reference.clone()), "balance": balance,
            "statements_href": (statements.total > 0).then(|| format!("{BANK}/statements?account={}", account.id)),
            "statements": match statements.total {
                1 => "1 statement".into(),
                n => format!("{} statements", number(n)),
            },
        }));
    }
    Ok(rows)
}

/// An IBAN in groups of four, as it is printed; other numbers as they are.
pub(super) fn spaced(identification: &str) -> String {
    let is_iban = identification.len() >= 15
        && identification.is_ascii()
        && identification.bytes().take(2).all(|byte| byte.is_ascii_uppercase());
    if !is_iban {
        return identification.to_owned();
    }
    let letters: Vec<char> = identification.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    row: Row,
    account: String,
    ticked: bool,
    /// What the box beside it is called.
    tick: String,
    suggestion: Option<Value>,
    /// That others may fit too.
    more: Option<String>,
}

fn listed(
    db: &mut Db,
    livemode: bool,
    row: &LineRow,
    accounts: &[BankAccount],
    form: &AsideForm,
) -> Result<Listed, FeatureError> {
    let line = &row.line;
    let found = match row.state() {
        LineState::Open => bank::suggestions(db, livemode, line)?,
        _ => Vec::new(),
    };
    let more = match found.len() {
        0 | 1 => None,
        2 => Some("1 more may be it".into()),
        n => Some(format!("{} more may be it", n - 1)),
    };
    Ok(Listed {
        account: accounts
            .iter()
            .find(|one| one.id == line.bank_account_id)
            .map(|one| one.name.clone())
            .unwrap_or_default(),
        ticked: form.ticked.contains(&line.id),
        tick: format!("Tick {}", line_words(line)),
        suggestion: found.first().map(|first| suggestion(line, first)),
        more,
        row: Row::new(db, livemode, row)?,
    })
}

/// A suggestion as pages show it. Only one whose amount is the line's can be taken by one click.
pub(super) fn suggestion(line: &BankLine, suggestion: &Suggestion) -> Value {
    let what = payout_words(&suggestion.payout, suggestion.leg);
    let whole = suggestion.payout.amount_minor == line.amount_minor.saturating_abs();
    json!({
        "href": payout_path(&suggestion.payout.id), "what": sentence(&what), "label": format!("Match with {what}"),
        "payout": suggestion.payout.id, "why": sentence(&suggestion.reasons.join(", ")), "reasons": suggestion.reasons,
        "fits": suggestion.fits, "action": whole.then(|| format!("{}/match", super::words::line_path(line.id))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iban_is_grouped() {
        assert_eq!(spaced("DE89370400440532013000"), "DE89 3704 0044 0532 0130 00");
        assert_eq!(spaced("0532013000"), "0532013000");
    }
}
