//! Putting an analysis on the site, and taking it off.

use super::{Analysis, store, write};
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::values::{AnalysisId, At};

/// Makes it public at once, in every language that is complete.
///
/// # Errors
/// `NotFound`; `Conflict` when it is public already or nothing could be shown.
pub fn publish(db: &mut Db, id: AnalysisId, actor: &Actor, now: At) -> Result<Analysis, Error> {
    let analysis = write::find(db, id)?;
    let translations = store::translations(db, id)?;
    let state = analysis.publish(&translations)?;
    store::set_state(db, &analysis, state, now)?;
    audit::record(db, actor, "published", "analysis", Some(id.0), analysis.slug.as_str(), now)?;
    Ok(analysis)
}

/// Takes it off the site; it becomes a draft.
///
/// # Errors
/// `NotFound`; `Conflict` when it is a draft.
pub fn unpublish(db: &mut Db, id: AnalysisId, actor: &Actor, now: At) -> Result<Analysis, Error> {
    let analysis = write::find(db, id)?;
    let state = analysis.unpublish()?;
    store::set_state(db, &analysis, state, now)?;
    audit::record(db, actor, "unpublished", "analysis", Some(id.0), analysis.slug.as_str(), now)?;
    Ok(analysis)
}
