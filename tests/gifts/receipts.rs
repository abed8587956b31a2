//! Receipts: one per gift, numbers without gaps.

use pledgepost::donations::receipt;
use pledgepost::stripe::CheckoutStatus as C;

use super::*;
use crate::on_both;

on_both! {
    async fn what_a_receipt_says(backend) {
        let desk = Desk::new(backend);
        let (begun, id) = desk.paid("25");
        let row = desk.write(|db| Ok(store::receipts::of(db, id)?)).unwrap().unwrap();
        assert_eq!(row.shown(), "TEST-2026-000001");
        let content = receipt::content(&row).unwrap();
        assert_eq!((content.legal_name.as_str(), content.registration_number.as_str()), ("Equal Ground e.V.", "VR 12345"));
        assert_eq!((content.amount.as_str(), content.fund.as_str(), content.donor_name.as_str()), ("€25.00", "General", "Anna"));
        assert_eq!(content.date, "21 September 2026");
        assert_eq!(desk.last_mail("receipt")["copy"], false);
        assert_eq!(desk.mails(), [("receipt".into(), format!("receipt:{id}"))]);
        assert_eq!(desk.donation(begun.gift).donor_id.map(|id| id.0), Some(1));
    }

    async fn a_copy_says_so(backend) {
        let desk = Desk::new(backend);
        let (_, id) = desk.paid("25");
        let again = |desk: &Desk| desk.write(|db| receipt::send_again(db, id, &finance(), desk.now()));
        again(&desk).unwrap();
        assert_eq!(desk.last_mail("receipt")["copy"], true);
        assert_eq!(desk.last_mail("receipt")["number"], "TEST-2026-000001");
        assert!(matches!(again(&desk), Err(Error::Conflict(_))), "a double click");
        desk.later(6);
        again(&desk).unwrap();
        let open = desk.begin("5", None);
        let Gift::Donation(open) = open.gift else { panic!() };
        assert!(matches!(desk.write(|db| receipt::send_again(db, open, &finance(), desk.now())), Err(Error::NotFound(_))));
    }

    async fn numbers_have_no_gaps_however_many_pay_at_once(backend) {
        let desk = Desk::new(backend);
        let gifts: Vec<Begun> = (0..12).map(|n| {
            desk.try_begin(&GiftRequest { email: format!("giver{}@example.org", n % 3), ..wish("25", None) }).unwrap()
        }).collect();
        std::thread::scope(|scope| {
            for gift in gifts.iter().chain(&gifts) {
                let desk = &desk;
                scope.spawn(move || desk.observe(&Observed::Checkout(checkout(gift, C::Complete, true))).unwrap());
            }
        });
        use schema::receipts as r;
        let mut numbers: Vec<i64> = desk.write(|db| Ok(r::table.select(r::number).load(db)?)).unwrap();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=12).collect::<Vec<i64>>());
        assert_eq!(desk.mails().len(), 12);
        let donors: i64 = desk.write(|db| Ok(schema::donors::table.count().get_result(db)?)).unwrap();
        assert_eq!(donors, 3);
    }

    async fn a_payment_that_is_not_booked_leaves_no_gap(backend) {
        let desk = Desk::new(backend);
        desk.paid("25");
        let begun = desk.begin("30", None);
        let seen = Seen { account: ACCOUNT, now: desk.now() };
        let object = Observed::Checkout(checkout(&begun, C::Complete, true));
        let broken: Result<(), Error> = desk.write(|db| {
            desk.books.observe(db, &object, &seen)?;
            Err(Error::conflict("the power went"))
        });
        broken.unwrap_err();
        desk.observe(&object).unwrap();
        assert_eq!(desk.last_mail("receipt")["number"], "TEST-2026-000002");
    }
}
