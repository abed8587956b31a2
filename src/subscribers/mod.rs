//! Subscribers: who asked for mail, for which topics, in which words; and how they leave.
//!
//! A public GET changes nothing; an address becomes a subscriber by a button on a page that only its mailbox can open.
//! Nobody learns from an answer whether an address is known.

mod model;
pub mod store;
pub mod topics;

pub use model::{ConsentEvent, ConsentKind, Signup, Subscriber, SubscriberState, SuppressionReason};
pub use topics::Topic;
