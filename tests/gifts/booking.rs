//! One-off gifts: every order of what Stripe tells ends in the same books.

use pledgepost::donations::{DonationState, GiftEventKind, question, timeline};
use pledgepost::stripe::{CheckoutStatus as C, PaymentStatus as P};

use super::*;
use crate::on_both;

/// Shows Stripe's objects in every order, each twice, then once more in the order of the list; all must end the same.
pub fn every_order(
    backend: Backend,
    amount: &str,
    every: Option<Interval>,
    objects: &dyn Fn(&Begun) -> Vec<Seeable>,
) -> Vec<String> {
    let mut first: Option<Vec<String>> = None;
    let count = objects(&begun_somewhere(amount, every)).len();
    for order in orders(count) {
        let desk = Desk::new(backend);
        let begun = desk.begin(amount, every);
        let list = objects(&begun);
        for place in &order {
            desk.observe(&list[*place].0).unwrap();
            desk.observe(&list[*place].0).unwrap();
        }
        let once = desk.books();
        for object in &list {
            desk.observe(&object.0).unwrap();
        }
        assert_eq!(desk.books(), once, "{order:?}: seen again");
        match &first {
            None => first = Some(once),
            Some(first) => assert_eq!(&once, first, "{order:?}"),
        }
    }
    first.unwrap()
}

fn begun_somewhere(amount: &str, every: Option<Interval>) -> Begun {
    Desk::new(Backend::Sqlite).begin(amount, every)
}

