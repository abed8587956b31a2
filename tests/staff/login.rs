//! Logging in and out, and who is kept waiting.

use chrono::Duration;
use pledgepost::staff::Role;

use crate::on_both;
use crate::support::app::{PASSWORD, TestApp};

on_both! {
    async fn right_wrong_and_out(backend) {
        let app = TestApp::start(backend).await;
        app.add_staff(Role::Viewer);
        app.get("/staff/login").await.is(200).shows("I forgot my password");

        let wrong = app.log_in("viewer@example.org", "not the password").await;
        wrong.is(422).shows("The address or the password is not right.").shows("viewer@example.org");
        assert!(!wrong.text.contains("not the password"), "a password is never written back");
        let unknown = app.log_in("nobody@example.org", "not the password").await;
        let same = |text: &str| text.replace("nobody@", "viewer@");
        assert_eq!(same(&unknown.text), same(&wrong.text), "nobody learns who has an account");
        assert_eq!(wrong.header("set-cookie"), "");

        let right = app.log_in("Viewer@Example.org", PASSWORD).await;
        right.leads_to("/staff");
        let cookie = right.header("set-cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/staff"), "{cookie}");
        app.get("/staff").await.is(200).shows("viewer@example.org");

        app.post_form("/staff/logout", &[]).await.leads_to("/staff/login");
        app.get("/staff").await.leads_to("/staff/login?next=%2Fstaff");
    }

    async fn the_way_back_stays_at_home(backend) {
        let app = TestApp::start(backend).await;
        app.add_staff(Role::Admin);
        app.get("/staff/audit?page=2").await.leads_to("/staff/login?next=%2Fstaff%2Faudit%3Fpage%3D2");
        let log_in = async |next: &str| {
            let fields = [("email", "admin@example.org"), ("password", PASSWORD), ("next", next)];
            app.post_form("/staff/login", &fields).await
        };
        log_in("/staff/audit?page=2").await.leads_to("/staff/audit?page=2");
        log_in("https://evil.example/staff").await.leads_to("/staff");
    }

    async fn guessing_gets_slower(backend) {
        let app = TestApp::start(backend).await;
        app.add_staff(Role::Admin);
        for address in ["admin@example.org", "nobody@example.org"] {
            for _ in 0..5 {
                app.log_in(address, "a wrong password").await.is(422);
            }
            app.log_in(address, PASSWORD).await.is(429).shows("Too many wrong tries");
        }
        app.app.clock.advance(Duration::seconds(31));
        app.log_in("admin@example.org", "a wrong password").await.is(422);
        app.app.clock.advance(Duration::seconds(31));
        app.log_in("admin@example.org", PASSWORD).await.is(429);
        app.app.clock.advance(Duration::seconds(31));
        app.log_in("admin@example.org", PASSWORD).await.leads_to("/staff");
    }

    async fn one_client_may_not_try_many_accounts(backend) {
        let app = TestApp::start(backend).await;
        let mut last = app.log_in("a@example.org", "x").await;
        for number in 0..25 {
            last = app.log_in(&format!("a{number}@example.org"), "x").await;
        }
        last.is(429).shows("Too many attempts");
        assert!(last.header("retry-after").parse::<u64>().unwrap() >= 1);
    }

    async fn the_session_gets_a_new_key_and_ends(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Viewer).await;
        let first = app.swap_cookies(Default::default());
        app.log_in("viewer@example.org", PASSWORD).await.leads_to("/staff");
        let second = app.swap_cookies(first.clone());
        assert_ne!(first, second);
        app.get("/staff").await.is(200);

        let fields = [("current", PASSWORD), ("password", "another long password"), ("again", "another long password")];
        let wrong = [("current", "no"), ("password", "short"), ("again", "short")];
        let page = app.post_form("/staff/account/password", &wrong).await;
        page.is(422).shows("this is not your present password").shows("at least 12 characters");
        app.post_form("/staff/account/password", &fields).await.leads_to("/staff/account");
        app.get("/staff/account").await.is(200).shows("Your password is changed.");
        let third = app.swap_cookies(second);
        app.get("/staff").await.leads_to("/staff/login?next=%2Fstaff");
        app.swap_cookies(first);
        app.get("/staff").await.leads_to("/staff/login?next=%2Fstaff");

        app.swap_cookies(third);
        app.get("/staff").await.is(200);
        app.app.clock.advance(Duration::hours(13));
        app.get("/staff").await.leads_to("/staff/login?next=%2Fstaff");
    }

    async fn what_is_over_is_cleared_away(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Viewer).await;
        app.log_in("nobody@example.org", "a wrong password").await.is(422);
        app.post_form("/staff/reset", &[("email", "viewer@example.org")]).await.is(200);
        let purge = || app.write(|db| Ok(pledgepost::staff::purge(db, app.app.clock.now())?)).unwrap();
        assert_eq!(purge(), 0);
        app.app.clock.advance(Duration::hours(25));
        assert_eq!(purge(), 2, "the session and the wrong try");
        app.app.clock.advance(Duration::days(31));
        assert_eq!((purge(), purge()), (1, 0), "the link");
    }
}
