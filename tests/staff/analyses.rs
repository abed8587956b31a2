//! Writing and publishing analyses.

use chrono::Duration;
use pledgepost::analyses::publish::{publish, unpublish};
use pledgepost::analyses::store::{self, Selection};
use pledgepost::analyses::write::{self, BODY_MAX, DetailsForm, Seen, TextForm};
use pledgepost::audit::{self, Actor};
use pledgepost::error::Error;
use pledgepost::values::{AnalysisId, At, PageRequest};

use crate::on_both;
use crate::support::TestDb;
use crate::support::analyses::{language, published, text, topic};

fn now() -> At {
    At::from_micros(1_780_000_000_000_000)
}

fn form(slug: &str) -> DetailsForm {
    DetailsForm { slug: slug.into(), date: "2024-04-29".into(), countries: "kz, ZW kz".into(), topics: vec![] }
}

fn fields(error: Error) -> Vec<String> {
    match error {
        Error::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("not about fields: {other}"),
    }
}

#[test]
fn a_form_says_all_that_is_wrong() {
    let good = form("kazakhstan").check(&[]).unwrap();
    assert_eq!((good.date.as_str(), good.countries.as_str()), ("2024-04-29", "KZ,ZW"));
    let bad = DetailsForm {
        slug: "Not Good".into(),
        date: "29.4.2024".into(),
        countries: "XX".into(),
        topics: vec!["unknown".into()],
    };
    assert_eq!(fields(bad.check(&[]).unwrap_err()), ["slug", "date", "countries", "topics"]);
    for date in ["", "2024-02-30", "0999-01-01", "+12024-01-01", "2024-1-1x"] {
        assert!(DetailsForm { date: date.into(), ..form("a") }.check(&[]).is_err(), "{date}");
    }

    let text = |title: &str, summary: &str, body: &str| {
        TextForm { title: title.into(), summary: summary.into(), body: body.into() }.check(&language("en"))
    };
    let fine = text(" Title ", "two\r\nlines", "a\r\nb").unwrap();
    assert_eq!((fine.title.as_str(), fine.summary.as_str(), fine.body.as_str()), ("Title", "two lines", "a\nb"));
    assert_eq!(fields(text("", &"s".repeat(1001), "nul\0").unwrap_err()), ["summary", "body", "title"]);
    assert_eq!(fields(text(&"t".repeat(301), "", "").unwrap_err()), ["title"]);
    assert_eq!(fields(text("t", "", &"ж".repeat(BODY_MAX / 2 + 1)).unwrap_err()), ["body"]);
    assert!(text("t", "", &"ж".repeat(BODY_MAX / 2)).is_ok());
}

