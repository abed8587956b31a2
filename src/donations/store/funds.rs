//! Rows of `funds` and `fund_names`.

use diesel::prelude::*;

use crate::db::Db;
use crate::db::schema::{fund_names, funds};
use crate::donations::Fund;
use crate::organisation::names::{Chooser, NameText};
use crate::values::{At, FundId, Language, Slug};

/// All funds, the default first, then oldest first, in that language; where it has no text, in the organisation's first
/// language, else in any.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, language: &Language) -> QueryResult<Vec<Fund>> {
    let rows: Vec<(FundId, Slug, bool, Option<At>)> = funds::table
        .order((funds::is_default.desc(), funds::id.asc()))
        .select((funds::id, funds::slug, funds::is_default, funds::closed_at))
        .load(db)?;
    let names: Vec<(FundId, String, String, String)> = fund_names::table
        .order((fund_names::fund_id.asc(), fund_names::language.asc()))
        .select((fund_names::fund_id, fund_names::language, fund_names::name, fund_names::description))
        .load(db)?;
    let text = |(id, language, name, description)| (id, NameText { language, name, description });
    let names: Vec<(FundId, NameText)> = names.into_iter().map(text).collect();
    let chooser = Chooser::load(db, language)?;
    let named = |(id, slug, is_default, closed_at): (FundId, Slug, bool, Option<At>)| {
        let own = names.iter().filter(|(fund, _)| *fund == id).map(|(_, text)| text);
        let (name, description) = chooser.choose(own, slug.as_str());
        Fund { id, slug, name, description, is_default, closed: closed_at.is_some() }
    };
    Ok(rows.into_iter().map(named).collect())
}

/// # Errors
/// The database's.
pub fn by_slug(db: &mut Db, slug: &Slug) -> QueryResult<Option<FundId>> {
    funds::table.filter(funds::slug.eq(slug)).select(funds::id).first(db).optional()
}

/// Its slug, whether it is the default, whether it is closed.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: FundId) -> QueryResult<Option<(Slug, bool, bool)>> {
    let row: Option<(Slug, bool, Option<At>)> = funds::table
        .filter(funds::id.eq(id))
        .select((funds::slug, funds::is_default, funds::closed_at))
        .first(db)
        .optional()?;
    Ok(row.map(|(slug, is_default, closed_at)| (slug, is_default, closed_at.is_some())))
}

/// # Errors
/// The database's, a unique violation among them.
pub fn insert(db: &mut Db, slug: &Slug, is_default: bool, now: At) -> QueryResult<FundId> {
    diesel::insert_into(funds::table)
        .values((funds::slug.eq(slug), funds::is_default.eq(is_default), funds::created_at.eq(now)))
        .returning(funds::id)
        .get_result(db)
}

/// # Errors
/// The database's.
pub fn default(db: &mut Db) -> QueryResult<Option<FundId>> {
    funds::table.filter(funds::is_default.eq(true)).select(funds::id).first(db).optional()
}

/// # Errors
/// The database's.
pub fn set_default(db: &mut Db, id: FundId) -> QueryResult<()> {
    diesel::update(funds::table.filter(funds::is_default.eq(true))).set(funds::is_default.eq(false)).execute(db)?;
    diesel::update(funds::table.filter(funds::id.eq(id))).set(funds::is_default.eq(true)).execute(db).map(drop)
}

/// # Errors
/// The database's.
pub fn set_closed(db: &mut Db, id: FundId, at: Option<At>) -> QueryResult<()> {
    diesel::update(funds::table.filter(funds::id.eq(id))).set(funds::closed_at.eq(at)).execute(db).map(drop)
}

/// # Errors
/// The database's.
pub fn texts(db: &mut Db, id: FundId) -> QueryResult<Vec<NameText>> {
    let rows: Vec<(String, String, String)> = fund_names::table
        .filter(fund_names::fund_id.eq(id))
        .order(fund_names::language.asc())
        .select((fund_names::language, fund_names::name, fund_names::description))
        .load(db)?;
    Ok(rows.into_iter().map(|(language, name, description)| NameText { language, name, description }).collect())
}

/// # Errors
/// The database's.
pub fn replace_texts(db: &mut Db, id: FundId, texts: &[NameText]) -> QueryResult<()> {
    diesel::delete(fund_names::table.filter(fund_names::fund_id.eq(id))).execute(db)?;
    for text in texts {
        diesel::insert_into(fund_names::table)
            .values((
                fund_names::fund_id.eq(id),
                fund_names::language.eq(&text.language),
                fund_names::name.eq(&text.name),
                fund_names::description.eq(&text.description),
            ))
            .execute(db)?;
    }
    Ok(())
}
