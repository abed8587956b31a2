//! What the engine looks at every fifth of a second, or when the bell rings: open campaigns, limits, pauses of mail
//! servers, and system mails. Between two looks a batch costs one claim, one preparation and one record.

use chrono::TimeDelta;

use super::limits::{self, DomainLimit};
use super::{Delivery, Lane, Outbox, claim, servers};
use crate::values::{At, CampaignId, NodeId};

/// A process for which a server still fails tries it again, and says so, as soon as its pause is over.
const STALE: TimeDelta = TimeDelta::minutes(1);

/// The database's state as it was looked at.
#[derive(Default)]
pub struct Seen {
    /// Open campaigns, and whether rows of each wait whose time has come.
    pub open: Vec<(Lane, bool)>,
    pub limited: Vec<DomainLimit>,
    /// Mail servers of which staff read that they fail, though nobody has said so again since their pause was over.
    pub stale: Vec<String>,
}

impl Outbox {
    pub(super) fn look(&self, quiet: &[CampaignId]) -> anyhow::Result<Seen> {
        let now = self.clock.now();
        for campaign in quiet {
            self.finish(*campaign, now)?;
        }
        self.db.read_here(|db| {
            let mut open = Vec::new();
            for lane in self.lanes.open(db, now)? {
                open.push((lane, claim::has_due(db, lane.campaign, now)?));
            }
            let stale = servers::failing(db)?.into_iter();
            let stale = stale.filter(|server| server.paused_until.is_none_or(|until| until + STALE < now));
            let stale = stale.map(|server| server.name).collect();
            Ok(Seen { open, limited: limits::domains::list(db)?, stale })
        })
    }

    /// A campaign of which nothing was found may be over.
    fn finish(&self, campaign: CampaignId, now: At) -> anyhow::Result<()> {
        if self.db.read_here(|db| -> anyhow::Result<_> { Ok(claim::is_unfinished(db, campaign)?) })? {
            return Ok(());
        }
        self.db.write_here(|db| {
            // Looked at again in the transaction that says so: another node may have given rows back.
            if !claim::is_unfinished(db, campaign)? {
                self.lanes.finished(db, campaign, now)?;
            }
            Ok(())
        })
    }

    /// System mails: new ones, and those whose wait is over.
    pub(super) fn claim_system(&self, lease: NodeId, limit: usize) -> anyhow::Result<Vec<Delivery>> {
        let (now, limit) = (self.clock.now(), i64::try_from(limit)?);
        self.db.statement_here(|db| Ok(claim::system(db, lease, now, limit)?))
    }
}
