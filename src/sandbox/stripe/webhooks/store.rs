//! Table `sandbox_stripe_webhooks`, and the mischief in `sandbox_stripe_settings`.

use chrono::Duration;
use diesel::prelude::*;

use super::Answered;
use super::mischief::{Mischief, Plan, order, plan};
use crate::db::Db;
use crate::db::schema::sandbox_stripe_settings::dsl as settings;
use crate::db::schema::sandbox_stripe_webhooks::dsl::*;
use crate::values::At;

/// How many are claimed at once.
const BATCH: i64 = 20;
/// A process that claimed and died gives its rows to others after this time.
const CLAIM: Duration = Duration::seconds(60);
/// How long it is waited after each failure; after the last one Stripe gives up (three days in all).
const WAITS: [i64; 11] = [5, 30, 120, 600, 3_600, 10_800, 21_600, 43_200, 57_600, 57_600, 57_600];
/// How many answers are kept.
const ANSWERS: usize = 12;

/// First lines of an answer, which also say that the row has had its mischief.
pub const HELD: &str = "held back";
pub const LOST: &str = "lost on purpose";
pub const BY_HAND: &str = "sent again by hand";

/// An event on its way.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Webhook {
    pub id: i64,
    pub event_id: String,
    /// By the sandbox's clock.
    pub due_at: At,
    pub attempts: i64,
    pub delivered_at: Option<At>,
    pub given_up_at: Option<At>,
    /// A line for each answer, the newest last.
    pub answer: String,
}

/// Whether anything is due: a cheap look, so that an idle sandbox writes nothing.
pub(super) fn any_due(db: &mut Db, now: At) -> QueryResult<bool> {
    let due = sandbox_stripe_webhooks.filter(delivered_at.is_null().and(given_up_at.is_null()).and(due_at.le(now)));
    Ok(due.select(id).first::<i64>(db).optional()?.is_some())
}

/// Takes what is due, does the mischief to it, and returns what is to be sent now and how often.
pub(super) fn claim(db: &mut Db, now: At) -> QueryResult<Vec<(Webhook, i64)>> {
    let due: Vec<Webhook> = sandbox_stripe_webhooks
        .filter(delivered_at.is_null().and(given_up_at.is_null()).and(due_at.le(now)))
        .order(id.asc())
        .limit(BATCH)
        .load(db)?;
    let how = mischief(db)?;
    let mut claimed = Vec::new();
    for mut webhook in due {
        // Another process may have been faster: then the time is not the one that was read.
        let row = sandbox_stripe_webhooks.filter(id.eq(webhook.id).and(due_at.eq(webhook.due_at)));
        match plan(how, &webhook) {
            Plan::Hold(wait) => {
                diesel::update(row).set((due_at.eq(now + wait), answer.eq(HELD))).execute(db)?;
            }
            Plan::Lose => {
                diesel::update(row).set((given_up_at.eq(Some(now)), answer.eq(LOST))).execute(db)?;
            }
            Plan::Send { copies } => {
                webhook.attempts += copies;
                let lease = (due_at.eq(now + CLAIM), attempts.eq(webhook.attempts));
                if diesel::update(row).set(lease).execute(db)? == 1 {
                    claimed.push((webhook, copies));
                }
            }
        }
    }
    order(how, &mut claimed, |(webhook, _)| webhook.id);
    Ok(claimed)
}

/// Notes what came back for a claimed webhook: taken, to be tried again, or given up.
pub(super) fn record(db: &mut Db, webhook: &Webhook, answers: &[Answered], now: At) -> QueryResult<()> {
    let mut lines: Vec<String> = webhook.answer.lines().map(str::to_owned).collect();
    lines.extend(answers.iter().map(|answered| format!("{} {}", now.rfc3339(), answered.words)));
    let text = lines.split_off(lines.len().saturating_sub(ANSWERS)).join("\n");
    let row = sandbox_stripe_webhooks.filter(id.eq(webhook.id));
    if answers.iter().any(|answered| answered.taken) {
        diesel::update(row).set((delivered_at.eq(Some(now)), answer.eq(text))).execute(db)?;
        return Ok(());
    }
    let tries = usize::try_from(webhook.attempts.max(1)).unwrap_or(usize::MAX);
    match WAITS.get(tries - 1) {
        Some(wait) => {
            diesel::update(row).set((due_at.eq(now + Duration::seconds(*wait)), answer.eq(text))).execute(db)?
        }
        None => diesel::update(row).set((given_up_at.eq(Some(now)), answer.eq(text))).execute(db)?,
    };
    Ok(())
}

/// Puts an event on its way once more, without mischief.
///
/// # Errors
/// The back end's.
pub fn send_again(db: &mut Db, event: &str, now: At) -> QueryResult<()> {
    let row = (event_id.eq(event), due_at.eq(now), attempts.eq(0_i64), answer.eq(BY_HAND));
    diesel::insert_into(sandbox_stripe_webhooks).values(row).execute(db).map(drop)
}

/// The webhooks of these events, the oldest first.
///
/// # Errors
/// The back end's.
pub fn of_events(db: &mut Db, events: &[String]) -> QueryResult<Vec<Webhook>> {
    sandbox_stripe_webhooks.filter(event_id.eq_any(events.to_vec())).order(id.asc()).load(db)
}

/// How the sandbox treats its webhooks; honest until somebody chose.
///
/// # Errors
/// The back end's.
pub fn mischief(db: &mut Db) -> QueryResult<Mischief> {
    let chosen = settings::sandbox_stripe_settings.select(settings::mischief).first(db).optional()?;
    Ok(chosen.unwrap_or(Mischief::Honest))
}

/// Chooses what happens to webhooks that are not yet on their way.
///
/// # Errors
/// The back end's.
pub fn set_mischief(db: &mut Db, how: Mischief) -> QueryResult<()> {
    let changed = diesel::update(settings::sandbox_stripe_settings).set(settings::mischief.eq(how)).execute(db)?;
    if changed == 0 {
        let row = (settings::id.eq(1_i64), settings::ahead_seconds.eq(0_i64), settings::mischief.eq(how));
        diesel::insert_into(settings::sandbox_stripe_settings).values(row).execute(db)?;
    }
    Ok(())
}
