//! Repeated gifts.

use pledgepost::donations::{PledgeState, pledge, totals};
use pledgepost::payments::Command;
use pledgepost::stripe::{CheckoutStatus as C, InvoiceStatus as I, SubscriptionStatus as S};

use super::booking::every_order;
use super::*;
use crate::on_both;

const MONTHLY: Option<Interval> = Some(Interval::Month);

on_both! {
    async fn begun_in_every_order(backend) {
        let books = every_order(backend, "10", MONTHLY, &|begun| vec![
            checkout(begun, C::Complete, true).into(),
            subscription(begun, S::Active).into(),
            invoice(begun, 1, I::Paid).into(),
            invoice(begun, 2, I::Paid).into(),
        ]);
        assert_eq!(books.iter().filter(|line| line.starts_with("donation paid 10.00 EUR")).count(), 2, "{books:#?}");
        assert_eq!(books.iter().filter(|line| *line == "mail receipt").count(), 2);
        assert!(books.iter().any(|line| line.starts_with("pledge active Some(\"sub_")));
    }

    async fn ended_in_every_order(backend) {
        let books = every_order(backend, "10", MONTHLY, &|begun| vec![
            checkout(begun, C::Complete, true).into(),
            subscription(begun, S::Canceled).into(),
            invoice(begun, 1, I::Paid).into(),
        ]);
        assert!(books.iter().any(|line| line.starts_with("pledge ended")), "{books:#?}");
        assert_eq!(books.iter().filter(|line| *line == "mail pledge_ended").count(), 1);
    }

    async fn the_receipt_names_the_repeated_gift(backend) {
        let desk = Desk::new(backend);
        let begun = desk.begin("10", MONTHLY);
        desk.sees(invoice(&begun, 1, I::Paid));
        let mail = desk.last_mail("receipt");
        assert_eq!((&mail["every"], &mail["test"]), (&"month".into(), &true.into()));
        let token = mail["manage_url"].as_str().unwrap().strip_prefix("https://org.example/donate/manage/").unwrap();
        let found = desk.write(|db| pledge::by_token(db, &desk.books.root, token, desk.now())).unwrap();
        assert_eq!(Gift::Pledge(found.id), begun.gift);
        assert!(matches!(desk.write(|db| pledge::by_token(db, &desk.books.root, "x", desk.now())), Err(Error::NotFound(_))));
    }

    async fn nothing_for_empty_and_settled_invoices(backend) {
        let desk = Desk::new(backend);
        let begun = desk.begin("10", MONTHLY);
        desk.sees(checkout(&begun, C::Complete, true));
        let empty = Invoice { paid: eur(0), payment: None, ..invoice(&begun, 1, I::Paid) };
        assert!(matches!(desk.sees(empty), Verdict::Nothing(_)));
        let aside = Invoice { payment: None, ..invoice(&begun, 2, I::Paid) };
        assert!(matches!(desk.sees(aside), Verdict::Nothing(_)));
        assert!(desk.mails().is_empty());
        let less = Invoice { paid: eur(700), metadata: Metadata::new(), ..invoice(&begun, 3, I::Paid) };
        desk.sees(less);
        assert_eq!(desk.last_mail("receipt")["amount"], "€7.00", "what was paid counts");
    }

    async fn a_failed_payment_is_told_once(backend) {
        let desk = Desk::new(backend);
        let begun = desk.begin("10", MONTHLY);
        desk.sees(invoice(&begun, 1, I::Paid));
        let debit = Invoice { next_attempt_at: None, ..invoice(&begun, 2, I::Open) };
        assert!(matches!(desk.sees(debit), Verdict::Nothing(_)), "a debit on its way");
        desk.sees(invoice(&begun, 2, I::Open));
        desk.sees(Invoice { attempts: 2, ..invoice(&begun, 2, I::Open) });
        assert_eq!(desk.pledge(begun.gift).state, PledgeState::PastDue);
        let failed: Vec<_> = desk.mails().into_iter().filter(|(name, _)| name == "pledge_payment_failed").collect();
        assert_eq!(failed.len(), 1);
        assert_eq!(desk.last_mail("pledge_payment_failed")["next_try"], "24 September 2026");
        desk.sees(subscription(&begun, S::PastDue));
        desk.sees(invoice(&begun, 2, I::Paid));
        desk.sees(subscription(&begun, S::Active));
        assert_eq!(desk.pledge(begun.gift).state, PledgeState::Active);
        desk.sees(subscription(&begun, S::Canceled));
        desk.sees(subscription(&begun, S::Active));
        assert_eq!(desk.pledge(begun.gift).state, PledgeState::Ended, "ended is final");
    }

    async fn ended_by_its_donor(backend) {
        let desk = Desk::new(backend);
        let begun = desk.begin("10", MONTHLY);
        let Gift::Pledge(id) = begun.gift else { panic!() };
        desk.sees(invoice(&begun, 1, I::Paid));
        let end = |desk: &Desk| desk.write(|db| pledge::end(db, id, &pledge::donor(), desk.now()));
        end(&desk).unwrap();
        end(&desk).unwrap();
        assert_eq!(commands(&desk).len(), 1);
        assert_eq!(desk.pledge(begun.gift).state, PledgeState::Active, "Stripe's answer ends it");
        let refused = Command::EndSubscription { subscription: subscription(&begun, S::Active).id };
        desk.observe(&Observed::Refused(refused, "no such subscription".into())).unwrap();
        assert_eq!(desk.pledge(begun.gift).ending_at, None);
        desk.later(1);
        end(&desk).unwrap();
        assert_eq!(commands(&desk).len(), 2);
        desk.sees(subscription(&begun, S::Canceled));
        let row = desk.pledge(begun.gift);
        assert_eq!((row.state, row.end_reason.as_str()), (PledgeState::Ended, "asked by donor"));
        assert_eq!(desk.mails().last().unwrap().0, "pledge_ended");
        assert!(matches!(end(&desk), Err(Error::Conflict(_))));
    }

    async fn ended_before_the_first_payment(backend) {
        let desk = Desk::new(backend);
        let begun = desk.begin("10", MONTHLY);
        let Gift::Pledge(id) = begun.gift else { panic!() };
        desk.write(|db| pledge::end(db, id, &finance(), desk.now())).unwrap();
        assert_eq!(desk.pledge(begun.gift).state, PledgeState::Ended);
        assert_eq!(commands(&desk), ["expire_checkout"]);
        assert!(desk.mails().is_empty());
    }

    async fn silence_is_noticed(backend) {
        let desk = Desk::new(backend);
        let begun = desk.begin("10", MONTHLY);
        desk.sees(invoice(&begun, 1, I::Paid));
        desk.sees(subscription(&begun, S::Active));
        desk.later(60 * 24 * 29);
        assert!(desk.overdue().is_empty());
        desk.later(60 * 24 * 3);
        assert_eq!(desk.overdue(), [(ObjectKind::Subscription, subscription(&begun, S::Active).id)]);
        let overview = desk.write(totals::overview).unwrap();
        assert_eq!((overview.pledged[0].count, overview.pledged[0].sum.clone()), (1, eur(1000)));
        assert_eq!((overview.totals[0].count, overview.totals[0].sum.clone(), overview.totals[0].test), (1, eur(1000), true));
    }
}

fn commands(desk: &Desk) -> Vec<String> {
    use schema::payment_commands as c;
    desk.write(|db| Ok(c::table.order(c::id).select(c::kind).load(db)?)).unwrap()
}
