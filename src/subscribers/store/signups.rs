//! Rows of `signups`.

use diesel::prelude::*;

use crate::db::Db;
use crate::db::schema::{signups, subscribers, subscriptions};
use crate::subscribers::{Signup, SubscriberState};
use crate::values::{At, Language, SignupId, SubscriberId};

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct NewSignup<'a> {
    pub subscriber: SubscriberId,
    pub name: &'a str,
    pub language: &'a Language,
    /// Slugs, comma-separated.
    pub topics: &'a str,
    pub form: &'a str,
    pub words: &'a str,
    pub expires_at: At,
}

/// # Errors
/// The database's.
pub fn insert(db: &mut Db, new: NewSignup<'_>, now: At) -> QueryResult<SignupId> {
    diesel::insert_into(signups::table)
        .values((
            signups::subscriber_id.eq(new.subscriber),
            signups::name.eq(new.name),
            signups::language.eq(new.language),
            signups::topics.eq(new.topics),
            signups::form.eq(new.form),
            signups::words.eq(new.words),
            signups::created_at.eq(now),
            signups::expires_at.eq(new.expires_at),
        ))
        .returning(signups::id)
        .get_result(db)
}

/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: SignupId) -> QueryResult<Option<Signup>> {
    Signup::query().filter(signups::id.eq(id)).first(db).optional()
}

/// When this subscriber's sign-ups since then were made, newest first.
///
/// # Errors
/// The database's.
pub fn times_since(db: &mut Db, subscriber: SubscriberId, since: At) -> QueryResult<Vec<At>> {
    signups::table
        .filter(signups::subscriber_id.eq(subscriber))
        .filter(signups::created_at.gt(since))
        .order(signups::created_at.desc())
        .select(signups::created_at)
        .load(db)
}

/// Marks it as used; answers false when it was used before.
///
/// # Errors
/// The database's.
pub fn mark_confirmed(db: &mut Db, id: SignupId, now: At) -> QueryResult<bool> {
    diesel::update(signups::table.filter(signups::id.eq(id)).filter(signups::confirmed_at.is_null()))
        .set(signups::confirmed_at.eq(now))
        .execute(db)
        .map(|changed| changed == 1)
}

/// Ends the sign-ups that still wait: who left, or was kept off, does not come back through an older mail.
///
/// # Errors
/// The database's.
pub fn end_open(db: &mut Db, subscriber: SubscriberId, now: At) -> QueryResult<()> {
    diesel::update(
        signups::table
            .filter(signups::subscriber_id.eq(subscriber))
            .filter(signups::confirmed_at.is_null())
            .filter(signups::expires_at.gt(now)),
    )
    .set(signups::expires_at.eq(now))
    .execute(db)
    .map(drop)
}

/// Deletes sign-ups that were never confirmed and were made before `before`, and then the pending subscribers older
/// than that who have no other sign-up. Pending subscribers with a subscription came by import and stay.
/// Answers which subscribers went.
///
/// # Errors
/// The database's.
pub fn purge(db: &mut Db, before: At, now: At) -> QueryResult<Vec<SubscriberId>> {
    let stale = signups::table
        .filter(signups::confirmed_at.is_null())
        .filter(signups::expires_at.le(now))
        .filter(signups::created_at.lt(before));
    let of: Vec<SubscriberId> = stale.select(signups::subscriber_id).distinct().load(db)?;
    diesel::delete(
        signups::table
            .filter(signups::confirmed_at.is_null())
            .filter(signups::expires_at.le(now))
            .filter(signups::created_at.lt(before)),
    )
    .execute(db)?;
    let mut gone = Vec::new();
    for ids in of.chunks(1000) {
        let deleted: Vec<SubscriberId> = diesel::delete(
            subscribers::table
                .filter(subscribers::id.eq_any(ids.to_vec()))
                .filter(subscribers::state.eq(SubscriberState::Pending))
                .filter(subscribers::created_at.lt(before))
                .filter(diesel::dsl::not(diesel::dsl::exists(
                    signups::table.filter(signups::subscriber_id.eq(subscribers::id)),
                )))
                .filter(diesel::dsl::not(diesel::dsl::exists(
                    subscriptions::table.filter(subscriptions::subscriber_id.eq(subscribers::id)),
                ))),
        )
        .returning(subscribers::id)
        .get_results(db)?;
        gone.extend(deleted);
    }
    Ok(gone)
}
