//! The loop as finance closes it: a gift, the payout that took it along, the bank's statement, the journal; and a payment
//! past the form, which somebody explains.

use pledgepost::staff::Role;

use super::site::Running;
use crate::support::Backend;
use crate::support::browser::{Browser, DESK};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_gift_to_the_journal_in_a_browser() {
    let site = Running::sample(Backend::Sqlite, 0).await;
    let desk = Browser::start(DESK).await;
    give(&site, &desk).await;
    let money = pay_out(&site, &desk).await;
    look_at_the_payout(&site, &desk).await;
    import_the_statement(&site, &desk).await;
    look_at_the_gift(&site, &desk).await;
    explain_the_rest(&site, &desk, &money).await;
    take_the_journal_along(&site, &desk).await;
    desk.no_complaints().await;
    desk.end().await;
    site.stop().await;
}

async fn give(site: &Running, desk: &Browser) {
    desk.open(&site.url("/donate?currency=EUR&lang=en")).await;
    desk.fill("#f-amount", "25").await;
    desk.fill("#f-email", "noor@example.org").await;
    desk.click_button("Continue to the payment").await;
    desk.wait_for("Sandbox: no money moves").await;
    desk.click("#pay button[value=paid]").await;
    desk.wait_for("Your gift of €25.00 has arrived").await;
    // Somebody takes a payment at Stripe, past the form.
    desk.open(&site.url("/sandbox/stripe")).await;
    desk.fill("#f-amount", "33.00").await;
    desk.fill("#f-description", "Books at the fair").await;
    desk.click_button("Payment by hand").await;
    desk.until("the payment is taken", async || desk.address().await.contains("done=charge")).await;
}

/// Moves Stripe's clock until the money is at the bank. Answers the address of finance's home.
async fn pay_out(site: &Running, desk: &Browser) -> String {
    for _ in 0..2 {
        desk.open(&site.url("/sandbox/stripe")).await;
        desk.click_button("7 days on").await;
        desk.until("the clock is moved", async || desk.address().await.contains("done=clock")).await;
    }
    site.log_in(desk, Role::Finance).await;
    let home = site.url("/staff/finance");
    desk.until("the payout is here with its transactions", async || {
        desk.open(&site.url("/staff/finance/payouts")).await;
        // Net of both payments: 25.00 and 33.00 less the sandbox's fees.
        desk.words().await.contains("€56.62")
    })
    .await;
    desk.open(&home).await;
    desk.wait_for("Of what was at Stripe, nobody has explained").await;
    desk.shot("finance-01-home").await;
    desk.picture("finance", 900).await;
    home
}

async fn look_at_the_payout(site: &Running, desk: &Browser) {
    desk.open(&site.url("/staff/finance/payouts")).await;
    desk.shot("finance-02-payouts").await;
    desk.click("main tbody a").await;
    desk.wait_for("What it took along").await;
    desk.wait_for("2 transactions").await;
    let words = desk.words().await;
    assert!(words.contains("€56.62") && words.contains("Books at the fair"), "{words}");
    desk.shot("finance-03-payout").await;
    desk.picture("payout", 900).await;
}

