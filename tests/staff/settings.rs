//! The organisation's settings, and the frame of the staff pages.

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
