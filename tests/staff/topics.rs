//! The staff pages about topics.

use pledgepost::staff::Role;
use pledgepost::subscribers::topics;
use pledgepost::values::Language;

use crate::on_both;
use crate::support::app::TestApp;

on_both! {
    async fn topics_are_added_and_renamed_per_language(backend) {
        let site = TestApp::start(backend).await;
        site.write(|db| {
            let mut organisation = pledgepost::organisation::store::get(db, site.app.clock.now())?;
            organisation.languages = "en,ru".into();
            Ok(pledgepost::organisation::store::save(db, &organisation)?)
        }).unwrap();
        site.log_in_as(Role::Campaigner).await;
        site.get("/staff/topics").await.is(200).shows("No topics yet");
        site.get("/staff/topics/new").await.is(200).shows("Русский");
        let form = |slug, en, ru| [("slug", slug), ("language", "en"), ("name", en), ("description", ""), ("language", "ru"), ("name", ru), ("description", "")];
        site.post_form("/staff/topics", &form("No Slug", "", "Закон")).await.is(422).shows("Закон").shows("a slug has small letters").shows("needs a name");
        site.post_form("/staff/topics", &form("law", "Law", "Закон")).await.leads_to("/staff/topics");
        site.post_form("/staff/topics", &form("law", "Law", "")).await.is(422).shows("there is a topic law already");
        let names = |tag: &str| {
            let language = Language::parse(tag).unwrap();
            site.read(|db| Ok(topics::list(db, &language)?)).unwrap().remove(0)
        };
        let id = names("en").id;
        assert_eq!((names("en").name, names("ru").name, names("fr").name), ("Law".into(), "Закон".into(), "Law".into()));
        let page = format!("/staff/topics/{id}");
        site.get(&page).await.is(200).shows("Закон");
        site.post_form(&page, &form("ignored", "", "x")).await.is(422);
        site.post_form(&page, &form("ignored", "The law", "")).await.leads_to("/staff/topics");
        assert_eq!((names("ru").name, names("ru").slug.to_string()), ("The law".into(), "law".into()));
    }
}
