//! Searches in lists: part of a text, in any case, taken literally. `lower(column) LIKE part(typed) ESCAPE '\'`.

use diesel::prelude::*;

diesel::define_sql_function! {
    /// Lower case of all letters. SQLite's own knows ASCII alone, so connections bring Rust's (see [`prepare`]).
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// Gives a connection to SQLite the lower case that PostgreSQL has.
pub(super) fn prepare(sqlite: &mut SqliteConnection) -> QueryResult<()> {
    lower_utils::register_impl(sqlite, |text: String| text.to_lowercase())
}

/// The pattern that finds what was typed anywhere in a text in lower case. The signs of `LIKE` in it mean themselves.
pub fn part(typed: &str) -> String {
    let small = typed.trim().to_lowercase();
    format!("%{}%", small.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn signs_of_like_mean_themselves() {
        assert_eq!(super::part(" Ана_50%\\ "), "%ана\\_50\\%\\\\%");
    }
}
