//! The commands.

mod demo_content;
