//! The commands.

mod demo_content;
//! What the commands print and refuse.
mod campaign;
