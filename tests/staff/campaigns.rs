//! Writing a campaign, and the states it goes through.

use chrono::Duration;
use pledgepost::audit;
use pledgepost::campaigns::{CampaignState, audience, draft, report, send, settle, store};
use pledgepost::db::Db;
use pledgepost::error::{Error, FieldError};
use pledgepost::outbox::{self, DeliveryState, Lanes};
use pledgepost::values::{At, CampaignId, Language, PageRequest};

use crate::on_both;
use crate::support::TestDb;
use crate::support::analyses::{published, topic};
use crate::support::campaigns::*;

const EN: (&str, &str, &str) = ("en", "News, {{subscriber.name}}", "Dear {{subscriber.name}},\n\n[Read]({{web_url}})");
const RU: (&str, &str, &str) = ("ru", "Новости", "Здравствуйте, {{subscriber.name}}!");

fn errors(result: Result<impl std::fmt::Debug, Error>) -> Vec<FieldError> {
    match result.unwrap_err() {
        Error::Invalid(errors) => errors,
        other => panic!("not about fields: {other}"),
    }
}

fn conflict(result: Result<impl std::fmt::Debug, Error>) -> String {
    match result.unwrap_err() {
        Error::Conflict(words) => words,
        other => panic!("no conflict: {other}"),
    }
}

fn state(db: &mut Db, id: CampaignId) -> CampaignState {
    store::find(db, id).unwrap().state
}

fn counts(db: &mut Db, id: CampaignId) -> audience::Audience {
    let campaign = store::find(db, id).unwrap();
    audience::count(db, &campaign, now()).unwrap()
}

