//! Payouts, and the figures of finance's home: to the cent, and reproducible by the rows behind them.

use super::explained::noon;
use crate::on_both;
use crate::support::TestDb;
use crate::support::money::{Line, Payout, Till};
use diesel::prelude::*;
use pledgepost::audit::Actor;
use pledgepost::db::schema;
use pledgepost::error::Error;
use pledgepost::finance::balance::{self, Filter, Group};
use pledgepost::finance::figures::{self, Figures};
use pledgepost::finance::payouts::{self, AtBank, InBank, Listed, Shown, Sum};
use pledgepost::finance::{Explanation, explain};
use pledgepost::stripe::PayoutStatus;
use pledgepost::values::{Day, Month, PageRequest};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const TODAY: &str = "2026-12-10";

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn show(till: &Till, id: &str) -> Shown {
    till.db.read_here(|db| payouts::show(db, false, id, day(TODAY))).unwrap()
}

fn listed(till: &Till, filter: &payouts::Filter) -> Vec<Listed> {
    let request = PageRequest::new(None, 100);
    till.db.read_here(|db| payouts::list(db, false, filter, day(TODAY), request).map_err(Error::from)).unwrap().rows
}

fn ids(till: &Till, filter: payouts::Filter) -> Vec<String> {
    let mut ids: Vec<String> = listed(till, &filter).into_iter().map(|row| row.payout.id).collect();
    ids.sort();
    ids
}

fn month(till: &Till, month: &str) -> Option<Figures> {
    let month = Month::parse(month).unwrap();
    let found =
        till.db.read_here(|db| figures::figures(db, false, month, chrono_tz::UTC, day(TODAY)).map_err(Error::from));
    found.unwrap().into_iter().find(|figures| figures.currency.as_str() == "EUR")
}

fn sum(till: &Till, filter: &Filter) -> balance::Sum {
    let sums = till.db.read_here(|db| balance::sums(db, false, filter, chrono_tz::UTC).map_err(Error::from)).unwrap();
    assert!(sums.len() <= 1);
    sums.into_iter().next().unwrap_or(balance::Sum {
        currency: "EUR".parse().unwrap(),
        count: 0,
        amount: 0,
        fee: 0,
        net: 0,
    })
}

