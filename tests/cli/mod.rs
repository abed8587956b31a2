//! The commands.

mod campaign;
mod demo_content;
mod sending;
mod subscribers;
mod usage;
