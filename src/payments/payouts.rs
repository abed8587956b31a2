//! A payout with the lines of the balance that it took along.

use super::Payments;
use crate::stripe::{BalanceTransaction, Failure, Listing, Payout, PayoutStatus, Reconciliation};

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

/// How it stands with a payout, for staff.
pub(super) fn words(payout: &Payout) -> String {
    let (id, amount, day) = (&payout.id, &payout.amount, payout.arrives_on);
    let taken_back = payout.amount.minor < 0;
    let stands = match payout.status {
        PayoutStatus::Pending | PayoutStatus::InTransit if taken_back => {
            format!("is taken from the bank account, by {day}")
        }
        PayoutStatus::Pending | PayoutStatus::InTransit => format!("is on its way; it should be at the bank on {day}"),
        PayoutStatus::Paid if taken_back => format!("was taken from the bank account on {day}"),
        PayoutStatus::Paid => format!("is at the bank on {day}"),
        PayoutStatus::Failed => match &payout.failure {
            Some(failure) => format!("failed: {failure}"),
            None => "failed".to_owned(),
        },
        PayoutStatus::Canceled => "was cancelled before it left".to_owned(),
        PayoutStatus::Unknown => "is in a state that this program does not know".to_owned(),
    };
    let lines = match payout.lines.as_deref().map(<[_]>::len) {
        Some(1) => "; one line of the balance is in it".to_owned(),
        Some(lines) => format!("; {lines} lines of the balance are in it"),
        None => String::new(),
    };
    format!("payout {id} of {amount} {stands}{lines}")
}
