//! Mail: templates become a subject and two parts, these become signed bytes, and these go to a mail server.
//!
//! Nothing here knows the database or a feature: what is mailed, to whom and how often is for `outbox` and the features.

mod canonical;
pub mod content;
mod email;
mod message;
mod message_id;
mod reply;
mod server;
mod sign;
pub mod splice;
mod templates;
mod text_part;
mod variables;
mod wire;

pub use email::{CLIPPED_ABOVE, Email, Kind, Sender};
pub use message::{Message, whole};
pub use message_id::message_id;
pub use reply::{Outcome, Phase, Reply, ServerFault};
pub use server::{InvalidMailServer, MailServer, OtherParameter, Tls};
pub use sign::Signer;
pub use templates::{MailTemplates, Rendered};
pub use wire::{Connection, Outgoing, Timeouts};
