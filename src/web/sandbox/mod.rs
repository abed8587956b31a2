//! `/sandbox/mail`: what the sandbox's mail server kept. Opens only to the machine itself, and only in the sandbox.
//! `stripe` has the pages of the sandbox's Stripe, `bank` that of its bank.

pub mod bank;
mod mail;
mod mails;
pub mod stripe;

pub use mail::{html, show, source};
pub use mails::{delete, list, live, sure_delete};

use mails::private;

use crate::app::App;
use crate::web::Error;

/// A live installation has no such pages.
fn only_in_sandbox(app: &App) -> Result<(), Error> {
    match app.config.mode.has_mailbox() {
        true => Ok(()),
        false => Err(Error::not_found("page")),
    }
}
