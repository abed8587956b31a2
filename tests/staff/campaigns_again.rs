//! A campaign once more, and the counts that must stay true whatever staff change.

use std::time::Duration;

use diesel::prelude::*;
use pledgepost::app::App;
use pledgepost::audit;
use pledgepost::campaigns::{CampaignMails, CampaignState, again, report, send, settle, store};
use pledgepost::db::Db;
use pledgepost::db::schema::{campaign_tallies, deliveries};
use pledgepost::error::Error;
use pledgepost::outbox::attempts::{self, NewAttempt};
use pledgepost::outbox::{self, Delivery, DeliveryState, tally};
use pledgepost::subscribers::erase;
use pledgepost::values::{CampaignId, Language, NodeId, PageRequest};

use crate::on_both;
use crate::support::TestDb;
use crate::support::analyses::topic;
use crate::support::campaign_stage::CampaignStage;
use crate::support::campaigns::*;
use crate::support::smtp_sink::{Script, Which};

const EN: (&str, &str, &str) = ("en", "News", "Dear {{subscriber.name}}");
const RU: (&str, &str, &str) = ("ru", "Новости", "Здравствуйте");

fn conflict(result: Result<impl std::fmt::Debug, Error>) -> String {
    match result.unwrap_err() {
        Error::Conflict(words) => words,
        other => panic!("no conflict: {other}"),
    }
}

/// Tallies and report say what the deliveries say.
#[track_caller]
fn counts_are_true(app: &App, id: CampaignId, when: &str) {
    in_db(app, |db| {
        let real = outbox::store::count_by_state(db, id)?;
        let of = |state| real.iter().find(|(one, _)| *one == state).map_or(0, |(_, n)| *n);
        let told = tally::of(db, id)?;
        let (sent, failed) = (of(DeliveryState::Sent), of(DeliveryState::Failed));
        let (skipped, unknown) = (of(DeliveryState::Skipped), of(DeliveryState::Unknown));
        assert_eq!(told, tally::Tally { sent, failed, skipped, unknown }, "{when}");
        let status = report::status(db, id)?;
        for state in DeliveryState::ALL {
            assert_eq!(status.of(*state), of(*state), "{state} {when}");
        }
        Ok(())
    })
    .unwrap();
}

/// As the engine records it on the first attempt.
fn fail(app: &App, row: &Delivery, reply: &str) {
    in_db(app, |db| {
        diesel::update(deliveries::table.find(row.id))
            .set((
                deliveries::state.eq(DeliveryState::Failed),
                deliveries::attempts.eq(9_i64),
                deliveries::code.eq(550_i64),
                deliveries::reply.eq(reply),
                deliveries::server.eq("mx.example:25"),
                deliveries::updated_at.eq(now()),
            ))
            .execute(db)?;
        let reply = reply.to_owned();
        let (delivery, state, server) = (row.id, DeliveryState::Failed, Some("mx.example:25".to_owned()));
        attempts::note(db, &[NewAttempt { delivery, state, server, code: Some(550), reply }], now())?;
        Ok(tally::add(db, NodeId(7), row.campaign_id.unwrap(), (DeliveryState::Failed, 1), row.updated_at)?)
    })
    .unwrap();
}

fn history(app: &App, row: &Delivery) -> Vec<(DeliveryState, String)> {
    let lines = in_db(app, |db| Ok(attempts::of(db, row.id)?)).unwrap();
    lines.into_iter().map(|line| (line.state, line.reply)).collect()
}

fn ended(app: &App, id: CampaignId) {
    in_db(app, |db| send::finish(db, id, now())).unwrap();
    assert_eq!(state(app, id), CampaignState::Sent);
}

fn state(app: &App, id: CampaignId) -> CampaignState {
    in_db(app, |db| Ok(store::find(db, id)?.state)).unwrap()
}

