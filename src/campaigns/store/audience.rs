//! Who gets a campaign, as SQL: the same conditions for counting and for fixing the audience.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::db::Db;
use crate::db::types::Instant;
use crate::values::{At, CampaignId, VariantId};

/// A language's part before the first hyphen, as `Language::primary` gives it (two or three letters).
const PRIMARY: &str = "CASE WHEN substr(s.language, 3, 1) = '-' THEN substr(s.language, 1, 2) \
     WHEN substr(s.language, 4, 1) = '-' THEN substr(s.language, 1, 3) ELSE s.language END";

/// Active subscribers of one of the campaign's topics, in one of the languages, each once, with the variant that is theirs.
/// `$1` is the variant of those in whose language nothing was written, `$2` the campaign, `languages` the parameter with
/// the languages (comma-separated, empty for all). SQLite numbers parameters in the order in which they first appear.
fn readers(languages: &str) -> String {
    format!(
        "FROM subscribers s \
         LEFT JOIN variants exact ON exact.campaign_id = $2 AND exact.language = s.language \
         LEFT JOIN variants near ON near.campaign_id = $2 AND near.language = {PRIMARY} \
         LEFT JOIN suppressions p ON p.address_hash = s.address_hash \
         WHERE s.state = 'active' \
         AND s.id IN (SELECT x.subscriber_id FROM subscriptions x JOIN campaign_topics t ON t.topic_id = x.topic_id \
                      WHERE t.campaign_id = $2) \
         AND ({languages} = '' OR ',' || {languages} || ',' LIKE '%,' || s.language || ',%' \
              OR ',' || {languages} || ',' LIKE '%,' || {PRIMARY} || ',%')"
    )
}

/// How many readers have which variant, and how many of them are suppressed.
#[derive(QueryableByName, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    #[diesel(sql_type = BigInt)]
    pub variant: VariantId,
    /// 1 for those who are not mailed because their address is suppressed.
    #[diesel(sql_type = BigInt)]
    pub suppressed: i64,
    #[diesel(sql_type = BigInt)]
    pub readers: i64,
}

/// Those of them who have no delivery of this campaign: who were added since it started.
pub const ADDED: &str =
    " AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.campaign_id = $2 AND d.subscriber_id = s.id)";

/// `also` narrows it further: nothing, or [`ADDED`].
///
/// # Errors
/// The database's.
pub fn count(
    db: &mut Db,
    campaign: CampaignId,
    default: VariantId,
    languages: &str,
    also: &'static str,
) -> QueryResult<Vec<Count>> {
    let sql = format!(
        "SELECT variant, suppressed, COUNT(*) AS readers FROM (\
         SELECT COALESCE(exact.id, near.id, $1) AS variant, \
         CAST(CASE WHEN p.address_hash IS NULL THEN 0 ELSE 1 END AS BIGINT) AS suppressed {}{also}) r \
         GROUP BY variant, suppressed ORDER BY variant, suppressed",
        readers("$3")
    );
    diesel::sql_query(sql).bind::<BigInt, _>(default).bind::<BigInt, _>(campaign).bind::<Text, _>(languages).load(db)
}

/// Whether anybody would get it.
///
/// # Errors
/// The database's.
pub fn anybody(db: &mut Db, campaign: CampaignId, default: VariantId, languages: &str) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = BigInt, column_name = variant)]
        _variant: i64,
    }
    let sql = format!(
        "SELECT COALESCE(exact.id, near.id, $1) AS variant {} AND p.address_hash IS NULL LIMIT 1",
        readers("$3")
    );
    let query = diesel::sql_query(sql).bind::<BigInt, _>(default).bind::<BigInt, _>(campaign);
    Ok(query.bind::<Text, _>(languages).get_result::<Found>(db).optional()?.is_some())
}

/// Makes a queued delivery for each reader, in one statement. A second time it adds nobody twice (`first` is for a campaign
/// without deliveries: to look for each reader's costs as much again on PostgreSQL). Answers how many were made.
///
/// # Errors
/// The database's.
pub fn fix(
    db: &mut Db,
    campaign: CampaignId,
    default: VariantId,
    languages: &str,
    first: bool,
    now: At,
) -> QueryResult<usize> {
    let again = if first { "" } else { " ON CONFLICT (campaign_id, subscriber_id) DO NOTHING" };
    let sql = format!(
        "INSERT INTO deliveries (variant_id, campaign_id, created_at, updated_at, mail, subscriber_id, address, language, \
         state, attempts) \
         SELECT COALESCE(exact.id, near.id, $1), $2, $3, $3, 'campaign', s.id, s.email, s.language, 'queued', 0 {} \
         AND p.address_hash IS NULL{again}",
        readers("$4")
    );
    diesel::sql_query(sql)
        .bind::<BigInt, _>(default)
        .bind::<BigInt, _>(campaign)
        .bind::<Instant, _>(now)
        .bind::<Text, _>(languages)
        .execute(db)
}
