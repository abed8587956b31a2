//! Pages for readers: no cookie, no account.

pub mod mail;
