//! A bank line: what it may be, what it is matched with, why it was set aside, and what was undone.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::list::{spaced, suggestion};
use super::words::{BANK, day, line_path, payout_path, payout_words, sentence, state_badge, statement_path, who};
use crate::app::App;
use crate::db::Db;
use crate::error::{Error as FeatureError, FieldError};
use crate::finance::bank::{self, LineRow, LineState, Suggestion, store};
use crate::finance::{BankLine, Leg, Match, PayoutRow};
use crate::staff::Permission;
use crate::stripe::PayoutStatus;
use crate::values::{BankLineId, MatchId, Money};
use crate::web::Answer;
use crate::web::extract::{Staff, permit};
use crate::web::staff::gift_words::money;
use crate::web::staff::moment;

/// Payouts around the line's day that are offered for matching by hand.
const CANDIDATES: i64 = 50;
/// Days before and after the line in which such payouts should arrive.
const AROUND: i64 = 45;

/// The forms of this page as they were sent.
#[derive(Debug, Default)]
pub(super) struct LineForm {
    pub payouts: Vec<String>,
    pub note: String,
    pub aside: Option<String>,
    pub undo: Option<(MatchId, String)>,
}

/// `GET /staff/finance/bank/lines/{id}`
pub async fn show(staff: Staff<permit::GiftsRead>, app: Data<App>, id: Path<BankLineId>) -> Answer {
    page(&staff, &app, *id, StatusCode::OK, LineForm::default(), Vec::new()).await
}

pub(super) async fn page<P>(
    staff: &Staff<P>,
    app: &App,
    id: BankLineId,
    status: StatusCode,
    form: LineForm,
    errors: Vec<FieldError>,
) -> Answer {
    let (livemode, zone, may_write) = (app.livemode(), staff.zone(), staff.may(Permission::Gifts));
    let d = app.db.read(move |db| load(db, livemode, id, &form, &errors, may_write, zone)).await?;
    staff.render_with(status, "staff/finance/bank/line", "Bank line", &d)
}

fn load(
    db: &mut Db,
    livemode: bool,
    id: BankLineId,
    form: &LineForm,
    errors: &[FieldError],
    may_write: bool,
    zone: Tz,
) -> Result<Value, FeatureError> {
    let row = bank::line(db, id)?;
    let (line, state) = (&row.line, row.state());
    let (word, kind) = state_badge(state);
    let open = state == LineState::Open;
    let found = if open { bank::suggestions(db, livemode, line)? } else { Vec::new() };
    let candidates = if open { candidates(db, livemode, line, &found)? } else { Vec::new() };
    let heading = format!("{} of {}", money(&line.amount()), day(line.booked_on));
    let (own, others) = errors_of(form, errors);
    Ok(json!({
        "crumbs": [{ "label": "Bank", "href": BANK }, { "label": heading, "href": null }], "heading": heading,
        "may_write": may_write, "state": word, "kind": kind, "is_open": open, "amount": money(&line.amount()),
        "suggestions": found.iter().map(|one| suggestion(line, one)).collect::<Vec<_>>(),
        "no_suggestion": nothing_fits(line),
        "candidates": options(&candidates, form), "chosen": chosen(&candidates, form, line),
        "match_action": format!("{}/match", line_path(id)), "aside_action": format!("{}/aside", line_path(id)),
        "matches": matches(db, livemode, &row, form, own.as_deref(), zone)?, "aside": aside(db, line, state, zone)?,
        "past": past(db, livemode, line, zone)?, "facts": facts(db, line)?, "errors": others,
        "form": {
            "note": form.note, "aside": form.aside,
            "aside_error": form.aside.as_ref().and(own.as_deref()),
        },
    }))
}

