//! Rows of `variants`.

use diesel::prelude::*;

use super::super::model::Variant;
use crate::db::Db;
use crate::db::schema::variants;
use crate::values::{At, CampaignId, Language, VariantId};

/// A campaign's variants in the order of their making.
///
/// # Errors
/// The database's.
pub fn variants(db: &mut Db, campaign: CampaignId) -> QueryResult<Vec<Variant>> {
    Variant::query().filter(variants::campaign_id.eq(campaign)).order(variants::id).load(db)
}

/// The variants with these ids, in any order.
///
/// # Errors
/// The database's.
pub fn variants_of(db: &mut Db, ids: &[VariantId]) -> QueryResult<Vec<Variant>> {
    Variant::query().filter(variants::id.eq_any(ids.to_vec())).load(db)
}

/// # Errors
/// The database's.
pub fn variant(db: &mut Db, campaign: CampaignId, language: &Language) -> QueryResult<Option<Variant>> {
    let row = variants::campaign_id.eq(campaign).and(variants::language.eq(language));
    Variant::query().filter(row).first(db).optional()
}

/// Writes a language of a campaign, new or not.
///
/// # Errors
/// The database's.
pub fn put_variant(
    db: &mut Db,
    campaign: CampaignId,
    language: &Language,
    subject: &str,
    body: &str,
    now: At,
) -> QueryResult<VariantId> {
    let row = variants::campaign_id.eq(campaign).and(variants::language.eq(language));
    let values = (variants::subject.eq(subject), variants::body.eq(body), variants::updated_at.eq(now));
    diesel::update(variants::table.filter(row)).set(values).execute(db)?;
    if let Some(existing) = variant(db, campaign, language)? {
        return Ok(existing.id);
    }
    diesel::insert_into(variants::table)
        .values((variants::campaign_id.eq(campaign), variants::language.eq(language), values))
        .returning(variants::id)
        .get_result(db)
}

/// Whether there was one.
///
/// # Errors
/// The database's.
pub fn delete_variant(db: &mut Db, campaign: CampaignId, language: &Language) -> QueryResult<bool> {
    let row = variants::campaign_id.eq(campaign).and(variants::language.eq(language));
    diesel::delete(variants::table.filter(row)).execute(db).map(|rows| rows > 0)
}
