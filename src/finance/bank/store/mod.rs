//! Rows of `bank_accounts`, `bank_statements`, `bank_lines` and `matches`.

mod accounts;
mod lines;
mod matches;
mod statements;

pub use accounts::{accounts, by_identification, by_name, find_account, insert_account};
pub use lines::{forget_words, insert_lines, line, lines, locked_line, open_lines, put_aside, put_back};
pub use matches::{
    NewMatch, close_match, find_match, insert_match, of_payouts, open_by_line, past_matches, payouts_around,
    payouts_by_id, payouts_with_amounts, undone_pairs,
};
pub use statements::{
    NewStatement, after, before, first_shared_day, holds_days, insert_statement, known, statement, statements,
};
