//! Campaign mails as their readers get them.

use diesel::prelude::*;
use pledgepost::campaigns::{CampaignMails, TestMails, preview, store, test_send};
use pledgepost::db::schema::{deliveries, subscribers, subscriptions};
use pledgepost::mail::{Email, Kind};
use pledgepost::outbox::Delivery;
use pledgepost::values::{CampaignId, EmailAddress, Language, Purpose};

use crate::on_both;
use crate::support::TestDb;
use crate::support::analyses::topic;
use crate::support::campaigns::*;

const BODY: &str = "Dear **{{subscriber.name}}**,\n\n[on the web]({{web_url}}), [write to us](https://equal-ground.example/?from=mail), \
    [survey](https://s.example/?who={{subscriber.email}}), <{{preferences_url}}>, `{{subscriber.language}}`\n\n\
    <b>raw</b> pqz0q0z";

fn purpose(url: &str, app: &pledgepost::app::App, purpose: Purpose) -> i64 {
    app.root.verify(purpose, url.rsplit('/').next().unwrap(), now()).unwrap()
}

fn links(html: &str) -> Vec<String> {
    html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

fn mail(app: &std::sync::Arc<pledgepost::app::App>, rows: &[Delivery]) -> Vec<Result<Email, String>> {
    rendered(app, &CampaignMails::new(app.campaign_mails.clone()), rows)
}

fn rename(app: &pledgepost::app::App, address: &str, name: &str) {
    in_db(app, |db| {
        let row = subscribers::table.filter(subscribers::email.eq(address));
        diesel::update(row).set(subscribers::name.eq(name)).execute(db)?;
        Ok(())
    })
    .unwrap();
}

on_both! {
    async fn every_reader_gets_their_own(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let law = in_db(&app, |db| Ok(topic(db, "law", now()).1)).unwrap();
        reader(&app, "anna@a.example", "en", "active", &[law]);
        reader(&app, "nameless@a.example", "ru", "active", &[law]);
        let texts = [("en", "News for {{subscriber.name}}", BODY), ("ru", "Новости", "Здравствуйте, {{subscriber.name}}!")];
        let id = campaign(&app, &texts, &["law"]);
        rename(&app, "anna@a.example", "<i>Anna</i> & \"{{web_url}}\" *x*\r\nBcc: evil@a.example");
        let mut rows = started(&app, id);
        rows.sort_by_key(|row| row.address.to_string());
        let mails: Vec<Email> = mail(&app, &rows).into_iter().map(Result::unwrap).collect();
        let (anna, other) = (&mails[0], &mails[1]);

        assert_eq!(anna.subject, "News for <i>Anna</i> & \"{{web_url}}\" *x*  Bcc: evil@a.example");
        assert!(anna.html.contains("<strong>&lt;i&gt;Anna&lt;/i&gt; &amp; &quot;{{web_url}}&quot; *x*  Bcc: evil@a.example</strong>"), "{}", anna.html);
        assert!(anna.text.contains("Dear <i>Anna</i> & \"{{web_url}}\" *x*  Bcc: evil@a.example,"), "{}", anna.text);
        assert!(anna.html.contains("pqz0q0z"), "what somebody wrote is no token of ours");
        assert!(!anna.html.contains("invalid") && !anna.text.contains("invalid") && !anna.html.contains("pqz1q"), "{}", anna.html);
        assert!(!anna.html.contains("<b>raw"));
        let hrefs = links(&anna.html);
        assert!(hrefs.contains(&"https://equal-ground.example/?from=mail".to_owned()), "{hrefs:?}");
        assert!(hrefs.contains(&"https://s.example/?who=anna@a.example".to_owned()), "{hrefs:?}");
        let of = |path: &str| hrefs.iter().find(|href| href.contains(path)).unwrap().clone();
        assert_eq!(purpose(&of("/mail/"), &app, Purpose::WebVersion), rows[0].id.0);
        assert_eq!(purpose(&of("/preferences/"), &app, Purpose::Preferences), rows[0].id.0);
        assert_eq!(purpose(&of("/unsubscribe/"), &app, Purpose::Unsubscribe), rows[0].id.0);
        assert!(anna.text.contains(&of("/unsubscribe/")));
        let Kind::Campaign { list_id, unsubscribe_url } = &anna.kind else { panic!("not a campaign's") };
        assert_eq!((list_id.as_str(), unsubscribe_url), ("About law <law.127.0.0.1>", &of("/unsubscribe/")));
        let wire = String::from_utf8(anna.to_wire(None).unwrap()).unwrap();
        let headers = wire.split("\r\n\r\n").next().unwrap();
        assert!(!headers.contains("\nBcc:"), "{headers}");
        assert!(anna.text.contains("About law"), "why she gets it");

        assert_eq!(other.language.as_str(), "ru");
        assert!(other.html.contains("Здравствуйте, дорогие читатели!") && other.html.contains("lang=\"ru\""));
        assert!(other.text.contains("Вы получаете это письмо, потому что выбрали: Тема law."));
        assert_eq!(other.to_name, None);
        assert_ne!(anna.message_id, other.message_id);
        assert_eq!(mail(&app, &rows)[0].as_ref().unwrap(), anna, "a repeat is the same mail");
    }

    async fn who_left_meanwhile_is_skipped(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let (law, aid) = in_db(&app, |db| Ok((topic(db, "law", now()).1, topic(db, "aid", now()).1))).unwrap();
        let ids: Vec<_> = ["stays", "state", "topic", "suppressed", "gone", "switched"]
            .iter().map(|name| reader(&app, &format!("{name}@a.example"), "en", "active", &[law])).collect();
        let id = campaign(&app, &[("en", "s", "b")], &["law", "aid"]);
        let rows = started(&app, id);
        in_db(&app, |db| {
            diesel::update(subscribers::table.filter(subscribers::id.eq(ids[1]))).set(subscribers::state.eq("unsubscribed")).execute(db)?;
            diesel::delete(subscriptions::table.filter(subscriptions::subscriber_id.eq_any([ids[2], ids[5]]))).execute(db)?;
            diesel::insert_into(subscriptions::table)
                .values((subscriptions::subscriber_id.eq(ids[5]), subscriptions::topic_id.eq(aid), subscriptions::since.eq(now())))
                .execute(db)?;
            diesel::delete(subscribers::table.filter(subscribers::id.eq(ids[4]))).execute(db)?;
            Ok(())
        }).unwrap();
        suppress(&app, "suppressed@a.example");
        let outcome: Vec<String> = mail(&app, &rows).into_iter().map(|one| one.map_or_else(|why| why, |mail| mail.to.to_string())).collect();
        let left = "left before it was sent";
        assert_eq!(outcome, ["stays@a.example", left, left, left, left, "switched@a.example"]);
        let Kind::Campaign { list_id, .. } = mail(&app, &rows)[0].as_ref().unwrap().kind.clone() else { panic!() };
        assert_eq!(list_id, "Equal Ground <newsletter.127.0.0.1>");
    }

    async fn a_test_mail_opens_nothing_of_anybody(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        in_db(&app, |db| Ok(topic(db, "law", now()))).unwrap();
        let id = campaign(&app, &[("en", "News", "Dear {{subscriber.name}}, [x]({{unsubscribe_url}})")], &["law"]);
        let to = EmailAddress::parse("staff@org.example").unwrap();
        let row = in_db(&app, |db| {
            test_send::test_send(db, id, &Language::english(), to, "Anna", &actor(), now())?;
            assert!(test_send::test_send(db, id, &"ru".parse().unwrap(), "a@b.example".parse().unwrap(), "", &actor(), now()).is_err());
            Ok(Delivery::query().filter(deliveries::mail.eq("campaign_test")).first(db)?)
        }).unwrap();
        assert_eq!((row.campaign_id, row.subscriber_id), (None, None));
        let mail = rendered(&app, &TestMails { frame: app.campaign_mails.clone() }, &[row]).remove(0).unwrap();
        assert_eq!(mail.subject, "[Test] News");
        assert!(mail.text.contains("This is a test.") && mail.text.contains("Dear Anna"));
        for link in links(&mail.html).iter().filter(|link| link.starts_with("http://127.0.0.1")) {
            assert!(link.ends_with("/test"), "{link}");
        }
        mail.to_wire(None).unwrap();
    }

    async fn preview_and_web_version_show_the_mail(backend) {
        let test = TestDb::new(backend);
        let app = app(&test);
        let law = in_db(&app, |db| Ok(topic(db, "law", now()).1)).unwrap();
        let anna = reader(&app, "anna@a.example", "en", "active", &[law]);
        let id = campaign(&app, &[("en", "News for {{subscriber.name}}", "Dear {{subscriber.name}}")], &["law"]);
        let english = Language::english();
        let frame = app.campaign_mails.clone();
        in_db(&app, |db| {
            let shown = preview::preview(db, &frame, id, &english, Some(anna), now())?;
            assert_eq!(shown.subject, "News for anna");
            let nobody = preview::preview(db, &frame, id, &english, None, now())?;
            assert_eq!(nobody.subject, "News for reader");
            assert!(!nobody.clipped && preview::preview(db, &frame, CampaignId(9), &english, None, now()).is_err());
            Ok(())
        }).unwrap();
        let row = started(&app, id).remove(0);
        let sent = mail(&app, std::slice::from_ref(&row)).remove(0).unwrap();
        in_db(&app, |db| {
            assert_eq!(preview::web_version(db, &frame, row.id, now())?.html, sent.html, "on the web it is the same");
            // Years later the link to her choices is over, however fresh the page is.
            let later = now() + chrono::Duration::days(400);
            let page = preview::web_version(db, &frame, row.id, later)?;
            let choices = links(&page.html).into_iter().find(|link| link.contains("/preferences/")).unwrap();
            assert!(app.root.verify(Purpose::Preferences, choices.rsplit('/').next().unwrap(), later).is_err());
            // She left: the page still says what the mail said, without a name that is not known any more.
            diesel::delete(subscribers::table.filter(subscribers::id.eq(anna))).execute(db)?;
            assert!(preview::web_version(db, &frame, row.id, later)?.html.contains("Dear reader"));
            assert!(preview::web_version(db, &frame, pledgepost::values::DeliveryId(99), now()).is_err());
            assert_eq!(store::variants(db, id)?.len(), 1);
            Ok(())
        }).unwrap();
    }
}
