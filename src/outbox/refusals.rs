//! Contents that the mail server refused: one reader's, or the campaign's?
//!
//! A filter may dislike one reader's mail, or know of that reader only after it has seen the content; then that mail waits
//! like any other. Several different ones in a row, and none taken between them, are no reader's fault.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::TimeDelta;

use super::Delivery;
use crate::values::{At, CampaignId};

/// So many in a row belong to the campaign, or to the server.
const SEVERAL: u32 = 3;
/// After so long without a refusal the count of a campaign that was stopped begins anew: somebody resumed it.
const ANEW: Duration = Duration::from_secs(30);
/// Older mails count as tried, whatever is refused around them: or a last handful would be tried for ever.
const OLD: TimeDelta = TimeDelta::hours(72);

/// The refusals in a row, by campaign, and when the latest was.
#[derive(Debug, Default)]
pub struct Refusals(HashMap<CampaignId, (u32, Instant)>);

impl Refusals {
    /// A mail of this campaign was taken.
    pub fn taken(&mut self, campaign: CampaignId) {
        if !self.0.is_empty() {
            self.0.remove(&campaign);
        }
    }

    /// One was refused; answers whether it is one of several in a row.
    pub fn refused(&mut self, campaign: CampaignId, now: Instant) -> bool {
        let (row, latest) = self.0.entry(campaign).or_insert((0, now));
        if *row >= SEVERAL && now.saturating_duration_since(*latest) >= ANEW {
            *row = 0;
        }
        (*row, *latest) = (row.saturating_add(1), now);
        *row >= SEVERAL
    }
}

/// Whether a refused mail goes back as it was, though it was one of several.
pub fn is_young(row: &Delivery, now: At) -> bool {
    now - row.created_at < OLD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_a_readers_and_several_in_a_row_are_not() {
        let (mut refusals, one, two, begin) = (Refusals::default(), CampaignId(1), CampaignId(2), Instant::now());
        let refused = |refusals: &mut Refusals, campaign, seconds| {
            refusals.refused(campaign, begin + Duration::from_secs(seconds))
        };
        assert!(!refused(&mut refusals, one, 0) && !refused(&mut refusals, one, 0) && !refused(&mut refusals, two, 0));
        refusals.taken(one);
        assert!(!refused(&mut refusals, one, 0) && !refused(&mut refusals, one, 50), "seldom, and still in a row");
        assert!(refused(&mut refusals, one, 99) && refused(&mut refusals, one, 100));
        assert!(!refused(&mut refusals, one, 131), "somebody resumed it");
    }
}