on_both! {
    async fn paid_in_every_order(backend) {
        let books = every_order(backend, "25", None, &|begun| vec![
            checkout(begun, C::Complete, true).into(),
            payment(begun, P::Succeeded).into(),
            checkout(begun, C::Complete, true).into(),
        ]);
        assert!(books.iter().any(|line| line.starts_with("donation paid 25.00 EUR")), "{books:?}");
        assert_eq!(books.iter().filter(|line| *line == "mail receipt").count(), 1);
    }

    async fn a_debit_is_processing_then_paid(backend) {
        let desk = Desk::new(backend);
        let begun = desk.begin("25", None);
        desk.sees(payment(&begun, P::Processing));
        desk.sees(checkout(&begun, C::Complete, false));
        assert_eq!(desk.donation(begun.gift).state, DonationState::Processing);
        assert!(desk.mails().is_empty(), "no receipt for a promise");
        desk.later(2);
        assert_eq!(desk.overdue(), [(ObjectKind::Payment, payment(&begun, P::Processing).id)]);
        desk.sees(payment(&begun, P::Succeeded));
        assert_eq!(desk.donation(begun.gift).state, DonationState::Paid);
        desk.later(24 * 60);
        assert!(desk.overdue().is_empty());
    }

    async fn a_debit_that_fails(backend) {
        let desk = Desk::new(backend);
        let begun = desk.begin("25", None);
        desk.sees(checkout(&begun, C::Complete, false));
        desk.sees(payment(&begun, P::RequiresPaymentMethod));
        let row = desk.donation(begun.gift);
        assert_eq!((row.state, row.failure.as_deref()), (DonationState::Failed, Some("Your card was declined.")));
        desk.sees(checkout(&begun, C::Complete, false));
        assert_eq!(desk.donation(begun.gift).state, DonationState::Failed, "an older word does not bring it back");
        desk.sees(payment(&begun, P::Succeeded));
        assert_eq!(desk.donation(begun.gift).state, DonationState::Paid, "money that came after all");
    }

    async fn a_decline_is_only_a_line(backend) {
        let desk = Desk::new(backend);
        let begun = desk.begin("25", None);
        desk.sees(payment(&begun, P::RequiresPaymentMethod));
        desk.sees(payment(&begun, P::RequiresPaymentMethod));
        assert_eq!(desk.donation(begun.gift).state, DonationState::Initiated);
        let declines = |desk: &Desk| desk.write(|db| timeline::of(db, begun.gift)).unwrap()
            .iter().filter(|line| line.kind == GiftEventKind::Declined).count();
        assert_eq!(declines(&desk), 1);
        desk.sees(checkout(&begun, C::Complete, true));
        let row = desk.donation(begun.gift);
        assert_eq!((row.state, row.failure), (DonationState::Paid, None));
    }

    async fn another_amount_is_a_question(backend) {
        let desk = Desk::new(backend);
        let begun = desk.begin("25", None);
        let wrong = Payment { received_minor: 2000, ..payment(&begun, P::Succeeded) };
        desk.sees(wrong.clone());
        desk.sees(wrong);
        desk.sees(checkout(&begun, C::Complete, true));
        let row = desk.donation(begun.gift);
        assert_eq!((row.state, row.received_minor), (DonationState::Processing, Some(2000)));
        assert_eq!(row.question.as_deref(), Some("25.00 EUR was asked, 20.00 EUR came. Nothing is booked yet."));
        assert!(desk.mails().is_empty());
        let accept = |desk: &Desk| desk.write(|db| question::accept(db, row.id, &finance(), &desk.books.root, &link, desk.now()));
        accept(&desk).unwrap();
        let row = desk.donation(begun.gift);
        assert_eq!((row.state, row.amount(), row.question), (DonationState::Paid, eur(2000), None));
        assert_eq!(desk.last_mail("receipt")["amount"], "€20.00");
        assert!(matches!(accept(&desk), Err(Error::Conflict(_))));
    }

    async fn another_currency_is_a_question(backend) {
        let desk = Desk::new(backend);
        let begun = desk.begin("25", None);
        let yen = Money::new(2500, Currency::parse("JPY").unwrap());
        desk.sees(Checkout { total: Some(yen), ..checkout(&begun, C::Complete, true) });
        let row = desk.donation(begun.gift);
        assert_eq!(row.state, DonationState::Processing);
        assert!(row.question.unwrap().contains("2500 JPY came"));
    }

    async fn what_makes_no_sense_is_told(backend) {
        let desk = Desk::new(backend);
        let (begun, _) = desk.paid("25");
        let before = desk.books();
        let live = Checkout { livemode: true, ..checkout(&begun, C::Complete, true) };
        let second = Payment { id: "pi_other".into(), ..payment(&begun, P::Succeeded) };
        let more = Payment { received_minor: 9900, ..payment(&begun, P::Succeeded) };
        let mut gone = checkout(&begun, C::Complete, true);
        gone.metadata.insert("donation".into(), "999".into());
        for odd in [Seeable::from(live), second.into(), more.into(), gone.into()] {
            assert!(matches!(desk.observe(&odd.0), Err(Error::Conflict(_))), "{:?}", odd.0);
        }
        let seen = Seen { account: "acct_2", now: desk.now() };
        let again = Observed::Checkout(checkout(&begun, C::Complete, true));
        assert!(matches!(desk.write(|db| desk.books.observe(db, &again, &seen)), Err(Error::Conflict(_))));
        assert_eq!(desk.books(), before);
    }

    async fn others_on_the_same_account_are_left_alone(backend) {
        let desk = Desk::new(backend);
        let begun = desk.begin("25", None);
        let mut foreign = checkout(&begun, C::Complete, true);
        foreign.metadata.insert("installation".into(), "0000000000000000".into());
        assert!(matches!(desk.sees(foreign), Verdict::Nothing(_)));
        let stranger = Payment { id: "pi_shop".into(), metadata: Metadata::new(), ..payment(&begun, P::Succeeded) };
        assert_eq!(desk.sees(stranger), Verdict::NotOurs);
        assert_eq!(desk.donation(begun.gift).state, DonationState::Initiated);
        let bare = Checkout { metadata: Metadata::new(), ..checkout(&begun, C::Complete, true) };
        assert!(matches!(desk.sees(bare), Verdict::Booked(_)), "found by the session's id");
    }

    async fn the_webhook_is_faster_than_our_own_answer(backend) {
        let desk = Desk::new(backend);
        let begun = desk.try_begin(&wish("25", None)).unwrap();
        desk.sees(checkout(&begun, C::Complete, true));
        desk.write(|db| opened(db, begun.gift, ACCOUNT, &checkout(&begun, C::Open, false), desk.now())).unwrap();
        assert_eq!(desk.donation(begun.gift).state, DonationState::Paid);
    }
}
