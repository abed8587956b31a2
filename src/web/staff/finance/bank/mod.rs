//! Bank statements and their lines: bringing them in, matching lines with payouts, setting aside what is none.

mod actions;
mod import;
mod line;
mod list;
mod set_aside;
mod statement;
mod words;

pub use actions::{match_line, take_up, undo};
pub use import::{ask as ask_import, import};
pub use line::show as line;
pub use list::list;
pub use set_aside::{set_aside, set_aside_many};
pub use statement::{show as statement, statements};
pub(super) use words::{day, line_path, payout_path, sentence};
