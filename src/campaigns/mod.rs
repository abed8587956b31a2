//! Campaigns: a message to an audience, written per language, sent to each of its readers once (design, section 6).
//!
//! draft → scheduled → sending → sent. What it says and whom it goes to freeze when it leaves the draft; the audience
//! becomes deliveries in one statement when sending starts, and the outbox takes it from there.

pub mod again;
pub mod audience;
pub mod blocks;
pub mod deliveries;
pub mod draft;
pub mod export;
mod frame;
pub mod hours;
mod lanes;
mod model;
pub mod pace;
pub mod placeholders;
pub mod preview;
pub mod proof;
mod render;
pub mod report;
pub mod send;
pub mod settle;
pub mod skeleton;
pub mod speed;
mod spliced;
pub mod store;
pub mod test_send;

pub use frame::{Link, MailFrame};
pub use lanes::{CampaignLanes, StaffToTell};
pub use model::{Campaign, CampaignState, Doubt, Hours, Step, Variant, default_variant, variant_for};
pub use render::CampaignMails;
pub use test_send::TestMails;
