//! What is done at Stripe is done once, whatever goes wrong on the way.

use chrono::Duration;
use diesel::prelude::*;
use pledgepost::payments::{self, Command, CommandState, PaymentCommand};
use pledgepost::stripe::{Failure, Metadata, NewRefund, SubscriptionStatus};

use crate::on_both;
use crate::support::scripted::*;

fn pay_back() -> Command {
    let metadata = Metadata::from([("refund".to_owned(), "7".to_owned()), ("donation".to_owned(), "1".to_owned())]);
    Command::Refund(NewRefund { payment: "pi_1".into(), amount_minor: 500, metadata })
}

fn order(test: &TestPayments, command: &Command) {
    let now = test.clock.now();
    // Decided twice by mistake: the key makes it one.
    test.write(|db| Ok(payments::command(db, command, "key", now)?));
    test.write(|db| Ok(payments::command(db, command, "key", now)?));
}

fn row(test: &TestPayments) -> PaymentCommand {
    let mut rows = test.write(|db| Ok(PaymentCommand::query().load(db)?));
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

fn with_payment(backend: crate::support::Backend) -> TestPayments {
    let test = TestPayments::new(backend);
    test.stripe.change(|says| says.payments.insert("pi_1".into(), payment("pi_1")));
    test
}

on_both! {
    async fn a_refund_is_made_and_booked_without_a_webhook(backend) {
        let test = with_payment(backend);
        order(&test, &pay_back());
        test.drain().await;
        assert_eq!((row(&test).state, row(&test).outcome.as_str()), (CommandState::Done, "re_key is booked"));
        assert_eq!(test.booked(), ["pi_1", "re_key"]);
        assert_eq!(test.stripe.calls("create_refund pi_1 key"), 1);
    }

    async fn an_answer_that_was_never_heard_pays_back_once(backend) {
        let test = with_payment(backend);
        order(&test, &pay_back());
        test.stripe.change(|says| says.unheard.push_back(Failure::Unavailable("broken connection".into())));
        test.drain().await;
        assert_eq!(row(&test).state, CommandState::Pending);
        test.pass(Duration::seconds(30));
        test.drain().await;
        assert_eq!(row(&test).state, CommandState::Done);
        assert_eq!(test.stripe.calls("create_refund pi_1 key"), 2, "with the same key, which Stripe remembers");
        assert_eq!(test.booked(), ["pi_1", "re_key"]);
    }

    async fn an_old_command_is_looked_for_first(backend) {
        let test = with_payment(backend);
        order(&test, &pay_back());
        test.stripe.change(|says| says.unheard.push_back(Failure::Unavailable("broken connection".into())));
        test.drain().await;
        // Long enough for Stripe to forget the key: sending again would pay back twice.
        test.pass(Duration::hours(25));
        test.drain().await;
        assert_eq!((row(&test).state, test.stripe.calls("create_refund")), (CommandState::Done, 1));
        assert_eq!(test.booked(), ["pi_1", "re_key"]);
    }

    async fn a_refusal_is_told_to_who_asked(backend) {
        let test = with_payment(backend);
        order(&test, &pay_back());
        let refusal = Failure::Refused { code: "charge_already_refunded".into(), message: "already refunded".into() };
        test.stripe.change(|says| says.refuses.push_back(refusal));
        test.drain().await;
        assert_eq!(row(&test).state, CommandState::Failed);
        let refused = test.books.refused.lock().unwrap().clone();
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0], "refund: Stripe refused: already refunded (charge_already_refunded)");
        assert_eq!(test.booked(), ["pi_1"], "no refund was made; the payment was looked at");
        assert_eq!(test.write(|db| Ok(payments::attention(db, start())?)).refused_commands, 1);
        test.pass(Duration::days(1));
        test.drain().await;
        assert_eq!(test.stripe.calls("create_refund"), 1, "not tried again");
    }

    async fn a_refusal_that_cannot_be_checked_is_tried_again(backend) {
        let test = with_payment(backend);
        order(&test, &pay_back());
        let refusal = Failure::Refused { code: "charge_already_refunded".into(), message: "already refunded".into() };
        let away = Failure::Unavailable("500".into());
        // Made, but the answer is a refusal; and then nobody can say whether it was made.
        test.stripe.change(|says| (says.unheard.push_back(refusal), says.lists_away = Some(away)));
        test.drain().await;
        assert_eq!(row(&test).state, CommandState::Pending, "not told as refused while the money may be gone");
        assert!(test.books.refused.lock().unwrap().is_empty());
        test.stripe.change(|says| says.lists_away = None);
        test.pass(Duration::seconds(30));
        test.drain().await;
        assert_eq!((row(&test).state, test.booked()), (CommandState::Done, vec!["pi_1".to_owned(), "re_key".to_owned()]));
    }

    async fn what_is_ended_already_is_no_failure(backend) {
        let test = TestPayments::new(backend);
        let mut ended = subscription("sub_1");
        ended.status = SubscriptionStatus::Canceled;
        test.stripe.change(|says| says.subscriptions.insert("sub_1".into(), ended));
        order(&test, &Command::EndSubscription { subscription: "sub_1".into() });
        test.drain().await;
        assert_eq!(row(&test).state, CommandState::Done);
        assert_eq!(test.booked(), ["sub_1"]);
        assert!(test.books.refused.lock().unwrap().is_empty());
    }

    async fn a_checkout_is_closed(backend) {
        let test = TestPayments::new(backend);
        test.stripe.change(|says| says.checkouts.insert("cs_1".into(), checkout("cs_1", None)));
        order(&test, &Command::ExpireCheckout { checkout: "cs_1".into() });
        test.drain().await;
        assert_eq!((row(&test).state, test.booked()), (CommandState::Done, vec!["cs_1".to_owned()]));
    }

    async fn money_that_was_promised_back_is_not_given_up(backend) {
        let test = with_payment(backend);
        order(&test, &pay_back());
        test.stripe.change(|says| says.down = Some(Failure::Unavailable("500".into())));
        for _ in 0..30 {
            test.drain().await;
            test.pass(Duration::hours(6));
        }
        assert_eq!(row(&test).state, CommandState::Pending);
        test.stripe.change(|says| says.down = None);
        test.drain().await;
        assert_eq!(row(&test).state, CommandState::Done);
        assert_eq!(test.booked(), ["pi_1", "re_key"]);
    }
}
