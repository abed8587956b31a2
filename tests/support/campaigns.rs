//! An app, readers and campaigns for tests.

use std::sync::Arc;

use diesel::prelude::*;
use pledgepost::app::App;
use pledgepost::audit::Actor;
use pledgepost::campaigns::{draft, send, store};
use pledgepost::config::Config;
use pledgepost::db::Db;
use pledgepost::db::schema::{deliveries, organisation, subscribers, subscriptions, suppressions};
use pledgepost::error::Error;
use pledgepost::installation::MadeBy;
use pledgepost::mail::{Email, Kind, Sender};
use pledgepost::organisation::{Organisation, store as organisations};
use pledgepost::outbox::{Delivery, DeliveryState, Prepared, Renderer, tally};
use pledgepost::values::{At, CampaignId, Clock, EmailAddress, Language, SubscriberId, TopicId};

use super::TestDb;

pub const NOW: i64 = 1_790_000_000_000_000;

pub fn now() -> At {
    At::from_micros(NOW)
}

pub fn actor() -> Actor {
    Actor::command_line()
}

/// A sandbox app on the test's database, with a clock that stands still, for an organisation that writes English and Russian.
pub fn app(test: &TestDb) -> Arc<App> {
    let config = Config::demo(&test.url, 8080).unwrap();
    let app = App::build(config, Clock::fake(now()), MadeBy::Demo).unwrap();
    app.db
        .write_here(|db| {
            let mut values = Organisation::fresh(now());
            (values.name, values.languages) = ("Equal Ground".into(), "en,ru".into());
            values.time_zone = "Europe/Berlin".into();
            Ok::<_, Error>(organisations::save(db, &values)?)
        })
        .unwrap();
    app
}

pub fn in_db<T>(app: &App, work: impl FnOnce(&mut Db) -> Result<T, Error>) -> Result<T, Error> {
    app.db.write_here(work)
}

/// A subscriber in any state.
pub fn reader(app: &App, email: &str, language: &str, state: &str, topics: &[TopicId]) -> SubscriberId {
    let address = EmailAddress::parse(email).unwrap();
    let name = email.split('@').next().unwrap().replace("nameless", "");
    in_db(app, |db| {
        let id: SubscriberId = diesel::insert_into(subscribers::table)
            .values((
                subscribers::email.eq(&address),
                subscribers::email_key.eq(address.key()),
                subscribers::address_hash.eq(app.root.address_hash(&address.key())),
                subscribers::name.eq(name),
                subscribers::language.eq(language),
                subscribers::state.eq(state),
                subscribers::attributes.eq("{}"),
                subscribers::created_at.eq(now()),
                subscribers::updated_at.eq(now()),
            ))
            .returning(subscribers::id)
            .get_result(db)?;
        for topic in topics {
            diesel::insert_into(subscriptions::table)
                .values((
                    subscriptions::subscriber_id.eq(id),
                    subscriptions::topic_id.eq(*topic),
                    subscriptions::since.eq(now()),
                ))
                .execute(db)?;
        }
        Ok(id)
    })
    .unwrap()
}

pub fn suppress(app: &App, email: &str) {
    let hash = app.root.address_hash(&EmailAddress::parse(email).unwrap().key());
    in_db(app, |db| {
        diesel::insert_into(suppressions::table)
            .values((
                suppressions::address_hash.eq(hash),
                suppressions::reason.eq("bounced"),
                suppressions::at.eq(now()),
            ))
            .execute(db)?;
        Ok(())
    })
    .unwrap();
}

/// A draft with the texts (language, subject, body) for the topics (slugs).
pub fn campaign(app: &App, texts: &[(&str, &str, &str)], topics: &[&str]) -> CampaignId {
    let slugs: Vec<String> = topics.iter().map(|slug| (*slug).to_owned()).collect();
    in_db(app, |db| {
        let id = draft::create(db, "Spring letter", &actor(), now())?;
        for (language, subject, body) in texts {
            draft::save_variant(db, id, language, subject, body, &actor(), now())?;
        }
        for variant in
            store::variants(db, id)?.iter().filter(|v| !texts.iter().any(|(l, ..)| *l == v.language.as_str()))
        {
            draft::remove_variant(db, id, &variant.language, &actor(), now())?;
        }
        draft::set_audience(db, id, &slugs, &[], &actor(), now())?;
        Ok(id)
    })
    .unwrap()
}