async fn import_the_statement(site: &Running, desk: &Browser) {
    desk.open(&site.url("/sandbox/bank?currency=EUR")).await;
    desk.wait_for("Last bookings").await;
    desk.shot("finance-04-sandbox-bank").await;
    // What the button of that page downloads.
    let fetch = "const form = document.querySelector('form[action$=\"statement.xml\"]'); \
                 const query = new URLSearchParams(new FormData(form)); const request = new XMLHttpRequest(); \
                 request.open('GET', form.action + '?' + query, false); request.send(); return request.responseText";
    let statement = desk.script(fetch).await.as_str().unwrap().to_owned();
    assert!(statement.contains("camt.053.001.08"), "{statement}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("statement.xml");
    std::fs::write(&file, statement).unwrap();
    for known in [false, true] {
        desk.open(&site.url("/staff/finance/bank/import")).await;
        desk.find("#f-file").await.send_keys(file.to_str().unwrap()).await.unwrap();
        if !known {
            desk.fill("#f-name", "Giro").await;
        }
        desk.click_button("Import the statement").await;
        desk.wait_for(if known { "Nothing was changed by that" } else { "Matched" }).await;
        desk.shot(if known { "finance-06-imported-again" } else { "finance-05-imported" }).await;
    }
    desk.open(&site.url("/staff/finance/bank?show=matched")).await;
    desk.wait_for("STRIPE").await;
    desk.shot("finance-07-bank").await;
}

/// The gift's page names the payout that took it along and the day at the bank.
async fn look_at_the_gift(site: &Running, desk: &Browser) {
    desk.open(&site.url("/staff/donations")).await;
    desk.click("main tbody a").await;
    desk.wait_for("Giro").await;
    desk.wait_for("Its way to the bank").await;
    desk.shot("finance-08-gift").await;
}

/// One payment stands in the list of unexplained things, until somebody says what it was; then every check holds.
async fn explain_the_rest(site: &Running, desk: &Browser, home: &str) {
    desk.open(&site.url("/staff/finance/checks")).await;
    desk.wait_for("Does not hold").await;
    desk.shot("finance-09-checks").await;
    desk.open(home).await;
    desk.click("main a[href*='explanation=unexplained']").await;
    desk.wait_for("Books at the fair").await;
    desk.click("main tbody a").await;
    desk.wait_for("Nothing explains it").await;
    desk.click_button("Explain it").await;
    // Nothing was chosen: said beside each field.
    desk.wait_for("Something needs your attention").await;
    desk.shot("finance-10-explain-refused").await;
    desk.script("document.querySelector('#f-account').selectedIndex = 1").await;
    desk.fill("#f-note", "Books sold at the fair").await;
    desk.click_button("Explain it").await;
    desk.wait_for("Take the explanation back").await;
    desk.shot("finance-11-explained").await;
    desk.open(home).await;
    desk.wait_for("Everything that was at Stripe is explained").await;
    desk.open(&site.url("/staff/finance/checks")).await;
    desk.wait_for("Holds").await;
    assert!(!desk.words().await.contains("Does not hold"));
    // The browser notes the refusal's status, 422, and nothing else.
    let noted = desk.complaints().await;
    assert!(noted.iter().all(|text| text.contains("status of 422")), "{noted:?}");
}

async fn take_the_journal_along(site: &Running, desk: &Browser) {
    desk.open(&site.url("/staff/finance/journal")).await;
    desk.wait_for("Per account").await;
    desk.shot("finance-12-journal").await;
    desk.picture("journal", 900).await;
    let export = "const form = document.querySelector('form[action$=\"/journal/export\"]'); \
                  const fields = new URLSearchParams(new FormData(form)); fields.set('format', 'csv'); \
                  const request = new XMLHttpRequest(); request.open('POST', form.action, false); \
                  request.setRequestHeader('content-type', 'application/x-www-form-urlencoded'); \
                  request.send(fields.toString()); return request.responseText";
    let file = desk.script(export).await.as_str().unwrap().to_owned();
    let (mut debit, mut credit, mut rows) = (0, 0, 0);
    let mut reader = csv::Reader::from_reader(file.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|column| column == name).unwrap();
    let cents = |text: &str| text.replace('.', "").parse::<i64>().unwrap_or(0);
    for record in reader.records() {
        let record = record.unwrap();
        debit += cents(&record[column("debit")]);
        credit += cents(&record[column("credit")]);
        rows += 1;
    }
    assert!(rows > 0 && debit == credit && debit > 0, "{file}");
    desk.open(&site.url("/staff/finance/journal")).await;
    desk.wait_for("Taken along before").await;
    assert!(!desk.words().await.contains("was not taken along yet"));
}
