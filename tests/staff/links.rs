//! One-time links: the first admin, invitations, resets.

use chrono::Duration;
use pledgepost::staff::{self, Role};

use crate::on_both;
use crate::support::app::{PASSWORD, TestApp};

fn first_link(app: &TestApp) -> Option<String> {
    staff::first_link(&app.app.db, &app.app.root, app.app.clock.now()).unwrap()
}

const GONE: &str = "This link does not work any more";

on_both! {
    async fn the_first_admin_is_made_once(backend) {
        let app = TestApp::start(backend).await;
        let link = first_link(&app).unwrap();
        app.get(&link).await.is(200).shows("You are the first").shows("E-mail address");
        let fields = [("email", "anna@example.org"), ("name", "Anna"), ("password", PASSWORD), ("again", PASSWORD)];
        let differ = [("email", "anna"), ("password", PASSWORD), ("again", "x")];
        app.post_form(&link, &differ).await.is(422).shows("does not look like an e-mail address");
        let differ = [("email", "anna@example.org"), ("password", PASSWORD), ("again", "x")];
        app.post_form(&link, &differ).await.is(422).shows("the two passwords differ");

        app.post_form(&link, &fields).await.leads_to("/staff");
        app.get("/staff/members").await.is(200).shows("Anna").shows("anna@example.org").shows("admin");
        app.get("/staff/audit").await.shows("Became the first admin");

        app.forget_cookies();
        app.get(&link).await.is(404).shows(GONE);
        app.post_form(&link, &fields).await.is(404).shows(GONE);
        assert_eq!(first_link(&app), None);
    }

    async fn forged_and_old_links_are_nothing(backend) {
        let app = TestApp::start(backend).await;
        let link = first_link(&app).unwrap();
        let letter = link.len() - 5;
        let other = if &link[letter..=letter] == "A" { "B" } else { "A" };
        app.get(&format!("{}{other}{}", &link[..letter], &link[letter + 1..])).await.is(404).shows(GONE);
        app.get("/staff/setup/abc").await.is(404).shows(GONE);
        app.app.clock.advance(Duration::days(8));
        app.get(&link).await.is(404).shows(GONE);
    }

    async fn a_forgotten_password(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Viewer).await;
        let session = app.swap_cookies(Default::default());
        let ask = async |address| app.post_form("/staff/reset", &[("email", address)]).await;
        let known = ask("viewer@example.org").await;
        let unknown = ask("nobody@example.org").await;
        known.is(200).shows("If this address belongs to a staff account");
        assert_eq!(known.text, unknown.text);
        ask("viewer@example.org").await.is(200);

        let mails = app.mails();
        assert_eq!(mails.len(), 1, "one mail, however often it is asked for: {mails:?}");
        assert_eq!((mails[0].0.as_str(), mails[0].1.as_str()), ("staff_reset", "viewer@example.org"));
        let link = app.path_of(&mails[0].2["reset_url"]);
        let page = app.get(&link).await;
        page.is(200).shows("New password");
        assert_eq!(page.header("cache-control"), "no-store");
        let fields = [("password", "a new long password"), ("again", "a new long password")];
        app.post_form(&link, &[("password", "short"), ("again", "short")]).await.is(422).shows("at least 12 characters");
        app.post_form(&link, &fields).await.leads_to("/staff");
        app.get("/staff").await.is(200).shows("Your password is set.");

        app.swap_cookies(session);
        app.get("/staff").await.leads_to("/staff/login?next=%2Fstaff");
        app.post_form(&link, &fields).await.is(404).shows(GONE);
        app.log_in("viewer@example.org", PASSWORD).await.is(422);
        app.log_in("viewer@example.org", "a new long password").await.leads_to("/staff");
    }

    async fn a_reset_link_ends_after_an_hour(backend) {
        let app = TestApp::start(backend).await;
        app.add_staff(Role::Viewer);
        app.post_form("/staff/reset", &[("email", "viewer@example.org")]).await.is(200);
        let link = app.path_of(&app.mails()[0].2["reset_url"]);
        app.app.clock.advance(Duration::minutes(61));
        app.get(&link).await.is(404).shows(GONE);
    }

    async fn a_stranger_who_asks_ends_no_invitation(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Admin).await;
        let fields = [("email", "new@example.org"), ("name", ""), ("role", "viewer")];
        app.post_form("/staff/members", &fields).await;
        let (_, _, data) = app.mails().pop().unwrap();
        let invitation = app.path_of(&data["setup_url"]);
        app.app.clock.advance(Duration::minutes(5));
        app.forget_cookies();
        app.post_form("/staff/reset", &[("email", "new@example.org")]).await.is(200);
        assert_eq!(app.mails().len(), 2);
        app.get(&invitation).await.is(200).shows("Set up your account");
    }
}
