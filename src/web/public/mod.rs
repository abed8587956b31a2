//! Pages for readers: no cookie, no account.

pub mod analyses;
pub mod feed;
pub mod home;
pub mod mail;
