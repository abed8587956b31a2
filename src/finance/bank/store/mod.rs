//! Rows of `bank_accounts`, `bank_statements`, `bank_lines` and `matches`.

mod accounts;
mod lines;
mod matches;
mod statements;

pub use accounts::{accounts, by_identification, by_name, find_account, insert_account};
pub use lines::{forget_words, insert_lines, line, lines, of_statement, open_lines, put_aside, put_back};
pub use matches::{
    NewMatch, booked_days, close_match, find_match, hold_matches, insert_match, of_payouts, open_by_line, past_matches,
    payouts_around, payouts_by_id, payouts_with_amounts, payouts_without_line, undone_pairs,
};
pub use statements::{
    NewStatement, after, before, first_shared_day, hold_statements, holds_days, insert_statement, known, statement,
    statements,
};