on_both! {
    async fn a_payout_shows_what_it_took_along(backend) {
        let test = TestDb::new(backend);
        let till = Till::new(&test.connect(), noon("2026-11-20"));
        let gift = till.gift("one", 5000, 100);
        till.gift("two", 7000, 130);
        till.refund(&gift, "one", 2000);
        till.line(Line::of("txn_fee", "fee", -300));
        till.line(Line::of("txn_link", "charge", 1500).source("ch_link"));
        till.line(Line::of("txn_dispute", "dispute", -700).fee(15));
        till.pays_out("po_1", &["txn_one", "txn_two", "txn_re_one", "txn_fee", "txn_link", "txn_dispute"]);
        let shown = show(&till, "po_1");
        assert_eq!((shown.gross, shown.fees, shown.refunds, shown.other), (13500, 545, 2000, -700));
        assert_eq!(shown.net, shown.gross - shown.fees - shown.refunds + shown.other);
        assert_eq!((shown.sum, shown.lines, shown.unexplained), (Sum::Fits, 6, 2));
        assert_eq!(shown.own.unwrap().explanation, Explanation::Payout);
        let payout = till.db.read_here(|db| payouts::of_donation(db, false, gift.donation).map_err(Error::from)).unwrap();
        assert_eq!(payout.unwrap().id, "po_1");
        till.takes_along("po_0", &["txn_fee"]);
        assert_eq!(show(&till, "po_1").sum, Sum::Differs(300));
        // Of a manual payout Stripe does not say it; of one in progress not yet.
        till.payout(Payout::of("po_hand", 50).manual());
        till.payout(Payout::of("po_soon", 50).in_progress());
        assert_eq!(show(&till, "po_hand").sum, Sum::NotAttributed);
        assert_eq!(show(&till, "po_soon").sum, Sum::NotYet);
        assert!(till.db.read_here(|db| payouts::show(db, true, "po_1", day(TODAY))).is_err());
    }

    async fn where_the_money_of_a_payout_is(backend) {
        let test = TestDb::new(backend);
        let till = Till::new(&test.connect(), noon("2026-11-20"));
        // Today is Thursday 10 December; five business days before is Thursday the 3rd.
        till.payout(Payout::of("po_waits", 100).arrives("2026-12-03"));
        till.payout(Payout::of("po_late", 200).arrives("2026-12-02"));
        till.payout(Payout::of("po_there", 300).arrives("2026-12-02"));
        till.payout(Payout::of("po_failed", 400).failed());
        till.payout(Payout::of("po_returning", 500).failed());
        till.payout(Payout::of("po_returned", 600).failed());
        till.payout(Payout { status: "canceled".into(), came_back: true, ..Payout::of("po_stopped", 700) });
        let bank = till.bank_account("House bank");
        let (_, lines) = till.statement(bank, "2026-12-03", 0, &[300, 500, 600, -600, 42]);
        till.matched(lines[0], "po_there", "paid");
        till.matched(lines[1], "po_returning", "paid");
        till.matched(lines[2], "po_returned", "paid");
        till.matched(lines[3], "po_returned", "returned");
        let expected = [
            ("po_waits", InBank::NotYet),
            ("po_late", InBank::Late(1)),
            ("po_there", InBank::There),
            ("po_failed", InBank::Failed),
            ("po_returning", InBank::Returning),
            ("po_returned", InBank::Returned),
            ("po_stopped", InBank::Cancelled),
        ];
        let rows = listed(&till, &payouts::Filter::default());
        assert_eq!(rows.len(), expected.len());
        for (id, in_bank) in expected {
            let shown = show(&till, id);
            assert_eq!(shown.in_bank, in_bank, "{id}");
            assert_eq!(rows.iter().find(|row| row.payout.id == id).unwrap().in_bank, in_bank, "{id}");
        }
        assert_eq!(show(&till, "po_returned").matches.len(), 2);
        assert_eq!(show(&till, "po_failed").returned.unwrap().explanation, Explanation::PayoutReturned);
        let at_bank = |at| ids(&till, payouts::Filter { at_bank: Some(at), ..payouts::Filter::default() });
        assert_eq!(at_bank(AtBank::Missing), ["po_late", "po_waits"]);
        assert_eq!(at_bank(AtBank::Late), ["po_late"]);
        assert_eq!(at_bank(AtBank::There), ["po_returning", "po_there"]);
        assert_eq!(at_bank(AtBank::Returning), ["po_returning"]);
        assert_eq!(at_bank(AtBank::InTransit), ["po_late", "po_returning", "po_waits"]);
        let filter = payouts::Filter { state: Some(PayoutStatus::Failed), ..payouts::Filter::default() };
        assert_eq!(ids(&till, filter).len(), 3);
        let filter = payouts::Filter { q: "PO_LATE".into(), ..payouts::Filter::default() };
        assert_eq!(ids(&till, filter), ["po_late"]);
        let filter = payouts::Filter { from: Some(day("2026-12-02")), to: Some(day("2026-12-02")), automatic: Some(true), ..payouts::Filter::default() };
        assert_eq!(ids(&till, filter), ["po_late", "po_there"]);
        let december = month(&till, "2026-12").unwrap();
        // 100 and 200 are on their way; the bank has 500 that Stripe took back.
        assert_eq!((december.in_transit, december.late_payouts, december.open_lines), (-200, 1, 1));
        assert_eq!(december.in_bank, 800);
    }

    async fn a_payout_from_before_the_books_is_in_neither_side(backend) {
        let test = TestDb::new(backend);
        let till = Till::new(&test.connect(), noon("2026-10-30"));
        till.gift("one", 5000, 100);
        till.pays_out("po_1", &["txn_one"]);
        let beginning = Some(day("2026-11-01"));
        till.db
            .write_here(|db| explain::set_beginning(db, beginning, chrono_tz::UTC, &Actor::program(), noon("2026-11-24")))
            .unwrap();
        let in_transit = |till: &Till| month(till, "2026-11").unwrap().in_transit;
        assert_eq!(in_transit(&till), 0);
        // Nobody waits for its bank line either.
        assert_eq!(month(&till, "2026-11").unwrap().late_payouts, 0);
        let shown = show(&till, "po_1");
        assert_eq!((shown.before, shown.in_bank), (true, InBank::NotYet));
        let bank = till.bank_account("House bank");
        let (_, lines) = till.statement(bank, "2026-11-02", 0, &[4900]);
        till.matched(lines[0], "po_1", "paid");
        assert_eq!(in_transit(&till), 0);
        let filter = payouts::Filter { at_bank: Some(AtBank::InTransit), ..payouts::Filter::default() };
        assert!(ids(&till, filter).is_empty());
    }

    async fn figures_add_up_whatever_happened(backend) {
        // Each step: what, how much, in which month.
        let steps = proptest::collection::vec((0..9_u8, 1..5000_i64, any::<bool>()), 1..25);
        let mut runner = TestRunner::new(Config { cases: 8, failure_persistence: None, ..Config::default() });
        runner.run(&steps, |steps| { play(&TestDb::new(backend), &steps); Ok(()) }).unwrap();
    }
}

/// What stands where, by the journal's rules, counted beside.
#[derive(Default)]
struct Counted {
    stripe: i64,
    transit: i64,
    bank: i64,
}

