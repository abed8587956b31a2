//! Giving as people live it: a reader on a phone gives once and monthly and looks at the receipts; finance looks at the books.

use pledgepost::staff::Role;

use super::site::Running;
use crate::support::Backend;
use crate::support::browser::{Browser, DESK, PHONE};

const GIVER: &str = "noor@example.org";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn giving_in_a_browser() {
    let site = Running::sample(Backend::Sqlite, 0).await;
    let phone = Browser::start(PHONE).await;
    give_once(&site, &phone).await;
    look_at_the_receipt(&site, &phone, "€25.00").await;
    let receipt = give_monthly(&site, &phone).await;
    end_it(&phone, &receipt).await;
    phone.end().await;

    let desk = Browser::start(DESK).await;
    look_at_the_books(&site, &desk).await;
    desk.end().await;
    site.stop().await;
}

async fn give_once(site: &Running, phone: &Browser) {
    phone.open(&site.url("/")).await;
    // The button in the foot of every page.
    phone.click("footer a[href^='/donate']").await;
    phone.wait_for("Make a donation").await;
    phone.shot("giving-01-form-phone").await;
    phone.picture("donate", PHONE.1).await;

    // What cannot be taken is said beside the field, and nothing typed is lost.
    phone.fill("#f-amount", "12.345").await;
    phone.fill("#f-email", GIVER).await;
    phone.click_button("Continue to the payment").await;
    phone.wait_for("at most two digits").await;
    assert_eq!(phone.script("return document.querySelector('#f-email').value").await, GIVER);
    phone.shot("giving-02-error-phone").await;
    // The browser notes the answer's status, 422, and nothing else.
    let noted = phone.complaints().await;
    assert!(noted.iter().all(|text| text.contains("status of 422")), "{noted:?}");

    phone.fill("#f-amount", "25").await;
    phone.click_button("Continue to the payment").await;
    phone.wait_for("Sandbox: no money moves").await;
    phone.shot("giving-03-checkout-phone").await;
    phone.click_button("Card is declined").await;
    phone.wait_for("Your card was declined").await;
    phone.click("#pay button[value=paid]").await;
    phone.wait_for("Your gift of €25.00 has arrived").await;
    phone.shot("giving-04-thanks-phone").await;
    phone.no_complaints().await;
}

/// Opens the newest receipt of the giver in the sandbox's mailbox; answers where.
async fn look_at_the_receipt(site: &Running, phone: &Browser, amount: &str) -> String {
    phone.open(&site.url(&format!("/sandbox/mail?q={}", GIVER.replace('@', "%40")))).await;
    phone.click("main table a, main li a").await;
    phone.wait_for("As a mail program shows it").await;
    phone.wait_for(amount).await;
    phone.wait_for("TEST-").await;
    assert!(phone.words().await.contains(GIVER));
    phone.shot("giving-05-receipt-phone").await;
    phone.address().await
}

/// Answers where the receipt is.
async fn give_monthly(site: &Running, phone: &Browser) -> String {
    phone.open(&site.url("/donate?currency=JPY")).await;
    phone.click_button("Every month").await;
    phone.wait_for("¥1,000").await;
    phone.click("input[name=suggested] + label").await;
    phone.fill("#f-email", GIVER).await;
    phone.fill("#f-name", "Noor Haddad").await;
    phone.shot("giving-06-monthly-phone").await;
    phone.click_button("Continue to the payment").await;
    phone.wait_for("Sandbox: no money moves").await;
    phone.click("#pay button[value=paid]").await;
    phone.wait_for("The first payment of your monthly gift of ¥").await;
    phone.shot("giving-07-thanks-monthly-phone").await;
    phone.no_complaints().await;
    look_at_the_receipt(site, phone, "¥").await
}

/// Follows the link in the receipt and ends the monthly gift.
async fn end_it(phone: &Browser, receipt: &str) {
    phone.open(receipt).await;
    let find = "const a = [...document.links].find(a => a.href.includes('/donate/manage/')); return a ? a.href : ''";
    let link = phone.script(find).await;
    phone.open(link.as_str().unwrap()).await;
    phone.wait_for("Your monthly gift").await;
    phone.shot("giving-08-manage-phone").await;
    phone.click("main form button").await;
    phone.shot("giving-09-ended-phone").await;
    // Stripe is asked to end it, and its answer ends it here.
    phone
        .until("the pledge is ended", async || {
            phone.open(link.as_str().unwrap()).await;
            phone.words().await.contains("Ended on")
        })
        .await;
    phone.no_complaints().await;
}

async fn look_at_the_books(site: &Running, desk: &Browser) {
    site.log_in(desk, Role::Finance).await;
    desk.open(&site.url("/staff/donations")).await;
    desk.wait_for(GIVER).await;
    desk.wait_for("€25.00").await;
    desk.shot("giving-10-donations").await;
    desk.picture("donations", 760).await;
    desk.open(&site.url("/staff/donations?currency=EUR")).await;
    desk.click("main tbody a").await;
    desk.wait_for("TEST-").await;
    desk.wait_for("What happened").await;
    desk.shot("giving-11-donation").await;
    desk.picture("donation", 900).await;
    // What Stripe told, and what was made of it.
    desk.open(&site.url("/staff/payments/events")).await;
    desk.wait_for("checkout.session.completed").await;
    desk.shot("giving-12-events").await;
    desk.click("main tbody a").await;
    desk.wait_for("What Stripe sent").await;
    desk.shot("giving-13-event").await;
    desk.no_complaints().await;
}
