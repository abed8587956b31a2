//! The commands.

mod campaign;
mod demo_content;
mod journal;
mod sending;
mod statement;
mod subscribers;
mod usage;
