//! Writing and publishing through the staff pages.

use chrono::Duration;
use pledgepost::organisation::{self, OrganisationForm};
use pledgepost::staff::Role;
use pledgepost::values::At;

use crate::on_both;
use crate::support::analyses::{published, topic};
use crate::support::{Backend, Site};

fn now() -> At {
    At::from_micros(1_780_000_000_000_000)
}

async fn site(backend: Backend) -> Site {
    let site = Site::start(backend, now()).await;
    site.write(|db| {
        let mut form = OrganisationForm::from(&organisation::store::get(db, now())?);
        form.languages = "en, ru".into();
        organisation::store::save(db, &form.check(now())?)?;
        topic(db, "law", now());
        Ok(())
    });
    site
}

const GOOD: [(&str, &str); 8] = [
    ("language", "en"),
    ("title", "Law & order"),
    ("summary", "In short."),
    ("body", "## Heading\r\n\r\nA **strong** word."),
    ("slug", "law-and-order"),
    ("date", "2024-04-29"),
    ("countries", "KZ"),
    ("topics", "law"),
];

fn with(field: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    GOOD.iter().map(|(name, old)| (*name, if *name == field { value } else { *old })).collect()
}

/// The value of the hidden field `seen`.
fn seen(body: &str) -> String {
    let (_, rest) = body.split_once("name=\"seen\" value=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

on_both! {
    async fn an_analysis_goes_from_draft_to_the_site_and_back(backend) {
        let site = site(backend).await;
        let anna = site.session(Role::Campaigner).await;
        let cookie = [("cookie", anna.as_str())];
        site.get_with("/staff/analyses", &cookie).await.says("No analyses yet");
        site.get_with("/staff/analyses/new", &cookie).await.says("value=\"2026-05-28\"").says("About law");

        let preview: Vec<_> = GOOD.into_iter().chain([("then", "preview")]).collect();
        let shown = site.post("/staff/analyses/new", &anna, &preview).await;
        shown.says("<strong>strong</strong>").says("value=\"Law &amp; order\"").says("## Heading");
        site.get_with("/staff/analyses", &cookie).await.says("No analyses yet");

        let made = site.post("/staff/analyses/new", &anna, &GOOD).await;
        assert_eq!((made.status, made.header("location")), (303, "/staff/analyses/1"), "{}", made.body);
        let show = site.get_with("/staff/analyses/1", &cookie).await;
        show.says("Draft saved.").says("Law &amp; order").says("Kazakhstan").says("About law").says("Not written");
        assert_eq!(site.get("/analyses/law-and-order").await.status, 404);

        site.get_with("/staff/analyses/1/publish", &cookie).await.says("Publish this analysis?").says("English");
        assert_eq!(site.post("/staff/analyses/1/publish", &anna, &[]).await.status, 303);
        assert_eq!(site.get("/analyses/law-and-order").await.status, 200);
        let show = site.get_with("/staff/analyses/1", &cookie).await;
        show.says("Published").says("/staff/campaigns/new?analysis=1").says("Created by campaigner@example.org");
        assert_eq!(site.post("/staff/analyses/1/publish", &anna, &[]).await.status, 409, "twice");
        assert_eq!(site.get_with("/staff/analyses/1/delete", &cookie).await.status, 409, "public ones stay");

        site.get_with("/staff/analyses/1/unpublish", &cookie).await.says("Take this analysis off the site?");
        assert_eq!(site.post("/staff/analyses/1/unpublish", &anna, &[]).await.status, 303);
        assert_eq!(site.get("/analyses/law-and-order").await.status, 404);
        site.get_with("/staff/analyses/1/delete", &cookie).await.says("Delete this draft?");
        let gone = site.post("/staff/analyses/1/delete", &anna, &[]).await;
        assert_eq!(gone.header("location"), "/staff/analyses");
        site.get_with("/staff/analyses", &cookie).await.says("Draft deleted.").says("No analyses yet");
        assert_eq!(site.get_with("/staff/analyses/1", &cookie).await.status, 404);
    }

    async fn mistakes_are_named_and_nothing_typed_is_lost(backend) {
        let site = site(backend).await;
        let anna = site.session(Role::Campaigner).await;
        for (fields, error) in [
            (with("title", ""), "an analysis needs a title"),
            (with("slug", "Law Order"), "a slug has small letters"),
            (with("date", "soon"), "a date is written like"),
            (with("countries", "XX"), "is no country code"),
            (with("topics", "unknown"), "there is no topic"),
        ] {
            let page = site.post("/staff/analyses/new", &anna, &fields).await;
            assert_eq!(page.status, 422, "{error}");
            page.says(error).says("A **strong** word.");
        }
        site.post("/staff/analyses/new", &anna, &GOOD).await;
        let again = site.post("/staff/analyses/new", &anna, &GOOD).await;
        assert_eq!(again.status, 422);
        again.says("another analysis has this address already");
        let details = [("seen", "0"), ("slug", "x y"), ("date", "2024-01-01")];
        site.post("/staff/analyses/1/details", &anna, &details).await.says("a slug has small letters").says("value=\"x y\"");
    }

    async fn an_edit_of_what_changed_meanwhile_shows_both(backend) {
        let site = site(backend).await;
        let (anna, boris) = (site.session(Role::Campaigner).await, site.session(Role::Admin).await);
        site.post("/staff/analyses/new", &anna, &GOOD).await;
        let form = site.get_with("/staff/analyses/1/text/en", &[("cookie", &anna)]).await;
        let opened = seen(&form.body);
        site.app.clock.advance(Duration::minutes(1));
        let theirs = [("seen", opened.as_str()), ("title", "Of Boris"), ("summary", "S"), ("body", "Boris wrote")];
        assert_eq!(site.post("/staff/analyses/1/text/en", &boris, &theirs).await.status, 303);
        let mine = [("seen", opened.as_str()), ("title", "Of Anna"), ("summary", "S"), ("body", "Anna wrote")];
        let conflict = site.post("/staff/analyses/1/text/en", &anna, &mine).await;
        assert_eq!(conflict.status, 409);
        conflict.says("Somebody changed this while you were writing").says("Anna wrote").says("Boris wrote");
        let newest = seen(&conflict.body);
        let mine = [("seen", newest.as_str()), ("title", "Of Anna"), ("summary", "S"), ("body", "Anna wrote")];
        assert_eq!(site.post("/staff/analyses/1/text/en", &anna, &mine).await.status, 303);
        site.get_with("/staff/analyses/1", &[("cookie", &anna)]).await.says("Of Anna").lacks("Of Boris");

        let stale = [("seen", "1"), ("slug", "mine"), ("date", "2024-01-01")];
        let conflict = site.post("/staff/analyses/1/details", &anna, &stale).await;
        assert_eq!(conflict.status, 409);
        conflict.says("value=\"mine\"").says("law-and-order").says("What is stored now");
    }

    async fn a_second_language_comes_and_goes(backend) {
        let site = site(backend).await;
        let anna = site.session(Role::Campaigner).await;
        site.post("/staff/analyses/new", &anna, &GOOD).await;
        site.get_with("/staff/analyses/1/text/ru", &[("cookie", &anna)]).await.says("lang=\"ru\"").says("name=\"seen\" value=\"0\"");
        let russian = [("seen", "0"), ("title", "Закон"), ("summary", "Коротко."), ("body", "<script>x</script>")];
        let preview: Vec<_> = russian.into_iter().chain([("then", "preview")]).collect();
        site.post("/staff/analyses/1/text/ru", &anna, &preview).await.lacks("<script>x").says("id=\"preview\"");
        assert_eq!(site.post("/staff/analyses/1/text/ru", &anna, &russian).await.status, 303);
        site.get_with("/staff/analyses/1/text/ru/delete", &[("cookie", &anna)]).await.says("Delete the text in Русский?");
        assert_eq!(site.post("/staff/analyses/1/text/ru/delete", &anna, &[]).await.status, 303);
        assert_eq!(site.post("/staff/analyses/1/text/en/delete", &anna, &[]).await.status, 409, "the only one");
        for tag in ["fr", "x", "%00"] {
            assert_eq!(site.get_with(&format!("/staff/analyses/1/text/{tag}"), &[("cookie", &anna)]).await.status, 404, "{tag}");
        }
        let fragment = site.post("/staff/analyses/preview", &anna, &russian).await;
        fragment.says("Закон").lacks("<script>").lacks("<html");
    }

    async fn the_list_is_searched_and_paged(backend) {
        let site = site(backend).await;
        let anna = site.session(Role::Viewer).await;
        site.write(|db| {
            for n in 1..=26 {
                published(db, &format!("a-{n}"), &format!("2024-01-{n:02}"), &[("en", &format!("Number {n}."))], &[], now());
            }
            Ok(())
        });
        let list = site.get_with("/staff/analyses", &[("cookie", &anna)]).await;
        list.says("26 analyses").says("Number 26.").lacks("Number 1.").says("/staff/analyses?page=2").lacks("New analysis");
        site.get_with("/staff/analyses?q=number+7.", &[("cookie", &anna)]).await.says("Number 7.").says("1 analysis");
        site.get_with("/staff/analyses?state=draft", &[("cookie", &anna)]).await.says("Nothing found");
    }

    async fn who_may_not_write_cannot(backend) {
        let site = site(backend).await;
        let (anna, viewer, finance) = (site.session(Role::Campaigner).await, site.session(Role::Viewer).await, site.session(Role::Finance).await);
        site.post("/staff/analyses/new", &anna, &GOOD).await;
        for cookie in [&viewer, &finance] {
            site.get_with("/staff/analyses/1", &[("cookie", cookie)]).await.says("Law &amp; order").lacks("/publish");
            assert_eq!(site.get_with("/staff/analyses/new", &[("cookie", cookie)]).await.status, 403);
            assert_eq!(site.get_with("/staff/analyses/1/text/en", &[("cookie", cookie)]).await.status, 403);
            for path in ["new", "preview", "1/details", "1/text/en", "1/text/en/delete", "1/publish", "1/unpublish", "1/delete"] {
                let answer = site.post(&format!("/staff/analyses/{path}"), cookie, &GOOD).await;
                assert_eq!(answer.status, 403, "{path}");
            }
        }
        let stranger = site.get("/staff/analyses/1").await;
        assert_eq!(stranger.header("location"), "/staff/login?next=%2Fstaff%2Fanalyses%2F1");
        assert_eq!(site.post("/staff/analyses/1/publish", "", &[]).await.status, 303);
        assert_eq!(site.get("/analyses/law-and-order").await.status, 404);
    }
}
