//! The organisation's settings, and the frame of the staff pages.

use pledgepost::organisation::store as organisations;
use pledgepost::staff::Role;

use crate::on_both;
use crate::support::app::TestApp;

on_both! {
    async fn the_organisation(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Admin).await;
        app.get("/staff").await.is(200).shows("postal address");
        let fields = |name, zone| [
            ("name", name), ("legal_name", "Example e. V."), ("postal_address", "Street 1\r\nCity"),
            ("leave_url", "https://www.wikipedia.org/"), ("time_zone", zone), ("languages", "ru, en"), ("currencies", "EUR"),
            ("sending_from", "7:30"), ("sending_until", "24:00"), ("sending_days", "1"), ("sending_days", "3"),
        ];
        let wrong = app.post_form("/staff/organisation", &fields("", "Mars")).await;
        wrong.is(422).shows("the organisation needs a name").shows("Example e. V.").shows("href=\"#f-time_zone\"");
        app.post_form("/staff/organisation", &fields("Example", "Europe/Berlin")).await.leads_to("/staff/organisation");
        let saved = app.get("/staff/organisation").await;
        saved.is(200).shows("Saved.").shows("value=\"ru, en\"").shows("Europe/Berlin");
        assert!(!app.get("/staff/organisation").await.text.contains("Saved."), "a notice is shown once");
        app.get("/staff/audit").await.shows("Changed organisation").shows("1 March 2026, 10:00").shows("Times are those of Europe/Berlin.");
        app.get("/nowhere").await.is(404).shows("lang=\"ru\"").shows("Такой страницы нет");
        app.get("/nowhere?lang=en").await.is(404).shows("lang=\"en\"").shows("Street 1, City");
    }

    async fn the_sending_hours(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Admin).await;
        let page = app.get("/staff/organisation").await;
        page.is(200).shows("Sending hours").shows("value=\"08:00\"").shows("value=\"20:00\"").shows("Sunday");
        assert_eq!(page.text.matches(" checked").count(), 7, "every day");
        let fields = |from, until, days: &'static [&'static str]| {
            let mut fields = vec![
                ("name", "Example"), ("leave_url", "https://www.wikipedia.org/"), ("time_zone", "UTC"),
                ("languages", "en"), ("currencies", "EUR"), ("sending_from", from), ("sending_until", until),
            ];
            fields.extend(days.iter().map(|day| ("sending_days", *day)));
            fields
        };
        let wrong = app.post_form("/staff/organisation", &fields("soon", "25:00", &[])).await;
        wrong.is(422).shows("a time is needed, such as 08:00").shows("the end of the day is 24:00").shows("choose at least one day");
        wrong.shows("value=\"soon\"").shows("value=\"25:00\"").shows("href=\"#f-sending_days\"");
        let night = app.post_form("/staff/organisation", &fields("22:00", "06:00", &["6"])).await;
        night.is(422).shows("the end must be later than the beginning");
        assert_eq!(night.text.matches(" checked").count(), 1, "what was typed is kept");
        let hours = || app.read(|db| Ok(organisations::get(db, app.app.clock.now())?.sending_hours().words())).unwrap();
        assert_eq!(hours(), "Every day 8:00–20:00");
        app.post_form("/staff/organisation", &fields("9:15", "24:00", &["1", "2", "3", "4", "5"])).await.leads_to("/staff/organisation");
        assert_eq!(hours(), "Mon–Fri 9:15–24:00");
        app.get("/staff/organisation").await.shows("value=\"09:15\"").shows("value=\"24:00\"");
    }

    async fn the_navigation_shows_what_a_role_may_do(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Viewer).await;
        let page = app.get("/staff").await;
        page.is(200).shows("/staff/account").shows("/sandbox/mail");
        for hidden in ["/staff/members", "/staff/audit", "/staff/organisation", "/staff/subscribers"] {
            assert!(!page.text.contains(hidden), "{hidden}");
        }
        app.log_in_as(Role::Campaigner).await;
        app.get("/staff").await.shows("/staff/subscribers").shows("/staff/analyses").shows("aria-current=\"page\"");
    }
}
