//! The checks: each holds when all is well, and is seen to fail when what it guards is broken on purpose.

use super::explained::noon;
use crate::on_both;
use crate::support::TestDb;
use crate::support::money::{Line, Payout, Till};
use crate::support::program::Program;
use diesel::prelude::*;
use pledgepost::audit::Actor;
use pledgepost::db::schema;
use pledgepost::finance::checks::{self, Check};
use pledgepost::finance::explain;
use pledgepost::finance::journal::{self, Format};
use pledgepost::values::{At, Month};

fn all(till: &Till, now: At) -> Vec<Check> {
    let report = till.db.read_here(|db| checks::run(db, false, chrono_tz::Europe::Berlin, now)).unwrap();
    assert_eq!(report.holds, report.checks.iter().all(|check| check.holds));
    report.checks
}

/// The check of that number; numbers 1 to 6 and 8 otherwise hold.
fn only(till: &Till, number: u8) -> Check {
    let checks = all(till, till.now);
    let wrong: Vec<u8> =
        checks.iter().filter(|check| !check.holds && check.number != 7).map(|check| check.number).collect();
    assert_eq!(wrong, [number], "{checks:#?}");
    checks.into_iter().find(|check| check.number == number).unwrap()
}

/// A month as it should be: gifts, a refund that failed, an automatic and a manual payout, and statements that go on.
fn well(backend: crate::support::Backend) -> (TestDb, Till) {
    let test = TestDb::new(backend);
    let till = Till::new(&test.connect(), noon("2026-11-20"));
    let gift = till.gift("one", 5000, 100);
    till.gift("two", 7000, 130);
    let refund = till.refund(&gift, "one", 2000);
    till.refund_fails(&refund, 2000);
    till.pays_out("po_auto", &["txn_one", "txn_two"]);
    till.payout(Payout::of("po_hand", 50).manual());
    till.payout(Payout::of("po_soon", 900).in_progress());
    let bank = till.bank_account("House bank");
    let (_, lines) = till.statement(bank, "2026-11-26", 100, &[11770, -20]);
    till.statement(bank, "2026-11-27", 11850, &[]);
    till.matched(lines[0], "po_auto", "paid");
    (test, till.at(noon("2026-11-24")))
}

