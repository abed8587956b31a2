//! Carries statements that both back ends understand, but that Diesel's `MultiBackend` lacks, through the one connection.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

use super::{Db, MultiBackend};

/// `Both(insert_into(…).on_conflict(…).do_nothing())`: ON CONFLICT (also with RETURNING) and UNION.
/// Diesel calls `walk_variant_ast` public without documenting it: its version is pinned by Cargo.lock and this has tests.
pub struct Both<Q>(pub Q);

impl<Q> QueryFragment<MultiBackend> for Both<Q>
where
    Q: QueryFragment<diesel::pg::Pg> + QueryFragment<diesel::sqlite::Sqlite>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(&self.0, pass)
    }
}
impl<Q: QueryId> QueryId for Both<Q> {
    type QueryId = Q::QueryId;
    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}
impl<Q: Query> Query for Both<Q> {
    type SqlType = Q::SqlType;
}
impl<Q> RunQueryDsl<Db> for Both<Q> {}

/// Writes one body, compiles it once per back end: `on_each!(db, |c| batch_insert.execute(c))`.
/// For batch inserts of a `Vec`, which `MultiBackend` cannot express.
#[macro_export]
macro_rules! on_each {
    ($db:expr, |$c:ident| $body:expr) => {
        match $db {
            $crate::db::Db::Pg($c) => $body,
            $crate::db::Db::Sqlite($c) => $body,
        }
    };
}