/// What is said beside the one field of the small forms; and the errors for the summary, which finds its fields by name.
fn errors_of(form: &LineForm, errors: &[FieldError]) -> (Option<String>, Vec<FieldError>) {
    let small = form.aside.is_some() || form.undo.is_some();
    let own = errors.iter().find(|error| error.field == "note" && small).map(|error| error.message.clone());
    let name = |error: &FieldError| {
        let field = match (error.field.as_str(), &form.aside, &form.undo) {
            ("note", Some(_), _) => "aside".to_owned(),
            ("note", None, Some((id, _))) => format!("undo-{id}"),
            ("payouts", ..) => "payout".to_owned(),
            (field, ..) => field.to_owned(),
        };
        FieldError { field, message: error.message.clone() }
    };
    (own, errors.iter().map(name).collect())
}

fn nothing_fits(line: &BankLine) -> &'static str {
    match line.amount_minor > 0 {
        true => {
            "No payout has this amount and these days. If you miss one: Stripe tells of its payouts by itself, and whoever \
             runs the server can ask for them with the command “pledgepost stripe sync”."
        }
        false => "No payout that went back, or that Stripe took from the account, has this amount.",
    }
}

/// What staff may choose from: what was suggested, and payouts of these weeks without a line.
fn candidates(
    db: &mut Db,
    livemode: bool,
    line: &BankLine,
    found: &[Suggestion],
) -> Result<Vec<PayoutRow>, FeatureError> {
    let mut all: Vec<PayoutRow> = found.iter().map(|one| one.payout.clone()).collect();
    let (from, to) = (line.booked_on.plus(-AROUND), line.booked_on.plus(AROUND));
    let others = match line.amount_minor > 0 {
        true => store::payouts_around(db, livemode, &line.currency, from, to, CANDIDATES)?,
        false => store::payouts_without_line(db, livemode)?
            .into_iter()
            .filter(|one| one.currency == line.currency)
            // Money that leaves: what came back, and what Stripe takes because its balance was below nothing.
            .filter(|one| one.status == PayoutStatus::Failed || one.amount_minor < 0)
            .filter(|one| (from..=to).contains(&one.arrives_on))
            .collect(),
    };
    for payout in others {
        if !all.iter().any(|known| known.id == payout.id) {
            all.push(payout);
        }
    }
    Ok(all)
}

fn options(candidates: &[PayoutRow], form: &LineForm) -> Vec<Value> {
    let option = |payout: &PayoutRow| {
        let kind = if payout.automatic { "automatic" } else { "by hand" };
        json!({
            "value": payout.id, "label": sentence(&payout_words(payout, Leg::Paid)),
            "hint": format!("{}, {}, {kind}", payout.id, payout.status), "checked": form.payouts.contains(&payout.id),
        })
    };
    candidates.iter().map(option).collect()
}

/// The sum of what was chosen, after it was refused.
fn chosen(candidates: &[PayoutRow], form: &LineForm, line: &BankLine) -> Option<String> {
    let ticked = candidates.iter().filter(|payout| form.payouts.contains(&payout.id));
    let sum = ticked.fold(0_i64, |sum, payout| sum.saturating_add(payout.amount_minor));
    let signed = if line.amount_minor < 0 && sum > 0 { sum.saturating_neg() } else { sum };
    (!form.payouts.is_empty()).then(|| money(&Money::new(signed, line.currency.clone())))
}

