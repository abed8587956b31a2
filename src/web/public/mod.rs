//! Pages for readers: no cookie, no account.
