//! Deliveries: one row per mail to one person, and the engine that turns rows into mail (design, section 6).
//!
//! The outbox knows no feature. Whoever wants mail sent inserts a row ([`enqueue`], in the transaction that decided it);
//! how a row becomes a mail is told by a registered [`Renderer`], which campaigns may be sent by [`Lanes`].
//!
//! A row's way: it waits in a block of its campaign ([`blocks`]), which a node leases and reads ahead (`source`), or by
//! itself until its time has come. The `engine` picks from its `plan` what is next: rows of a block are marked as being
//! sent, others are leased by a `claim` → `prepare` asks the renderer → `routes` hands it to the `queue` of a mail server →
//! a `sender` makes the mail and speaks SMTP → the `recorder` turns the verdict into a state (`settle`, `policy`) and
//! commits it with others (`record`). The `window` counts what is between claim and record; `accepted` writes down what
//! left, for the case that this process dies.

pub mod accepted;
pub mod attempts;
pub mod backlog;
pub mod blocks;
mod claim;
mod crew;
mod domains;
mod engine;
pub mod explain;
pub mod limits;
mod look;
mod lost;
pub mod metrics;
mod model;
mod plan;
mod policy;
mod prepare;
mod queue;
mod record;
mod recorder;
mod refusals;
mod release;
mod renderer;
mod routes;
mod sender;
mod server;
pub mod servers;
mod settle;
mod source;
pub mod store;
mod system;
pub mod tally;
mod verdict;
mod window;

pub use accepted::Accepted;
pub use claim::is_unfinished;
pub use engine::Outbox;
pub use model::{Delivery, DeliveryState, Lane, NewDelivery};
pub use release::{leases, release};
pub use renderer::{Lanes, Prepared, Renderer, Renderers};
pub use server::Server;
pub use store::enqueue;
pub use system::{SenderSettings, SystemMails, organisation_variables};
