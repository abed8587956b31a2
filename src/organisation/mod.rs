//! The organisation: who pages and mails speak for. Set by an admin; read by every foot.

mod model;
pub mod names;
pub mod store;

pub use model::{Organisation, OrganisationForm};
pub use names::NameText;
