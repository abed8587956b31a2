//! Deliveries: one row per mail to one person, and the engine that turns rows into mail (design, section 6).
//!
//! The outbox knows no feature. Whoever wants mail sent inserts a row ([`enqueue`], in the transaction that decided it);
//! how a row becomes a mail is told by a registered [`Renderer`], which campaigns may be sent by [`Lanes`].
//!
//! A row's way: `claim` leases it for this node and marks it `sending` → the `queue` hands it to a `sender`, which makes
//! the mail and speaks SMTP → the `recorder` turns the reply into a state by `policy` and commits it with others.

mod claim;
mod engine;
pub mod limits;
mod model;
mod policy;
mod queue;
mod rate;
mod recorder;
mod renderer;
mod sender;
mod server;
pub mod servers;
pub mod store;
mod system;
pub mod tally;

pub use claim::{leases, release};
pub use engine::Outbox;
pub use model::{Delivery, DeliveryState, Lane, NewDelivery};
pub use renderer::{Lanes, Prepared, Renderer, Renderers};
pub use server::Server;
pub use store::enqueue;
pub use system::{SenderSettings, SystemMails, organisation_variables};
