//! Bank statements, the journal and the map of its accounts.

use pledgepost::staff::Role;

use super::album::album;
use crate::browser::site::Running;
use crate::support::Backend;
use crate::support::camt::Camt;
use crate::support::money::{Line, Payout, Till};

/// A statement with what such a page must hold: long names, long words, large and small amounts, money that left.
fn march() -> Camt {
    let words = "Thank you for what you do, this is for the legal aid of survivors, from all of us at the choir; please \
                 send no receipt NOTPROVIDED-00000000000000000000000000000001";
    Camt::new("2026-00003/031 HAUPTKONTO", "2026-03-01", "2026-03-31", 1_234_567)
        .stripe("2026-03-05", 10_000)
        .stripe("2026-03-12", 9752)
        .stripe("2026-03-12", 9752)
        .stripe("2026-03-17", 15_000)
        .entry("2026-03-15", 5000, "Dora Donor", "for your work")
        .entry("2026-03-18", 1_250_000, "Bartholomew-Ferdinand von Hohenlohe-Waldenburg-Schillingsfürst", words)
        .entry("2026-03-20", -85_000, "Landlord", "rent of March")
}

/// Puts a file into the form of the page, as a person would by the file chooser.
async fn choose(album: &super::album::Album<'_>, camt: &Camt) {
    let content = serde_json::to_string(&camt.file()).unwrap();
    let script = format!(
        "const data = new DataTransfer(); data.items.add(new File([{content}], 'march.xml', {{type: 'text/xml'}})); \
         document.querySelector('input[type=file]').files = data.files; return true;"
    );
    album.browser.script(&script).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_pages_of_the_bank_and_the_journal() {
    let site = Running::sample(Backend::Sqlite, 3).await;
    let mut album = album(&site, "finance-bank").await;
    site.log_in(&album.browser, Role::Finance).await;
    for (name, path) in [
        ("bank-none", "bank"),
        ("import-first", "bank/import"),
        ("statements-none", "bank/statements"),
        ("journal-none", "journal"),
        ("accounts-none", "accounts"),
    ] {
        album.page(name, &format!("/staff/finance/{path}")).await;
    }
    let till = Till::new(&site.app.db, crate::finance::explained::noon("2026-03-02"));
    let gift = till.gift("one", 10_200, 200);
    let other = till.gift("two", 2500, 62);
    till.refund(&other, "one", 1000);
    till.pays_out("po_1", &[&gift.line]);
    till.write(|db| {
        use diesel::prelude::*;
        use pledgepost::db::schema::stripe_payouts as p;
        diesel::update(p::table.find("po_1")).set(p::arrives_on.eq("2026-03-05")).execute(db)
    });
    till.payout(Payout::of("po_2", 9752).arrives("2026-03-12"));
    till.payout(Payout::of("po_3", 9752).arrives("2026-03-13"));
    till.payout(Payout::of("po_4", 10_000).arrives("2026-03-16"));
    till.payout(Payout::of("po_5", 5000).arrives("2026-03-17"));
    till.line(Line::of("txn_odd", "charge", 700));
    till.line(Line::of("txn_yen", "charge", 5000).currency("JPY"));

    album.browser.open(&site.url("/staff/finance/bank/import")).await;
    album.browser.fill("#f-name", "Main account").await;
    choose(&album, &march()).await;
    album.browser.click_button("Import the statement").await;
    album.browser.wait_for("is a new account here").await;
    album.here("imported").await;
    album.browser.open(&site.url("/staff/finance/bank/import")).await;
    choose(&album, &march()).await;
    album.browser.click_button("Import the statement").await;
    album.browser.wait_for("is here already").await;
    album.here("imported-again").await;
    album.browser.open(&site.url("/staff/finance/bank/import")).await;
    choose(&album, &Camt { off_by: 1, ..march() }).await;
    album.browser.click_button("Import the statement").await;
    album.browser.wait_for("Something needs your attention").await;
    album.here("import-refused").await;

    for (name, path) in [
        ("bank", "bank"),
        ("bank-all", "bank?show=all"),
        ("bank-set-aside", "bank?show=set_aside"),
        ("bank-none-found", "bank?q=nothinglikethis"),
        ("statements", "bank/statements"),
        ("statement", "bank/statements/1"),
        ("line-two-fit", "bank/lines/2"),
        ("line-several", "bank/lines/4"),
        ("line-no-payout", "bank/lines/6"),
        ("line-matched", "bank/lines/1"),
        ("line-set-aside", "bank/lines/7"),
        ("journal", "journal?month=2026-03"),
        ("accounts", "accounts"),
        ("account", "accounts/stripe"),
        ("account-new", "accounts/new?for=other"),
        ("account-fund", "accounts/new?for=fund-1"),
    ] {
        album.page(name, &format!("/staff/finance/{path}")).await;
    }
    album.browser.open(&site.url("/staff/finance/bank/lines/1")).await;
    album.browser.fill("input[id^=f-undo]", "It was the other payout").await;
    album.browser.click_button("Undo the match").await;
    album.browser.wait_for("Undone: It was the other payout").await;
    album.here("line-undone").await;
    album.browser.open(&site.url("/staff/finance/bank")).await;
    album.browser.click_button("Set aside").await;
    album.browser.wait_for("Something needs your attention").await;
    album.here("bank-refused").await;
    album.end().await;
    site.stop().await;
}
