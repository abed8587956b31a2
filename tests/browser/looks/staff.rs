//! What staff see of analyses, campaigns, readers and settings.

use pledgepost::audit::Actor;
use pledgepost::outbox::limits::domains::{self, DomainForm};
use pledgepost::outbox::servers;
use pledgepost::staff::Role;

use super::album::{album, follow};
use super::campaigns::{draft, draft_and_send, refused_delivery, send_outside_of_hours, send_slowly, wait_until_sent};
use crate::browser::site::Running;
use crate::support::Backend;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_pages_with_rows() {
    let site = Running::sample(Backend::Sqlite, 55).await;
    site.publish_first();
    let mut album = album(&site, "staff").await;
    album.page("login", "/staff/login").await;
    album.browser.click_button("Log in").await;
    album.here("login-refused").await;
    album.page("reset", "/staff/reset").await;
    album.page("reset-forged", "/staff/reset/forged").await;
    album.page("setup-forged", "/staff/setup/forged").await;
    site.log_in(&album.browser, Role::Admin).await;
    let draft = draft(&site);
    let sent = draft_and_send(&site);
    wait_until_sent(&album.browser, &site, &sent).await;
    let refused = refused_delivery(&site, &sent);
    for (name, path) in [
        ("home", "/staff".to_owned()),
        ("account", "/staff/account".into()),
        ("organisation", "/staff/organisation".into()),
        ("members", "/staff/members".into()),
        ("members-new", "/staff/members/new".into()),
        ("member", "/staff/members/2".into()),
        ("audit", "/staff/audit".into()),
        ("missing", "/staff/there-is-no-such-page".into()),
        ("analyses", "/staff/analyses".into()),
        ("analyses-none-found", "/staff/analyses?q=nothinglikethis".into()),
        ("analysis-new", "/staff/analyses/new".into()),
        ("analysis", "/staff/analyses/1".into()),
        ("analysis-details", "/staff/analyses/1/details".into()),
        ("analysis-text", "/staff/analyses/1/text/en".into()),
        ("analysis-unpublish", "/staff/analyses/1/unpublish".into()),
        ("campaigns", "/staff/campaigns".into()),
        ("campaigns-none-found", "/staff/campaigns?q=nothinglikethis".into()),
        ("campaign-new", "/staff/campaigns/new".into()),
        ("campaign-draft", draft.clone()),
        ("campaign-text", format!("{draft}/text/en")),
        ("campaign-text-ru", format!("{draft}/text/ru")),
        ("campaign-text-remove", format!("{draft}/text/ru/remove")),
        ("campaign-preview", format!("{draft}/preview/en")),
        ("campaign-preview-found", format!("{draft}/preview/en?q=reader")),
        ("campaign-send", format!("{draft}/send")),
        ("campaign-schedule", format!("{draft}/send?when=later&date=2031-01-01&time=09%3A00")),
        ("campaign-schedule-refused", format!("{draft}/send?when=later&date=&time=")),
        ("campaign-sent", sent.clone()),
        ("campaign-deliveries", format!("{sent}/deliveries")),
        ("campaign-deliveries-none-found", format!("{sent}/deliveries?q=nothinglikethis")),
        ("campaign-delivery", refused),
        ("campaign-once-more-failed", format!("{sent}/again/failed")),
        ("campaign-once-more-added", format!("{sent}/again/added")),
        ("sending", "/staff/sending".into()),
        ("subscribers", "/staff/subscribers".into()),
        ("subscribers-none-found", "/staff/subscribers?q=nothinglikethis".into()),
        ("subscriber", "/staff/subscribers/1".into()),
        ("subscriber-suppress", "/staff/subscribers/1/suppress".into()),
        ("subscriber-erase", "/staff/subscribers/1/erase".into()),
        ("topics", "/staff/topics".into()),
        ("topics-new", "/staff/topics/new".into()),
        ("topic", "/staff/topics/1".into()),
    ] {
        album.page(name, &path).await;
    }
    album.browser.open(&site.url("/staff/analyses/new")).await;
    album.browser.click_button("Save draft").await;
    album.here("analysis-new-refused").await;
    album.browser.open(&site.url("/staff/organisation")).await;
    album.browser.fill("#f-name", "").await;
    album.browser.click("main form button[type=submit]").await;
    album.here("organisation-refused").await;
    let running = send_slowly(&site);
    album.browser.open(&site.url(&running)).await;
    album.browser.wait_for("Sending").await;
    album.page("campaign-sending", &running).await;
    let waiting = send_outside_of_hours(&site);
    album.page("campaign-waits", &waiting).await;
    album.page("home-waits", "/staff").await;
    album.end().await;
    site.stop().await;
}

