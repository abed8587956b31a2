//! The journal of a month, and taking it along.

mod entries;
mod export;
mod month;

pub use export::export;
pub use month::show;

use crate::values::Month;

const JOURNAL: &str = "/staff/finance/journal";

/// `November 2026`
fn month_words(month: Month) -> String {
    month.first().0.format("%B %Y").to_string()
}
