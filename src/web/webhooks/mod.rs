//! What other servers tell us. No session, no cookie: the signature is the right to speak.

pub mod stripe;
