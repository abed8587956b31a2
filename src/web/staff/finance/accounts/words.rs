//! What accounts are for, in words.

use crate::finance::{AccountKind, AccountRole};
use crate::web::staff::gift_words::Choice;

/// The roles that have one account each, in the order in which money passes them.
pub(super) const ROLES: [AccountRole; 7] = [
    AccountRole::Income,
    AccountRole::Stripe,
    AccountRole::Transit,
    AccountRole::Bank,
    AccountRole::Fees,
    AccountRole::Suspense,
    AccountRole::Opening,
];

pub(super) fn role(role: AccountRole) -> &'static str {
    match role {
        AccountRole::Income => "Gifts",
        AccountRole::Stripe => "Balance at Stripe",
        AccountRole::Transit => "Payouts on their way",
        AccountRole::Bank => "Money at the bank",
        AccountRole::Fees => "Stripe\u{2019}s fees",
        AccountRole::Suspense => "What nobody has explained",
        AccountRole::Opening => "What was there before the books began",
        AccountRole::Other => "Your own",
    }
}

/// What is booked there.
pub(super) fn hint(role: AccountRole) -> &'static str {
    match role {
        AccountRole::Income => "Gifts before fees, less what was given back. Funds can have their own.",
        AccountRole::Stripe => "What Stripe holds for you. It is the balance that Stripe\u{2019}s dashboard shows.",
        AccountRole::Transit => {
            "Payouts that left Stripe and have no bank line yet. It is empty when all have arrived."
        }
        AccountRole::Bank => "Payouts that are matched with a bank line. Bank accounts can have their own.",
        AccountRole::Fees => "What Stripe keeps of each gift, and what it charges besides.",
        AccountRole::Suspense => "It must be empty before a month is closed.",
        AccountRole::Opening => "The other side of the balance that Stripe held on the day on which the books begin.",
        AccountRole::Other => "To explain transactions by hand.",
    }
}

pub(super) fn kind(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Assets => "Assets",
        AccountKind::Liabilities => "Liabilities",
        AccountKind::Equity => "Equity",
        AccountKind::Income => "Income",
        AccountKind::Expenses => "Expenses",
    }
}

pub(super) fn kinds() -> Vec<Choice> {
    AccountKind::ALL.iter().map(|one| Choice::new(one, kind(*one))).collect()
}
