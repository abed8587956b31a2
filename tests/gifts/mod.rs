//! From the gift to the receipt.

mod client;
mod commands;
mod kill;
mod processing;
mod sync;
mod webhooks;
