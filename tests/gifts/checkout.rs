//! From the form to Stripe's page: what is taken, what is refused, and the limits.

use pledgepost::donations::checkout::{not_opened, standing};
use pledgepost::donations::{DonationState, PledgeState, Stands, amounts, purge, switch, timeline};
use pledgepost::stripe::Failure;

use super::*;
use crate::on_both;

fn fields(error: Error) -> Vec<String> {
    let Error::Invalid(errors) = error else { panic!("{error:?}") };
    errors.into_iter().map(|error| error.field).collect()
}

on_both! {
    async fn what_stripe_is_asked_for(backend) {
        let desk = Desk::new(backend);
        let request = GiftRequest { language: Language::parse("ru").unwrap(), ..wish("25", None) };
        let begun = desk.try_begin(&request).unwrap();
        let Gift::Donation(id) = begun.gift else { panic!() };
        let made = &begun.checkout;
        assert_eq!((made.amount.clone(), made.interval), (eur(2500), None));
        assert_eq!(made.description, "Пожертвование для Equal Ground: На общие цели");
        assert_eq!((made.locale.as_str(), made.reference.as_str()), ("ru", format!("donation:{id}").as_str()));
        assert_eq!(made.metadata["donation"], id.to_string());
        assert_eq!(made.metadata["installation"].len(), 16);
        assert_eq!(begun.key, format!("checkout:donation:{id}"));
        assert_eq!(made.expires_at, desk.now() + Duration::minutes(60));
        let token = made.success_url.strip_prefix("https://org.example/donate/thanks?gift=").unwrap();
        assert_eq!(Gift::of_token(&desk.books.root, token, desk.now()), Some(begun.gift));
        assert_eq!(Gift::of_token(&desk.books.root, token, desk.now() + Duration::days(2)), None);
        assert_eq!(made.cancel_url, "https://org.example/donate?amount=25&currency=EUR&lang=ru&back=1");
        assert!(!made.cancel_url.contains("example.org"), "no address in a URL");
        let monthly = desk.try_begin(&wish("10", Some(Interval::Month))).unwrap();
        assert!(matches!(monthly.gift, Gift::Pledge(_)) && monthly.checkout.cancel_url.contains("&every=month&"));
        assert_eq!(desk.pledge(monthly.gift).state, PledgeState::Incomplete);
        let lines = desk.write(|db| timeline::of(db, begun.gift)).unwrap();
        assert_eq!((lines[0].detail.as_str(), lines[0].actor.as_str()), ("25.00 EUR", "donor"));
    }

    async fn wrong_forms_are_refused_with_their_fields(backend) {
        let desk = Desk::new(backend);
        for (request, wrong) in [
            (wish("ten", None), "amount"), (wish("1.99", None), "amount"), (wish("20000.01", None), "amount"),
            (GiftRequest { currency: "GBP".into(), ..wish("25", None) }, "currency"),
            (GiftRequest { email: "anna".into(), ..wish("25", None) }, "email"),
            (GiftRequest { name: "x".repeat(201), ..wish("25", None) }, "name"),
            (GiftRequest { name: "Anna\u{202e}gro.elpmaxe".into(), ..wish("25", None) }, "name"),
            (GiftRequest { fund: Some("no-such".into()), ..wish("25", None) }, "fund"),
        ] {
            assert_eq!(fields(desk.try_begin(&request).unwrap_err()), [wrong]);
        }
        let all = GiftRequest { amount: "0".into(), email: String::new(), fund: Some("?".into()), ..wish("", None) };
        assert_eq!(fields(desk.try_begin(&all).unwrap_err()), ["amount", "email", "fund"]);
        assert!(desk.books().is_empty(), "nothing was kept");
    }

    async fn programs_and_closed_giving_are_refused(backend) {
        let desk = Desk::new(backend);
        let robot = GiftRequest { website: "https://spam.example".into(), ..wish("25", None) };
        assert!(matches!(desk.try_begin(&robot), Err(Error::Conflict(words)) if words.contains("too many tries")));
        desk.write(|db| switch::close(db, "card testing", &finance(), desk.now())).unwrap();
        assert!(matches!(desk.try_begin(&wish("25", None)), Err(Error::Conflict(words)) if words.contains("right now")));
        assert!(desk.books().is_empty());
        desk.write(|db| switch::open(db, &finance(), desk.now())).unwrap();
        desk.try_begin(&wish("25", None)).unwrap();
    }

    async fn tries_of_one_address_are_limited(backend) {
        let desk = Desk::new(backend);
        for n in 0..5 {
            let every = (n % 2 == 0).then_some(Interval::Month);
            desk.try_begin(&wish("5", every)).unwrap();
        }
        assert!(matches!(desk.try_begin(&wish("5", None)), Err(Error::Conflict(_))), "the sixth open try");
        let other = GiftRequest { email: "other@example.org".into(), ..wish("5", None) };
        desk.try_begin(&other).unwrap();
        let mut made = 5;
        while made < 20 {
            desk.later(61);
            for _ in 0..5 {
                desk.try_begin(&wish("5", None)).unwrap();
                made += 1;
            }
        }
        desk.later(61);
        assert!(matches!(desk.try_begin(&wish("5", None)), Err(Error::Conflict(_))), "twenty in a day");
        desk.later(24 * 60);
        desk.try_begin(&wish("5", None)).unwrap();
    }

    async fn all_tries_together_are_limited(backend) {
        let desk = Desk::new(backend);
        let from = |n: usize| GiftRequest { email: format!("thief{n}@example.org"), ..wish("2", None) };
        for n in 0..120 {
            desk.try_begin(&from(n)).unwrap();
        }
        assert!(matches!(desk.try_begin(&from(120)), Err(Error::Conflict(_))));
        desk.later(11);
        desk.try_begin(&from(120)).unwrap();
    }

    async fn a_page_that_was_not_opened(backend) {
        let desk = Desk::new(backend);
        let begun = desk.try_begin(&wish("25", None)).unwrap();
        let away = Failure::Unavailable("no answer".into());
        desk.write(|db| not_opened(db, begun.gift, &away, desk.now())).unwrap();
        let row = desk.donation(begun.gift);
        assert_eq!((row.state, row.failure.unwrap()), (DonationState::Failed, "Stripe is not available: no answer".into()));
        assert_eq!(desk.write(|db| standing(db, begun.gift)).unwrap().stands, Stands::Failed);
        desk.later(60 * 24);
        assert!(desk.overdue().is_empty());
    }

    async fn what_nobody_paid_is_looked_at_and_closed(backend) {
        let desk = Desk::new(backend);
        let lost = desk.try_begin(&wish("25", None)).unwrap();
        let never = desk.try_begin(&wish("5", Some(Interval::Month))).unwrap();
        let open = desk.begin("30", None);
        desk.later(1);
        let session = (ObjectKind::Checkout, checkout(&open, CheckoutStatus::Open, false).id);
        assert_eq!(desk.overdue(), std::slice::from_ref(&session));
        assert!(desk.overdue().is_empty(), "the next look is later");
        desk.later(120);
        assert_eq!(desk.overdue(), [session]);
        assert_eq!(desk.donation(lost.gift).state, DonationState::Cancelled);
        assert_eq!(desk.pledge(never.gift).state, PledgeState::Ended);
        desk.sees(checkout(&open, CheckoutStatus::Expired, false));
        assert_eq!(desk.donation(open.gift).state, DonationState::Cancelled);
        desk.later(24 * 60);
        assert!(desk.overdue().is_empty());
    }

    async fn abandoned_givers_are_forgotten(backend) {
        let desk = Desk::new(backend);
        let left = desk.begin("25", None);
        let never = desk.begin("5", Some(Interval::Month));
        let (kept, _) = desk.paid("40");
        desk.later(60 * 24 * 31);
        desk.overdue();
        assert_eq!(desk.write(|db| Ok(purge::abandoned(db, desk.now())?)).unwrap(), 2);
        assert_eq!(desk.write(|db| Ok(purge::abandoned(db, desk.now())?)).unwrap(), 0);
        assert_eq!((desk.donation(left.gift).email.as_str(), desk.donation(left.gift).name.as_str()), ("", ""));
        assert_eq!(desk.pledge(never.gift).email.as_str(), "");
        assert_eq!(desk.donation(kept.gift).email.as_str(), "Anna@example.org");
    }
}

#[test]
fn suggestions_are_within_the_limits() {
    let (least, most) = amounts::limits(&Currency::eur());
    assert_eq!((least, most), (200, 2_000_000));
}
