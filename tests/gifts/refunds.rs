//! Money that goes back.

use pledgepost::donations::{RefundState, question, refund as refunds, totals};
use pledgepost::payments::Command;
use pledgepost::stripe::RefundStatus as R;
use proptest::prelude::*;

use super::*;
use crate::on_both;

fn ask(desk: &Desk, id: DonationId, amount: &str) -> Result<pledgepost::values::RefundId, Error> {
    desk.write(|db| refunds::request(db, id, amount, "asked by the giver", &finance(), &desk.books.root, desk.now()))
}
fn states(desk: &Desk, id: DonationId) -> Vec<(i64, RefundState)> {
    desk.write(|db| Ok(store::refunds::of(db, id)?)).unwrap().iter().map(|r| (r.amount_minor, r.state)).collect()
}
/// The newest command to Stripe, as the refund that Stripe makes of it.
fn made(desk: &Desk, id: &str, status: R) -> Refund {
    use schema::payment_commands as c;
    let payload: String = desk.write(|db| Ok(c::table.order(c::id.desc()).select(c::payload).first(db)?)).unwrap();
    let Command::Refund(new) = serde_json::from_str(&payload).unwrap() else { panic!("{payload}") };
    Refund { metadata: new.metadata, ..refund(&new.payment, id, new.amount_minor, status) }
}
fn voided(desk: &Desk, id: DonationId) -> bool {
    desk.write(|db| Ok(store::receipts::of(db, id)?)).unwrap().unwrap().voided_at.is_some()
}

