//! Payouts and the balance as Stripe has them: from webhooks, from its lists, and by `stripe sync`.

use chrono::{Duration, NaiveDate};
use diesel::prelude::*;
use pledgepost::db::Database;
use pledgepost::db::schema::{balance_transactions, stripe_balances, stripe_charges, stripe_payouts, stripe_refunds};
use pledgepost::payments::{EventState, Received, Source};
use pledgepost::stripe::{
    BalanceTransaction, EVENT_KINDS, EventHead, PAYOUT_EVENT_KINDS, Payout, PayoutStatus, Reconciliation,
};
use pledgepost::values::{Currency, Day, Money};

use crate::on_both;
use crate::support::scripted::*;

pub(super) const ALL_EVENTS: [&[&str]; 2] = [&EVENT_KINDS, &PAYOUT_EVENT_KINDS];

fn day(text: &str) -> Day {
    Day(text.parse::<NaiveDate>().unwrap())
}

/// An automatic payout of 31.98 EUR that is on its way.
fn payout(id: &str) -> Payout {
    let amount = Money::new(3198, eur());
    Payout {
        id: id.into(),
        balance: Some(line(&format!("txn_{id}"), "payout", -amount.minor, Some(id))),
        amount,
        status: PayoutStatus::InTransit,
        automatic: true,
        reconciliation: Reconciliation::InProgress,
        arrives_on: day("2026-03-05"),
        trace: None,
        descriptor: None,
        failure: None,
        failure_balance: None,
        original: None,
        reversed_by: None,
        created_at: start(),
        livemode: false,
        lines: None,
    }
}

fn paid(id: &str) -> Payout {
    Payout { status: PayoutStatus::Paid, reconciliation: Reconciliation::Completed, ..payout(id) }
}

/// A line without a fee that is available.
fn line(id: &str, category: &str, minor: i64, source: Option<&str>) -> BalanceTransaction {
    BalanceTransaction {
        amount_minor: minor,
        fee_minor: 0,
        net_minor: minor,
        status: "available".into(),
        kind: category.into(),
        reporting_category: category.into(),
        source: source.map(str::to_owned),
        ..balance(id)
    }
}

fn of_payout(n: usize, kind: &str) -> EventHead {
    head(&format!("evt_{n}"), kind, "payout", "po_1")
}

/// `po_1` with two gifts and a refund, of which this program was told nothing; one line is not in it.
fn fill(test: &TestPayments, state: Payout) {
    test.stripe.change(|says| {
        let took = Some(state.id.clone());
        for n in 1..=2 {
            let (pi, ch) = (format!("pi_{n}"), format!("ch_{n}"));
            let line =
                BalanceTransaction { source: Some(ch), status: "available".into(), ..balance(&format!("txn_{n}")) };
            let mut payment = payment(&pi);
            payment.charge.as_mut().unwrap().balance = Some(line.clone());
            says.payments.insert(pi, payment);
            says.lines.push((line, took.clone()));
        }
        let back = line("txn_3", "refund", -1676, Some("re_1"));
        let mut refund = refund("re_1");
        (refund.payment, refund.balance) = (Some("pi_2".into()), Some(back.clone()));
        says.refunds.insert("re_1".into(), refund);
        says.lines.push((back, took.clone()));
        says.lines.push((line("txn_4", "other_adjustment", 700, None), None));
        says.lines.push((state.balance.clone().unwrap(), took));
        says.payouts.insert(state.id.clone(), state);
        says.balance = vec![Money::new(700, eur())];
    });
}

pub(super) fn lines(db: &Database) -> Vec<(String, Option<String>)> {
    let rows = balance_transactions::table.select((balance_transactions::id, balance_transactions::payout));
    db.write_here(|db| Ok::<_, pledgepost::error::Error>(rows.order(balance_transactions::id).load(db)?)).unwrap()
}

fn taken_by(db: &Database, payout: &str) -> Vec<String> {
    lines(db).into_iter().filter(|(_, of)| of.as_deref() == Some(payout)).map(|(id, _)| id).collect()
}

fn statuses(db: &Database) -> Vec<(String, String)> {
    let rows = stripe_payouts::table.select((stripe_payouts::id, stripe_payouts::status)).order(stripe_payouts::id);
    db.write_here(|db| Ok::<_, pledgepost::error::Error>(rows.load(db)?)).unwrap()
}

fn status(db: &Database) -> String {
    statuses(db).remove(0).1
}

/// (currency, at Stripe, here)
pub(super) fn compared(db: &Database) -> Vec<(String, i64, i64)> {
    let columns = (stripe_balances::currency, stripe_balances::minor, stripe_balances::mirrored_minor);
    let rows = stripe_balances::table.select(columns).order(stripe_balances::currency);
    db.write_here(|db| Ok::<_, pledgepost::error::Error>(rows.load(db)?)).unwrap()
}

