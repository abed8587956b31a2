//! From the gift to the receipt.

mod client;
mod kill;
mod commands;
mod processing;
mod sync;
mod webhooks;
