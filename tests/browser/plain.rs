//! With scripts switched off: everything that people come for works as well.

use pledgepost::staff::Role;

use super::looks::campaigns::{draft, wait_until_sent};
use super::site::Running;
use crate::support::Backend;
use crate::support::browser::{Browser, DESK, PHONE};

/// A browser that runs no script of a page.
async fn plain(size: (u32, u32), site: &Running) -> Browser {
    let browser = Browser::start(size).await;
    browser.scripts(false).await;
    browser.open(&site.url("/analyses")).await;
    assert!(!browser.has("html.js").await, "scripts run");
    browser
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_without_scripts() {
    let site = Running::sample(Backend::Sqlite, 0).await;
    let phone = plain(PHONE, &site).await;
    phone.open(&site.url("/subscribe")).await;
    phone.fill("main #f-email", "plain@example.org").await;
    phone.click("main input[name=topics]").await;
    phone.click("main form button[type=submit]").await;
    phone.wait_for("Please check your mailbox").await;

    // Another choice keeps what was typed.
    phone.open(&site.url("/donate?from=c7")).await;
    phone.fill("#f-email", "plain@example.org").await;
    phone.fill("#f-name", "Plain Reader").await;
    phone.click_button("Every month").await;
    phone.find("button[value=month][aria-pressed=true]").await;
    phone.click_button("JPY").await;
    phone.wait_for("¥1,000").await;
    phone.find("button[value=month][aria-pressed=true]").await;
    let typed = "return ['email', 'name', 'from'].map(name => document.getElementsByName(name)[0].value).join()";
    assert_eq!(phone.script(typed).await, "plain@example.org,Plain Reader,c7");
    phone.click("input[name=suggested]").await;
    phone.click_button("Continue to the payment").await;
    phone.wait_for("Sandbox: no money moves").await;
    phone.click("#pay button[value=paid]").await;
    phone.wait_for_path("/donate/thanks").await;
    phone.wait_for("Thank you").await;

    phone.open(&site.url("/donate")).await;
    phone.click("[data-leave]").await;
    phone.until("the neutral page", async || phone.address().await == site.neutral).await;
    phone.no_complaints().await;
    phone.end().await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_without_scripts() {
    let site = Running::sample(Backend::Sqlite, 4).await;
    site.publish_first();
    let draft = draft(&site);
    let desk = plain(DESK, &site).await;
    site.log_in(&desk, Role::Admin).await;
    desk.open(&site.url("/staff/subscribers")).await;
    desk.fill("main input[type=search]", "reader2").await;
    desk.click("main form.filters button").await;
    desk.wait_for_path("/staff/subscribers?q=reader2").await;
    desk.wait_for("reader2@example.org").await;
    assert!(!desk.words().await.contains("reader1@example.org"));

    desk.open(&site.url(&format!("{draft}/text/en"))).await;
    desk.fill("#f-subject", "Written without scripts").await;
    desk.click("main form button[type=submit]").await;
    desk.open(&site.url(&draft)).await;
    desk.wait_for("Written without scripts").await;
    desk.click("main form[action$='/audience'] button").await;
    desk.wait_for("Send to 4 readers").await;
    desk.click_link("Send to 4 readers").await;
    desk.wait_for_path(&format!("{draft}/send")).await;
    desk.click("main form button[type=submit]").await;
    desk.wait_for("Reload this page to see the latest state.").await;
    wait_until_sent(&desk, &site, &draft).await;
    desk.no_complaints().await;
    desk.end().await;
    site.stop().await;
}
