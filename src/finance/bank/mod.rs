//! The organisation's accounts at its banks: statements are read (`camt`), taken whole or not at all (`import`), and their
//! lines are matched with payouts, by rule or by hand (`matching`).

pub mod camt;
mod days;
pub mod import;
pub mod matching;
mod model;
mod observe;
mod rule;
pub mod store;

pub use import::{Account, Imported, Taken, import};
pub use matching::{match_by_hand, set_aside, take_up, undo};
pub use model::{LineFilter, LineRow, LineState, StatementRow, Suggestion};
pub use observe::Matcher;
pub use rule::{match_by_rule, suggestions};
pub use store::{accounts, line, lines, past_matches, statement, statements};
