//! Rows of `campaigns` and `campaign_topics`.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::super::model::{Campaign, CampaignState, Doubt, Hours, Step};
use crate::db::schema::{campaign_topics, campaigns};
use crate::db::search::{self, lower};
use crate::db::{Db, dialect};
use crate::error::Error;
use crate::on_each;
use crate::values::{AnalysisId, At, CampaignId, Page, PageRequest, TopicId};

/// What a campaign begins with.
#[derive(Debug, Clone)]
pub struct NewCampaign<'a> {
    pub name: &'a str,
    pub analysis: Option<AnalysisId>,
    pub doubt: Doubt,
    /// Comma-separated; empty for every language.
    pub languages: &'a str,
}

/// # Errors
/// The database's.
pub fn insert(db: &mut Db, new: &NewCampaign<'_>, now: At) -> QueryResult<CampaignId> {
    diesel::insert_into(campaigns::table)
        .values((
            campaigns::name.eq(new.name),
            campaigns::state.eq(CampaignState::Draft),
            campaigns::analysis_id.eq(new.analysis),
            campaigns::audience_languages.eq(new.languages),
            campaigns::doubt.eq(new.doubt),
            campaigns::total.eq(0_i64),
            campaigns::created_at.eq(now),
            campaigns::updated_at.eq(now),
        ))
        .returning(campaigns::id)
        .get_result(db)
}

/// # Errors
/// `NotFound`, or the database's.
pub fn find(db: &mut Db, id: CampaignId) -> Result<Campaign, Error> {
    Campaign::query().filter(campaigns::id.eq(id)).first(db).optional()?.ok_or(Error::NotFound("campaign"))
}

/// As [`find`], and holds the row for the rest of the transaction: whoever changes many deliveries of a campaign comes after
/// whoever does so already.
///
/// # Errors
/// `NotFound`, or the database's.
pub fn lock(db: &mut Db, id: CampaignId) -> Result<Campaign, Error> {
    let sql = format!("SELECT id FROM campaigns WHERE id = $1{}", dialect::for_update(db));
    diesel::sql_query(sql).bind::<BigInt, _>(id).execute(db)?;
    find(db, id)
}

/// Newest first; of one state and with a part of the name, if asked.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    state: Option<CampaignState>,
    name: Option<&str>,
    request: PageRequest,
) -> QueryResult<Page<Campaign>> {
    let (mut rows, mut count) = (Campaign::query().into_boxed(), campaigns::table.into_boxed());
    if let Some(state) = state {
        rows = rows.filter(campaigns::state.eq(state));
        count = count.filter(campaigns::state.eq(state));
    }
    if let Some(part) = name {
        let pattern = search::part(part);
        rows = rows.filter(lower(campaigns::name).like(pattern.clone()).escape('\\'));
        count = count.filter(lower(campaigns::name).like(pattern).escape('\\'));
    }
    let total = count.count().get_result(db)?;
    let rows = rows.order(campaigns::id.desc()).limit(request.size).offset(request.offset()).load(db)?;
    Ok(Page { rows, total, request })
}

/// What campaigns are called.
///
/// # Errors
/// The database's.
pub fn names(db: &mut Db, ids: &[CampaignId]) -> QueryResult<Vec<(CampaignId, String)>> {
    campaigns::table.filter(campaigns::id.eq_any(ids.to_vec())).select((campaigns::id, campaigns::name)).load(db)
}

/// Every campaign in one of the states.
///
/// # Errors
/// The database's.
pub fn with_state(db: &mut Db, states: &[CampaignState]) -> QueryResult<Vec<Campaign>> {
    Campaign::query().filter(campaigns::state.eq_any(states.to_vec())).order(campaigns::id).load(db)
}

/// Campaigns that were cancelled since then.
///
/// # Errors
/// The database's.
pub fn cancelled_since(db: &mut Db, since: At) -> QueryResult<Vec<CampaignId>> {
    let cancelled = campaigns::state.eq(CampaignState::Cancelled).and(campaigns::finished_at.ge(since));
    campaigns::table.filter(cancelled).order(campaigns::id).select(campaigns::id).load(db)
}

/// The campaigns, in whatever state, that hold what is in doubt.
///
/// # Errors
/// The database's.
pub fn holding(db: &mut Db) -> QueryResult<Vec<CampaignId>> {
    campaigns::table.filter(campaigns::doubt.eq(Doubt::Hold)).order(campaigns::id).select(campaigns::id).load(db)
}

/// # Errors
/// The database's.
pub fn set_doubt(db: &mut Db, id: CampaignId, doubt: Doubt, now: At) -> QueryResult<()> {
    diesel::update(campaigns::table.filter(campaigns::id.eq(id)))
        .set((campaigns::doubt.eq(doubt), campaigns::updated_at.eq(now)))
        .execute(db)
        .map(drop)
}

