//! Who gets a campaign: counted before it is sent, fixed in one statement when sending starts.

use super::model::{Campaign, Variant, default_variant};
use super::store::{self, audience as sql};
use crate::db::{Db, dialect};
use crate::organisation;
use crate::outbox::blocks;
use crate::values::{At, Language, VariantId};

/// How many would get a campaign if it started now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audience {
    pub total: i64,
    /// How many would read which variant; every variant has its line.
    pub by_variant: Vec<(Language, i64)>,
    /// Readers who chose the topics, but whose address is suppressed.
    pub suppressed: i64,
}

/// Counts. A campaign without variants is counted all the same.
///
/// # Errors
/// The database's.
pub fn count(db: &mut Db, campaign: &Campaign, now: At) -> diesel::QueryResult<Audience> {
    counted(db, campaign, "", now)
}

/// How many would get a campaign that has started, and have no delivery of it yet.
///
/// # Errors
/// The database's.
pub fn count_added(db: &mut Db, campaign: &Campaign, now: At) -> diesel::QueryResult<Audience> {
    counted(db, campaign, sql::ADDED, now)
}

/// Whether nobody would get the campaign if it started now. Counting all of them takes as long as half of fixing them.
///
/// # Errors
/// The database's.
pub fn is_empty(db: &mut Db, campaign: &Campaign, now: At) -> diesel::QueryResult<bool> {
    let variants = store::variants(db, campaign.id)?;
    let default = default_id(db, &variants, now)?;
    Ok(!sql::anybody(db, campaign.id, default, &campaign.audience_languages)?)
}

fn counted(db: &mut Db, campaign: &Campaign, also: &'static str, now: At) -> diesel::QueryResult<Audience> {
    let variants = store::variants(db, campaign.id)?;
    let default = default_id(db, &variants, now)?;
    let rows = sql::count(db, campaign.id, default, &campaign.audience_languages, also)?;
    let sum = |suppressed: i64, variant: Option<VariantId>| -> i64 {
        rows.iter()
            .filter(|row| row.suppressed == suppressed && variant.is_none_or(|id| id == row.variant))
            .map(|row| row.readers)
            .sum()
    };
    Ok(Audience {
        total: sum(0, None),
        by_variant: variants.iter().map(|v| (v.language.clone(), sum(0, Some(v.id)))).collect(),
        suppressed: sum(1, None),
    })
}

/// Makes a delivery for everybody who gets the campaign; those who have one already keep it. Answers how many there are now.
///
/// # Errors
/// The database's.
pub fn fix(db: &mut Db, campaign: &Campaign, now: At) -> diesel::QueryResult<i64> {
    let variants = store::variants(db, campaign.id)?;
    let default = default_id(db, &variants, now)?;
    // Right after an import the planner knows nothing of the readers: 37 s instead of 5 for 890,000.
    dialect::refresh_statistics(db, &["subscribers", "subscriptions", "campaign_topics", "suppressions"])?;
    let before = blocks::newest(db)?;
    let first = store::deliveries::none(db, campaign.id)?;
    sql::fix(db, campaign.id, default, &campaign.audience_languages, first, now)?;
    blocks::cover(db, campaign.id, before)?;
    store::deliveries::total(db, campaign.id)
}

fn default_id(db: &mut Db, variants: &[Variant], now: At) -> diesel::QueryResult<VariantId> {
    let first = organisation::store::get(db, now)?.first_language();
    Ok(default_variant(variants, &first).map_or(VariantId(0), |variant| variant.id))
}
