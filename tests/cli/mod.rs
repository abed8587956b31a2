//! The commands.

mod campaign;
mod demo_content;
mod sending;
mod usage;
mod subscribers;