/// # Errors
/// The database's.
pub fn set_pace(db: &mut Db, id: CampaignId, hours: Hours, per_minute: Option<i64>, now: At) -> QueryResult<()> {
    diesel::update(campaigns::table.filter(campaigns::id.eq(id)))
        .set((campaigns::hours.eq(hours), campaigns::per_minute.eq(per_minute), campaigns::updated_at.eq(now)))
        .execute(db)
        .map(drop)
}

/// Deletes a campaign with its variants and its choice of topics; what it mailed stays in the outbox.
///
/// # Errors
/// The database's.
pub fn delete(db: &mut Db, id: CampaignId) -> QueryResult<()> {
    diesel::delete(campaigns::table.filter(campaigns::id.eq(id))).execute(db).map(drop)
}

/// # Errors
/// The database's.
pub fn set_name(db: &mut Db, id: CampaignId, name: &str, now: At) -> QueryResult<()> {
    diesel::update(campaigns::table.filter(campaigns::id.eq(id)))
        .set((campaigns::name.eq(name), campaigns::updated_at.eq(now)))
        .execute(db)
        .map(drop)
}

/// # Errors
/// The database's.
pub fn set_audience(db: &mut Db, id: CampaignId, topics: &[TopicId], languages: &str, now: At) -> QueryResult<()> {
    diesel::delete(campaign_topics::table.filter(campaign_topics::campaign_id.eq(id))).execute(db)?;
    let rows: Vec<_> = topics
        .iter()
        .map(|topic| (campaign_topics::campaign_id.eq(id), campaign_topics::topic_id.eq(*topic)))
        .collect();
    if !rows.is_empty() {
        on_each!(db, |c| diesel::insert_into(campaign_topics::table).values(&rows).execute(c))?;
    }
    diesel::update(campaigns::table.filter(campaigns::id.eq(id)))
        .set((campaigns::audience_languages.eq(languages), campaigns::updated_at.eq(now)))
        .execute(db)
        .map(drop)
}

/// # Errors
/// The database's.
pub fn topics(db: &mut Db, id: CampaignId) -> QueryResult<Vec<TopicId>> {
    campaign_topics::table
        .filter(campaign_topics::campaign_id.eq(id))
        .order(campaign_topics::topic_id)
        .select(campaign_topics::topic_id)
        .load(db)
}

/// Takes a step of the state machine, if nobody else did meanwhile. Answers the new state.
///
/// # Errors
/// `Conflict` when the step cannot be taken from where the campaign is; the database's.
pub fn take_step(
    db: &mut Db,
    campaign: &Campaign,
    step: Step,
    reason: Option<&str>,
    now: At,
) -> Result<CampaignState, Error> {
    let next = campaign.state.after(step)?;
    let over = matches!(next, CampaignState::Sent | CampaignState::Cancelled).then_some(now);
    let row = campaigns::id.eq(campaign.id).and(campaigns::state.eq(campaign.state));
    let changed = diesel::update(campaigns::table.filter(row))
        .set((
            campaigns::state.eq(next),
            campaigns::reason.eq(reason),
            campaigns::finished_at.eq(over),
            campaigns::updated_at.eq(now),
        ))
        .execute(db)?;
    match changed {
        0 => Err(Error::conflict("Somebody else changed this campaign at the same moment. Look at it again.")),
        _ => Ok(next),
    }
}

/// Deliveries wait again: a campaign that was over is being sent, any other stays as it is and where it is.
///
/// # Errors
/// As [`take_step`].
pub fn reopen(db: &mut Db, campaign: &Campaign, now: At) -> Result<CampaignState, Error> {
    // Why it is paused stays on its page.
    let reason = campaign.reason.as_deref().filter(|_| campaign.state == CampaignState::Paused);
    take_step(db, campaign, Step::Reopen, reason, now)
}

/// # Errors
/// The database's.
pub fn set_total(db: &mut Db, id: CampaignId, total: i64) -> QueryResult<()> {
    diesel::update(campaigns::table.filter(campaigns::id.eq(id))).set(campaigns::total.eq(total)).execute(db).map(drop)
}

/// # Errors
/// The database's.
pub fn set_scheduled(db: &mut Db, id: CampaignId, at: Option<At>) -> QueryResult<()> {
    diesel::update(campaigns::table.filter(campaigns::id.eq(id)))
        .set(campaigns::scheduled_at.eq(at))
        .execute(db)
        .map(drop)
}

/// # Errors
/// The database's.
pub fn set_started(db: &mut Db, id: CampaignId, total: i64, now: At) -> QueryResult<()> {
    diesel::update(campaigns::table.filter(campaigns::id.eq(id)))
        .set((campaigns::total.eq(total), campaigns::started_at.eq(now)))
        .execute(db)
        .map(drop)
}
