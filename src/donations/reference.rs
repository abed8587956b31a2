//! How objects at Stripe name our rows.

use data_encoding::HEXLOWER;

use crate::stripe::Metadata;
use crate::values::{At, DonationId, Expiry, PledgeId, Purpose, RootKey};

/// What a giver started: one donation, or a pledge whose payments are donations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gift {
    Donation(DonationId),
    Pledge(PledgeId),
}

impl Gift {
    /// `client_reference_id` of the session: `donation:12`.
    pub fn reference(self) -> String {
        match self {
            Self::Donation(id) => format!("donation:{id}"),
            Self::Pledge(id) => format!("pledge:{id}"),
        }
    }
    pub fn of_reference(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("donation", id) => id.parse().ok().map(Self::Donation),
            ("pledge", id) => id.parse().ok().map(Self::Pledge),
            _ => None,
        }
    }
    /// What goes on the session and on the payment or the subscription. Ids only: Stripe shows metadata to many.
    pub fn metadata(self, root: &RootKey) -> Metadata {
        let (key, id) = match self {
            Self::Donation(id) => (DONATION, id.0),
            Self::Pledge(id) => (PLEDGE, id.0),
        };
        Metadata::from([(key.into(), id.to_string()), (INSTALLATION.into(), installation(root))])
    }
    /// The token of the thank-you page: a day.
    pub fn token(self, root: &RootKey, now: At) -> String {
        let expiry = Expiry::At(now + chrono::Duration::days(1));
        match self {
            Self::Donation(id) => root.sign(Purpose::Donation, id.0, expiry),
            Self::Pledge(id) => root.sign(Purpose::Pledge, id.0, expiry),
        }
    }
    /// The gift of a thank-you page's token.
    pub fn of_token(root: &RootKey, token: &str, now: At) -> Option<Self> {
        let donation = root.verify(Purpose::Donation, token, now).map(|id| Self::Donation(DonationId(id)));
        donation.or_else(|_| root.verify(Purpose::Pledge, token, now).map(|id| Self::Pledge(PledgeId(id)))).ok()
    }
}

pub const DONATION: &str = "donation";
pub const PLEDGE: &str = "pledge";
pub const REFUND: &str = "refund";
pub const INSTALLATION: &str = "installation";

/// Names this installation, so that two on one Stripe account leave each other's gifts alone.
pub fn installation(root: &RootKey) -> String {
    let hash = root.keyed(b"stripe installation", b"");
    HEXLOWER.encode(hash.get(..8).unwrap_or_default())
}
