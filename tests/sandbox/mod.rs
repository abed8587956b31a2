//! What stands in for the world outside.

mod bank;
mod door;
mod mailbox;
mod stripe_api;
mod stripe_money;
mod stripe_pages;
mod stripe_payouts;
mod stripe_python;
mod stripe_stranger;
mod stripe_webhooks;
