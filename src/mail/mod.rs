//! Placeholder until the branch `mail` is merged.
pub struct Email;