on_both! {
    async fn a_broken_placeholder_is_refused_with_its_line(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let id = campaign(&app, &[EN], &[]);
        in_db(&app, |db| {
            let body = "Dear {{subscriber.nam}},\n\nfine\n{{web_url";
            let found = errors(draft::save_variant(db, id, "en", "Hi {{nobody}}", body, &actor(), now()));
            let shown: Vec<_> = found.iter().map(|e| format!("{} {}", e.field, e.message)).collect();
            assert_eq!(shown, [
                "subject there is no placeholder {{nobody}}",
                "body line 1: there is no placeholder {{subscriber.nam}}",
                "body line 4: “{{web_url” has no closing }}",
            ]);
            for (subject, body, field) in [("a\nb", "x", "subject"), ("s", "nul\0", "body"), (&"s".repeat(201)[..], "x", "subject")] {
                assert_eq!(errors(draft::save_variant(db, id, "en", subject, body, &actor(), now()))[0].field, field);
            }
            assert_eq!(errors(draft::save_variant(db, id, "not a language", "s", "b", &actor(), now()))[0].field, "language");
            assert_eq!(errors(draft::set_audience(db, id, &["nothing".into()], &[], &actor(), now()))[0].field, "topics");
            let kept = store::variant(db, id, &Language::english())?.unwrap();
            assert_eq!((kept.subject.as_str(), kept.body.as_str()), (EN.1, EN.2), "nothing changed");
            Ok(())
        }).unwrap();
    }

    async fn a_draft_from_an_analysis_has_its_languages(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        in_db(&app, |db| {
            let law = topic(db, "law", now());
            let analysis = published(db, "kz-law", "2024-04-29", &[("ru", "Закон"), ("en", "The {{law}}")], std::slice::from_ref(&law), now());
            let link = |path: &str| format!("https://org.example{path}");
            let id = draft::from_analysis(db, analysis, link, &actor(), now())?;
            let variants = store::variants(db, id)?;
            assert_eq!(variants.iter().map(|v| v.language.as_str()).collect::<Vec<_>>(), ["en", "ru"]);
            assert_eq!(variants[0].subject, "The { {law} }");
            assert_eq!(variants[0].body, "Dear {{subscriber.name}},\n\nSummary of The { {law} }.\n\n[Read the analysis](https://org.example/analyses/kz-law?lang=en)");
            assert!(variants[1].body.starts_with("Здравствуйте, {{subscriber.name}}!"));
            assert_eq!(store::topics(db, id)?, [law.1]);
            // It is worth sending as it is.
            let found = store::find(db, id)?;
            assert_eq!(errors(send::check(db, &found, None, now()))[0].field, "audience");

            let copy = draft::duplicate(db, id, &actor(), now())?;
            assert_eq!(store::find(db, copy)?.name, "Copy of The {{law}}");
            assert_eq!(store::variants(db, copy)?.len(), 2);
            assert!(matches!(draft::from_analysis(db, pledgepost::values::AnalysisId(99), |p| p.into(), &actor(), now()), Err(Error::NotFound("analysis"))));
            Ok(())
        }).unwrap();
    }

    async fn the_audience_is_each_reader_once_in_their_language(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let (law, aid) = in_db(&app, |db| Ok((topic(db, "law", now()).1, topic(db, "aid", now()).1))).unwrap();
        let other = in_db(&app, |db| Ok(topic(db, "other", now()).1)).unwrap();
        reader(&app, "both@a.example", "en", "active", &[law, aid]);
        reader(&app, "ru@a.example", "ru", "active", &[law]);
        reader(&app, "ru-kz@a.example", "ru-KZ", "active", &[aid]);
        reader(&app, "pt@a.example", "pt-BR", "active", &[law]);
        reader(&app, "uzb@a.example", "uzb-Latn", "active", &[law]);
        for (n, state) in ["pending", "unsubscribed", "bounced", "complained"].iter().enumerate() {
            reader(&app, &format!("no{n}@a.example"), "en", state, &[law]);
        }
        reader(&app, "elsewhere@a.example", "en", "active", &[other]);
        reader(&app, "suppressed@a.example", "en", "active", &[law]);
        suppress(&app, "suppressed@a.example");

        let id = campaign(&app, &[RU, EN, ("pt-BR", "p", "p"), ("uzb", "u", "u")], &["law", "aid"]);
        in_db(&app, |db| {
            let all = counts(db, id);
            let by: Vec<(&str, i64)> = all.by_variant.iter().map(|(l, n)| (l.as_str(), *n)).collect();
            assert_eq!((all.total, all.suppressed), (5, 1));
            assert_eq!(by, [("en", 1), ("ru", 2), ("pt-BR", 1), ("uzb", 1)]);
            draft::set_audience(db, id, &["law".into(), "aid".into()], &["ru".into(), "pt-BR".into()], &actor(), now())?;
            assert_eq!(counts(db, id).total, 3);
            draft::set_audience(db, id, &["law".into()], &["pt".into()], &actor(), now())?;
            assert_eq!(counts(db, id).total, 1);
            draft::set_audience(db, id, &[], &[], &actor(), now())?;
            assert_eq!(counts(db, id).total, 0);
            draft::set_audience(db, id, &["law".into(), "aid".into()], &[], &actor(), now())
        }).unwrap();
        let rows = started(&app, id);
        let variants = in_db(&app, |db| Ok(store::variants(db, id)?)).unwrap();
        let tag = |row: &outbox::Delivery| variants.iter().find(|v| Some(v.id) == row.variant_id).unwrap().language.to_string();
        let mut got: Vec<(String, String)> = rows.iter().map(|row| (row.address.to_string(), tag(row))).collect();
        got.sort();
        let expected = [("both", "en"), ("pt", "pt-BR"), ("ru-kz", "ru"), ("ru", "ru"), ("uzb", "uzb")];
        assert_eq!(got, expected.map(|(name, tag)| (format!("{name}@a.example"), tag.to_owned())));
        assert!(rows.iter().all(|row| row.state == DeliveryState::Queued && row.mail == "campaign" && row.attempts == 0));

        // Once more changes nothing, for those who are there and for the campaign.
        in_db(&app, |db| {
            let campaign = store::find(db, id)?;
            assert_eq!((campaign.state, campaign.total, campaign.started_at), (CampaignState::Sending, 5, Some(now())));
            assert_eq!(audience::fix(db, &campaign, now())?, 5);
            assert!(!send::start(db, id, now() + Duration::hours(1))?);
            assert_eq!(store::find(db, id)?.started_at, Some(now()));
            Ok(())
        }).unwrap();
    }

    async fn who_has_no_language_of_ours_gets_the_first(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let law = in_db(&app, |db| Ok(topic(db, "law", now()).1)).unwrap();
        reader(&app, "fr@a.example", "fr", "active", &[law]);
        let id = campaign(&app, &[RU, EN], &["law"]);
        in_db(&app, |db| { assert_eq!(counts(db, id).by_variant, [(Language::english(), 1), ("ru".parse().unwrap(), 0)]); Ok(()) }).unwrap();
        first_language(&app, "ru,en");
        in_db(&app, |db| { assert_eq!(counts(db, id).by_variant, [(Language::english(), 0), ("ru".parse().unwrap(), 1)]); Ok(()) }).unwrap();
        // One language that is not the organisation's first is enough; two without it are not.
        first_language(&app, "de");
        in_db(&app, |db| {
            let found = store::find(db, id)?;
            assert_eq!(errors(send::check(db, &found, None, now()))[0].field, "variants");
            draft::remove_variant(db, id, &Language::english(), &actor(), now())?;
            send::check(db, &found, None, now())
        }).unwrap();
    }

    async fn what_is_missing_is_said_before_it_is_sent(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let law = in_db(&app, |db| Ok(topic(db, "law", now()).1)).unwrap();
        in_db(&app, |db| {
            let id = draft::create(db, "Empty", &actor(), now())?;
            let fields: Vec<_> = errors(send::schedule(db, id, None, &actor(), now())).into_iter().map(|e| e.field).collect();
            assert_eq!(fields, ["variants", "variants", "topics"]);
            assert_eq!(errors(draft::create(db, "  ", &actor(), now()))[0].field, "name");
            Ok(())
        }).unwrap();
        let id = campaign(&app, &[EN], &["law"]);
        in_db(&app, |db| {
            assert_eq!(errors(send::schedule(db, id, None, &actor(), now()))[0].field, "audience");
            let past = Some(now() - Duration::minutes(1));
            assert_eq!(errors(send::schedule(db, id, past, &actor(), now()))[0].field, "at");
            assert_eq!(state(db, id), CampaignState::Draft);
            // Later there may be readers.
            let later = now() + Duration::hours(1);
            send::schedule(db, id, Some(later), &actor(), now())?;
            assert!(!send::start(db, id, now())?, "it is not due");
            assert!(conflict(draft::rename(db, id, "New", &actor(), now())).contains("scheduled"));
            send::unschedule(db, id, &actor(), now())?;
            draft::rename(db, id, "New", &actor(), now())?;
            assert!(!send::start(db, id, later)?, "a draft does not start");
            send::schedule(db, id, Some(later), &actor(), now())?;
            assert!(send::start(db, id, later)?);
            let campaign = store::find(db, id)?;
            assert_eq!((campaign.state, campaign.total, campaign.finished_at), (CampaignState::Sent, 0, Some(later)), "nobody was there");
            Ok(())
        }).unwrap();
        let _ = law;
    }

    async fn content_is_frozen_once_it_leaves(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let law = in_db(&app, |db| Ok(topic(db, "law", now()).1)).unwrap();
        reader(&app, "a@a.example", "en", "active", &[law]);
        let id = campaign(&app, &[EN], &["law"]);
        started(&app, id);
        in_db(&app, |db| {
            let english = Language::english();
            assert!(conflict(draft::save_variant(db, id, "en", "s", "b", &actor(), now())).contains("is being sent"));
            conflict(draft::add_variant(db, id, "ru", &actor(), now()));
            conflict(draft::remove_variant(db, id, &english, &actor(), now()));
            conflict(draft::set_audience(db, id, &[], &[], &actor(), now()));
            conflict(draft::rename(db, id, "x", &actor(), now()));
            conflict(send::schedule(db, id, None, &actor(), now()));
            conflict(send::unschedule(db, id, &actor(), now()));
            assert_eq!(store::variant(db, id, &english)?.unwrap().subject, EN.1);
            Ok(())
        }).unwrap();
    }

    async fn pause_resume_cancel_and_who_did_it(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let law = in_db(&app, |db| Ok(topic(db, "law", now()).1)).unwrap();
        for n in 0..5 { reader(&app, &format!("r{n}@a.example"), "en", "active", &[law]); }
        let id = campaign(&app, &[EN], &["law"]);
        let all = started(&app, id);
        set_state(&app, &all[0], DeliveryState::Sent);
        set_state(&app, &all[1], DeliveryState::Deferred);
        set_state(&app, &all[2], DeliveryState::Sending);
        in_db(&app, |db| {
            send::pause(db, id, None, &actor(), now())?;
            conflict(send::pause(db, id, None, &actor(), now()));
            assert_eq!(store::find(db, id)?.reason.as_deref(), Some("Paused by command line."));
            send::finish(db, id, now())?;
            assert_eq!(state(db, id), CampaignState::Paused, "what is paused does not finish by itself");
            send::resume(db, id, &actor(), now())?;
            assert_eq!(store::find(db, id)?.reason, None);
            assert_eq!(send::cancel(db, id, &actor(), now())?, 3, "queued and deferred");
            conflict(send::resume(db, id, &actor(), now()));
            let status = report::status(db, id)?;
            assert_eq!((status.sent, status.sending, status.skipped, status.queued, status.deferred), (1, 1, 3, 0, 0));
            let json = serde_json::to_value(&status).unwrap();
            let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(keys.len(), 13);
            assert_eq!(json["state"], "cancelled");
            assert_eq!(json["started_at"], now().rfc3339());
            let actions: Vec<String> = audit::list(db, Some(("campaign", id.0)), PageRequest::new(None, 50))?.rows.into_iter().rev().map(|e| e.action).collect();
            assert_eq!(actions, ["drafted", "wrote", "set the audience", "scheduled", "started", "paused", "resumed", "cancelled"]);
            Ok(())
        }).unwrap();
        let skipped = rows(&app, id).into_iter().filter(|row| row.state == DeliveryState::Skipped);
        assert!(skipped.into_iter().all(|row| row.reply.as_deref() == Some("campaign cancelled")));
    }

    async fn the_engine_is_told_and_tells(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let law = in_db(&app, |db| Ok(topic(db, "law", now()).1)).unwrap();
        reader(&app, "a@a.example", "en", "active", &[law]);
        let id = campaign(&app, &[EN], &["law"]);
        let lanes = pledgepost::campaigns::CampaignLanes {
            staff_to_tell: std::sync::Arc::new(|_| Ok(vec![("boss@org.example".parse().unwrap(), Language::english())])),
            link: std::sync::Arc::new(|path| format!("https://org.example{path}")),
        };
        in_db(&app, |db| {
            assert!(lanes.open(db, now())?.is_empty());
            lanes.finished(db, id, now())?;
            lanes.stop(db, id, "no", now())?;
            assert_eq!(state(db, id), CampaignState::Draft);
            Ok(())
        }).unwrap();
        let all = started(&app, id);
        in_db(&app, |db| {
            assert_eq!(lanes.open(db, now())?.len(), 1);
            assert!(lanes.holding(db)?.is_empty());
            lanes.stop(db, id, "Too many were refused.", now())?;
            lanes.stop(db, id, "Too many were refused.", now())?;
            assert!(lanes.open(db, now())?.is_empty());
            assert_eq!(store::find(db, id)?.reason.as_deref(), Some("Too many were refused."));
            let told = mails_to(db, "boss@org.example");
            assert_eq!(told.len(), 1, "once");
            assert!(told[0].payload.as_deref().unwrap().contains(&format!("https://org.example/staff/campaigns/{id}")));
            send::resume(db, id, &actor(), now())?;
            lanes.finished(db, id, now())?;
            assert_eq!(state(db, id), CampaignState::Sending, "somebody waits");
            Ok(())
        }).unwrap();
        set_state(&app, &all[0], DeliveryState::Sent);
        in_db(&app, |db| {
            lanes.finished(db, id, now())?;
            assert_eq!((state(db, id), store::find(db, id)?.finished_at), (CampaignState::Sent, Some(now())));
            lanes.finished(db, CampaignId(999), now())?;
            Ok(())
        }).unwrap();
    }

    async fn staff_decide_on_what_is_in_doubt(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let law = in_db(&app, |db| Ok(topic(db, "law", now()).1)).unwrap();
        for n in 0..2 { reader(&app, &format!("r{n}@a.example"), "en", "active", &[law]); }
        let id = campaign(&app, &[EN], &["law"]);
        let all = started(&app, id);
        in_db(&app, |db| { conflict(settle::send_again(db, id, &actor(), now())); Ok(()) }).unwrap();
        set_state(&app, &all[0], DeliveryState::Unknown);
        set_state(&app, &all[1], DeliveryState::Sent);
        in_db(&app, |db| {
            send::finish(db, id, now())?;
            assert_eq!(settle::send_again(db, id, &actor(), now())?, 1);
            assert_eq!(state(db, id), CampaignState::Sending, "there is somebody to mail again");
            Ok(())
        }).unwrap();
        set_state(&app, &all[0], DeliveryState::Unknown);
        in_db(&app, |db| {
            send::finish(db, id, now())?;
            assert_eq!(settle::count_as_sent(db, id, &actor(), now())?, 1);
            assert_eq!((state(db, id), report::status(db, id)?.sent), (CampaignState::Sent, 2));
            Ok(())
        }).unwrap();
        assert_eq!(rows(&app, id)[0].reply.as_deref(), Some("counted as sent by staff"));
    }

    async fn a_changed_time_is_the_one_that_counts(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let law = in_db(&app, |db| Ok(topic(db, "law", now()).1)).unwrap();
        reader(&app, "a@a.example", "en", "active", &[law]);
        let id = campaign(&app, &[EN], &["law"]);
        let hour = |n: i64| -> At { now() + Duration::hours(n) };
        in_db(&app, |db| {
            send::schedule(db, id, Some(hour(1)), &actor(), now())?;
            send::schedule(db, id, Some(hour(5)), &actor(), now())?;
            assert!(!send::start(db, id, hour(1))?, "the first job finds nothing due");
            send::schedule(db, id, Some(hour(3)), &actor(), now())?;
            assert!(send::start(db, id, hour(3))?);
            assert!(!send::start(db, id, hour(5))?);
            Ok(())
        }).unwrap();
    }
}

fn mails_to(db: &mut Db, address: &str) -> Vec<outbox::Delivery> {
    use diesel::prelude::*;
    use pledgepost::db::schema::deliveries;
    outbox::Delivery::query().filter(deliveries::address.eq(address)).load(db).unwrap()
}
