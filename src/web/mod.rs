//! Everything that speaks HTTP: one file per feature under `public/` and `staff/`, named as the features are.
//!
//! Start at `routes.rs`: every path of the product stands there. A handler takes what it needs by extractors
//! ([`extract`]), calls its feature, and renders ([`page`]).

pub mod assets;
pub mod error;
pub mod extract;
mod health;
pub mod middleware;
pub mod page;
pub mod pager;
pub mod paths;
pub mod public;
pub mod routes;
pub mod sandbox;
pub mod server;
pub mod session;
pub mod staff;
pub mod stopping;
mod templates;
mod visit;
pub mod webhooks;

pub use error::Error;
pub use page::{Message, Notice};
pub use templates::Pages;
pub use visit::Visit;

/// What every handler returns.
pub type Answer = Result<actix_web::HttpResponse, Error>;
