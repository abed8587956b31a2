//! Statements whose text never changes, for the hot path.
//!
//! Diesel prepares a `sql_query` anew each time it runs: a round trip more, and planning more, on PostgreSQL. A [`Fixed`] is
//! kept as a prepared statement of its connection, so its text must come from a small set: values are bound, never written
//! into it. `?` stands for a value, each used once and in order (which is also what SQLite counts by).

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Nullable, Text, Untyped};

use super::types::Instant;
use super::{Db, MultiBackend};
use crate::values::At;

/// `fixed("UPDATE t SET a = ? WHERE b = ?").int(1).text("x")`
pub struct Fixed<'a> {
    text: &'a str,
    values: Vec<Value>,
}

enum Value {
    Int(i64),
    Text(String),
    MaybeText(Option<String>),
    At(At),
}

/// A statement with this text; see [`Fixed`].
pub fn fixed(text: &str) -> Fixed<'_> {
    Fixed { text, values: Vec::with_capacity(4) }
}

impl Fixed<'_> {
    #[must_use]
    pub fn int(mut self, value: impl Into<i64>) -> Self {
        self.values.push(Value::Int(value.into()));
        self
    }
    #[must_use]
    pub fn text(mut self, value: impl Into<String>) -> Self {
        self.values.push(Value::Text(value.into()));
        self
    }
    #[must_use]
    pub fn maybe_text(mut self, value: Option<String>) -> Self {
        self.values.push(Value::MaybeText(value));
        self
    }
    #[must_use]
    pub fn at(mut self, value: At) -> Self {
        self.values.push(Value::At(value));
        self
    }
}

impl QueryFragment<MultiBackend> for Fixed<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let mut values = self.values.iter();
        for (index, piece) in self.text.split('?').enumerate() {
            if index > 0 {
                let missing = || diesel::result::Error::QueryBuilderError("a value is missing".into());
                match values.next().ok_or_else(missing)? {
                    Value::Int(value) => pass.push_bind_param::<BigInt, _>(value)?,
                    Value::Text(value) => pass.push_bind_param::<Text, _>(value)?,
                    Value::MaybeText(value) => pass.push_bind_param::<Nullable<Text>, _>(value)?,
                    Value::At(value) => pass.push_bind_param::<Instant, _>(value)?,
                }
            }
            pass.push_sql(piece);
        }
        Ok(())
    }
}

impl QueryId for Fixed<'_> {
    // The cache then goes by the text.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl Query for Fixed<'_> {
    type SqlType = Untyped;
}
impl RunQueryDsl<Db> for Fixed<'_> {}