fn sources(test: &TestPayments, source: Source) -> Vec<String> {
    let looks = test.events().into_iter().filter(|event| event.event_id.is_none() && event.source == source);
    looks.map(|event| event.object_id).collect()
}

on_both! {
    async fn an_automatic_payout_and_the_lines_that_it_took_along(backend) {
        let test = TestPayments::new(backend);
        fill(&test, payout("po_1"));
        test.receive(&of_payout(1, "payout.created"));
        test.drain().await;
        assert_eq!(status(&test.db), "in_transit");
        assert_eq!(lines(&test.db), [("txn_po_1".to_owned(), None)], "Stripe has not said which lines it took along");
        assert_eq!(test.stripe.calls("list lines"), 0);
        let event = test.events().remove(0);
        let on_its_way = "payout po_1 of 31.98 EUR is on its way; it should be at the bank on 2026-03-05";
        assert_eq!((event.state, event.outcome.as_str()), (EventState::Done, on_its_way));

        test.stripe.change(|says| says.payouts.insert("po_1".into(), paid("po_1")));
        // In the wrong order, and twice.
        for (n, kind) in [(4, "payout.paid"), (3, "payout.updated"), (2, "payout.reconciliation_completed")] {
            assert_eq!(test.receive(&of_payout(n, kind)), Received::Stored);
            assert_eq!(test.receive(&of_payout(n, kind)), Received::Repeated);
        }
        test.drain().await;
        assert_eq!(test.stripe.calls("payout po_1"), 2, "three events, one question");
        assert_eq!((status(&test.db).as_str(), taken_by(&test.db, "po_1").join(" ")), ("paid", "txn_1 txn_2 txn_3".into()));
        let at_the_bank = "payout po_1 of 31.98 EUR is at the bank on 2026-03-05; 3 lines of the balance are in it";
        assert!(test.events()[1..4].iter().all(|event| event.outcome == at_the_bank), "{:?}", test.events());
        // What the lines are about is in the mirror too, and booked where it is a gift.
        let mut looks = sources(&test, Source::Follow);
        // The refund may be looked at before its payment: then it leads there too.
        looks.retain(|id| !id.starts_with("pi_"));
        assert_eq!(looks, ["ch_1", "ch_2", "re_1"]);
        assert_eq!(test.booked(), ["pi_1", "pi_2", "re_1"]);
        assert!(test.events().iter().all(|event| event.state == EventState::Done), "{:?}", test.events());

        // Another look at it changes nothing and asks for nothing else.
        let asked = test.stripe.calls("payment");
        test.receive(&of_payout(5, "payout.updated"));
        test.drain().await;
        assert_eq!((test.stripe.calls("payment"), taken_by(&test.db, "po_1").len()), (asked, 3));

        let whose = test.write(|db| {
            let account = |rows: Vec<String>| rows.into_iter().all(|account| account == "acct_test");
            Ok(account(stripe_payouts::table.select(stripe_payouts::account).load(db)?)
                && account(balance_transactions::table.select(balance_transactions::account).load(db)?)
                && account(stripe_charges::table.select(stripe_charges::account).load(db)?)
                && account(stripe_refunds::table.select(stripe_refunds::account).load(db)?)
                && !stripe_payouts::table.select(stripe_payouts::livemode).load::<bool>(db)?.contains(&true)
                && !balance_transactions::table.select(balance_transactions::livemode).load::<bool>(db)?.contains(&true))
        });
        assert!(whose, "every row says whose it is");
    }

    async fn of_a_manual_payout_nobody_asks_for_the_lines(backend) {
        let test = TestPayments::new(backend);
        let by_hand = Payout { automatic: false, reconciliation: Reconciliation::NotApplicable, ..paid("po_1") };
        fill(&test, by_hand);
        test.receive(&of_payout(1, "payout.paid"));
        test.drain().await;
        assert_eq!((status(&test.db).as_str(), test.stripe.calls("list lines")), ("paid", 0));
        assert!(taken_by(&test.db, "po_1").is_empty());
        assert_eq!(test.events()[0].outcome, "payout po_1 of 31.98 EUR is at the bank on 2026-03-05");
    }

    async fn a_payout_that_fails_after_it_was_paid(backend) {
        let test = TestPayments::new(backend);
        fill(&test, paid("po_1"));
        test.receive(&of_payout(1, "payout.paid"));
        test.drain().await;
        let failed = Payout {
            status: PayoutStatus::Failed,
            failure: Some("The bank account has been closed".into()),
            failure_balance: Some(line("txn_back", "payout_reversal", 3198, Some("po_1"))),
            ..paid("po_1")
        };
        test.stripe.change(|says| {
            says.lines.push((failed.failure_balance.clone().unwrap(), None));
            says.payouts.insert("po_1".into(), failed);
        });
        // The older event comes after it.
        test.receive(&of_payout(3, "payout.failed"));
        test.drain().await;
        test.receive(&of_payout(2, "payout.updated"));
        test.drain().await;
        assert_eq!((status(&test.db).as_str(), taken_by(&test.db, "po_1").len()), ("failed", 3));
        let (failure, back) = test.write(|db| {
            let columns = (stripe_payouts::failure, stripe_payouts::failure_balance_transaction);
            Ok(stripe_payouts::table.select(columns).first::<(Option<String>, Option<String>)>(db)?)
        });
        assert_eq!((failure.as_deref(), back.as_deref()), (Some("The bank account has been closed"), Some("txn_back")));
        assert!(lines(&test.db).contains(&("txn_back".into(), None)), "the money is back on the balance");
        let words = "payout po_1 of 31.98 EUR failed: The bank account has been closed; 3 lines of the balance are in it";
        assert_eq!(test.events().last().unwrap().outcome, words);
    }

    async fn the_balance_is_read_and_compared_however_money_came_there(backend) {
        let test = TestPayments::new(backend);
        fill(&test, paid("po_1"));
        test.stripe.change(|says| {
            // Of before there were payments: a charge on its own. And of a time when nobody dreamt of this program.
            says.lines.push((line("txn_5", "charge", 50, Some("ch_alone")), None));
            let old = BalanceTransaction { created_at: start() - Duration::days(90), ..line("txn_6", "charge", 60, Some("ch_old")) };
            says.lines.push((old, None));
            says.lines.push((BalanceTransaction { currency: Currency::parse("JPY").unwrap(), ..line("txn_7", "topup", 9, None) }, None));
            says.balance = vec![Money::new(810, eur()), Money::new(9, Currency::parse("JPY").unwrap())];
        });
        assert!(test.payments.read_balance_when_due().await.unwrap());
        assert_eq!(lines(&test.db).len(), 8);
        assert_eq!(compared(&test.db), [("EUR".into(), 810, 810), ("JPY".into(), 9, 9)]);
        assert_eq!(test.stripe.calls("balance"), 1);
        let mut looks = sources(&test, Source::Poll);
        looks.sort();
        assert_eq!(looks, ["ch_1", "ch_2", "ch_alone", "po_1", "re_1"], "not the old one's");
        test.drain().await;
        assert_eq!((test.booked().join(" "), taken_by(&test.db, "po_1").len()), ("pi_1 pi_2 re_1".into(), 3));
        let alone = test.events().into_iter().find(|event| event.object_id == "ch_alone").unwrap();
        assert_eq!((alone.state, alone.outcome.as_str()), (EventState::Ignored, "this charge belongs to no payment"));
        assert!(test.events().iter().all(|event| !matches!(event.state, EventState::Failed | EventState::Pending)));

        // A payout was heard of: it is read again at once, then not before ten minutes have gone by.
        assert!(test.payments.read_balance_when_due().await.unwrap());
        assert!(!test.payments.read_balance_when_due().await.unwrap());
        test.pass(Duration::minutes(11));
        let written = test.events().len();
        assert!(test.payments.read_balance_when_due().await.unwrap());
        assert_eq!(test.events().len(), written, "nothing is looked at twice");
    }

    async fn a_balance_that_differs_is_asked_for_again_before_it_is_believed(backend) {
        let test = TestPayments::new(backend);
        fill(&test, paid("po_1"));
        test.stripe.change(|says| says.balance = vec![Money::new(699, eur()), Money::new(5, Currency::parse("CHF").unwrap())]);
        test.payments.read_balance_when_due().await.unwrap();
        assert_eq!(test.stripe.calls("balance"), 3);
        assert_eq!(compared(&test.db), [("CHF".into(), 5, 0), ("EUR".into(), 699, 700)]);
        test.pass(Duration::minutes(10));
        test.stripe.change(|says| says.balance = vec![Money::new(700, eur())]);
        test.payments.read_balance_when_due().await.unwrap();
        assert_eq!(compared(&test.db)[1], ("EUR".into(), 700, 700));
    }

    async fn a_line_changes_its_status_and_a_late_answer_does_not_take_it_back(backend) {
        let test = TestPayments::new(backend);
        let ours = |test: &TestPayments| test.write(|db| {
            let columns = (balance_transactions::status, balance_transactions::amount_minor);
            Ok(balance_transactions::table.find("txn_1").select(columns).first::<(String, i64)>(db)?)
        });
        let says = |status: &str, minor: i64| {
            let txn = BalanceTransaction { status: status.into(), amount_minor: minor, ..balance("txn_1") };
            test.stripe.change(|says| says.lines = vec![(txn, None), (BalanceTransaction { created_at: start() + Duration::days(2), ..balance("txn_2") }, None)]);
        };
        says("pending", 2500);
        test.payments.read_balance_when_due().await.unwrap();
        assert_eq!(ours(&test), ("pending".into(), 2500));
        // Two days later much has happened since; the line is asked for when its day has come.
        test.pass(Duration::days(3));
        says("available", 2500);
        test.payments.read_balance_when_due().await.unwrap();
        assert_eq!(ours(&test), ("pending".into(), 2500), "its day has not come");
        test.pass(Duration::days(5));
        test.payments.read_balance_when_due().await.unwrap();
        assert_eq!(ours(&test), ("available".into(), 2500));
        says("pending", 2500);
        test.payments.sync(None).await.unwrap();
        assert_eq!(ours(&test), ("available".into(), 2500));
        says("available", 2600);
        test.payments.sync(None).await.unwrap();
        assert_eq!(ours(&test), ("available".into(), 2600), "Stripe's word counts");
    }

    async fn with_every_webhook_lost_sync_has_it_all(backend) {
        let test = TestPayments::new(backend);
        fill(&test, paid("po_1"));
        test.stripe.change(|says| says.events.push(of_payout(1, "payout.paid")));
        let report = test.payments.sync(None).await.unwrap();
        assert_eq!((report.failed, report.waiting, report.lines), (0, 0, 5), "{report:?}");
        assert!(report.balances.iter().all(|sum| sum.fits()) && report.balances.len() == 1, "{report:?}");
        assert_eq!((status(&test.db).as_str(), taken_by(&test.db, "po_1").len()), ("paid", 3));
        assert_eq!(test.booked(), ["pi_1", "pi_2", "re_1"]);
        assert_eq!(sources(&test, Source::Poll), [""; 0], "all was known before the lines were read");
        // The webhook comes after all.
        assert_eq!(test.receive(&of_payout(1, "payout.paid")), Received::Repeated);
        let before = lines(&test.db);
        let again = test.payments.sync(Some(start() + Duration::days(1))).await.unwrap();
        assert_eq!((again.failed, again.waiting, lines(&test.db)), (0, 0, before));
        // Nothing was read before: then a day is not enough, or the sum would be wrong for ever.
        let other = TestPayments::new(backend);
        fill(&other, paid("po_1"));
        let report = other.payments.sync(Some(start() + Duration::days(1))).await.unwrap();
        assert_eq!((report.lines, compared(&other.db)), (5, vec![("EUR".into(), 700, 700)]));
    }

    async fn payouts_that_should_be_there_are_looked_at_now_and_then(backend) {
        let test = TestPayments::new(backend);
        fill(&test, payout("po_1"));
        test.receive(&of_payout(1, "payout.created"));
        test.drain().await;
        test.pass(Duration::days(4));
        assert_eq!(test.payments.sweep_when_due().await.unwrap(), 0, "it arrives today");
        test.pass(Duration::days(1));
        assert_eq!(test.payments.sweep_when_due().await.unwrap(), 1);
        test.stripe.change(|says| {
            says.payouts.insert("po_1".into(), Payout { status: PayoutStatus::Paid, ..payout("po_1") });
        });
        test.drain().await;
        assert_eq!(status(&test.db), "paid");
        test.pass(Duration::minutes(30));
        assert_eq!(test.payments.sweep_when_due().await.unwrap(), 0, "it was looked at a moment ago");
        test.pass(Duration::days(2));
        assert_eq!(test.payments.sweep_when_due().await.unwrap(), 1, "its lines are not known");
        test.stripe.change(|says| says.payouts.insert("po_1".into(), paid("po_1")));
        test.drain().await;
        assert_eq!(taken_by(&test.db, "po_1").len(), 3);
        test.pass(Duration::days(9));
        assert_eq!(test.payments.sweep_when_due().await.unwrap(), 0, "all is known");
    }

    async fn the_other_modes_payouts_are_not_ours(backend) {
        let test = TestPayments::new(backend);
        fill(&test, paid("po_1"));
        let live = EventHead { livemode: true, ..of_payout(1, "payout.paid") };
        assert_eq!(test.receive(&live), Received::Ignored);
        test.drain().await;
        assert!(statuses(&test.db).is_empty());
        assert_eq!(test.events()[0].outcome, "from Stripe's live mode, and our key is a test one");
    }
}
