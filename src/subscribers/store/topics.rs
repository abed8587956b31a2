//! Rows of `topics` and `topic_names`.

use diesel::prelude::*;

use crate::db::Db;
use crate::db::schema::{topic_names, topics};
use crate::organisation::names::{Chooser, NameText};
use crate::subscribers::topics::Topic;
use crate::values::{At, Language, Slug, TopicId};

/// All topics, oldest first, in that language; where it has no text, in the organisation's first language, else in any.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, language: &Language) -> QueryResult<Vec<Topic>> {
    let rows: Vec<(TopicId, Slug)> =
        topics::table.order(topics::id.asc()).select((topics::id, topics::slug)).load(db)?;
    let names: Vec<(TopicId, String, String, String)> = topic_names::table
        .order((topic_names::topic_id.asc(), topic_names::language.asc()))
        .select((topic_names::topic_id, topic_names::language, topic_names::name, topic_names::description))
        .load(db)?;
    let text = |(id, language, name, description)| (id, NameText { language, name, description });
    let names: Vec<(TopicId, NameText)> = names.into_iter().map(text).collect();
    let chooser = Chooser::load(db, language)?;
    let named = |(id, slug): (TopicId, Slug)| {
        let own = names.iter().filter(|(topic, _)| *topic == id).map(|(_, text)| text);
        let (name, description) = chooser.choose(own, slug.as_str());
        Topic { id, slug, name, description }
    };
    Ok(rows.into_iter().map(named).collect())
}

/// # Errors
/// The database's.
pub fn by_slug(db: &mut Db, slug: &Slug) -> QueryResult<Option<TopicId>> {
    topics::table.filter(topics::slug.eq(slug)).select(topics::id).first(db).optional()
}

/// # Errors
/// The database's.
pub fn slug(db: &mut Db, id: TopicId) -> QueryResult<Option<Slug>> {
    topics::table.filter(topics::id.eq(id)).select(topics::slug).first(db).optional()
}

/// # Errors
/// The database's, a unique violation among them.
pub fn insert(db: &mut Db, slug: &Slug, now: At) -> QueryResult<TopicId> {
    diesel::insert_into(topics::table)
        .values((topics::slug.eq(slug), topics::created_at.eq(now)))
        .returning(topics::id)
        .get_result(db)
}

/// # Errors
/// The database's.
pub fn texts(db: &mut Db, id: TopicId) -> QueryResult<Vec<NameText>> {
    let rows: Vec<(String, String, String)> = topic_names::table
        .filter(topic_names::topic_id.eq(id))
        .order(topic_names::language.asc())
        .select((topic_names::language, topic_names::name, topic_names::description))
        .load(db)?;
    Ok(rows.into_iter().map(|(language, name, description)| NameText { language, name, description }).collect())
}

/// # Errors
/// The database's.
pub fn replace_texts(db: &mut Db, id: TopicId, texts: &[NameText]) -> QueryResult<()> {
    diesel::delete(topic_names::table.filter(topic_names::topic_id.eq(id))).execute(db)?;
    for text in texts {
        diesel::insert_into(topic_names::table)
            .values((
                topic_names::topic_id.eq(id),
                topic_names::language.eq(&text.language),
                topic_names::name.eq(&text.name),
                topic_names::description.eq(&text.description),
            ))
            .execute(db)?;
    }
    Ok(())
}
