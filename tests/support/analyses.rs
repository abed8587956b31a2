//! Topics and analyses for tests.

use diesel::prelude::*;
use pledgepost::analyses::publish::publish;
use pledgepost::analyses::store::Text;
use pledgepost::analyses::write::{self, DetailsForm, Seen, TextForm};
use pledgepost::audit::Actor;
use pledgepost::db::Db;
use pledgepost::db::schema::{topic_names, topics};
use pledgepost::values::{AnalysisId, At, Language, TopicId};

pub fn language(tag: &str) -> Language {
    Language::parse(tag).unwrap()
}

/// A topic of which the English name is the slug with a capital and the Russian one "Тема".
pub fn topic(db: &mut Db, slug: &str, now: At) -> (String, TopicId) {
    let id = diesel::insert_into(topics::table)
        .values((topics::slug.eq(slug), topics::created_at.eq(now)))
        .returning(topics::id)
        .get_result::<i64>(db)
        .unwrap();
    for (language, name) in [("en", format!("About {slug}")), ("ru", format!("Тема {slug}"))] {
        diesel::insert_into(topic_names::table)
            .values((
                topic_names::topic_id.eq(id),
                topic_names::language.eq(language),
                topic_names::name.eq(name),
                topic_names::description.eq(""),
            ))
            .execute(db)
            .unwrap();
    }
    (slug.to_owned(), TopicId(id))
}

pub fn text(tag: &str, title: &str, body: &str) -> Text {
    let form = TextForm { title: title.into(), summary: format!("Summary of {title}."), body: body.into() };
    form.check(&language(tag)).unwrap()
}

/// A published analysis in those languages (language, title), with the topics named.
pub fn published(
    db: &mut Db,
    slug: &str,
    date: &str,
    texts: &[(&str, &str)],
    topics: &[(String, TopicId)],
    now: At,
) -> AnalysisId {
    let form = DetailsForm {
        slug: slug.into(),
        date: date.into(),
        countries: "KZ".into(),
        topics: topics.iter().map(|(slug, _)| slug.clone()).collect(),
    };
    let texts: Vec<Text> = texts.iter().map(|(tag, title)| text(tag, title, "A **strong** word.")).collect();
    let actor = Actor::program();
    let id = write::create(db, &form.check(topics).unwrap(), &texts[0], &actor, now).unwrap();
    for text in &texts[1..] {
        write::save_translation(db, id, text, Seen::default(), &actor, now).unwrap();
    }
    publish(db, id, &actor, now).unwrap();
    id
}
