//! Deliveries: one row per mail to one person, and the engine that turns rows into mail (design, section 6).
//!
//! The outbox knows no feature. Whoever wants mail sent inserts a row ([`enqueue`], in the transaction that decided it);
//! how a row becomes a mail is told by a registered [`Renderer`], which campaigns may be sent by [`Lanes`].

mod model;
mod renderer;
pub mod store;

pub use model::{Delivery, DeliveryState, Lane, NewDelivery};
pub use renderer::{Lanes, Prepared, Renderer, Renderers};
pub use store::enqueue;
