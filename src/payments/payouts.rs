//! A payout with the lines of the balance that it took along.

use super::Payments;
use crate::stripe::{BalanceTransaction, Failure, Listing, Payout, Reconciliation};

impl Payments {
    /// The payout, and its lines once Stripe has said which they are: for automatic ones, when the reconciliation is
    /// completed. Of manual payouts Stripe never says it.
    pub(super) async fn payout(&self, id: &str) -> Result<Payout, Failure> {
        let mut payout = self.api.payout(id).await?;
        if payout.automatic && payout.reconciliation == Reconciliation::Completed {
            payout.lines = Some(self.lines_of(&payout).await?);
        }
        Ok(payout)
    }

    /// All pages; without the payout's own line, which Stripe lists among them.
    async fn lines_of(&self, payout: &Payout) -> Result<Vec<BalanceTransaction>, Failure> {
        let mut listing = Listing { since: None, after: None, limit: 100 };
        let mut lines = Vec::new();
        loop {
            let page = self.api.balance_transactions(&listing, Some(&payout.id)).await?;
            listing.after = page.items.last().map(|line| line.id.clone());
            lines.extend(page.items.into_iter().filter(|line| line.source.as_deref() != Some(payout.id.as_str())));
            if !page.more || listing.after.is_none() {
                return Ok(lines);
            }
        }
    }
}
