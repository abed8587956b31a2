//! Pages for readers: no cookie, no account.

pub mod analyses;
pub mod confirm;
pub mod donate;
pub mod feed;
pub mod home;
pub mod mail;
pub mod preferences;
pub mod subscribe;
mod token;
pub mod unsubscribe;
