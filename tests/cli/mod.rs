//! The commands.

mod campaign;
mod demo_content;
mod subscribers;
