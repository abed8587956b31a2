//! Funds: what a gift is for.

use super::{Fund, store};
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::{Error, Problems};
use crate::i18n::Texts;
use crate::organisation;
use crate::organisation::names::{self, NameText};
use crate::values::{At, FundId, Language, Slug};

/// The slug of the fund that is made when there is none.
const GENERAL: &str = "general";

/// All funds, the default first, then oldest first, in that language with fallbacks; closed ones too.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, language: &Language) -> Result<Vec<Fund>, Error> {
    Ok(store::funds::list(db, language)?)
}

/// The funds that take gifts, the default first. Before the first gift there may be none: [`begin`](super::checkout::begin)
/// makes it.
///
/// # Errors
/// The database's.
pub fn open(db: &mut Db, language: &Language) -> Result<Vec<Fund>, Error> {
    Ok(list(db, language)?.into_iter().filter(|fund| !fund.closed).collect())
}

/// The open fund of a slug; the default one when none is asked for.
///
/// # Errors
/// `Invalid` naming `fund`.
pub(super) fn chosen(db: &mut Db, slug: Option<&str>, now: At) -> Result<FundId, Error> {
    let Some(slug) = slug.map(str::trim).filter(|slug| !slug.is_empty()) else { return ensure_default(db, now) };
    let wrong = || Error::invalid("fund", "choose one of the funds of this list");
    let id = store::funds::by_slug(db, &Slug::parse(slug).map_err(|_| wrong())?)?;
    // The page may have shown the fund that is made with the first gift.
    let id = match id {
        None if slug == GENERAL => ensure_default(db, now)?,
        other => other.ok_or_else(wrong)?,
    };
    match store::funds::find(db, id)? {
        Some((_, _, false)) => Ok(id),
        _ => Err(wrong()),
    }
}

/// # Errors
/// `Invalid` on a bad or taken slug and on missing or bad texts.
pub fn add(db: &mut Db, slug: &str, texts: &[NameText], actor: &Actor, now: At) -> Result<FundId, Error> {
    let mut problems = Problems::default();
    let slug = problems.take("slug", Slug::parse(slug));
    let texts = names::check(db, "fund", texts, now, &mut problems)?;
    if let Some(slug) = &slug
        && store::funds::by_slug(db, slug)?.is_some()
    {
        problems.add("slug", format!("there is a fund {slug} already"));
    }
    problems.check()?;
    let slug = slug.ok_or(Error::NotFound("fund"))?;
    let is_default = store::funds::default(db)?.is_none();
    let id = store::funds::insert(db, &slug, is_default, now)?;
    store::funds::replace_texts(db, id, &texts)?;
    audit::record(db, actor, "added", "fund", Some(id.0), slug.as_str(), now)?;
    Ok(id)
}

/// Replaces a fund's texts. Its slug stays: links name it.
///
/// # Errors
/// `NotFound`, or `Invalid` on missing or bad texts.
pub fn rename(db: &mut Db, id: FundId, texts: &[NameText], actor: &Actor, now: At) -> Result<(), Error> {
    let (slug, ..) = found(db, id)?;
    let mut problems = Problems::default();
    let mut kept = names::unseen(store::funds::texts(db, id)?, texts);
    kept.extend(names::check(db, "fund", texts, now, &mut problems)?);
    problems.check()?;
    store::funds::replace_texts(db, id, &kept)?;
    audit::record(db, actor, "renamed", "fund", Some(id.0), slug.as_str(), now)?;
    Ok(())
}

/// A fund's texts as stored, one entry per language of the organisation, in its order.
///
/// # Errors
/// `NotFound`.
pub fn texts(db: &mut Db, id: FundId, now: At) -> Result<(Slug, Vec<NameText>), Error> {
    let (slug, ..) = found(db, id)?;
    let stored = store::funds::texts(db, id)?;
    Ok((slug, names::for_form(db, &stored, now)?))
}

/// An empty entry per language of the organisation, for a new fund's form.
///
/// # Errors
/// The database's.
pub fn blank_texts(db: &mut Db, now: At) -> Result<Vec<NameText>, Error> {
    names::blank(db, now)
}

/// A closed fund takes no new gifts; pledges for it go on.
///
/// # Errors
/// `NotFound`; `Conflict` for the default fund.
pub fn close(db: &mut Db, id: FundId, actor: &Actor, now: At) -> Result<(), Error> {
    let (slug, is_default, closed) = found(db, id)?;
    if is_default {
        return Err(Error::conflict("This is the default fund. Make another one the default first."));
    }
    if !closed {
        store::funds::set_closed(db, id, Some(now))?;
        audit::record(db, actor, "closed", "fund", Some(id.0), slug.as_str(), now)?;
    }
    Ok(())
}

/// # Errors
/// `NotFound`.
pub fn reopen(db: &mut Db, id: FundId, actor: &Actor, now: At) -> Result<(), Error> {
    let (slug, _, closed) = found(db, id)?;
    if closed {
        store::funds::set_closed(db, id, None)?;
        audit::record(db, actor, "reopened", "fund", Some(id.0), slug.as_str(), now)?;
    }
    Ok(())
}

/// Makes it the fund that is chosen when the giver chooses none.
///
/// # Errors
/// `NotFound`; `Conflict` for a closed fund.
pub fn make_default(db: &mut Db, id: FundId, actor: &Actor, now: At) -> Result<(), Error> {
    let (slug, is_default, closed) = found(db, id)?;
    if closed {
        return Err(Error::conflict("This fund is closed. Reopen it first."));
    }
    if !is_default {
        store::giving::hold(db)?;
        store::funds::set_default(db, id)?;
        audit::record(db, actor, "made default", "fund", Some(id.0), slug.as_str(), now)?;
    }
    Ok(())
}

/// The default fund; "General" is made when there is none.
///
/// # Errors
/// The database's.
pub fn ensure_default(db: &mut Db, now: At) -> Result<FundId, Error> {
    if let Some(id) = store::funds::default(db)? {
        return Ok(id);
    }
    // Two first gifts at once would make two.
    store::giving::hold(db)?;
    if let Some(id) = store::funds::default(db)? {
        return Ok(id);
    }
    let slug = Slug::parse(GENERAL).map_err(Error::internal)?;
    let id = store::funds::insert(db, &slug, true, now)?;
    let name = |language: Language| NameText {
        name: Texts::get().t(&language, "gift-fund-general", &[]),
        language: language.to_string(),
        description: String::new(),
    };
    let mut languages = organisation::store::get(db, now)?.languages();
    languages.extend(Texts::get().languages());
    let mut texts: Vec<NameText> = languages.into_iter().map(name).collect();
    texts.sort_by(|a, b| a.language.cmp(&b.language));
    texts.dedup_by(|a, b| a.language == b.language);
    store::funds::replace_texts(db, id, &texts)?;
    audit::record(db, &Actor::program(), "added", "fund", Some(id.0), slug.as_str(), now)?;
    Ok(id)
}

fn found(db: &mut Db, id: FundId) -> Result<(Slug, bool, bool), Error> {
    store::funds::find(db, id)?.ok_or(Error::NotFound("fund"))
}
