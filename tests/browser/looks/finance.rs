//! What finance staff see of the money between the gift and the bank.

use pledgepost::staff::Role;
use pledgepost::values::Day;

use super::album::album;
use crate::browser::site::Running;
use crate::support::Backend;
use crate::support::money::{Line, Payout, Till};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_the_money_at_stripe() {
    let site = Running::sample(Backend::Sqlite, 3).await;
    let mut album = album(&site, "finance-money").await;
    site.log_in(&album.browser, Role::Finance).await;
    for (name, path) in [
        ("home-none", "/staff/finance"),
        ("payouts-none", "/staff/finance/payouts"),
        ("transactions-none", "/staff/finance/transactions"),
        ("checks-none", "/staff/finance/checks"),
    ] {
        album.page(name, path).await;
    }
    let now = site.app.clock.now();
    let till = Till::new(&site.app.db, now);
    let today = Day::of(now, chrono_tz::UTC);
    let day = |days: i64| today.plus(days).to_string();
    let gifts: Vec<String> =
        (1..=12_i64).map(|n| till.gift(&format!("gift_{n}"), 2500 * n, 25 + 37 * n).line).collect();
    let lines: Vec<&str> = gifts.iter().map(String::as_str).collect();
    let paid = till.pays_out("po_1QkPaidOutBySchedule0001", &lines[..8]);
    let account = till.bank_account("Main account");
    let amount = till.write(|db| {
        use diesel::prelude::*;
        use pledgepost::db::schema::stripe_payouts as p;
        p::table.find(&paid).select(p::amount_minor).first::<i64>(db)
    });
    let (_, bank) = till.statement(account, &day(-1), 0, &[amount, 4200]);
    till.matched(bank[0], &paid, "paid");
    let given = till.gift("back", 1_999_999, 30_025);
    till.refund(&given, "back", 999_999);
    till.line(Line::of("txn_radar", "fee", -200).says("Radar for fraud teams (2026-11-01 to 2026-11-30)"));
    till.line(Line::of("txn_shirt", "charge", 4000).fee(85).source("ch_shirt").says("T-shirt at the congress"));
    till.line(Line::of("txn_usd", "fee", -300).currency("USD").says("Billing"));
    till.payout(Payout {
        trace: Some("0123456789ABCDEF0123456789".into()),
        ..Payout::of("po_late", 500).arrives(&day(-20))
    });
    till.payout(Payout::of("po_manual", 250).arrives(&day(2)).manual());
    till.payout(Payout::of("po_short", 900).arrives(&day(1)));
    till.takes_along("po_short", &[lines[9]]);
    till.payout(Payout {
        failure: Some("account_closed".into()),
        ..Payout::of("po_failed", 300).arrives(&day(-3)).failed()
    });
    till.stripe_says("EUR", 1, 2);
    for (name, path) in [
        ("start", "/staff".to_owned()),
        ("home", "/staff/finance".into()),
        ("home-before", format!("/staff/finance?month={}", today.month().previous())),
        ("payouts", "/staff/finance/payouts".into()),
        ("payouts-in-transit", "/staff/finance/payouts?at_bank=in_transit&currency=EUR".into()),
        ("payouts-none-found", "/staff/finance/payouts?q=nothinglikethis".into()),
        ("payout", format!("/staff/finance/payouts/{paid}")),
        ("payout-late", "/staff/finance/payouts/po_late".into()),
        ("payout-manual", "/staff/finance/payouts/po_manual".into()),
        ("payout-short", "/staff/finance/payouts/po_short".into()),
        ("payout-failed", "/staff/finance/payouts/po_failed".into()),
        ("transactions", "/staff/finance/transactions".into()),
        ("transactions-fees", "/staff/finance/transactions?group=fees&currency=EUR".into()),
        ("transactions-none-found", "/staff/finance/transactions?q=nothinglikethis".into()),
        ("transaction", format!("/staff/finance/transactions/{}", lines[0])),
        ("transaction-unexplained", "/staff/finance/transactions/txn_shirt".into()),
        ("checks", "/staff/finance/checks".into()),
        ("donation", "/staff/donations/1".into()),
        ("donation-waits", format!("/staff/donations/{}", given.donation)),
    ] {
        album.page(name, &path).await;
    }
    let browser = &album.browser;
    browser.open(&site.url("/staff/finance/transactions/txn_shirt")).await;
    browser.click_button("Explain it").await;
    browser.wait_for("Something needs your attention").await;
    album.here("transaction-explain-refused").await;
    album.end().await;
    site.stop().await;
}