fn play(test: &TestDb, steps: &[(u8, i64, bool)]) {
    let start = Till::new(&test.connect(), noon("2026-10-20"));
    let bank = start.bank_account("House bank");
    let mut counted = Counted::default();
    let mut gifts = Vec::new();
    let (mut free, mut sent): (Vec<String>, Vec<(String, i64)>) = (Vec::new(), Vec::new());
    // Payouts by where they are.
    let (mut failed, mut there, mut opened, mut opening) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for (n, (what, minor, late)) in steps.iter().enumerate() {
        let (name, minor) = (format!("n{n}"), *minor);
        let (when, on) = if *late { ("2026-11-20", "2026-11-25") } else { ("2026-10-20", "2026-10-25") };
        let till = start.at(noon(when));
        match what {
            0 => {
                gifts.push((till.gift(&name, minor, minor / 10), minor));
                free.push(format!("txn_{name}"));
                counted.stripe += minor - minor / 10;
            }
            1 => {
                if let Some((gift, minor)) = gifts.pop() {
                    let refund = till.refund(&gift, &name, minor);
                    counted.stripe -= minor;
                    if *late {
                        till.refund_fails(&refund, minor);
                        counted.stripe += minor;
                    }
                }
            }
            2 => {
                till.line(Line::of(&format!("txn_{name}"), "fee", -minor));
                counted.stripe -= minor;
            }
            3 => {
                till.line(Line::of(&format!("txn_{name}"), "charge", minor).fee(1).source(&format!("ch_{name}")));
                counted.stripe += minor - 1;
            }
            4 => {
                if !free.is_empty() {
                    let id = format!("po_{name}");
                    let lines: Vec<&str> = free.iter().map(String::as_str).collect();
                    till.pays_out(&id, &lines);
                    let amount: i64 = -sum(&till, &Filter { q: format!("txn_{id}"), ..Filter::default() }).net;
                    free.clear();
                    sent.push((id, amount));
                    counted.stripe -= amount;
                    counted.transit += amount;
                }
            }
            5 => {
                if let Some((id, amount)) = sent.pop() {
                    let (_, lines) = till.statement(bank, on, opening, &[amount, 7]);
                    opening += amount + 7;
                    let found = till.matched(lines[0], &id, "paid");
                    there.push((id.clone(), amount));
                    opened.push((found, id, amount));
                    counted.transit -= amount;
                    counted.bank += amount;
                }
            }
            // It fails while it is on its way, or after it was at the bank.
            6 => {
                if let Some((id, amount)) = if *late { there.pop() } else { sent.pop() } {
                    till.payout_fails(&id);
                    if *late {
                        failed.push((id, amount));
                    }
                    counted.transit -= amount;
                    counted.stripe += amount;
                }
            }
            7 => {
                if let Some((id, amount)) = failed.pop() {
                    let (_, lines) = till.statement(bank, on, opening, &[-amount]);
                    opening -= amount;
                    till.matched(lines[0], &id, "returned");
                    counted.transit += amount;
                    counted.bank -= amount;
                }
            }
            _ => {
                if let Some((found, id, amount)) = opened.pop() {
                    till.write(|db| {
                        use schema::matches as m;
                        diesel::update(m::table.filter(m::id.eq(found)))
                            .set(m::undone_at.eq(Some(till.now)))
                            .execute(db)
                    });
                    there.retain(|(other, _)| *other != id);
                    failed.retain(|(other, _)| *other != id);
                    counted.transit += amount;
                    counted.bank -= amount;
                }
            }
        }
    }
    let months: Vec<Figures> = ["2026-10", "2026-11"].iter().filter_map(|name| month(&start, name)).collect();
    let all = |figure: &dyn Fn(&Figures) -> i64| months.iter().map(figure).sum::<i64>();
    for figures in &months {
        assert_eq!(figures.at_stripe, counted.stripe);
        assert_eq!(figures.in_transit, counted.transit);
        let parts = figures.received - figures.refunded - figures.fees + figures.other - figures.paid_out;
        assert_eq!(figures.change, parts);
        // Each figure is what its rows say.
        let rows = |group| sum(&start, &figures.rows_of(group));
        assert_eq!(figures.received, rows(Group::Received).amount);
        assert_eq!(figures.refunded, -rows(Group::Refunded).amount);
        assert_eq!(figures.other, rows(Group::Other).amount);
        assert_eq!(figures.paid_out, -rows(Group::PaidOut).amount);
        let own = Filter { group: None, explanation: Some(Explanation::Fee), ..figures.rows_of(Group::Fees) };
        assert_eq!(figures.fees, rows(Group::Fees).fee - sum(&start, &own).amount);
        assert_eq!(figures.at_stripe, sum(&start, &figures.rows_at_stripe()).net);
        let open = sum(&start, &figures.rows_unexplained());
        assert_eq!(figures.unexplained, (open.count, open.amount));
        // The payouts on their way, each with its sign: there at the bank after Stripe took it back counts against.
        let on_its_way = listed(&start, &figures.payouts(AtBank::InTransit));
        let signed = |row: &Listed| match row.in_bank {
            InBank::Returning => -row.payout.amount_minor,
            // Matched with a debit alone: the credit's match was undone.
            InBank::Failed => row.payout.amount_minor,
            _ => row.payout.amount_minor,
        };
        assert_eq!(figures.in_transit, on_its_way.iter().map(signed).sum::<i64>());
    }
    if !months.is_empty() {
        assert_eq!(all(&|figures| figures.change), counted.stripe);
        assert_eq!(all(&|figures| figures.in_bank), counted.bank);
        assert_eq!(all(&|figures| figures.paid_out) - all(&|figures| figures.in_bank), counted.transit);
    }
}
