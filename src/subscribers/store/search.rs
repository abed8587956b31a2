//! The staff list: subscribers by search, state, topic and language; and the walk through all of them for exports.

use diesel::prelude::*;

use crate::db::schema::{subscribers, subscriptions};
use crate::db::search::{self, lower};
use crate::db::{Db, MultiBackend};
use crate::subscribers::{Subscriber, SubscriberState};
use crate::values::{Language, Page, PageRequest, SubscriberId, TopicId};

/// What staff look for. Nothing set means everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Part of an address or a name.
    pub text: String,
    pub state: Option<SubscriberState>,
    pub topic: Option<TopicId>,
    pub language: Option<Language>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    Email,
    Name,
    State,
    /// Newest first is what staff want to see unasked.
    #[default]
    Created,
}

type Rows<'a> = subscribers::BoxedQuery<'a, MultiBackend>;

fn filtered<'a>(filter: &Filter) -> Rows<'a> {
    let mut rows = subscribers::table.into_boxed();
    if !filter.text.trim().is_empty() {
        let pattern = search::part(&filter.text);
        rows = rows.filter(
            subscribers::email_key
                .like(pattern.clone())
                .escape('\\')
                .or(lower(subscribers::name).like(pattern).escape('\\')),
        );
    }
    if let Some(state) = filter.state {
        rows = rows.filter(subscribers::state.eq(state));
    }
    if let Some(language) = &filter.language {
        rows = rows.filter(subscribers::language.eq(language.clone()));
    }
    if let Some(topic) = filter.topic {
        rows = rows.filter(subscribers::id.eq_any(
            subscriptions::table.filter(subscriptions::topic_id.eq(topic)).select(subscriptions::subscriber_id),
        ));
    }
    rows
}

/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    filter: &Filter,
    sort: Sort,
    descending: bool,
    request: PageRequest,
) -> QueryResult<Page<Subscriber>> {
    let total = filtered(filter).count().get_result(db)?;
    let rows = filtered(filter).select(<Subscriber as Selectable<MultiBackend>>::construct_selection());
    let rows = match (sort, descending) {
        (Sort::Email, false) => rows.order(subscribers::email_key.asc()),
        (Sort::Email, true) => rows.order(subscribers::email_key.desc()),
        (Sort::Name, false) => rows.order((subscribers::name.asc(), subscribers::id.asc())),
        (Sort::Name, true) => rows.order((subscribers::name.desc(), subscribers::id.desc())),
        (Sort::State, false) => rows.order((subscribers::state.asc(), subscribers::id.asc())),
        (Sort::State, true) => rows.order((subscribers::state.desc(), subscribers::id.desc())),
        (Sort::Created, false) => rows.order(subscribers::id.asc()),
        (Sort::Created, true) => rows.order(subscribers::id.desc()),
    };
    Ok(Page { rows: rows.limit(request.size).offset(request.offset()).load(db)?, total, request })
}

/// Those after an id, in order: for exports that walk through all of them in pieces.
///
/// # Errors
/// The database's.
pub fn after(db: &mut Db, filter: &Filter, after: SubscriberId, limit: i64) -> QueryResult<Vec<Subscriber>> {
    filtered(filter)
        .filter(subscribers::id.gt(after))
        .order(subscribers::id.asc())
        .limit(limit)
        .select(<Subscriber as Selectable<MultiBackend>>::construct_selection())
        .load(db)
}
