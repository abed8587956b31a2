//! Subscribers: who asked for mail, for which topics, in which words; and how they leave.
//!
//! A public GET changes nothing; an address becomes a subscriber by a button on a page that only its mailbox can open.
//! Nobody learns from an answer whether an address is known.

pub mod confirm;
pub mod csv;
pub mod emails;
pub mod erase;
pub mod export;
pub mod import;
pub mod leaving;
mod model;
pub mod preferences;
pub mod purge;
pub mod signup;
pub mod store;
pub mod suppression;
pub mod topics;
pub mod unsubscribe;
pub mod zones;

pub use model::{ConsentEvent, ConsentKind, Signup, Subscriber, SubscriberState, SuppressionReason, split_slugs};
pub use topics::Topic;
