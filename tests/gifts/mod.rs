//! From the gift to the receipt.

mod client;
mod commands;
mod processing;
mod sync;
mod webhooks;
