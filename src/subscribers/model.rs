//! Rows of subscribers and what belongs to them.

use diesel::prelude::*;

use crate::db::MultiBackend;
use crate::db::schema::{consent_events, signups, subscribers};
use crate::text_enum;
use crate::values::{At, EmailAddress, Language, SignupId, Slug, SubscriberId};

text_enum! {
    /// How we stand with a subscriber. Only `active` ones get campaigns.
    pub enum SubscriberState {
        /// Signed up or imported, never confirmed.
        Pending => "pending",
        Active => "active",
        /// Left by themselves, or kept off by staff.
        Unsubscribed => "unsubscribed",
        /// The mailbox refuses for good.
        Bounced => "bounced",
        /// Reported a mail as unwanted.
        Complained => "complained",
    }
}

text_enum! {
    /// What a consent event records.
    pub enum ConsentKind {
        Requested => "requested",
        Confirmed => "confirmed",
        Imported => "imported",
        Changed => "changed",
        Left => "left",
        Suppressed => "suppressed",
        Restored => "restored",
    }
}

text_enum! {
    /// Why an address gets no campaigns.
    pub enum SuppressionReason {
        Unsubscribed => "unsubscribed",
        Bounced => "bounced",
        Complained => "complained",
        Staff => "staff",
        Erased => "erased",
    }
}

#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = subscribers)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Subscriber {
    pub id: SubscriberId,
    pub email: EmailAddress,
    /// Keyed hash of the address: what suppressions compare.
    pub address_hash: String,
    /// Empty when it was not given.
    pub name: String,
    pub language: Language,
    pub state: SubscriberState,
    /// A JSON object of texts: what an import brought along.
    pub attributes: String,
    /// IANA name; empty is the organisation's.
    pub time_zone: String,
    pub confirmed_at: Option<At>,
    pub created_at: At,
    pub updated_at: At,
}

/// A sign-up: what is asked for, until the button is pressed.
#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = signups)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Signup {
    pub id: SignupId,
    pub subscriber_id: SubscriberId,
    pub name: String,
    pub language: Language,
    /// Slugs, comma-separated.
    pub topics: String,
    pub form: String,
    pub words: String,
    pub created_at: At,
    pub expires_at: At,
    pub confirmed_at: Option<At>,
}

/// One line of a subscriber's consent history.
#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = consent_events)]
#[diesel(check_for_backend(MultiBackend))]
pub struct ConsentEvent {
    pub at: At,
    pub kind: ConsentKind,
    /// Slugs, comma-separated.
    pub topics: String,
    /// Through what: `website`, `json`, `confirmation page`, `one-click`, `unsubscribe page`, `preference page`, `import`, `staff`.
    pub form: String,
    /// The words that the person saw and acted on, or the basis that staff named.
    pub words: String,
    pub language: Language,
}

/// Joins slugs for the text columns above.
pub fn join_slugs<'a>(slugs: impl IntoIterator<Item = &'a Slug>) -> String {
    slugs.into_iter().map(Slug::as_str).collect::<Vec<_>>().join(",")
}

/// The slugs of such a column.
pub fn split_slugs(list: &str) -> Vec<Slug> {
    list.split(',').filter_map(|slug| Slug::parse(slug).ok()).collect()
}