/// Sends a draft now; answers its deliveries in order.
pub fn started(app: &App, id: CampaignId) -> Vec<Delivery> {
    in_db(app, |db| {
        send::schedule(db, id, None, &actor(), now())?;
        assert!(send::start(db, id, now())?);
        Ok(())
    })
    .unwrap();
    rows(app, id)
}

pub fn rows(app: &App, id: CampaignId) -> Vec<Delivery> {
    in_db(app, |db| {
        let mut rows: Vec<Delivery> =
            Delivery::query().filter(deliveries::campaign_id.eq(id)).order(deliveries::id).load(db)?;
        pledgepost::outbox::blocks::show(db, &mut rows)?;
        Ok(rows)
    })
    .unwrap()
}

/// As if a node had brought it there.
pub fn set_state(app: &App, row: &Delivery, state: DeliveryState) {
    in_db(app, |db| {
        let lease = (state == DeliveryState::Sending).then_some(1_i64);
        let next_at = (!state.is_final()).then_some(row.updated_at);
        diesel::update(deliveries::table.filter(deliveries::id.eq(row.id)))
            .set((deliveries::state.eq(state), deliveries::lease.eq(lease), deliveries::next_at.eq(next_at)))
            .execute(db)?;
        // Blocks in which nothing waits any more are done with.
        diesel::sql_query(
            "DELETE FROM delivery_blocks WHERE NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.state = 'queued' \
             AND d.next_at IS NULL AND d.campaign_id = delivery_blocks.campaign_id \
             AND d.id BETWEEN delivery_blocks.first AND delivery_blocks.last)",
        )
        .execute(db)?;
        if let Some(campaign) = row.campaign_id {
            tally::recount(db, campaign)?;
        }
        Ok(())
    })
    .unwrap();
}

/// A mail as its reader's program understands it.
pub fn read_back(bytes: &[u8]) -> Email {
    let parsed = mail_parser::MessageParser::default().parse(bytes).unwrap();
    let from = parsed.from().and_then(|list| list.first()).unwrap();
    let to = parsed.to().and_then(|list| list.first()).unwrap();
    let address = |one: &mail_parser::Addr<'_>| EmailAddress::parse(one.address().unwrap()).unwrap();
    let header = |name: &str| parsed.header_raw(name).map(|value| value.trim().to_owned());
    let body = |text: Option<std::borrow::Cow<'_, str>>| text.unwrap().replace("\r\n", "\n");
    Email {
        from: Sender { name: from.name().unwrap_or_default().into(), address: address(from) },
        reply_to: None,
        to_name: to.name().map(str::to_owned),
        to: address(to),
        subject: parsed.subject().unwrap_or_default().into(),
        text: body(parsed.body_text(0)),
        html: body(parsed.body_html(0)),
        language: Language::parse(&header("Content-Language").unwrap()).unwrap(),
        date: At::from_micros(parsed.date().unwrap().to_timestamp() * 1_000_000),
        message_id: parsed.message_id().unwrap().into(),
        kind: match header("List-Unsubscribe") {
            Some(url) => Kind::Campaign {
                list_id: parsed
                    .header("List-Id")
                    .unwrap()
                    .as_text()
                    .map_or_else(|| header("List-Id").unwrap(), str::to_owned),
                unsubscribe_url: url.trim_matches(['<', '>']).to_owned(),
            },
            None => Kind::System,
        },
    }
}

/// What a renderer makes of rows: mails, or why not.
pub fn rendered(app: &App, renderer: &dyn Renderer, rows: &[Delivery]) -> Vec<Result<Email, String>> {
    let prepared = in_db(app, |db| Ok(renderer.prepare(db, rows, now()).unwrap())).unwrap();
    prepared
        .into_iter()
        .map(|one| match one {
            Prepared::Mail(mail) => {
                let mut bytes = Vec::new();
                mail.write(None, &mut bytes).unwrap();
                Ok(read_back(&bytes))
            }
            Prepared::Later { reason, .. } | Prepared::Skip(reason) => Err(reason),
        })
        .collect()
}

pub fn first_language(app: &App, languages: &str) {
    in_db(app, |db| {
        diesel::update(organisation::table)
            .set((organisation::languages.eq(languages), organisation::updated_at.eq(now())))
            .execute(db)?;
        Ok(())
    })
    .unwrap();
}
