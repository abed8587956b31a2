//! The commands: one file per command.

pub mod demo;
