//! Rows of campaigns: one file per kind of question.

pub mod audience;
mod campaigns;
pub mod deliveries;
pub mod readers;
mod variants;

pub use campaigns::{
    NewCampaign, cancelled_since, delete, find, holding, insert, list, lock, names, reopen, set_audience, set_doubt,
    set_name, set_pace, set_scheduled, set_started, set_total, take_step, topics, with_state,
};
pub use variants::{delete_variant, put_variant, variant, variants, variants_of};
