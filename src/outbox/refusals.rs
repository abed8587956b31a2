//! Contents that the mail server refused: one reader's, or the campaign's?
//!
//! A filter may dislike one reader's mail, or know of that reader only after it has seen the content; then that mail waits
//! like any other. Several different ones in a row, and none taken between them, are no reader's fault.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::Delivery;
use crate::values::{At, CampaignId};

/// So many in a row belong to the campaign, or to the server.
const SEVERAL: u32 = 3;
/// Older mails count as tried, whatever is refused around them: or a last handful would be tried for ever.
const OLD: TimeDelta = TimeDelta::hours(72);

/// The refusals in a row, by campaign.
#[derive(Debug, Default)]
pub struct Refusals(HashMap<CampaignId, u32>);

impl Refusals {
    /// A mail of this campaign was taken.
    pub fn taken(&mut self, campaign: CampaignId) {
        if !self.0.is_empty() {
            self.0.remove(&campaign);
        }
    }

    /// One was refused; answers whether it is one of several in a row.
    pub fn refused(&mut self, campaign: CampaignId) -> bool {
        let row = self.0.entry(campaign).or_default();
        *row = row.saturating_add(1);
        *row >= SEVERAL
    }

    /// Its campaign is stopped: whoever resumes it begins anew.
    pub fn forget(&mut self, campaign: CampaignId) {
        self.0.remove(&campaign);
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
        let (mut refusals, one, two) = (Refusals::default(), CampaignId(1), CampaignId(2));
        assert!(!refusals.refused(one) && !refusals.refused(one) && !refusals.refused(two));
        refusals.taken(one);
        assert!(!refusals.refused(one) && !refusals.refused(one) && refusals.refused(one) && refusals.refused(one));
        refusals.forget(one);
        assert!(!refusals.refused(one));
    }
}