on_both! {
    async fn all_holds_when_all_is_well(backend) {
        let (_test, till) = well(backend);
        let checks = all(&till, till.now);
        for check in &checks {
            assert!(check.holds, "{check:#?}");
        }
        let seen: Vec<(u8, i64)> =
            checks.iter().filter(|check| check.number != 7).map(|check| (check.number, check.looked_at)).collect();
        assert_eq!(seen, [(1, 7), (2, 1), (3, 0), (4, 2), (6, 4), (8, 2)]);
        assert!(checks[2].note.contains("not asked for its balance yet"));
        till.stripe_says("EUR", 1234, 1234);
        assert_eq!(all(&till, till.now)[2].note, "Stripe was asked last on 2026-11-24 at 13:00 (Europe/Berlin).");
    }

    async fn one_a_line_adds_up(backend) {
        let (_test, till) = well(backend);
        till.line(Line { net: Some(9), ..Line::of("txn_net", "adjustment", 10) });
        till.line(Line { fee_details: Some("[]".into()), ..Line::of("txn_parts", "adjustment", 10).fee(3) });
        let dollars = r#"[{"kind":"tax","amount_minor":3,"currency":"USD","description":null}]"#;
        till.line(Line { fee_details: Some(dollars.into()), ..Line::of("txn_usd", "adjustment", 10).fee(3) });
        let check = only(&till, 1);
        let said: Vec<_> = check.failures.iter().map(|f| (f.what.as_str(), f.expected.as_str(), f.found.as_str())).collect();
        assert_eq!(said, [
            ("Balance transaction txn_net: its net is not its amount less its fee", "0.10 EUR", "0.09 EUR"),
            ("Balance transaction txn_parts: its fee is not the sum of its parts", "0.03 EUR", "0.00 EUR"),
            ("Balance transaction txn_usd: a part of its fee is in another currency", "EUR", "USD"),
        ]);
        assert_eq!(check.failures[0].href, "/staff/finance/transactions/txn_net");
    }

    async fn two_a_payout_is_its_lines(backend) {
        let (_test, till) = well(backend);
        till.write(|db| {
            use schema::balance_transactions as b;
            diesel::update(b::table.find("txn_two")).set(b::payout.eq(None::<String>)).execute(db)
        });
        let check = only(&till, 2);
        let failure = &check.failures[0];
        assert_eq!(failure.what, "Payout po_auto: its transactions do not add up to it");
        assert_eq!((failure.expected.as_str(), failure.found.as_str()), ("117.70 EUR", "49.00 EUR"));
        assert_eq!(failure.href, "/staff/finance/payouts/po_auto");
    }

    async fn three_stripe_says_the_same(backend) {
        let (_test, till) = well(backend);
        till.stripe_says("EUR", 500, 400);
        let check = only(&till, 3);
        assert!(check.failures[0].what.starts_with("EUR: Stripe has more than the transactions here say"));
        assert_eq!((check.failures[0].expected.as_str(), check.failures[0].found.as_str()), ("5.00 EUR", "4.00 EUR"));
    }

    async fn four_what_was_given_is_what_was_charged(backend) {
        let (_test, till) = well(backend);
        till.write(|db| {
            use schema::stripe_charges as c;
            diesel::update(c::table.find("ch_two")).set(c::amount_minor.eq(70000_i64)).execute(db)
        });
        let gift = till.gift("three", 1000, 10);
        till.refund(&gift, "three", 800);
        till.refund(&gift, "again", 300);
        let check = only(&till, 4);
        let said: Vec<_> = check.failures.iter().map(|f| (f.what.as_str(), f.expected.as_str(), f.found.as_str())).collect();
        assert!(said[0].0.ends_with("something else was charged than was given"), "{said:?}");
        assert_eq!((said[0].1, said[0].2), ("70.00 EUR", "700.00 EUR"));
        assert!(said[1].0.ends_with("more was given back than came, or in another currency"), "{said:?}");
        assert_eq!((said[1].1, said[1].2), ("at most 10.00 EUR", "11.00 EUR"));
    }

    async fn six_each_payment_is_one_donation(backend) {
        let (_test, till) = well(backend);
        // Paid a minute ago: Stripe may still write its line.
        till.donation("fresh", 300, "EUR", "paid");
        assert!(all(&till, till.now).iter().all(|check| check.holds || check.number == 7));
        let lost = till.at(noon("2026-11-23")).donation("lost", 300, "EUR", "paid");
        till.line(Line::of("txn_link", "charge", 1500).source("ch_link"));
        till.line(Line::of("txn_two_again", "charge", 7000).source("ch_two"));
        let check = only(&till, 6);
        let said: Vec<&str> = check.failures.iter().map(|f| f.what.as_str()).collect();
        assert_eq!(said[0], "Balance transaction txn_link: a payment of 15.00 EUR that is not a donation here");
        assert!(said[1].ends_with("it was charged more than once"), "{said:?}");
        assert_eq!(said[2], format!("Donation #{lost}: it is paid, but its payment of 3.00 EUR is not on the balance"));
        // What staff explained is no failure any more.
        let sales = till.journal_account("other", "income", "4400", "Sales of books");
        till.db
            .write_here(|db| explain::explain(db, false, "txn_link", sales, "a book", &Actor::program(), till.now))
            .unwrap();
        assert_eq!(only(&till, 6).failures.len(), 2);
    }

    async fn six_what_staff_explained_before_the_donation_was_booked(backend) {
        let (_test, till) = well(backend);
        let gift = till.gift("late", 1500, 50);
        let state = |state: &str| till.write(|db| {
            use schema::donations as d;
            diesel::update(d::table.find(gift.donation)).set(d::state.eq(state)).execute(db)
        });
        state("processing");
        let sales = till.journal_account("other", "income", "4400", "Sales of books");
        till.db
            .write_here(|db| explain::explain(db, false, "txn_late", sales, "a book", &Actor::program(), till.now))
            .unwrap();
        assert!(all(&till, till.now).iter().all(|check| check.holds || check.number == 7));
        state("paid");
        let what = format!(
            "Balance transaction txn_late: 15.00 EUR of donation #{} is explained by hand: take that explanation back",
            gift.donation
        );
        let check = only(&till, 6);
        assert_eq!(check.failures.iter().map(|f| f.what.as_str()).collect::<Vec<_>>(), [what]);
        till.db.write_here(|db| explain::take_back(db, false, "txn_late", &Actor::program(), till.now)).unwrap();
        assert!(all(&till, till.now).iter().all(|check| check.holds || check.number == 7));
    }

    async fn seven_the_journal_has_the_money_where_it_is(backend) {
        let (_test, till) = well(backend);
        let seven = |till: &Till| all(till, till.now).into_iter().find(|check| check.number == 7).unwrap();
        // Seven lines at Stripe and one match.
        let check = seven(&till);
        assert_eq!((check.holds, check.looked_at), (true, 8));
        // What the bank has is not what Stripe sent.
        let amount = |minor: i64| till.write(|db| {
            use schema::stripe_payouts as p;
            diesel::update(p::table.find("po_auto")).set(p::amount_minor.eq(minor)).execute(db)
        });
        amount(11771);
        let check = seven(&till);
        let failure = &check.failures[0];
        assert!(failure.what.starts_with("EUR, end of 2026-11: the account of payouts on their way"), "{failure:?}");
        assert_eq!(failure.href, "/staff/finance/journal?month=2026-11");
        amount(11770);
        assert!(seven(&till).holds);
        // A month that was given to the bookkeeper changes.
        let (november, december) = (Month::parse("2026-11").unwrap(), noon("2026-12-03"));
        till.db
            .write_here(|db| journal::export(db, false, november, Format::Csv, chrono_tz::Europe::Berlin, &Actor::program(), december))
            .unwrap();
        assert!(seven(&till).holds);
        till.line(Line::of("txn_late", "fee", -10));
        let check = seven(&till);
        assert!(!check.holds && check.failures[0].what.starts_with("2026-11 was exported and has changed since: "), "{check:#?}");
    }

    async fn eight_statements_lead_from_balance_to_balance(backend) {
        let (_test, till) = well(backend);
        let bank = till.bank_account("Second bank");
        till.statement(bank, "2026-11-03", 0, &[100]);
        till.statement(bank, "2026-11-05", 90, &[10]);
        till.statement_closing(bank, "2026-11-06", 100, &[5], 200);
        let check = only(&till, 8);
        let said: Vec<_> = check.failures.iter().map(|f| (f.what.as_str(), f.expected.as_str(), f.found.as_str())).collect();
        assert_eq!(said, [
            (
                "Statement Second bank, S-2026-11-05: it does not open with what the one before closed with: a statement between them is missing",
                "1.00 EUR", "0.90 EUR"
            ),
            ("Statement Second bank, S-2026-11-06: opening balance and lines do not lead to the closing balance", "2.00 EUR", "1.05 EUR"),
        ]);
    }

    async fn many_failures_are_counted(backend) {
        let (_test, till) = well(backend);
        for n in 0..27 {
            till.line(Line { net: Some(9), ..Line::of(&format!("txn_net_{n}"), "adjustment", 10) });
        }
        let check = only(&till, 1);
        assert_eq!((check.failures.len(), check.more, check.holds), (20, 7, false));
    }

    async fn the_command_says_it_and_ends_with_it(backend) {
        let test = TestDb::unmigrated(backend);
        let program = Program::with_test_key(&test.url);
        let said = program.ok(&["finance", "check"]);
        assert!(said.contains("2. Each automatic payout is the sum of the transactions that it took along: holds (0 "), "{said}");
        let till = Till::new(&test.connect(), noon("2026-11-24"));
        till.line(Line { net: Some(9), ..Line::of("txn_net", "fee", 10) });
        let run = program.run(&["finance", "check"]);
        assert_eq!(run.status.code(), Some(1));
        let said = String::from_utf8(run.stdout).unwrap();
        assert!(said.contains("     expected 0.10 EUR, found 0.09 EUR (/staff/finance/transactions/txn_net)"), "{said}");
        let run = program.run(&["finance", "check", "--json"]);
        assert_eq!(run.status.code(), Some(1));
        let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
        assert_eq!((&report["holds"], &report["checks"][0]["number"]), (&false.into(), &1.into()));
        assert_eq!(report["checks"][0]["failures"][0]["found"], "0.09 EUR");
        assert_eq!(report["checks"][0]["more"], 0);
    }
}