/// Several mail servers, one of them paused and one in its warm-up; a limited domain; what is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_servers_and_limits() {
    let first_day = chrono::Utc::now().date_naive() - chrono::Duration::days(2);
    let urls = [
        "smtp://127.0.0.1:9?name=main.example:587&weight=3&rate=600".to_owned(),
        format!("smtp://127.0.0.1:9?name=fresh.example:587&warmup={first_day}"),
        "smtp://127.0.0.1:9?name=spare.example:25&backup=yes".to_owned(),
    ];
    let site = Running::with(Backend::Sqlite, |config| config.mail.smtp_urls = urls.map(Into::into).into()).await;
    let now = site.app.clock.now();
    site.write(|db| {
        let reason = "the mail server main.example:587 refused our password: 535 5.7.8 Error: authentication failed";
        let until = now + chrono::Duration::minutes(5);
        servers::failed(db, "main.example:587", 4, reason, until, now)?;
        let form = DomainForm { domain: "example.org".into(), per_minute: "600".into() };
        domains::set(db, &form, &Actor::program(), now)
    });
    let mut album = album(&site, "servers").await;
    site.log_in(&album.browser, Role::Admin).await;
    album.page("sending", "/staff/sending").await;
    album.page("home", "/staff").await;
    album.browser.open(&site.url("/staff/sending")).await;
    album.browser.click_button("Set the limit").await;
    album.here("sending-refused").await;
    album.end().await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_an_empty_installation() {
    let site = Running::empty(Backend::Sqlite).await;
    let mut album = album(&site, "empty").await;
    for (name, path) in
        [("home", "/"), ("analyses", "/analyses"), ("subscribe", "/subscribe"), ("mailbox", "/sandbox/mail")]
    {
        album.page(name, path).await;
    }
    site.log_in(&album.browser, Role::Admin).await;
    for (name, path) in [
        ("staff-home", "/staff"),
        ("staff-organisation", "/staff/organisation"),
        ("staff-members", "/staff/members"),
        ("staff-audit", "/staff/audit"),
        ("staff-analyses", "/staff/analyses"),
        ("staff-analysis-new", "/staff/analyses/new"),
        ("staff-campaigns", "/staff/campaigns"),
        ("staff-campaign-new", "/staff/campaigns/new"),
        ("staff-subscribers", "/staff/subscribers"),
        ("staff-topics", "/staff/topics"),
    ] {
        album.page(name, path).await;
    }
    album.end().await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_other_roles_and_the_mailbox() {
    let site = Running::sample(Backend::Sqlite, 3).await;
    site.publish_first();
    let mut album = album(&site, "roles").await;
    let sent = draft_and_send(&site);
    site.log_in(&album.browser, Role::Admin).await;
    wait_until_sent(&album.browser, &site, &sent).await;
    album.browser.click_button("Log out").await;
    album.browser.wait_for_path("/staff/login").await;
    for role in [Role::Viewer, Role::Finance, Role::Campaigner] {
        site.log_in(&album.browser, role).await;
        for (name, path) in [
            ("home", "/staff".to_owned()),
            ("analyses", "/staff/analyses".into()),
            ("campaign", sent.clone()),
            ("forbidden", "/staff/members".into()),
        ] {
            album.page(&format!("{role}-{name}"), &path).await;
        }
        album.browser.open(&site.url("/staff")).await;
        album.browser.click_button("Log out").await;
        album.browser.wait_for_path("/staff/login").await;
    }
    album.page("mailbox", "/sandbox/mail").await;
    album.page("mailbox-none-found", "/sandbox/mail?q=nothinglikethis").await;
    album.page("mailbox-delete", "/sandbox/mail/delete").await;
    album.browser.open(&site.url("/sandbox/mail/1")).await;
    album.mail("mail").await;
    let preferences = follow(&album, "reader0", "/preferences/").await;
    album.page("preferences", &preferences).await;
    let unsubscribe = follow(&album, "reader0", "/unsubscribe/").await;
    album.page("unsubscribe", &unsubscribe).await;
    album.browser.click_button("Leave everything").await;
    album.browser.wait_for("You will get no more mails").await;
    album.here("unsubscribed").await;
    album.end().await;
    site.stop().await;
}
