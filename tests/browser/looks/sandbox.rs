//! The sandbox's Stripe.

use pledgepost::staff::Role;

use super::album::album;
use crate::browser::site::Running;
use crate::support::Backend;
use crate::support::sandbox_stripe::session;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_the_sandboxs_stripe() {
    let site = Running::sample(Backend::Sqlite, 0).await;
    let api = site.url("/sandbox/stripe/api");
    let back = [("success_url", site.url("/?paid={CHECKOUT_SESSION_ID}")), ("cancel_url", site.url("/"))];
    let back: Vec<(&str, &str)> = back.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let one = session(&api, "2500", "eur", None, &[&back[..], &[("submit_type", "donate")]].concat()).await;
    let large = session(&api, "99999999", "jpy", Some("month"), &[&back[..], &[("locale", "ru")]].concat()).await;
    let checkout = |id: &str| format!("/sandbox/stripe/checkout/{id}");
    let mut album = album(&site, "stripe").await;
    album.page("dashboard-empty", "/sandbox/stripe").await;
    album.page("pay", &checkout(&one)).await;
    album.page("pay-monthly", &checkout(&large)).await;
    album.browser.click_button("Card is declined").await;
    album.browser.wait_for("Your card was declined").await;
    album.here("pay-declined").await;
    album.browser.open(&site.url(&checkout(&one))).await;
    // With the keyboard alone: Enter in a field presses the first button, the one that pays.
    album.browser.click("#f-card").await;
    album.browser.press(&[fantoccini::key::Key::Enter]).await;
    album.browser.wait_for_path(&format!("/?paid={one}")).await;
    album.page("paid", &checkout(&one)).await;
    album.browser.open(&site.url(&checkout(&large))).await;
    album.browser.click_button("Go back").await;
    album.browser.until("the browser is back", async || album.browser.path().await == "/").await;
    album.browser.open(&site.url(&checkout(&large))).await;
    album.browser.click_button("Pay by bank debit").await;
    album.browser.wait_for_path("/?paid=").await;
    album.page("debit", &checkout(&large)).await;
    let late = session(&api, "2500", "eur", None, &back).await;
    album.browser.open(&site.url("/sandbox/stripe")).await;
    album.browser.click_button("7 days on").await;
    album.browser.wait_for("clock was moved").await;
    album.page("expired", &checkout(&late)).await;
    album.page("dashboard", "/sandbox/stripe").await;
    // Everything went along with the automatic payout: there is nothing left to send by hand.
    album.browser.click_button("Manual payout").await;
    album.browser.wait_for("There is less than that available").await;
    album.here("dashboard-payouts").await;
    album.page("bank", "/sandbox/bank").await;
    album.page("session", &format!("/sandbox/stripe/objects/{one}")).await;
    album.page("payments", "/sandbox/stripe/objects?kind=payment_intent").await;
    album.page("events", "/sandbox/stripe/objects?kind=event").await;
    album.browser.click_link("checkout.session.completed").await;
    album.browser.wait_for("Send again").await;
    album.here("event").await;
    // What our own pages show of these events: no gift of ours is behind them.
    site.log_in(&album.browser, Role::Finance).await;
    album.page("staff-events", "/staff/payments/events").await;
    album.page("staff-events-none-found", "/staff/payments/events?kind=nothinglikethis").await;
    album.page("staff-event", "/staff/payments/events/1").await;
    album.end().await;
    site.stop().await;
}
