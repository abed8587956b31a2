//! Which bank line is which payout.

use pledgepost::finance::bank::{self, LineState};
use pledgepost::stripe::{Payout, PayoutStatus};
use pledgepost::values::Currency;

use crate::on_both;
use crate::support::bank::{BankStage, payout};
use crate::support::camt::Camt;

const PAID: PayoutStatus = PayoutStatus::Paid;

fn march() -> Camt {
    Camt::new("2026-03", "2026-03-01", "2026-03-31", 0)
}

on_both! {
    async fn by_rule_when_only_one_fits(backend) {
        let stage = BankStage::new(backend);
        stage.payout("po_1", 9752, "2026-03-12", PAID);
        stage.payout("po_2", 5000, "2026-03-16", PayoutStatus::InTransit);
        stage.payout("po_gone", 777, "2026-03-16", PayoutStatus::Canceled);
        // Early over a weekend, and five business days late.
        let done = stage.import(march().stripe("2026-03-13", 5000).stripe("2026-03-19", 9752).stripe("2026-03-16", 777).file());
        assert_eq!(done.statements[0].matched, 2);
        assert_eq!(stage.matched(), ["po_1 paid 97.52", "po_2 paid 50.00"]);
        let line = stage.line(9752);
        assert_eq!(line.matches[0].reasons, "the same amount; booked 7 days after it should arrive; the words name Stripe");
        assert_eq!(line.matches[0].staff_id, None);
        assert!(stage.audit(line.line.id)[0].starts_with("Pledgepost matched: po_1 (paid): the same amount"));
        assert_eq!(stage.by_rule(), 0);
    }

    async fn not_by_rule_when_it_is_late_or_other_money(backend) {
        let stage = BankStage::new(backend);
        stage.payout("po_late", 9752, "2026-03-02", PAID);
        stage.mirrored(&Payout { livemode: true, ..payout("po_live", 300, "2026-03-12", PAID) });
        let dollars = Currency::parse("USD").unwrap();
        let mut other = payout("po_usd", 400, "2026-03-12", PAID);
        other.amount.currency = dollars;
        stage.mirrored(&other);
        stage.import(march().stripe("2026-03-10", 9752).stripe("2026-03-12", 300).stripe("2026-03-12", 400).file());
        assert!(stage.matched().is_empty());
        let late = &stage.suggestions(9752)[0];
        assert_eq!((late.payout.id.as_str(), late.fits), ("po_late", false));
        assert_eq!(late.reasons, ["the same amount", "booked 8 days after it should arrive", "the words name Stripe"]);
        assert!(stage.suggestions(300).is_empty() && stage.suggestions(400).is_empty());
        stage.by_hand(stage.line(9752).line.id, &["po_late"]).unwrap();
        assert_eq!(stage.matched(), ["po_late paid 97.52"]);
        assert!(stage.by_hand(stage.line(300).line.id, &["po_live"]).unwrap_err().to_string().contains("no payout po_live"));
        assert!(stage.by_hand(stage.line(400).line.id, &["po_usd"]).unwrap_err().to_string().contains("is in USD"));
    }

    async fn two_that_fit_are_left_to_staff(backend) {
        let stage = BankStage::new(backend);
        stage.payout("po_a", 1000, "2026-03-10", PAID);
        stage.mirrored(&Payout { trace: Some("TRACE77".into()), ..payout("po_b", 1000, "2026-03-11", PAID) });
        stage.import(march().entry("2026-03-11", 1000, "Stripe", "ref TRACE77").file());
        assert!(stage.matched().is_empty());
        let suggested = stage.suggestions(1000);
        assert_eq!(suggested.iter().map(|each| each.payout.id.as_str()).collect::<Vec<_>>(), ["po_b", "po_a"]);
        assert!(suggested[0].fits && suggested[0].reasons.contains(&"the words have its trace id".to_owned()));
        // Two lines of one payout are no better.
        stage.payout("po_c", 2000, "2026-03-10", PAID);
        let april = Camt::new("later", "2026-04-01", "2026-04-02", 1000);
        stage.import(april.file());
        let line = stage.line(1000).line.id;
        stage.by_hand(line, &["po_b"]).unwrap();
        assert!(stage.by_hand(line, &["po_a"]).unwrap_err().to_string().contains("matched already"));
        assert_eq!(stage.matched(), ["po_b paid 10.00"]);
    }

    async fn one_payout_and_two_lines(backend) {
        let stage = BankStage::new(backend);
        stage.payout("po_c", 2000, "2026-03-10", PAID);
        stage.import(march().stripe("2026-03-10", 2000).stripe("2026-03-11", 2000).file());
        assert!(stage.matched().is_empty());
        // One of them is something else: the other is certain then.
        let ids: Vec<_> = stage.lines().iter().map(|row| row.line.id).collect();
        let now = stage.now();
        stage.write(|db| bank::set_aside(db, &ids[1..], "a gift by transfer", &BankStage::actor(), now));
        assert_eq!(stage.by_rule(), 1);
        assert_eq!(stage.lines()[0].state(), LineState::Matched);
    }

    async fn what_was_undone_is_not_made_again(backend) {
        let stage = BankStage::new(backend);
        stage.payout("po_1", 9752, "2026-03-12", PAID);
        stage.import(march().stripe("2026-03-12", 9752).file());
        assert!(stage.undo(9752, " ").unwrap_err().to_string().starts_with("note: say why"));
        let id = stage.line(9752).matches[0].id;
        stage.undo(9752, "it was another one").unwrap();
        assert_eq!(stage.by_rule(), 0);
        assert!(stage.matched().is_empty());
        let line = stage.line(9752).line.id;
        let past = stage.write(|db| Ok(bank::past_matches(db, line)?));
        assert_eq!((past[0].undone_note.as_str(), past[0].reasons.is_empty()), ("it was another one", false));
        let now = stage.now();
        let again = stage.try_write(|db| bank::undo(db, id, "again", &BankStage::actor(), now));
        assert!(again.unwrap_err().to_string().contains("undone before"));
        // Staff may.
        stage.by_hand(line, &["po_1"]).unwrap();
        let said = stage.audit(line);
        assert_eq!(said[1], "command line undid a match of: po_1 (paid): it was another one");
        assert_eq!(said[2], "command line matched: po_1 (paid): by hand: seen on paper");
    }

    async fn several_payouts_in_one_line(backend) {
        let stage = BankStage::new(backend);
        for (id, minor) in [("po_1", 1000), ("po_2", 2500), ("po_3", 70)] {
            stage.payout(id, minor, "2026-03-12", PAID);
        }
        stage.import(march().stripe("2026-03-12", 3500).file());
        let line = stage.line(3500).line.id;
        assert_eq!(stage.suggestions(3500).len(), 3);
        for (payouts, says) in [
            (&[][..], "choose at least one"),
            (&["po_1", "po_3"][..], "the payouts come to 10.70 EUR, the line is 35.00 EUR"),
            (&["po_1", "po_2", "po_9"][..], "there is no payout po_9"),
        ] {
            assert!(stage.by_hand(line, payouts).unwrap_err().to_string().contains(says), "{says}");
        }
        stage.by_hand(line, &["po_2", "po_1", "po_2"]).unwrap();
        assert_eq!(stage.matched(), ["po_1 paid 35.00", "po_2 paid 35.00"]);
        // They are the line's amount only together: with one of them, all are undone, and none is made again by rule.
        stage.undo(3500, "not this one").unwrap();
        assert!(stage.matched().is_empty() && stage.by_rule() == 0);
        assert_eq!(stage.line(3500).state(), LineState::Open);
        assert_eq!(stage.audit(line).iter().filter(|said| said.contains("undid a match of")).count(), 2);
        stage.by_hand(line, &["po_1", "po_2"]).unwrap();
        // What was cancelled never left Stripe.
        stage.payout("po_gone", 70, "2026-03-12", PayoutStatus::Canceled);
        stage.import(Camt::new("2026-04", "2026-04-01", "2026-04-02", 3500).stripe("2026-04-01", 70).file());
        let refused = stage.by_hand(stage.line(70).line.id, &["po_gone"]).unwrap_err().to_string();
        assert!(refused.contains("po_gone was cancelled before it left"), "{refused}");
    }

    async fn a_payout_that_came_back(backend) {
        let stage = BankStage::new(backend);
        let paid = payout("po_1", 9752, "2026-03-10", PAID);
        assert_eq!(
            stage.sees(&payout("po_1", 9752, "2026-03-10", PayoutStatus::InTransit)),
            "Payout of 97.52 EUR is on its way; it should arrive on 2026-03-10"
        );
        assert_eq!(stage.sees(&paid), "Payout of 97.52 EUR should be at the bank since 2026-03-10");
        // The bank says it before Stripe does: the debit is set aside, and its words are gone.
        stage.import(march().stripe("2026-03-10", 9752).entry("2026-03-12", -9752, "Stripe", "RETURN").file());
        assert_eq!(stage.matched(), ["po_1 paid 97.52"]);
        assert_eq!(stage.line(-9752).state(), LineState::SetAside);
        let line = stage.line(9752).line.id;
        let back = stage.line(-9752).line.id;
        assert_eq!(stage.sees(&paid), format!("Payout of 97.52 EUR is at the bank: line {line}"));
        let failed = payout("po_1", 9752, "2026-03-10", PayoutStatus::Failed);
        let said = stage.sees(&failed);
        assert_eq!(said, format!("Payout of 97.52 EUR failed: account_closed; bank line {back} took it back"));
        assert_eq!(stage.matched(), ["po_1 paid 97.52", "po_1 returned -97.52"]);
        assert_eq!(stage.line(-9752).line.set_aside_at, None);
        // The same again changes nothing.
        assert_eq!(stage.sees(&failed), said);
    }

    async fn the_way_back_is_awaited(backend) {
        let stage = BankStage::new(backend);
        stage.sees(&payout("po_1", 9752, "2026-03-10", PAID));
        let march = march().stripe("2026-03-10", 9752);
        stage.import(march.file());
        let line = stage.line(9752).line.id;
        let said = stage.sees(&payout("po_1", 9752, "2026-03-10", PayoutStatus::Failed));
        assert_eq!(
            said,
            format!("Payout of 97.52 EUR failed after bank line {line} had it: account_closed; the bank should take it back")
        );
        let april = Camt::new("2026-04", "2026-04-01", "2026-04-30", march.closing());
        let late = april.entry("2026-04-15", -9752, "Stripe", "RETURN");
        stage.import(late.file());
        assert_eq!(stage.matched(), ["po_1 paid 97.52"], "a month later is not certain");
        let suggested = &stage.suggestions(-9752)[0];
        assert_eq!(suggested.reasons[1], "the payout failed after it was at the bank, so its money goes back");
        stage.by_hand(stage.line(-9752).line.id, &["po_1"]).unwrap();
        assert_eq!(stage.matched(), ["po_1 paid 97.52", "po_1 returned -97.52"]);
    }

    async fn one_that_failed_at_once_is_not_matched_by_rule(backend) {
        let stage = BankStage::new(backend);
        let failed = payout("po_1", 500, "2026-03-10", PayoutStatus::Failed);
        assert_eq!(stage.sees(&failed), "Payout of 5.00 EUR failed: account_closed");
        stage.import(march().stripe("2026-03-10", 500).entry("2026-03-12", -500, "Stripe", "back").file());
        assert!(stage.matched().is_empty());
        // Staff see that it was there after all; then its way back is certain.
        stage.by_hand(stage.line(500).line.id, &["po_1"]).unwrap();
        assert_eq!(stage.matched(), ["po_1 paid 5.00", "po_1 returned -5.00"]);
    }

    async fn money_that_stripe_takes(backend) {
        let stage = BankStage::new(backend);
        stage.payout("po_neg", -1250, "2026-03-10", PAID);
        stage.import(march().entry("2026-03-11", -1250, "Stripe", "STRIPE").file());
        assert_eq!(stage.matched(), ["po_neg paid -12.50"]);
        assert_eq!(stage.line(-1250).line.words, "STRIPE");
    }

    async fn set_aside_and_taken_up(backend) {
        let stage = BankStage::new(backend);
        stage.payout("po_1", 9752, "2026-03-12", PAID);
        stage.import(march().stripe("2026-03-12", 9752).entry("2026-03-13", 2500, "Donor", "gift").file());
        let (gift, matched, now) = (stage.line(2500).line.id, stage.line(9752).line.id, stage.now());
        let aside = |ids: &[_], note: &str| stage.try_write(|db| bank::set_aside(db, ids, note, &BankStage::actor(), now));
        assert!(aside(&[gift], "").unwrap_err().to_string().starts_with("note: say why"));
        assert!(aside(&[], "x").unwrap_err().to_string().contains("choose at least one line"));
        assert!(aside(&[gift, matched], "x").unwrap_err().to_string().contains("matched with a payout"));
        assert_eq!(stage.line(2500).state(), LineState::Open);
        aside(&[gift], "a gift by transfer").unwrap();
        aside(&[gift], "twice is once").unwrap();
        assert_eq!(stage.line(2500).line.set_aside_note, "a gift by transfer");
        assert_eq!(stage.line(2500).line.words, "gift");
        let up = || stage.try_write(|db| bank::take_up(db, gift, &BankStage::actor(), now));
        up().unwrap();
        assert!(up().unwrap_err().to_string().contains("is not set aside"));
        let said = stage.audit(gift);
        assert_eq!(said, ["command line set aside: a gift by transfer", "command line took up: "]);
    }
}
