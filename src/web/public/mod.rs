//! Pages for readers: no cookie, no account.

pub mod confirm;
pub mod preferences;
pub mod subscribe;
mod token;
pub mod unsubscribe;
