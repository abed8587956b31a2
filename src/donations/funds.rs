//! Funds: what a gift is for.

use serde::{Deserialize, Serialize};

use super::Fund;
use crate::audit::Actor;
use crate::db::Db;
use crate::error::Error;
use crate::values::{At, FundId, Language, Slug};

/// A fund's texts in one language, as typed. In the organisation's first language the name is needed; elsewhere an empty
/// name means that givers get the first language's texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FundText {
    pub language: String,
    pub name: String,
    pub description: String,
}

/// All funds, the default first, then oldest first, in that language with fallbacks; closed ones too.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, language: &Language) -> Result<Vec<Fund>, Error> {
    let _ = (db, language);
    Err(Error::conflict("not built yet"))
}

/// The funds that take gifts. Before the first gift there may be none stored: then the one that will be made.
///
/// # Errors
/// The database's.
pub fn open(db: &mut Db, language: &Language) -> Result<Vec<Fund>, Error> {
    let _ = (db, language);
    Err(Error::conflict("not built yet"))
}

/// # Errors
/// `Invalid` on a bad or taken slug and on missing or bad texts.
pub fn add(db: &mut Db, slug: &str, texts: &[FundText], actor: &Actor, now: At) -> Result<FundId, Error> {
    let _ = (db, slug, texts, actor, now);
    Err(Error::conflict("not built yet"))
}

/// Replaces a fund's texts. Its slug stays: links name it.
///
/// # Errors
/// `NotFound`, or `Invalid` on missing or bad texts.
pub fn rename(db: &mut Db, id: FundId, texts: &[FundText], actor: &Actor, now: At) -> Result<(), Error> {
    let _ = (db, id, texts, actor, now);
    Err(Error::conflict("not built yet"))
}

/// A fund's texts as stored, one entry per language of the organisation, in its order.
///
/// # Errors
/// `NotFound`.
pub fn texts(db: &mut Db, id: FundId, now: At) -> Result<(Slug, Vec<FundText>), Error> {
    let _ = (db, id, now);
    Err(Error::conflict("not built yet"))
}

/// An empty entry per language of the organisation, for a new fund's form.
///
/// # Errors
/// The database's.
pub fn blank_texts(db: &mut Db, now: At) -> Result<Vec<FundText>, Error> {
    let _ = (db, now);
    Err(Error::conflict("not built yet"))
}

/// A closed fund takes no new gifts; pledges for it go on.
///
/// # Errors
/// `NotFound`; `Conflict` for the default fund.
pub fn close(db: &mut Db, id: FundId, actor: &Actor, now: At) -> Result<(), Error> {
    let _ = (db, id, actor, now);
    Err(Error::conflict("not built yet"))
}

/// # Errors
/// `NotFound`.
pub fn reopen(db: &mut Db, id: FundId, actor: &Actor, now: At) -> Result<(), Error> {
    let _ = (db, id, actor, now);
    Err(Error::conflict("not built yet"))
}

/// Makes it the fund that is chosen when the giver chooses none.
///
/// # Errors
/// `NotFound`; `Conflict` for a closed fund.
pub fn make_default(db: &mut Db, id: FundId, actor: &Actor, now: At) -> Result<(), Error> {
    let _ = (db, id, actor, now);
    Err(Error::conflict("not built yet"))
}

/// The default fund; made when there is none.
///
/// # Errors
/// The database's.
pub fn ensure_default(db: &mut Db, now: At) -> Result<FundId, Error> {
    let _ = (db, now);
    Err(Error::conflict("not built yet"))
}
