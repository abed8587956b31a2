//! What gifts are for, and the staff lists.

use pledgepost::donations::{DonationState, funds};
use pledgepost::organisation::NameText;
use pledgepost::values::PageRequest;

use super::*;
use crate::on_both;

fn text(language: &str, name: &str) -> NameText {
    NameText { language: language.into(), name: name.into(), description: String::new() }
}
fn names(desk: &Desk, language: &str) -> Vec<(String, bool, bool)> {
    let language = Language::parse(language).unwrap();
    let list = desk.write(|db| funds::list(db, &language)).unwrap();
    list.into_iter().map(|fund| (fund.name, fund.is_default, fund.closed)).collect()
}

on_both! {
    async fn the_first_fund_makes_itself(backend) {
        let desk = Desk::new(backend);
        assert!(names(&desk, "en").is_empty());
        let first = desk.write(|db| funds::ensure_default(db, desk.now())).unwrap();
        assert_eq!(desk.write(|db| funds::ensure_default(db, desk.now())).unwrap(), first);
        assert_eq!(names(&desk, "en"), [("General".into(), true, false)]);
        assert_eq!(names(&desk, "ru"), [("На общие цели".into(), true, false)]);
    }

    async fn texts_defaults_and_closing(backend) {
        let desk = Desk::new(backend);
        let (now, staff) = (desk.now(), finance());
        let aid = desk.write(|db| funds::add(db, "aid", &[text("en", "Legal aid"), text("ru", "")], &staff, now)).unwrap();
        assert_eq!(names(&desk, "ru"), [("Legal aid".into(), true, false)], "the first one is the default");
        assert!(matches!(desk.write(|db| funds::add(db, "aid", &[text("en", "x")], &staff, now)), Err(Error::Invalid(_))));
        assert!(matches!(desk.write(|db| funds::add(db, "b", &[text("ru", "x")], &staff, now)), Err(Error::Invalid(_))));
        assert!(matches!(desk.write(|db| funds::close(db, aid, &staff, now)), Err(Error::Conflict(_))));
        let work = desk.write(|db| funds::add(db, "work", &[text("en", "Our work")], &staff, now)).unwrap();
        desk.write(|db| funds::make_default(db, work, &staff, now)).unwrap();
        desk.write(|db| funds::close(db, aid, &staff, now)).unwrap();
        desk.write(|db| funds::rename(db, aid, &[text("en", "Aid")], &staff, now)).unwrap();
        assert_eq!(names(&desk, "en"), [("Our work".into(), true, false), ("Aid".into(), false, true)]);
        let to = |fund: &str| GiftRequest { fund: Some(fund.into()), ..wish("25", None) };
        assert!(matches!(desk.try_begin(&to("aid")), Err(Error::Invalid(_))), "closed");
        assert!(matches!(desk.write(|db| funds::make_default(db, aid, &staff, now)), Err(Error::Conflict(_))));
        desk.write(|db| funds::reopen(db, aid, &staff, now)).unwrap();
        let begun = desk.try_begin(&to("aid")).unwrap();
        assert!(begun.checkout.description.ends_with("Equal Ground: Aid"));
        assert_eq!(desk.donation(begun.gift).fund_id, aid);
    }

    async fn gifts_are_found(backend) {
        let desk = Desk::new(backend);
        let (paid, id) = desk.paid("25");
        desk.begin("30", None);
        desk.begin("10", Some(Interval::Month));
        let found = |filter: store::Filter| {
            let page = desk.write(|db| Ok(store::list(db, &filter, PageRequest::new(None, 50))?)).unwrap();
            assert_eq!(page.total, i64::try_from(page.rows.len()).unwrap());
            page.rows.iter().map(|row| row.amount_minor).collect::<Vec<_>>()
        };
        let text = |text: &str| store::Filter { text: text.into(), ..store::Filter::default() };
        assert_eq!(found(store::Filter::default()), [3000, 2500]);
        assert_eq!(found(text("ANNA@")), [3000, 2500]);
        assert_eq!(found(text(&format!("#{id}"))), [2500]);
        assert_eq!(found(text(&payment(&paid, PaymentStatus::Succeeded).id)), [2500]);
        assert_eq!(found(text("50%")), [0_i64; 0]);
        assert_eq!(found(store::Filter { state: Some(DonationState::Paid), ..Default::default() }), [2500]);
        assert_eq!(found(store::Filter { currency: Currency::parse("JPY").ok(), ..Default::default() }), [0_i64; 0]);
        assert_eq!(found(store::Filter { question: true, ..Default::default() }), [0_i64; 0]);
        let walk = desk.write(|db| Ok(store::after(db, &store::Filter::default(), id, 10)?)).unwrap();
        assert_eq!(walk.iter().map(|row| row.amount_minor).collect::<Vec<_>>(), [3000]);
        let pledges = desk.write(|db| Ok(store::pledges::list(db, &Default::default(), PageRequest::new(None, 50))?)).unwrap();
        assert_eq!(pledges.total, 1);
    }
}
