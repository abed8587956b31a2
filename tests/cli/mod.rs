//! The commands.

mod campaign;
mod demo_content;
mod sending;
mod statement;
mod subscribers;
mod usage;
