//! Rows of `bank_lines`.

use std::collections::HashMap;

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::super::camt;
use super::super::import::SET_ASIDE;
use super::super::model::{LineFilter, LineRow, LineState};
use super::matches::open_by_line;
use crate::db::schema::{bank_lines, matches};
use crate::db::search::{self, lower};
use crate::db::{Db, MultiBackend};
use crate::error::Error;
use crate::finance::BankLine;
use crate::on_each;
use crate::values::{At, BankAccountId, BankLineId, BankStatementId, Currency, Page, PageRequest, StaffId};

/// Lines per statement of the database.
const BATCH: usize = 500;

type Rows<'a> = bank_lines::BoxedQuery<'a, MultiBackend>;

fn filtered<'a>(filter: &LineFilter) -> Rows<'a> {
    let mut rows = bank_lines::table.into_boxed();
    if let Some(account) = filter.account {
        rows = rows.filter(bank_lines::bank_account_id.eq(account));
    }
    if let Some(statement) = filter.statement {
        rows = rows.filter(bank_lines::statement_id.eq(statement));
    }
    if let Some(currency) = &filter.currency {
        rows = rows.filter(bank_lines::currency.eq(currency.clone()));
    }
    if let Some(from) = filter.from {
        rows = rows.filter(bank_lines::booked_on.ge(from));
    }
    if let Some(to) = filter.to {
        rows = rows.filter(bank_lines::booked_on.le(to));
    }
    if !filter.q.trim().is_empty() {
        let pattern = search::part(&filter.q);
        rows = rows.filter(
            (lower(bank_lines::words).like(pattern.clone()).escape('\\'))
                .or(lower(bank_lines::counterparty).like(pattern).escape('\\'))
                .or(bank_lines::bank_reference.assume_not_null().eq(filter.q.trim().to_owned()))
                .or(bank_lines::amount_minor.eq_any(filter.amounts.clone())),
        );
    }
    let holds = matches::table.filter(matches::bank_line_id.eq(bank_lines::id)).filter(matches::undone_at.is_null());
    match filter.state {
        None => rows,
        Some(LineState::Matched) => rows.filter(exists(holds)),
        Some(LineState::Open) => rows.filter(bank_lines::set_aside_at.is_null()).filter(not(exists(holds))),
        Some(LineState::SetAside) => rows.filter(bank_lines::set_aside_at.is_not_null()).filter(not(exists(holds))),
    }
}

/// Newest first; those of one statement in its order.
///
/// # Errors
/// The database's.
pub fn lines(db: &mut Db, filter: &LineFilter, request: PageRequest) -> QueryResult<Page<LineRow>> {
    let total = filtered(filter).count().get_result(db)?;
    let rows = filtered(filter).select(BankLine::as_select());
    let rows = match filter.statement {
        Some(_) => rows.order((bank_lines::statement_id.asc(), bank_lines::position.asc())),
        None => rows.order((bank_lines::booked_on.desc(), bank_lines::id.desc())),
    };
    let rows: Vec<BankLine> = rows.limit(request.size).offset(request.offset()).load(db)?;
    Ok(Page { rows: with_matches(db, rows)?, total, request })
}

/// # Errors
/// `NotFound`, or the database's.
pub fn line(db: &mut Db, id: BankLineId) -> Result<LineRow, Error> {
    let found: Option<BankLine> = BankLine::query().filter(bank_lines::id.eq(id)).first(db).optional()?;
    let row = with_matches(db, found.into_iter().collect())?.pop();
    row.ok_or(Error::NotFound("bank line"))
}

fn with_matches(db: &mut Db, rows: Vec<BankLine>) -> QueryResult<Vec<LineRow>> {
    let ids: Vec<BankLineId> = rows.iter().map(|line| line.id).collect();
    let mut found: HashMap<BankLineId, Vec<_>> = HashMap::new();
    for ids in ids.chunks(BATCH) {
        for each in open_by_line(db, ids)? {
            found.entry(each.bank_line_id).or_default().push(each);
        }
    }
    Ok(rows.into_iter().map(|line| LineRow { matches: found.remove(&line.id).unwrap_or_default(), line }).collect())
}

