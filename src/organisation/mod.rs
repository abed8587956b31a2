//! The organisation: who pages and mails speak for. Set by an admin; read by every foot.

pub mod hours;
mod model;
pub mod names;
pub mod store;

pub use hours::SendingHours;
pub use model::{Organisation, OrganisationForm};
pub use names::NameText;