on_both! {
    async fn publishing_needs_something_to_show_and_is_on_record(backend) {
        let test = TestDb::new(backend);
        test.connect().write_here(|db| {
            let actor = Actor::command_line();
            let id = write::create(db, &form("a").check(&[])?, &text("en", "A", ""), &actor, now())?;
            assert!(matches!(publish(db, id, &actor, now()), Err(Error::Conflict(_))), "it has no text");
            write::save_translation(db, id, &text("ru", "А", "Текст"), Seen::default(), &actor, now())?;
            let later = now() + Duration::hours(1);
            publish(db, id, &actor, later)?;
            assert!(matches!(publish(db, id, &actor, later), Err(Error::Conflict(_))), "twice");
            assert_eq!(store::find(db, id)?.published_at, Some(later));

            // What is public keeps something to show.
            let seen = Seen::of(Some(now()));
            assert_eq!(fields(write::save_translation(db, id, &text("ru", "А", ""), seen, &actor, later).unwrap_err()), ["body"]);
            assert!(matches!(write::delete_translation(db, id, &language("ru"), &actor, later), Err(Error::Conflict(_))));
            assert!(matches!(write::delete(db, id, &actor, later), Err(Error::Conflict(_))));

            unpublish(db, id, &actor, later)?;
            assert!(matches!(unpublish(db, id, &actor, later), Err(Error::Conflict(_))));
            publish(db, id, &actor, later + Duration::days(1))?;
            assert_eq!(store::find(db, id)?.published_at, Some(later), "the first time counts");
            unpublish(db, id, &actor, later)?;
            write::delete_translation(db, id, &language("ru"), &actor, later)?;
            assert!(matches!(write::delete_translation(db, id, &language("en"), &actor, later), Err(Error::Conflict(_))));
            write::delete(db, id, &actor, later)?;
            assert!(matches!(write::find(db, id), Err(Error::NotFound("analysis"))));

            let entries = audit::list(db, Some(("analysis", id.0)), PageRequest::new(None, 50))?.rows;
            let actions: Vec<_> = entries.iter().rev().map(|entry| entry.action.as_str()).collect();
            assert_eq!(
                actions,
                ["created", "translated", "published", "unpublished", "published", "unpublished", "deleted translation", "deleted"]
            );
            assert!(entries.iter().all(|entry| entry.actor == "command line"));
            assert!(matches!(publish(db, AnalysisId(999), &actor, now()), Err(Error::NotFound("analysis"))));
            Ok::<_, Error>(())
        }).unwrap();
    }

    async fn an_edit_of_something_changed_meanwhile_is_refused(backend) {
        let test = TestDb::new(backend);
        test.connect().write_here(|db| {
            let actor = Actor::command_line();
            let id = write::create(db, &form("a").check(&[])?, &text("en", "A", "x"), &actor, now())?;
            let (opened, later) = (Seen::of(Some(now())), now() + Duration::minutes(1));
            write::save_translation(db, id, &text("en", "Mine", "x"), opened, &actor, later)?;
            assert!(matches!(write::save_translation(db, id, &text("en", "Theirs", "x"), opened, &actor, later), Err(Error::Conflict(_))));
            assert!(matches!(write::save_translation(db, id, &text("en", "New", "x"), Seen::default(), &actor, later), Err(Error::Conflict(_))));
            assert_eq!(store::translations(db, id)?[0].title, "Mine");

            write::save_details(db, id, &form("b").check(&[])?, opened, &actor, later)?;
            assert!(matches!(write::save_details(db, id, &form("c").check(&[])?, opened, &actor, later), Err(Error::Conflict(_))));
            assert_eq!(store::find(db, id)?.slug.as_str(), "b");
            Ok::<_, Error>(())
        }).unwrap();
    }

    async fn an_address_belongs_to_one_analysis(backend) {
        let test = TestDb::new(backend);
        test.connect().write_here(|db| {
            let actor = Actor::command_line();
            published(db, "a", "2024-01-01", &[("en", "A")], &[], now());
            assert_eq!(fields(write::create(db, &form("a").check(&[])?, &text("en", "B", ""), &actor, now()).unwrap_err()), ["slug"]);
            let b = write::create(db, &form("b").check(&[])?, &text("en", "B", ""), &actor, now())?;
            let seen = Seen::of(Some(now()));
            assert_eq!(fields(write::save_details(db, b, &form("a").check(&[])?, seen, &actor, now()).unwrap_err()), ["slug"]);
            let law = topic(db, "law", now());
            let mut again = form("b");
            again.topics = vec!["law".into(), "law".into()];
            write::save_details(db, b, &again.check(std::slice::from_ref(&law))?, seen, &actor, now())?;
            assert_eq!(store::topics(db, &[b])?, [(b, law.1)]);
            Ok::<_, Error>(())
        }).unwrap();
    }

    async fn staff_find_by_part_of_title_or_address(backend) {
        let test = TestDb::new(backend);
        test.connect().write_here(|db| {
            published(db, "kazakhstan-law", "2024-01-01", &[("en", "The 100% law"), ("ru", "Казахстан: закон")], &[], now());
            published(db, "other", "2024-01-02", &[("en", "Other")], &[], now());
            for (search, hits) in
                [("LAW", 1), ("казахстан", 1), ("закон", 1), ("kazakh", 1), ("100%", 1), ("%", 1), ("_", 0), ("o", 1), ("", 2), ("none", 0)]
            {
                let selection = Selection { search: Some(search.into()), ..Selection::default() };
                assert_eq!(store::list(db, &selection, PageRequest::new(None, 10))?.total, hits, "{search:?}");
            }
            Ok::<_, Error>(())
        }).unwrap();
    }
}
