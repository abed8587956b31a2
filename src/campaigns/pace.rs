//! When and how fast a campaign goes out: its sending hours and its own limit. Both may be changed until it is over; the
//! engine takes them over at its next look.

use chrono_tz::Tz;

use super::hours::{self, OUTSIDE};
use super::model::{Campaign, CampaignState, Hours};
use super::store;
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::{Error, Problems};
use crate::organisation::{self, Organisation};
use crate::outbox::limits::domains::checked_rate;
use crate::values::{At, CampaignId};

/// The form, as typed.
#[derive(Debug, Clone, Default, serde::Deserialize, serde::Serialize)]
#[serde(default)]
pub struct PaceForm {
    /// One of [`Hours`].
    pub hours: String,
    /// Empty for no limit.
    pub per_minute: String,
}

impl From<&Campaign> for PaceForm {
    fn from(campaign: &Campaign) -> Self {
        let per_minute = campaign.per_minute.map(|number| number.to_string()).unwrap_or_default();
        Self { hours: campaign.hours.to_string(), per_minute }
    }
}

/// Sets both.
///
/// # Errors
/// `Invalid` on `hours` and `per_minute`; `Conflict` when the campaign is over; `NotFound`.
pub fn set(db: &mut Db, id: CampaignId, form: &PaceForm, actor: &Actor, now: At) -> Result<(), Error> {
    let campaign = store::find(db, id)?;
    if campaign.state.is_over() {
        let words = campaign.state.words();
        return Err(Error::conflict(format!("This campaign {words}: its pace does not change any more.")));
    }
    let mut problems = Problems::default();
    let hours = problems.take("hours", form.hours.parse::<Hours>().map_err(|_| "choose one of the three"));
    let per_minute = match form.per_minute.trim() {
        "" => None,
        typed => problems.take("per_minute", checked_rate(typed)),
    };
    problems.check()?;
    let hours = hours.unwrap_or(campaign.hours);
    store::set_pace(db, id, hours, per_minute, now)?;
    if campaign.hours == Hours::Reader && hours != Hours::Reader {
        store::deliveries::end_wait(db, id, OUTSIDE, now)?;
    }
    let limit = per_minute.map(|number| format!(", at most {number} a minute")).unwrap_or_default();
    Ok(audit::record(db, actor, "set the pace of", "campaign", Some(id.0), &format!("{}{limit}", hours.words()), now)?)
}

/// That a campaign which is being sent stands still until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    pub until: At,
    /// The organisation's.
    pub zone: Tz,
}

/// Whether the campaign, once it is being sent, waits for the organisation's hours at this moment.
pub fn closed(campaign: &Campaign, organisation: &Organisation, now: At) -> Option<Wait> {
    let zone = organisation.zone();
    let until = match campaign.hours {
        Hours::Organisation => hours::next_opening(&organisation.sending_hours(), now, zone),
        Hours::Any | Hours::Reader => now,
    };
    (until > now).then_some(Wait { until, zone })
}

/// The same for one that is being sent; the organisation is asked for only where it matters.
///
/// # Errors
/// The database's.
pub fn waits(db: &mut Db, campaign: &Campaign, now: At) -> Result<Option<Wait>, Error> {
    if campaign.state != CampaignState::Sending || campaign.hours != Hours::Organisation {
        return Ok(None);
    }
    Ok(closed(campaign, &organisation::store::get(db, now)?, now))
}
