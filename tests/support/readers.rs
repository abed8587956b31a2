//! Topics and readers for tests of the pages.

use pledgepost::audit::Actor;
use pledgepost::organisation::NameText;
use pledgepost::outbox::{self, NewDelivery};
use pledgepost::subscribers::store::{self, consent};
use pledgepost::subscribers::topics;
use pledgepost::subscribers::{Subscriber, SubscriberState};
use pledgepost::values::{DeliveryId, EmailAddress, Expiry, Language, Purpose, TopicId};

use super::app::TestApp;

pub fn add_topic(site: &TestApp, slug: &str) -> TopicId {
    let text = NameText { language: "en".into(), name: format!("Topic {slug}"), ..NameText::default() };
    let now = site.app.clock.now();
    site.write(|db| topics::add(db, slug, &[text], &Actor::command_line(), now)).unwrap()
}

pub fn find(site: &TestApp, email: &str) -> Option<Subscriber> {
    site.read(|db| Ok(store::by_email(db, &EmailAddress::parse(email).unwrap())?)).unwrap()
}

/// An active reader of these topics.
pub fn add_reader(site: &TestApp, email: &str, topics: &[TopicId]) -> Subscriber {
    let (address, now) = (EmailAddress::parse(email).unwrap(), site.app.clock.now());
    let hash = site.app.root.address_hash(&address.key());
    site.write(|db| {
        store::insert_pending(db, &address, &hash, "Anna", &Language::english(), now)?;
        let mut row = store::by_email(db, &address)?.unwrap();
        (row.state, row.confirmed_at) = (SubscriberState::Active, Some(now));
        store::save(db, &row, now)?;
        store::subscribe(db, row.id, topics, now)?;
        Ok(row)
    })
    .unwrap()
}

pub fn topics_of(site: &TestApp, email: &str) -> Vec<TopicId> {
    let id = find(site, email).unwrap().id;
    site.read(|db| Ok(store::subscribed_topics(db, id)?)).unwrap()
}

/// Kinds of the consent events, oldest first.
pub fn consent_of(site: &TestApp, email: &str) -> Vec<String> {
    let Some(row) = find(site, email) else { return Vec::new() };
    let events = site.read(|db| Ok(consent::of_subscriber(db, row.id, 100)?)).unwrap();
    events.iter().rev().map(|event| event.kind.to_string()).collect()
}

/// A mail to a reader that belongs to no campaign.
pub fn add_mail(site: &TestApp, to: &Subscriber) -> DeliveryId {
    let mail = NewDelivery::system("note", to.email.clone(), to.language.clone(), &()).unwrap().to_subscriber(to.id);
    let now = site.app.clock.now();
    site.write(|db| Ok(outbox::enqueue(db, &mail, now)?)).unwrap()
}

pub fn unsubscribe_path(site: &TestApp, delivery: DeliveryId) -> String {
    format!("/unsubscribe/{}", site.app.root.sign(Purpose::Unsubscribe, delivery.0, Expiry::Never))
}

pub fn preferences_path(site: &TestApp, delivery: DeliveryId) -> String {
    let token = pledgepost::subscribers::preferences::token_for_mail(&site.app.root, delivery, site.app.clock.now());
    format!("/preferences/{token}")
}

/// How many rows of each table a request could have touched: equal before and after means that nothing changed.
pub fn everything(site: &TestApp) -> String {
    use diesel::prelude::*;
    use pledgepost::db::schema::*;
    site.read(|db| {
        let people: Vec<(String, String, String, String)> = subscribers::table
            .order(subscribers::id)
            .select((subscribers::email, subscribers::name, subscribers::state, subscribers::language))
            .load(db)?;
        let chosen: Vec<(i64, i64)> = subscriptions::table
            .order((subscriptions::subscriber_id, subscriptions::topic_id))
            .select((subscriptions::subscriber_id, subscriptions::topic_id))
            .load(db)?;
        let hashes: Vec<String> =
            suppressions::table.order(suppressions::address_hash).select(suppressions::address_hash).load(db)?;
        let asked: Vec<Option<pledgepost::values::At>> =
            signups::table.order(signups::id).select(signups::confirmed_at).load(db)?;
        let events: i64 = consent_events::table.count().get_result(db)?;
        let mails: i64 = deliveries::table.count().get_result(db)?;
        Ok(format!("{people:?} {chosen:?} {hashes:?} {asked:?} {events} {mails}"))
    })
    .unwrap()
}
