//! What stands in for the world outside.

mod mailbox;
mod stripe_pages;
mod stripe_python;
mod stripe_webhooks;