on_both! {
    async fn counts_stay_true_whatever_staff_change(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let law = in_db(&app, |db| Ok(topic(db, "law", now()).1)).unwrap();
        let readers: Vec<_> = (0..9).map(|n| reader(&app, &format!("r{n}@a.example"), "en", "active", &[law])).collect();
        let id = campaign(&app, &[EN], &["law"]);
        let rows = started(&app, id);
        counts_are_true(&app, id, "at the start");
        use DeliveryState::{Deferred, Sending, Sent, Unknown};
        for (n, state) in [(0, Sent), (1, Unknown), (2, Unknown), (3, Deferred), (4, Sending)] {
            set_state(&app, &rows[n], state);
        }
        fail(&app, &rows[5], "550 5.1.1 <r5@a.example>: no such user");
        fail(&app, &rows[6], "550 5.1.1 <r6@a.example>: no such user");
        counts_are_true(&app, id, "in the middle");
        in_db(&app, |db| settle::send_again(db, id, &actor(), now())).unwrap();
        counts_are_true(&app, id, "after sending those in doubt again");
        set_state(&app, &rows[1], Unknown);
        in_db(&app, |db| settle::count_as_sent(db, id, &actor(), now())).unwrap();
        counts_are_true(&app, id, "after counting one in doubt as sent");
        assert_eq!(history(&app, &rows[1]).last().unwrap(), &(Sent, "Counted as sent by command line.".to_owned()));
        in_db(&app, |db| again::to_failed(db, id, 2, &actor(), now())).unwrap();
        counts_are_true(&app, id, "after sending to those who failed again");
        reader(&app, "late@a.example", "en", "active", &[law]);
        in_db(&app, |db| again::to_added(db, id, &actor(), now())).unwrap();
        counts_are_true(&app, id, "after sending to those who were added");
        for n in [0, 3, 7] {
            in_db(&app, |db| erase::erase(db, readers[n], &actor(), now())).unwrap();
            counts_are_true(&app, id, "after an erasure");
        }
        in_db(&app, |db| send::cancel(db, id, &actor(), now())).unwrap();
        counts_are_true(&app, id, "after it was cancelled");
        in_db(&app, |db| Ok(tally::recount(db, id)?)).unwrap();
        counts_are_true(&app, id, "counted anew");
    }

    async fn campaigns_from_before_there_were_tallies_are_counted_by_the_migration(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let law = in_db(&app, |db| Ok(topic(db, "law", now()).1)).unwrap();
        for n in 0..4 { reader(&app, &format!("r{n}@a.example"), "en", "active", &[law]); }
        let id = campaign(&app, &[EN], &["law"]);
        let rows = started(&app, id);
        for row in &rows[..3] { set_state(&app, row, DeliveryState::Sent); }
        for folder in ["sqlite", "postgres"] {
            let file = format!("{}/migrations/{folder}/2026-11-24-000012_delivery/up.sql", env!("CARGO_MANIFEST_DIR"));
            let sql = std::fs::read_to_string(file).unwrap();
            let from = sql.find("INSERT INTO campaign_tallies").unwrap();
            let fill = sql[from..].split(';').next().unwrap().to_owned();
            in_db(&app, |db: &mut Db| {
                diesel::delete(campaign_tallies::table).execute(db)?;
                Ok(diesel::sql_query(fill).execute(db)?)
            }).unwrap();
            counts_are_true(&app, id, "after the migration");
        }
    }

    async fn those_who_failed_are_sent_to_again(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let law = in_db(&app, |db| Ok(topic(db, "law", now()).1)).unwrap();
        let readers: Vec<_> = (0..4).map(|n| reader(&app, &format!("r{n}@a.example"), "en", "active", &[law])).collect();
        let id = campaign(&app, &[EN], &["law"]);
        assert!(conflict(in_db(&app, |db| again::failed(db, id))).contains("is a draft"));
        let rows_before = started(&app, id);
        assert!(conflict(in_db(&app, |db| again::to_failed(db, id, 0, &actor(), now()))).contains("No mail"));
        fail(&app, &rows_before[0], "550 5.1.1 no such user");
        fail(&app, &rows_before[1], "552 5.2.2 full");
        // One from before there was a history.
        set_state(&app, &rows_before[2], DeliveryState::Failed);
        set_state(&app, &rows_before[3], DeliveryState::Sent);
        ended(&app, id);
        // Whoever is erased has nothing to be sent to.
        in_db(&app, |db| erase::erase(db, readers[1], &actor(), now())).unwrap();

        assert_eq!(in_db(&app, |db| Ok(again::failed(db, id)?.1)).unwrap(), 3);
        let later = now() + chrono::Duration::days(30);
        assert_eq!(in_db(&app, |db| again::to_failed(db, id, 3, &actor(), later)).unwrap(), 3);
        // A double click, and somebody who saw the same page.
        assert!(conflict(in_db(&app, |db| again::to_failed(db, id, 3, &actor(), later))).contains("No mail"));
        fail(&app, &rows_before[0], "550 5.1.1 no such user");
        let words = conflict(in_db(&app, |db| again::to_failed(db, id, 3, &actor(), later)));
        assert!(words.contains("Somebody else"), "{words}");

        let all = rows(&app, id);
        assert_eq!((all[2].state, all[2].attempts, all[2].code, all[2].server.clone()), (DeliveryState::Queued, 0, None, None));
        assert_eq!((all[2].id, all[2].created_at), (rows_before[2].id, now()), "the same row, so the same Message-ID");
        assert_eq!(all[3].state, DeliveryState::Sent, "who has it is left alone");
        let again_line = (DeliveryState::Queued, "Sent again by command line.".to_owned());
        let first = (DeliveryState::Failed, "550 5.1.1 no such user".to_owned());
        assert_eq!(history(&app, &rows_before[0])[..2], [first, again_line.clone()]);
        assert_eq!(history(&app, &rows_before[2]), [(DeliveryState::Failed, String::new()), again_line]);
        in_db(&app, |db| {
            let campaign = store::find(db, id)?;
            assert_eq!((campaign.state, campaign.finished_at), (CampaignState::Sending, None));
            let audit = audit::list(db, Some(("campaign", id.0)), PageRequest::new(None, 1))?.rows;
            assert_eq!((audit[0].action.as_str(), audit[0].detail.as_str()), ("sent again to those who failed", "3"));
            Ok(())
        }).unwrap();
        let mails = rendered(&app, &CampaignMails::new(app.campaign_mails.clone()), &all[1..3]);
        assert!(mails[0].is_err() && mails[1].is_ok(), "{mails:?}");
        // It is not over while they wait.
        in_db(&app, |db| send::finish(db, id, now())).unwrap();
        assert_eq!(state(&app, id), CampaignState::Sending);
        // Paused, it stays so, and why.
        in_db(&app, |db| send::pause(db, id, Some("to think"), &actor(), now())).unwrap();
        in_db(&app, |db| again::to_failed(db, id, 1, &actor(), later)).unwrap();
        let paused = in_db(&app, |db| store::find(db, id)).unwrap();
        assert_eq!((paused.state, paused.reason.as_deref()), (CampaignState::Paused, Some("to think")));
        in_db(&app, |db| send::cancel(db, id, &actor(), now())).unwrap();
        assert!(conflict(in_db(&app, |db| again::to_failed(db, id, 0, &actor(), now()))).contains("was cancelled"));
    }

    async fn those_who_were_added_since_get_it_too(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let law = in_db(&app, |db| Ok(topic(db, "law", now()).1)).unwrap();
        reader(&app, "a@a.example", "en", "active", &[law]);
        let id = campaign(&app, &[EN, RU], &["law"]);
        assert!(conflict(in_db(&app, |db| again::added(db, id, now()))).contains("is a draft"));
        let first = started(&app, id);
        set_state(&app, &first[0], DeliveryState::Sent);
        ended(&app, id);
        assert_eq!(in_db(&app, |db| Ok(again::added(db, id, now())?.1.total)).unwrap(), 0);
        assert!(conflict(in_db(&app, |db| again::to_added(db, id, &actor(), now()))).contains("has a delivery"));
        assert_eq!(state(&app, id), CampaignState::Sent, "nothing changed");

        reader(&app, "b@a.example", "en", "active", &[law]);
        reader(&app, "c@a.example", "ru", "active", &[law]);
        reader(&app, "d@a.example", "ru", "pending", &[law]);
        reader(&app, "e@a.example", "ru", "active", &[law]);
        suppress(&app, "e@a.example");
        let found = in_db(&app, |db| Ok(again::added(db, id, now())?.1)).unwrap();
        assert_eq!(found.by_variant, [(Language::english(), 1), ("ru".parse().unwrap(), 1)]);
        assert_eq!(in_db(&app, |db| again::to_added(db, id, &actor(), now())).unwrap(), 2);
        conflict(in_db(&app, |db| again::to_added(db, id, &actor(), now())));
        let all = rows(&app, id);
        let got: Vec<_> = all.iter().map(|row| (row.address.to_string(), row.state)).collect();
        assert_eq!(got[0], ("a@a.example".to_owned(), DeliveryState::Sent));
        assert_eq!(got.len(), 3);
        assert!(got[1..].iter().all(|(_, state)| *state == DeliveryState::Queued), "{got:?}");
        in_db(&app, |db| {
            let campaign = store::find(db, id)?;
            assert_eq!((campaign.state, campaign.total), (CampaignState::Sending, 3));
            Ok(())
        }).unwrap();
        counts_are_true(&app, id, "with the new ones");
    }

    async fn an_erased_reader_is_quoted_by_no_answer(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let law = in_db(&app, |db| Ok(topic(db, "law", now()).1)).unwrap();
        let gone = reader(&app, "gone@a.example", "en", "active", &[law]);
        let stays = reader(&app, "stays@a.example", "en", "active", &[law]);
        let id = campaign(&app, &[EN], &["law"]);
        let all = started(&app, id);
        for row in &all { fail(&app, row, &format!("550 5.1.1 <{}>: unknown", row.address)); }
        in_db(&app, |db| erase::erase(db, gone, &actor(), now())).unwrap();
        for row in rows(&app, id) {
            let words = format!("{:?} {:?} {:?}", row.address, row.reply, history(&app, &row));
            assert_eq!(words.contains("a.example"), row.subscriber_id == Some(stays), "{words}");
            assert_eq!((row.state, row.code), (DeliveryState::Failed, Some(550)), "what happened stays on record");
        }
    }

    async fn a_second_try_arrives_with_the_same_message_id(backend) {
        let script = Script::accept_all().rcpt(Which::Every(4), "550 5.1.1 no such user");
        let test = TestDb::unmigrated(backend);
        let stage = CampaignStage::at(&test.url, script, 40, |n| format!("reader{n}@example.org"));
        stage.send();
        let _worker = stage.worker();
        stage.until_sent(Duration::from_secs(60)).await;
        let failed = stage.in_state("failed");
        assert_eq!((failed.len(), stage.sink.accepted_count()), (10, 30));
        let ids = stage.rows();
        stage.sink.set(Script::accept_all());
        let (db, id) = (test.connect(), CampaignId(stage.id.parse().unwrap()));
        db.write_here(|db| again::to_failed(db, id, 10, &actor(), pledgepost::values::Clock::System.now())).unwrap();
        stage.sink.wait_for(40, Duration::from_secs(60)).await;
        stage.until_sent(Duration::from_secs(60)).await;
        assert_eq!((stage.status()["sent"].clone(), stage.status()["failed"].clone()), (40.into(), 0.into()));
        for mail in stage.sink.log().iter().filter(|mail| failed.contains(&mail.rcpt) && mail.accepted) {
            assert_eq!(mail.message_id, ids[&mail.rcpt].message_id.trim_matches(['<', '>']), "{}", mail.rcpt);
        }
    }
}
