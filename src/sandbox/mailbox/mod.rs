//! A mail server that delivers nowhere: it keeps what it gets in `sandbox_mails`, so that a newcomer sees every mail.
//!
//! `command` (parser) → `session` (one dialogue; `talk` knows the answers, `body` the text behind DATA) → `intake` (group commit) → `store`;
//! `server` binds them to a listener, `read` takes a kept mail apart for the web inbox.

mod body;
mod command;
mod intake;
pub mod read;
mod server;
mod session;
pub mod store;
mod talk;

pub use server::{Mailbox, MailboxHandle};
