//! The journal: double entry, derived from balance transactions and matches whenever somebody asks. Nothing of it is
//! stored but the account map and what was exported.
//!
//! `rules` says what one row means, `entries` and `month` apply that to a month, `export` writes it for others, `kept`
//! remembers what was given away.

pub mod accounts;
mod chart;
mod entries;
pub mod export;
mod kept;
mod model;
mod month;
mod rules;
mod store;

pub use chart::Chart;
pub use entries::{Bounds, entries};
pub use export::{Exported, Format, export};
pub use kept::{Change, changed_months, changed_since, exports};
pub use model::{AccountMonth, Entry, FundName, JournalExport, Line, MonthView, Source};
pub use month::{month, months};
