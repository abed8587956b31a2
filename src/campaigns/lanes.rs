//! What the outbox asks and tells about campaigns.

use std::sync::Arc;

use diesel::QueryResult;

use super::frame::Link;
use super::model::{CampaignState, Doubt, Hours, Step};
use super::{pace, send, store};
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::organisation;
use crate::outbox::{self, Lane, Lanes, NewDelivery};
use crate::values::{At, CampaignId, EmailAddress, Language};

/// Whom to tell that the program stopped a campaign; `app` fills it in, because campaigns do not know staff.
pub type StaffToTell = Arc<dyn Fn(&mut Db) -> QueryResult<Vec<(EmailAddress, Language)>> + Send + Sync>;

pub struct CampaignLanes {
    pub staff_to_tell: StaffToTell,
    pub link: Link,
}

impl Lanes for CampaignLanes {
    fn open(&self, db: &mut Db, now: At) -> QueryResult<Vec<Lane>> {
        let mut open = store::with_state(db, &[CampaignState::Sending])?;
        if open.iter().any(|campaign| campaign.hours == Hours::Organisation) {
            let organisation = organisation::store::get(db, now)?;
            open.retain(|campaign| pace::closed(campaign, &organisation, now).is_none());
        }
        Ok(open
            .iter()
            .map(|c| Lane { campaign: c.id, hold: c.doubt == Doubt::Hold, per_minute: c.per_minute })
            .collect())
    }

    fn holding(&self, db: &mut Db) -> QueryResult<Vec<CampaignId>> {
        store::holding(db)
    }

    fn finished(&self, db: &mut Db, campaign: CampaignId, now: At) -> QueryResult<()> {
        send::finish(db, campaign, now).map_err(as_query_error)
    }

    fn stop(&self, db: &mut Db, campaign: CampaignId, reason: &str, now: At) -> QueryResult<()> {
        self.stop_and_tell(db, campaign, reason, now).map_err(as_query_error)
    }
}

impl CampaignLanes {
    fn stop_and_tell(&self, db: &mut Db, id: CampaignId, reason: &str, now: At) -> Result<(), Error> {
        let campaign = store::find(db, id)?;
        if campaign.state != CampaignState::Sending {
            return Ok(());
        }
        match store::take_step(db, &campaign, Step::Pause, Some(reason), now) {
            // Staff were faster.
            Err(Error::Conflict(_)) => return Ok(()),
            other => other?,
        };
        audit::record(db, &Actor::program(), "paused", "campaign", Some(id.0), reason, now)?;
        let url = (self.link)(&format!("/staff/campaigns/{id}"));
        let data = serde_json::json!({ "campaign": campaign.name, "reason": reason, "url": url });
        for (address, language) in (self.staff_to_tell)(db)? {
            let key = format!("campaign_stopped:{id}:{}:{}", now.micros(), address.key());
            outbox::enqueue(db, &NewDelivery::system("campaign_stopped", address, language, &data)?.once(key), now)?;
        }
        Ok(())
    }
}

/// The outbox speaks of the database only; anything else is a fault of ours that it logs.
fn as_query_error(error: Error) -> diesel::result::Error {
    match error {
        Error::NotFound(_) => diesel::result::Error::NotFound,
        other => diesel::result::Error::QueryBuilderError(other.into()),
    }
}