fn matches(
    db: &mut Db,
    livemode: bool,
    row: &LineRow,
    form: &LineForm,
    error: Option<&str>,
    zone: Tz,
) -> Result<Vec<Value>, FeatureError> {
    let mut rows = Vec::new();
    // One form for all: payouts that share a line are its amount only together.
    let (heading, label) = match row.matches.len() {
        1 => ("Undo this match", "Undo the match"),
        _ => ("Undo these matches", "Undo the matches"),
    };
    for (place, each) in row.matches.iter().enumerate() {
        let payout = store::payouts_by_id(db, livemode, std::slice::from_ref(&each.payout))?.pop();
        let typed = form.undo.as_ref().filter(|(id, _)| *id == each.id).map(|(_, note)| note.clone());
        rows.push(json!({
            "href": payout_path(&each.payout), "payout": each.payout, "what": what(payout.as_ref(), each),
            "amount": payout.as_ref().map(|payout| money(&signed(payout, each.leg))),
            "reasons": each.reasons, "at": moment(each.made_at, zone), "by": who(db, each.staff_id, "By rule")?,
            "undo": (place == 0).then(|| format!("{}/matches/{}/undo", line_path(row.line.id), each.id)),
            "undo_heading": heading, "undo_label": label, "several": row.matches.len() > 1,
            "note_id": format!("f-undo-{}", each.id), "error": typed.as_ref().and(error), "note": typed,
        }));
    }
    Ok(rows)
}

fn what(payout: Option<&PayoutRow>, each: &Match) -> String {
    payout.map_or_else(|| each.payout.clone(), |payout| sentence(&payout_words(payout, each.leg)))
}

fn signed(payout: &PayoutRow, leg: Leg) -> Money {
    let minor = match leg {
        Leg::Paid => payout.amount_minor,
        Leg::Returned => payout.amount_minor.saturating_neg(),
    };
    Money::new(minor, payout.currency.clone())
}

fn aside(db: &mut Db, line: &BankLine, state: LineState, zone: Tz) -> Result<Value, FeatureError> {
    let Some(at) = line.set_aside_at.filter(|_| state == LineState::SetAside) else { return Ok(Value::Null) };
    let by = who(db, line.set_aside_by, "By the import")?;
    Ok(json!({
        "note": line.set_aside_note, "by": format!("{by}, {}", moment(at, zone)),
        "take_up": format!("{}/take-up", line_path(line.id)),
    }))
}

/// Matches that were undone, newest first.
fn past(db: &mut Db, livemode: bool, line: &BankLine, zone: Tz) -> Result<Vec<Value>, FeatureError> {
    let mut items = Vec::new();
    for each in bank::past_matches(db, line.id)? {
        let payout = store::payouts_by_id(db, livemode, std::slice::from_ref(&each.payout))?.pop();
        let (made, undone) = (who(db, each.staff_id, "by rule")?, who(db, each.undone_by, "Pledgepost")?);
        let at = each.undone_at.unwrap_or(each.made_at);
        items.push(json!({
            "title": what(payout.as_ref(), &each), "href": payout_path(&each.payout), "kind": "warn",
            "text": format!("Matched {made}, {}. Undone: {}", moment(each.made_at, zone), each.undone_note),
            "time": format!("{}, {undone}", moment(at, zone)), "datetime": at.rfc3339(),
        }));
    }
    Ok(items)
}

fn facts(db: &mut Db, line: &BankLine) -> Result<Vec<Value>, FeatureError> {
    let statement = bank::statement(db, line.statement_id)?;
    let kept = |text: &str| if text.is_empty() { "Not kept".to_owned() } else { text.to_owned() };
    let mut facts = vec![
        json!({ "term": "Amount", "value": money(&line.amount()) }),
        json!({ "term": "Booked", "value": day(line.booked_on) }),
    ];
    facts.extend(line.valued_on.map(|valued| json!({ "term": "Value date", "value": day(valued) })));
    facts.extend([
        json!({ "term": if line.amount_minor > 0 { "From" } else { "To" }, "value": kept(&line.counterparty) }),
        json!({ "term": "Words", "value": kept(&line.words) }),
    ]);
    facts.extend(line.bank_reference.as_ref().map(|text| json!({ "term": "Bank\u{2019}s reference", "value": text })));
    let account = &statement.account;
    facts.extend([
        json!({ "term": "Account", "value": account.name, "note": spaced(&account.identification) }),
        json!({
            "term": "Statement", "value": statement.statement.reference, "href": statement_path(line.statement_id),
            "note": format!("line {}", line.position),
        }),
    ]);
    Ok(facts)
}