on_both! {
    async fn a_part_and_then_the_rest(backend) {
        let desk = Desk::new(backend);
        let (_, id) = desk.paid("25");
        ask(&desk, id, "10").unwrap();
        assert!(matches!(ask(&desk, id, "15.01"), Err(Error::Invalid(_))), "requested counts");
        let part = made(&desk, "re_1", R::Succeeded);
        desk.sees(Refund { status: R::Pending, ..part.clone() });
        assert_eq!(states(&desk, id), [(1000, RefundState::Pending)]);
        desk.sees(part.clone());
        desk.sees(part);
        let mail = desk.last_mail("refund_confirmation");
        assert_eq!((&mail["amount"], &mail["full"], &mail["number"]), (&"€10.00".into(), &false.into(), &"TEST-2026-000001".into()));
        assert!(!voided(&desk, id));
        ask(&desk, id, "").unwrap();
        desk.sees(made(&desk, "re_2", R::Succeeded));
        assert_eq!(desk.last_mail("refund_confirmation")["full"], true);
        assert!(voided(&desk, id));
        assert_eq!(states(&desk, id), [(1000, RefundState::Succeeded), (1500, RefundState::Succeeded)]);
        assert!(matches!(ask(&desk, id, ""), Err(Error::Conflict(_))), "nothing is left");
        assert_eq!(desk.write(totals::overview).unwrap().totals[0].refunded, eur(2500));
        assert_eq!(desk.mails().iter().filter(|(name, _)| name == "refund_confirmation").count(), 2);
    }

    async fn a_refund_needs_a_reason(backend) {
        let desk = Desk::new(backend);
        let (_, id) = desk.paid("25");
        for empty in ["", "  \t "] {
            let asked = desk.write(|db| {
                refunds::request(db, id, "", empty, &finance(), &desk.books.root, desk.now())
            });
            let Err(Error::Invalid(wrong)) = asked else { panic!("{asked:?}") };
            assert_eq!(wrong[0].field, "reason");
        }
        assert!(states(&desk, id).is_empty());
    }

    async fn a_refund_told_as_refused_that_was_made_after_all_counts(backend) {
        let desk = Desk::new(backend);
        let (_, id) = desk.paid("25");
        ask(&desk, id, "").unwrap();
        let made = made(&desk, "re_1", R::Succeeded);
        let new = pledgepost::stripe::NewRefund {
            payment: made.payment.clone().unwrap(), amount_minor: 2500, metadata: made.metadata.clone(),
        };
        desk.observe(&Observed::Refused(Command::Refund(new), "no".into())).unwrap();
        assert_eq!(states(&desk, id), [(2500, RefundState::Failed)]);
        desk.sees(made);
        assert_eq!(states(&desk, id), [(2500, RefundState::Succeeded)]);
        assert!(voided(&desk, id));
        assert!(ask(&desk, id, "").is_err(), "nothing is left to be given back twice");
    }

    async fn a_refund_that_fails_after_all_restores(backend) {
        let desk = Desk::new(backend);
        let (_, id) = desk.paid("25");
        ask(&desk, id, "").unwrap();
        desk.sees(made(&desk, "re_1", R::Succeeded));
        assert!(voided(&desk, id));
        desk.sees(made(&desk, "re_1", R::Failed));
        assert!(!voided(&desk, id));
        assert_eq!(states(&desk, id), [(2500, RefundState::Failed)]);
        desk.sees(made(&desk, "re_1", R::Succeeded));
        assert_eq!(states(&desk, id), [(2500, RefundState::Failed)], "failed is final");
        ask(&desk, id, "25").unwrap();
    }

    async fn stripe_refuses(backend) {
        let desk = Desk::new(backend);
        let (_, id) = desk.paid("25");
        let row = ask(&desk, id, "").unwrap();
        let metadata = made(&desk, "re_1", R::Succeeded).metadata;
        let new = pledgepost::stripe::NewRefund { payment: "pi".into(), amount_minor: 2500, metadata };
        desk.observe(&Observed::Refused(Command::Refund(new), "the balance is too low".into())).unwrap();
        let row = desk.write(|db| Ok(store::refunds::find(db, row)?)).unwrap().unwrap();
        assert_eq!((row.state, row.failure.as_deref()), (RefundState::Failed, Some("the balance is too low")));
        assert_eq!(desk.write(|db| refunds::left(db, id)).unwrap(), eur(2500));
    }

    async fn made_at_stripe_and_more_than_the_gift(backend) {
        let desk = Desk::new(backend);
        let (begun, id) = desk.paid("25");
        let payment = payment(&begun, PaymentStatus::Succeeded).id;
        desk.sees(refund(&payment, "re_a", 1000, R::Succeeded));
        desk.sees(refund(&payment, "re_a", 1000, R::Succeeded));
        assert_eq!(desk.donation(begun.gift).question, None);
        desk.sees(refund(&payment, "re_b", 2000, R::Succeeded));
        assert_eq!(states(&desk, id), [(1000, RefundState::Succeeded), (2000, RefundState::Succeeded)], "kept");
        assert!(desk.donation(begun.gift).question.unwrap().contains("More was given back"));
        desk.write(|db| question::accept(db, id, &finance(), &desk.books.root, &link, desk.now())).unwrap();
        desk.sees(refund(&payment, "re_b", 2000, R::Succeeded));
        assert_eq!(desk.donation(begun.gift).question, None, "asked once");
        assert_eq!(desk.sees(refund("pi_shop", "re_shop", 500, R::Succeeded)), Verdict::NotOurs);
    }

    async fn only_what_was_paid_goes_back(backend) {
        let desk = Desk::new(backend);
        let open = desk.begin("25", None);
        let Gift::Donation(open) = open.gift else { panic!() };
        assert!(matches!(ask(&desk, open, ""), Err(Error::Conflict(_))));
        let (_, id) = desk.paid("25");
        for (amount, bad) in [("0", true), ("-1", true), ("x", true), ("25.01", true), ("25", false)] {
            assert_eq!(matches!(ask(&desk, id, amount), Err(Error::Invalid(_))), bad, "{amount}");
        }
        assert!(matches!(ask(&desk, DonationId(99), ""), Err(Error::NotFound(_))));
    }

    async fn two_people_refund_at_once(backend) {
        let desk = Desk::new(backend);
        let (_, id) = desk.paid("25");
        let answers: Vec<bool> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..6).map(|_| { let desk = &desk; scope.spawn(move || ask(desk, id, "10").is_ok()) }).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(answers.iter().filter(|ok| **ok).count(), 2);
        assert_eq!(desk.write(|db| refunds::left(db, id)).unwrap(), eur(500));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Whatever staff ask and Stripe answers, what we asked to give back is never more than what came.
    #[test]
    fn never_more_than_came(steps in proptest::collection::vec((1_i64..1500, 0_usize..4), 1..12)) {
        let desk = Desk::new(Backend::Sqlite);
        let (_, id) = desk.paid("25");
        for (n, (cents, answer)) in steps.into_iter().enumerate() {
            let text = format!("{}.{:02}", cents / 100, cents % 100);
            if ask(&desk, id, &text).is_ok() && answer > 0 {
                let status = [R::Pending, R::Succeeded, R::Failed][answer - 1];
                desk.sees(made(&desk, &format!("re_{n}"), status));
            }
            let counted: i64 = states(&desk, id).iter().filter(|(_, state)| state.counts()).map(|(minor, _)| minor).sum();
            prop_assert!(counted <= 2500);
            let left = desk.write(|db| refunds::left(db, id)).unwrap();
            prop_assert_eq!(left, eur(2500 - counted));
        }
    }
}
