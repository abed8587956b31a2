//! Sending a campaign: schedule, start, pause, resume, cancel.

use chrono::{NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::audience;
use super::draft::check_placeholders;
use super::model::{Campaign, CampaignState, Step};
use super::store;
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::{Error, Problems};
use crate::jobs;
use crate::organisation;
use crate::outbox;
use crate::subscribers::topics;
use crate::values::{At, CampaignId};

/// The kind of job that starts a campaign at its time; its payload is a [`StartJob`].
pub const START_JOB: &str = "campaign.start";

/// Shown beside deliveries that were not mailed for this reason.
const CANCELLED: &str = "campaign cancelled";

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct StartJob {
    pub campaign: CampaignId,
}

/// Makes the campaign start at `at`, or now. It may be called again to change the time.
///
/// # Errors
/// `Conflict` from a state in which it cannot be sent; `Invalid` on `variants`, `topics`, `audience` and `at` with what is missing.
pub fn schedule(db: &mut Db, id: CampaignId, at: Option<At>, actor: &Actor, now: At) -> Result<(), Error> {
    let campaign = store::find(db, id)?;
    campaign.state.after(Step::Schedule)?;
    check(db, &campaign, at, now)?;
    let at = at.unwrap_or(now);
    store::take_step(db, &campaign, Step::Schedule, None, now)?;
    store::set_scheduled(db, id, Some(at))?;
    // The time is in the key, because a job that waits for another time must not stand in this one's way.
    let key = format!("{START_JOB}:{id}:{}", at.micros());
    jobs::enqueue(db, START_JOB, &StartJob { campaign: id }, at, Some(&key), now)?;
    let planned = if at == now { "for now".to_owned() } else { format!("for {}", at.0.format("%Y-%m-%d %H:%M UTC")) };
    Ok(audit::record(db, actor, "scheduled", "campaign", Some(id.0), &planned, now)?)
}

/// What must hold before a campaign may leave.
///
/// # Errors
/// `Invalid` with all that is missing.
pub fn check(db: &mut Db, campaign: &Campaign, at: Option<At>, now: At) -> Result<(), Error> {
    let mut problems = Problems::default();
    let variants = store::variants(db, campaign.id)?;
    let first = organisation::store::get(db, now)?.first_language();
    if variants.is_empty() {
        problems.add("variants", "nothing is written yet");
    } else if variants.len() > 1
        && !variants.iter().any(|v| v.language == first || v.language.as_str() == first.primary())
    {
        let words = format!("write it in {} too: readers of other languages get that", first.own_name());
        problems.add("variants", words);
    }
    let known = topics::list(db, &first)?;
    for variant in &variants {
        let language = variant.language.own_name();
        if variant.subject.is_empty() {
            problems.add("variants", format!("the subject in {language} is empty"));
        }
        if variant.body.is_empty() {
            problems.add("variants", format!("the text in {language} is empty"));
        }
        check_placeholders(&mut problems, "subject", &variant.subject, &known);
        check_placeholders(&mut problems, "body", &variant.body, &known);
    }
    if store::topics(db, campaign.id)?.is_empty() {
        problems.add("topics", "choose at least one topic");
    }
    match at {
        Some(at) if at < now => problems.add("at", "this time has passed"),
        Some(at) if at > now => {}
        // Only readers of today count when it leaves today.
        _ if problems.is_empty() && audience::is_empty(db, campaign, now)? => {
            problems.add("audience", "nobody would get it: no active subscriber fits");
        }
        _ => {}
    }
    problems.check()
}

fn audience_words(total: i64) -> String {
    if total == 1 { "1 reader".into() } else { format!("{total} readers") }
}

/// Back to draft, so that it can be changed.
///
/// # Errors
/// `Conflict` when it is not scheduled.
pub fn unschedule(db: &mut Db, id: CampaignId, actor: &Actor, now: At) -> Result<(), Error> {
    let campaign = store::find(db, id)?;
    store::take_step(db, &campaign, Step::Unschedule, None, now)?;
    store::set_scheduled(db, id, None)?;
    Ok(audit::record(db, actor, "took back to draft", "campaign", Some(id.0), "", now)?)
}

/// Starts a scheduled campaign that is due: fixes its audience. Anything else changes nothing, so that it can be called
/// as often as one likes. Answers whether it started.
///
/// # Errors
/// The database's.
pub fn start(db: &mut Db, id: CampaignId, now: At) -> Result<bool, Error> {
    let campaign = match store::find(db, id) {
        Err(Error::NotFound(_)) => return Ok(false),
        other => other?,
    };
    if campaign.state != CampaignState::Scheduled || campaign.scheduled_at.is_none_or(|at| at > now) {
        return Ok(false);
    }
    match store::take_step(db, &campaign, Step::Start, None, now) {
        // Another node was faster.
        Err(Error::Conflict(_)) => return Ok(false),
        other => other?,
    };
    let total = audience::fix(db, &campaign, now)?;
    store::set_started(db, id, total, now)?;
    audit::record(db, &Actor::program(), "started", "campaign", Some(id.0), &audience_words(total), now)?;
    if total == 0 {
        let started = store::find(db, id)?;
        store::take_step(db, &started, Step::Finish, Some("Nobody was in its audience when it started."), now)?;
    }
    Ok(true)
}

/// # Errors
/// `Conflict` when it is not being sent.
pub fn pause(db: &mut Db, id: CampaignId, reason: Option<&str>, actor: &Actor, now: At) -> Result<(), Error> {
    let campaign = store::find(db, id)?;
    let reason = reason.map_or_else(|| format!("Paused by {}.", actor.name), str::to_owned);
    store::take_step(db, &campaign, Step::Pause, Some(&reason), now)?;
    Ok(audit::record(db, actor, "paused", "campaign", Some(id.0), &reason, now)?)
}

/// # Errors
/// `Conflict` when it is not paused.
pub fn resume(db: &mut Db, id: CampaignId, actor: &Actor, now: At) -> Result<(), Error> {
    let campaign = store::find(db, id)?;
    store::take_step(db, &campaign, Step::Resume, None, now)?;
    Ok(audit::record(db, actor, "resumed", "campaign", Some(id.0), "", now)?)
}

/// Stops it for good: who has not been mailed is not mailed any more. Answers how many that are.
///
/// # Errors
/// `Conflict` when there is nothing to stop.
pub fn cancel(db: &mut Db, id: CampaignId, actor: &Actor, now: At) -> Result<usize, Error> {
    let campaign = store::find(db, id)?;
    store::take_step(db, &campaign, Step::Cancel, Some(&format!("Cancelled by {}.", actor.name)), now)?;
    let skipped = store::deliveries::skip_waiting(db, id, CANCELLED, now)?;
    audit::record(db, actor, "cancelled", "campaign", Some(id.0), &format!("{skipped} not mailed"), now)?;
    Ok(skipped)
}

/// Skips what was on its way when its campaign was cancelled and came back since. Answers how many that are.
///
/// # Errors
/// The database's.
pub fn skip_late(db: &mut Db, now: At) -> Result<usize, Error> {
    let mut skipped = 0;
    // A mail does not stay on its way for longer.
    for campaign in store::cancelled_since(db, now - chrono::Duration::days(7))? {
        skipped += store::deliveries::skip_late(db, campaign, CANCELLED, now)?;
    }
    Ok(skipped)
}

/// Every delivery is final: the campaign has been sent. Anything else changes nothing.
///
/// # Errors
/// The database's.
pub fn finish(db: &mut Db, id: CampaignId, now: At) -> Result<(), Error> {
    let campaign = match store::lock(db, id) {
        Err(Error::NotFound(_)) => return Ok(()),
        other => other?,
    };
    // Staff may have put deliveries back, or added some, until the row was ours.
    if campaign.state != CampaignState::Sending || outbox::is_unfinished(db, id)? {
        return Ok(());
    }
    match store::take_step(db, &campaign, Step::Finish, None, now) {
        Ok(_) => Ok(audit::record(db, &Actor::program(), "finished", "campaign", Some(id.0), "", now)?),
        Err(Error::Conflict(_)) => Ok(()),
        Err(other) => Err(other),
    }
}

/// A day and a time as forms send them (`2026-11-24`, `09:00`), in the organisation's zone. An hour that happens twice
/// means the first one.
///
/// # Errors
/// `Invalid` on `date`, `time`, or when the clocks skip that hour.
pub fn local_time(date: &str, time: &str, zone: Tz) -> Result<At, Error> {
    let mut problems = Problems::default();
    let day = problems.take("date", date.trim().parse::<NaiveDate>().map_err(|_| "a date is needed"));
    let clock = NaiveTime::parse_from_str(time.trim(), "%H:%M").map_err(|_| "a time is needed, such as 09:00");
    let clock = problems.take("time", clock);
    problems.check()?;
    let (Some(day), Some(clock)) = (day, clock) else { return Err(Error::invalid("time", "a time is needed")) };
    let local = zone.from_local_datetime(&day.and_time(clock)).earliest();
    let local =
        local.ok_or_else(|| Error::invalid("time", "this hour is skipped on that day: the clocks go forward"))?;
    Ok(At::from_micros(local.timestamp_micros()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_times() {
        let berlin = chrono_tz::Europe::Berlin;
        let shown = |date, time| local_time(date, time, berlin).map(At::rfc3339).map_err(|e| e.to_string());
        assert_eq!(shown("2026-07-01", "09:00").unwrap(), "2026-07-01T07:00:00Z");
        assert_eq!(shown("2026-10-25", "02:30").unwrap(), "2026-10-25T00:30:00Z", "twice: the first");
        assert!(shown("2026-03-29", "02:30").unwrap_err().contains("skipped"));
        assert_eq!(
            shown("soon", "later").unwrap_err(),
            "date: a date is needed; time: a time is needed, such as 09:00"
        );
    }
}
