//! Analyses: published resources with one or more translations, written in Markdown.

mod countries;
mod model;
pub mod publish;
pub mod read;
pub mod store;
pub mod write;

pub use countries::is_country;
pub use model::{Analysis, AnalysisState, Translation};