/// Lines that no match explains and that staff did not set aside; of one currency and with one of these amounts.
///
/// # Errors
/// The database's.
pub fn open_lines(db: &mut Db, currency: &Currency, amounts: &[i64]) -> QueryResult<Vec<BankLine>> {
    let holds = matches::table.filter(matches::bank_line_id.eq(bank_lines::id)).filter(matches::undone_at.is_null());
    // What the import set aside may turn out to be a payout that came back: Stripe says it later than the bank.
    let staff_did_not = bank_lines::set_aside_at.is_null().or(bank_lines::set_aside_note.eq(SET_ASIDE));
    BankLine::query()
        .filter(bank_lines::currency.eq(currency.clone()))
        .filter(bank_lines::amount_minor.eq_any(amounts.to_vec()))
        .filter(staff_did_not)
        .filter(not(exists(holds)))
        .order(bank_lines::id.asc())
        .load(db)
}

/// In its order.
///
/// # Errors
/// The database's.
pub fn of_statement(db: &mut Db, id: BankStatementId) -> QueryResult<Vec<LineRow>> {
    let rows = BankLine::query().filter(bank_lines::statement_id.eq(id)).order(bank_lines::position.asc()).load(db)?;
    with_matches(db, rows)
}

#[derive(Insertable)]
#[diesel(table_name = bank_lines)]
struct NewLine<'a> {
    bank_account_id: BankAccountId,
    statement_id: BankStatementId,
    position: i64,
    booked_on: String,
    valued_on: Option<String>,
    amount_minor: i64,
    currency: String,
    counterparty: &'a str,
    words: &'a str,
    bank_reference: Option<&'a str>,
    set_aside_note: &'a str,
}

/// Writes the lines of a statement in their order.
///
/// # Errors
/// The database's.
pub fn insert_lines(
    db: &mut Db,
    account: BankAccountId,
    statement: BankStatementId,
    currency: &Currency,
    lines: &[camt::Line],
) -> QueryResult<()> {
    let rows: Vec<NewLine<'_>> = (1..)
        .zip(lines)
        .map(|(position, line)| NewLine {
            bank_account_id: account,
            statement_id: statement,
            position,
            booked_on: line.booked_on.to_string(),
            valued_on: line.valued_on.map(|day| day.to_string()),
            amount_minor: line.amount_minor,
            currency: currency.as_str().to_owned(),
            counterparty: &line.counterparty,
            words: &line.words,
            bank_reference: line.bank_reference.as_deref(),
            set_aside_note: "",
        })
        .collect();
    for batch in rows.chunks(BATCH) {
        on_each!(db, |c| diesel::insert_into(bank_lines::table).values(batch).execute(c))?;
    }
    Ok(())
}

/// Says that lines are not about payouts. Answers those that were not set aside before.
///
/// # Errors
/// The database's.
pub fn put_aside(
    db: &mut Db,
    ids: &[BankLineId],
    staff: Option<StaffId>,
    note: &str,
    now: At,
) -> QueryResult<Vec<BankLineId>> {
    let rows = bank_lines::table.filter(bank_lines::id.eq_any(ids.to_vec())).filter(bank_lines::set_aside_at.is_null());
    diesel::update(rows)
        .set((
            bank_lines::set_aside_at.eq(Some(now)),
            bank_lines::set_aside_by.eq(staff),
            bank_lines::set_aside_note.eq(note.to_owned()),
        ))
        .returning(bank_lines::id)
        .get_results(db)
}

/// Takes a line up again. `false`: it was not set aside.
///
/// # Errors
/// The database's.
pub fn put_back(db: &mut Db, id: BankLineId) -> QueryResult<bool> {
    let row = bank_lines::table.filter(bank_lines::id.eq(id)).filter(bank_lines::set_aside_at.is_not_null());
    diesel::update(row)
        .set((
            bank_lines::set_aside_at.eq(None::<At>),
            bank_lines::set_aside_by.eq(None::<StaffId>),
            bank_lines::set_aside_note.eq(""),
        ))
        .execute(db)
        .map(|rows| rows > 0)
}

/// Forgets whom money went to and why: nobody here needs to know it.
///
/// # Errors
/// The database's.
pub fn forget_words(db: &mut Db, ids: &[BankLineId]) -> QueryResult<()> {
    diesel::update(bank_lines::table.filter(bank_lines::id.eq_any(ids.to_vec())))
        .set((bank_lines::counterparty.eq(""), bank_lines::words.eq(""), bank_lines::bank_reference.eq(None::<String>)))
        .execute(db)
        .map(drop)
}
