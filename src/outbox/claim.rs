//! Claims: the statements by which this node leases rows. One UPDATE each, a transaction by itself.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use super::Delivery;
use crate::db::types::Instant;
use crate::db::{Db, dialect, fixed};
use crate::values::{At, CampaignId, DeliveryId, NodeId};

pub(super) const COLUMNS: &str = "id, mail, campaign_id, variant_id, subscriber_id, address, language, payload, state, attempts, \
                       next_at, code, reply, server, created_at, updated_at";

const WAITING: &str = "state IN ('queued', 'deferred')";

/// Which of a campaign's rows a claim is about, by the domain of the address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// All but those of these domains, which are slow or limited and claimed apart.
    Rest(Vec<String>),
    Domain(String),
}

impl Part {
    /// The condition, with a `?` for each of [`Part::patterns`].
    fn condition(&self) -> String {
        match self {
            Part::Rest(_) => " AND address NOT LIKE ?".repeat(self.patterns().len()),
            Part::Domain(_) => " AND address LIKE ?".to_owned(),
        }
    }
    /// The last one is repeated until there is a power of two of them, so that there are few different statements.
    fn patterns(&self) -> Vec<String> {
        let pattern = |domain: &String| format!("%@{domain}");
        match self {
            Part::Domain(domain) => vec![pattern(domain)],
            Part::Rest(domains) => {
                let mut patterns: Vec<String> = domains.iter().map(pattern).collect();
                if let Some(last) = patterns.last().cloned() {
                    patterns.resize(patterns.len().next_power_of_two(), last);
                }
                patterns
            }
        }
    }
}

fn lease(db: &Db, condition: &str) -> String {
    format!(
        "UPDATE deliveries SET state = 'sending', lease = ?, updated_at = ? WHERE id IN \
         (SELECT id FROM deliveries WHERE {condition}{}) RETURNING {COLUMNS}",
        dialect::skip_locked(db)
    )
}

fn sorted(mut rows: Vec<Delivery>) -> Vec<Delivery> {
    rows.sort_by_key(|row| row.id);
    rows
}

/// Leases system mails that are new or whose wait is over.
pub fn system(db: &mut Db, node: NodeId, now: At, limit: i64) -> QueryResult<Vec<Delivery>> {
    let sql = lease(db, &format!("campaign_id IS NULL AND next_at <= ? AND {WAITING} ORDER BY next_at, id LIMIT ?"));
    fixed(&sql).int(node.0).at(now).at(now).int(limit).load(db).map(sorted)
}

/// Leases rows of a campaign that wait by themselves and whose wait is over. Those that wait for their first attempt are in
/// blocks (see `blocks`).
pub fn due(
    db: &mut Db,
    (campaign, part): (CampaignId, &Part),
    node: NodeId,
    now: At,
    limit: i64,
) -> QueryResult<Vec<Delivery>> {
    let condition = part.condition();
    let sql =
        lease(db, &format!("campaign_id = ? AND next_at <= ? AND {WAITING}{condition} ORDER BY next_at, id LIMIT ?"));
    let mut query = fixed(&sql).int(node.0).at(now).int(campaign.0).at(now);
    for pattern in part.patterns() {
        query = query.text(pattern);
    }
    query.int(limit).load(db).map(sorted)
}

/// Whether rows of this campaign wait for a time that has come.
pub fn has_due(db: &mut Db, campaign: CampaignId, now: At) -> QueryResult<bool> {
    let sql = format!(
        "SELECT id FROM deliveries WHERE campaign_id = $1 AND next_at <= $2 AND {WAITING} ORDER BY next_at LIMIT 1"
    );
    let found = diesel::sql_query(sql).bind::<BigInt, _>(campaign).bind::<Instant, _>(now).get_result::<Found>(db);
    Ok(found.optional()?.is_some())
}

/// Whether anything of a campaign is still to be sent or on its way. Asked again and again, so each part is written such
/// that a small partial index answers it (`+` keeps SQLite, which does not know how many rows there are, off the large ones).
///
/// # Errors
/// The database's.
pub fn is_unfinished(db: &mut Db, campaign: CampaignId) -> QueryResult<bool> {
    const BLOCKS: &str = "SELECT id FROM delivery_blocks WHERE campaign_id = $1 LIMIT 1";
    const WAITING: &str =
        "SELECT id FROM deliveries WHERE campaign_id = $1 AND next_at IS NOT NULL ORDER BY next_at LIMIT 1";
    const LEASED: &str = "SELECT id FROM deliveries WHERE lease > 0 AND +campaign_id = $1 LIMIT 1";
    for sql in [BLOCKS, WAITING, LEASED] {
        if diesel::sql_query(sql).bind::<BigInt, _>(campaign).get_result::<Found>(db).optional()?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// No row of the campaign with a lower id waits, is on its way or is to be tried again; none when nothing does. From the same
/// small indexes: behind it a page of such rows is found without walking through a million that are sent.
///
/// # Errors
/// The database's.
pub fn unfinished_from(db: &mut Db, campaign: CampaignId) -> QueryResult<Option<DeliveryId>> {
    #[derive(QueryableByName)]
    struct Lowest {
        #[diesel(sql_type = Nullable<BigInt>)]
        id: Option<DeliveryId>,
    }
    // Of `MIN(id)` PostgreSQL makes a walk along the ids until a row fits.
    const SQL: &str = "SELECT MIN(id) AS id FROM (\
         SELECT first AS id FROM delivery_blocks WHERE campaign_id = $1 \
         UNION ALL SELECT MIN(id + 0) AS id FROM deliveries WHERE campaign_id = $1 AND next_at IS NOT NULL \
         UNION ALL SELECT MIN(id + 0) AS id FROM deliveries WHERE lease > 0 AND +campaign_id = $1) AS lowest";
    Ok(diesel::sql_query(SQL).bind::<BigInt, _>(campaign).get_result::<Lowest>(db)?.id)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt, column_name = id)]
    _id: i64,
}
