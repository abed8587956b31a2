//! The pages for who gives: the form, the page after the payment, the page to end a monthly gift.

use chrono::Duration;
use diesel::prelude::*;
use pledgepost::audit::Actor;
use pledgepost::db::schema::{donations, donors, gift_events, payment_commands, pledges};
use pledgepost::donations::{DonationState, Gift, PledgeState, switch};
use pledgepost::organisation::{Organisation, store as organisations};
use pledgepost::values::{CampaignId, DonationId, DonorId, EmailAddress, Expiry, Language, PledgeId, Purpose};

use crate::on_both;
use crate::support::Backend;
use crate::support::app::{Answer, TestApp};
use crate::support::campaigns::campaign;
use crate::support::gifts::mirrored_subscription;
use crate::support::readers::{add_topic, consent_of, find};

/// An organisation that takes four currencies and speaks two languages.
async fn start(backend: Backend) -> TestApp {
    start_with(backend, |_| {}).await
}

async fn start_with(backend: Backend, change: impl FnOnce(&mut pledgepost::config::Config)) -> TestApp {
    let site = TestApp::start_with(backend, change).await;
    let mut own = Organisation::fresh(site.app.clock.now());
    (own.name, own.languages, own.currencies) = ("Equal Ground".into(), "en,ru".into(), "EUR,USD,GBP,JPY".into());
    site.write(|db| Ok(organisations::save(db, &own)?)).unwrap();
    site
}

const GIFT: [(&str, &str); 6] = [
    ("every", "once"),
    ("currency", "EUR"),
    ("suggested", "25.00"),
    ("amount", ""),
    ("name", "Anna Giver"),
    ("email", "anna@example.org"),
];

/// The form as Anna fills it in, with some fields changed.
async fn give(site: &TestApp, changes: &[(&str, &str)]) -> Answer {
    let mut fields: Vec<(&str, &str)> = GIFT.to_vec();
    fields.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    fields.extend(changes);
    // Through a proxy that nobody configured: no limit per visitor gets in the way.
    let headers = [("origin", site.base.as_str()), ("x-forwarded-for", "203.0.113.9")];
    site.post_form_with("/donate?lang=en", &fields, &headers).await
}

/// How many gifts of both kinds are noted, and how many lines stand in their timelines.
fn noted(site: &TestApp) -> (i64, i64, i64) {
    site.read(|db| {
        Ok((
            donations::table.count().get_result(db)?,
            pledges::table.count().get_result(db)?,
            gift_events::table.count().get_result(db)?,
        ))
    })
    .unwrap()
}

fn newest(site: &TestApp) -> DonationId {
    site.read(|db| Ok(donations::table.order(donations::id.desc()).select(donations::id).first(db)?)).unwrap()
}
fn newest_pledge(site: &TestApp) -> PledgeId {
    site.read(|db| Ok(pledges::table.order(pledges::id.desc()).select(pledges::id).first(db)?)).unwrap()
}

fn thanks(site: &TestApp, gift: Gift) -> String {
    format!("/donate/thanks?gift={}", gift.token(&site.app.root, site.app.clock.now()))
}

/// As if Stripe had said so.
fn becomes(site: &TestApp, id: DonationId, state: DonationState) {
    let now = site.app.clock.now();
    site.write(|db| {
        let donor: DonorId = match donors::table.select(donors::id).first(db).optional()? {
            Some(donor) => donor,
            None => diesel::insert_into(donors::table)
                .values((
                    donors::email.eq(EmailAddress::parse("anna@example.org").unwrap()),
                    donors::email_key.eq("anna@example.org"),
                    donors::name.eq("Anna Giver"),
                    donors::language.eq(Language::english()),
                    donors::created_at.eq(now),
                    donors::updated_at.eq(now),
                ))
                .returning(donors::id)
                .get_result(db)?,
        };
        let row = donations::table.find(id);
        diesel::update(row)
            .set((donations::state.eq(state), donations::paid_at.eq(Some(now)), donations::donor_id.eq(Some(donor))))
            .execute(db)?;
        Ok(())
    })
    .unwrap();
}

fn close(site: &TestApp) {
    let now = site.app.clock.now();
    site.write(|db| switch::close(db, "somebody tries cards", &Actor::command_line(), now)).unwrap();
}

on_both! {
    async fn the_form_fits_the_currency_and_what_the_link_said(backend) {
        let site = start(backend).await;
        let page = site.get("/donate").await;
        page.is(200).shows("Make a donation").shows("€25.00").shows("name=\"other_currency\" value=\"JPY\"").shows("This is a test.");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("form-action 'self' https://checkout.stripe.com http://127.0.0.1"), "{policy}");
        assert!(policy.contains("default-src 'self'"), "{policy}");
        let yen = site.get("/donate?currency=jpy&every=month&from=c3&lang=en").await;
        yen.is(200).shows("¥1,000").shows("name=\"every\" value=\"month\"").shows("name=\"from\" value=\"c3\"");
        yen.shows("inputmode=\"numeric\"");
        site.get("/donate?amount=25").await.shows("value=\"25.00\" checked");
        site.get("/donate?amount=31,5&currency=XXX").await.is(200).shows("value=\"31,5\"").shows("value=\"EUR\"");
        site.get("/donate?back=1").await.shows("You left the payment page. Nothing was charged.");
        site.get("/donate?lang=ru&amount=25").await.shows("Сделать пожертвование").shows("25,00\u{a0}€");
        assert!(!site.get("/donate").await.text.contains("name=\"newsletter\""), "there is no topic to sign up for");
        site.head("/donate").await.is(200);
        assert_eq!(noted(&site), (0, 0, 0));
    }

    async fn another_choice_keeps_what_was_typed(backend) {
        let site = start(backend).await;
        let typed = [("every", "once"), ("currency", "EUR"), ("amount", "31.50"), ("name", "Anna Braun"), ("email", "not yet"), ("from", "c3")];
        let choose = async |pressed: (&'static str, &'static str)| {
            let fields: Vec<(&str, &str)> = typed.iter().copied().chain([pressed]).collect();
            site.post_form("/donate/choices?lang=en", &fields).await
        };
        let monthly = choose(("other_every", "month")).await;
        monthly.is(200).shows("name=\"every\" value=\"month\"").shows("value=\"31.50\"").shows("value=\"Anna Braun\"");
        monthly.shows("value=\"not yet\"").shows("name=\"from\" value=\"c3\"");
        assert!(!monthly.text.contains("Please write an e-mail address"), "nothing was sent off yet");
        let yen = choose(("other_currency", "JPY")).await;
        yen.is(200).shows("name=\"currency\" value=\"JPY\"").shows("value=\"Anna Braun\"");
        assert!(!yen.text.contains("31.50"), "the amount was one in euros");
        choose(("other_currency", "XXX")).await.is(200).shows("name=\"currency\" value=\"EUR\"");
        site.get("/donate/choices?lang=ru").await.is(200);
        assert_eq!(noted(&site), (0, 0, 0));
    }

    async fn every_page_leads_to_it(backend) {
        let site = start(backend).await;
        for path in ["/", "/analyses", "/nowhere", "/confirm/x"] {
            site.get(path).await.shows("href=\"/donate?lang=en\"");
        }
        close(&site);
        for path in ["/", "/nowhere"] {
            assert!(!site.get(path).await.text.contains("/donate"), "{path}");
        }
    }

    async fn a_gift_goes_to_the_payment_page(backend) {
        let site = start(backend).await;
        let answer = give(&site, &[]).await;
        answer.is(303);
        assert!(answer.header("location").contains("/sandbox/stripe/checkout/"), "{}", answer.header("location"));
        let row: (DonationState, i64, String, String, bool, Option<String>) = site.read(|db| {
            use donations::*;
            Ok(table.select((state, amount_minor, currency, email, test, checkout)).first(db)?)
        }).unwrap();
        assert_eq!((row.0, row.1, row.2.as_str(), row.3.as_str(), row.4), (DonationState::Initiated, 2500, "EUR", "anna@example.org", true));
        assert!(row.5.is_some_and(|session| session.starts_with("cs_")));
        give(&site, &[("every", "month"), ("suggested", "25.00"), ("amount", "10")]).await.is(303);
        let monthly: (PledgeState, i64) = site.read(|db| Ok(pledges::table.select((pledges::state, pledges::amount_minor)).first(db)?)).unwrap();
        assert_eq!(monthly, (PledgeState::Incomplete, 1000), "one's own amount counts");
        assert_eq!(site.mails().len(), 0, "nobody is mailed before the money is there");
    }

    async fn what_cannot_be_taken_is_said_beside_the_field(backend) {
        let site = start(backend).await;
        for (amount, currency, words) in [
            ("0", "EUR", "The smallest amount that we can take is €2.00."),
            ("-5", "EUR", "The smallest amount that we can take is €2.00."),
            ("1e9", "EUR", "Please write the amount in digits, such as 25."),
            ("1000000000", "EUR", "The largest amount that we can take here is €20,000.00."),
            ("99999999999999999999", "EUR", "The largest amount that we can take here is €20,000.00."),
            ("ten", "EUR", "Please write the amount in digits, such as 25."),
            ("12.345", "EUR", "An amount in EUR has at most two digits for the cents."),
            ("0.5", "JPY", "JPY has no smaller unit. Please write a whole number, such as 3000."),
            ("5", "JPY", "The smallest amount that we can take is ¥300."),
            ("5", "CHF", "We can take gifts in these currencies: EUR, USD, GBP, JPY."),
            ("5", "", "We can take gifts in these currencies: EUR, USD, GBP, JPY."),
        ] {
            let page = give(&site, &[("amount", amount), ("currency", currency)]).await;
            page.is(422).shows(words).shows("Something needs your attention");
            assert_eq!(page.text.matches(words).count(), 2, "in the summary and beside the field: {amount} {currency}");
            page.shows(&format!("value=\"{amount}\"")).shows("value=\"Anna Giver\"").shows("value=\"anna@example.org\"");
            assert!(page.header("content-security-policy").contains("checkout.stripe.com"));
        }
        give(&site, &[("suggested", "")]).await.is(422).shows("Please choose an amount, or write your own.");
        let several = give(&site, &[("amount", "ten"), ("email", "nowhere"), ("fund", "no-such"), ("every", "month"), ("from", "c1")]).await;
        several.is(422).shows("like name@example.org").shows("Please write the amount in digits, such as 25.");
        several.shows("name=\"every\" value=\"month\"").shows("value=\"c1\"").shows("value=\"nowhere\"");
        let page = site.post_form("/donate?lang=ru", &[("amount", "1"), ("currency", "EUR"), ("email", "anna@example.org")]).await;
        page.is(422).shows("Наименьшая сумма, которую мы можем принять, — 2,00\u{a0}€.");
        assert_eq!(noted(&site), (0, 0, 0));
    }

    async fn closed_giving_is_said_kindly(backend) {
        let site = start(backend).await;
        close(&site);
        site.get("/donate?from=c1").await.is(200).shows("We cannot take gifts right now").shows("Sign up for the newsletter");
        give(&site, &[]).await.is(409).shows("Nothing was charged.");
        assert_eq!(noted(&site), (0, 0, 0));
    }

    async fn without_keys_there_is_no_page(backend) {
        let site = start_with(backend, |config| config.stripe = None).await;
        site.get("/donate").await.is(404);
        give(&site, &[]).await.is(404);
        assert!(!site.get("/").await.text.contains("/donate"));
    }

    async fn programs_and_the_impatient_are_stopped(backend) {
        let site = start(backend).await;
        let honey = give(&site, &[("website", "https://spam.example")]).await;
        honey.is(409).shows("There were too many tries. Nothing was charged.").shows("value=\"Anna Giver\"");
        assert_eq!(noted(&site).0, 0);
        let mut statuses = Vec::new();
        for number in 0..12 {
            let email = format!("giver{number}@example.org");
            statuses.push(site.post_form("/donate", &[("currency", "EUR"), ("amount", "5"), ("email", &email)]).await.status);
        }
        assert_eq!((statuses[0], statuses[11]), (303, 429), "{statuses:?}");
        let refused = site.post_form("/donate", &GIFT).await;
        assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
        site.get("/donate").await.is(200);
    }

    async fn stripe_is_away(backend) {
        let away = |config: &mut pledgepost::config::Config| {
            let stripe = config.stripe.as_mut().unwrap();
            stripe.api_base = Some("http://127.0.0.1:9/".parse().unwrap());
        };
        let site = start_with(backend, away).await;
        let page = give(&site, &[]).await;
        page.is(503).shows("The payment page cannot be reached right now. Nothing was charged");
        page.shows("value=\"anna@example.org\"").shows("value=\"25.00\" checked");
        let kept: Vec<DonationState> = site.read(|db| Ok(donations::table.select(donations::state).load(db)?)).unwrap();
        assert_eq!(kept, [DonationState::Failed], "what was tried is kept");
    }

    async fn the_campaign_of_the_link_lands_in_the_row(backend) {
        let site = start(backend).await;
        add_topic(&site, "law");
        let id = campaign(&site.app, &[("en", "News", "[give]({{donate_url}})")], &["law"]);
        let of = |site: &TestApp| -> Vec<Option<CampaignId>> {
            site.read(|db| Ok(donations::table.order(donations::id).select(donations::campaign_id).load(db)?)).unwrap()
        };
        for code in [format!("c{id}"), "c999".into(), "x1".into(), "c1'--".into()] {
            give(&site, &[("from", &code)]).await.is(303);
            site.app.clock.advance(Duration::hours(2));
        }
        assert_eq!(of(&site), [Some(id), None, None, None]);
    }

    async fn the_newsletter_asks_and_subscribes_nobody(backend) {
        let site = start(backend).await;
        for topic in ["law", "aid"] {
            add_topic(&site, topic);
        }
        site.get("/donate").await.shows("Send me the newsletter, too").shows("a message of its own to confirm");
        give(&site, &[("newsletter", "1")]).await.is(303);
        let (kind, to, data) = site.mails().pop().unwrap();
        assert_eq!((kind.as_str(), to.as_str()), ("confirm", "anna@example.org"));
        assert_eq!(data["topics"].as_array().unwrap().len(), 2, "all topics");
        assert_eq!(find(&site, "anna@example.org").unwrap().state, pledgepost::subscribers::SubscriberState::Pending);
        assert_eq!(consent_of(&site, "anna@example.org"), ["requested"]);
        // The cool-down of the address holds here, too; the gift goes on.
        give(&site, &[("newsletter", "1"), ("suggested", "50.00")]).await.is(303);
        assert_eq!(site.mails().len(), 1);
        // A form that is not taken asks for nothing.
        give(&site, &[("newsletter", "1"), ("email", "vera@example.org"), ("amount", "ten")]).await.is(422).shows("name=\"newsletter\" value=\"1\" checked");
        assert!(find(&site, "vera@example.org").is_none());
    }

    async fn the_page_after_the_payment_tells_the_truth(backend) {
        let site = start(backend).await;
        give(&site, &[]).await.is(303);
        let id = newest(&site);
        let path = thanks(&site, Gift::Donation(id));
        let before = noted(&site);
        let page = site.get(&path).await;
        page.is(200).shows("waiting for word from Stripe about your gift of €25.00").shows("http-equiv=\"refresh\"").shows("noindex");
        assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));
        let part = site.get_with(&path, &[("x-fragment", "1")]).await;
        assert!(!part.is(200).text.contains("<html") && !part.text.contains("data-live-done"), "{}", part.text);
        let late = format!("{path}&since={}", site.app.clock.now().0.timestamp() - 1000);
        let late = site.get(&late).await;
        assert!(!late.shows("You need not wait here").text.contains("http-equiv=\"refresh\""));
        for (state, words) in [
            (DonationState::Processing, "Your gift of €25.00 is promised, but the money is not here yet."),
            (DonationState::Paid, "Your gift of €25.00 has arrived."),
            (DonationState::Failed, "could not be taken. Nothing was charged."),
            (DonationState::Cancelled, "The payment was not finished. Nothing was charged."),
        ] {
            becomes(&site, id, state);
            let page = site.get(&path).await;
            page.is(200).shows(words).shows("This is a test.");
            assert!(!page.text.contains("anna@") && !page.text.contains("Anna"), "nothing personal: {}", page.text);
            assert!(!page.text.contains("http-equiv=\"refresh\""));
            site.get_with(&path, &[("x-fragment", "1")]).await.shows("data-live-done=\"reload\"");
        }
        site.get(&format!("{path}&lang=ru")).await.shows("Оплата не завершена");
        site.head(&path).await.is(200);
        assert_eq!(noted(&site), before, "looking changes nothing");
        for other in ["/donate/thanks", "/donate/thanks?gift=abc", &path.replace("gift=", "gift=A")] {
            let page = site.get(other).await;
            assert!(!page.is(200).shows("Thank you for your interest").text.contains("25.00"));
        }
        site.app.clock.advance(Duration::days(2));
        site.get(&path).await.is(200).shows("for one day only");
    }

    async fn the_first_payment_of_a_monthly_gift(backend) {
        let site = start(backend).await;
        give(&site, &[("every", "month"), ("amount", "10")]).await.is(303);
        let id = newest_pledge(&site);
        let path = thanks(&site, Gift::Pledge(id));
        site.get(&path).await.is(200).shows("waiting for word from Stripe about your gift of €10.00");
    }

    async fn a_monthly_gift_is_ended_by_its_link(backend) {
        let site = start(backend).await;
        give(&site, &[("every", "month"), ("amount", "10")]).await.is(303);
        let (id, now) = (newest_pledge(&site), site.app.clock.now());
        site.write(|db| {
            let row = diesel::update(pledges::table.find(id));
            row.set((pledges::state.eq(PledgeState::Active), pledges::started_at.eq(Some(now)), pledges::subscription.eq(Some("sub_1")))).execute(db)?;
            Ok(())
        }).unwrap();
        site.write(|db| mirrored_subscription(db, "sub_1", now, now + Duration::days(30))).unwrap();
        let path = format!("/donate/manage/{}", site.app.root.sign(Purpose::ManagePledge, id.0, Expiry::Never));
        let commands = |site: &TestApp| -> i64 { site.read(|db| Ok(payment_commands::table.count().get_result(db)?)).unwrap() };
        let page = site.get(&path).await;
        page.is(200).shows("Your monthly gift").shows("€10.00").shows("1 March 2026").shows("Active").shows("End this gift");
        page.shows("Next payment").shows("31 March 2026");
        assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));
        assert!(!page.text.contains("anna@"), "nothing personal");
        site.head(&path).await.is(200);
        assert_eq!(commands(&site), 0, "looking changes nothing");
        site.post_form_with(&path, &[], &[("origin", "null")]).await.is(200).shows("We are ending this gift");
        assert_eq!(commands(&site), 1);
        site.post_form(&path, &[]).await.is(200).shows("This gift was ended before");
        assert_eq!(commands(&site), 1);
        let page = site.get(&path).await;
        assert!(!page.is(200).shows("Is being ended").text.contains("End this gift"), "{}", page.text);
        assert!(!page.text.contains("Next payment"), "{}", page.text);
        for bad in ["/donate/manage/abc", &path.replace("/manage/", "/manage/A")] {
            site.get(bad).await.is(404).shows("not one of ours");
            site.post_form(bad, &[]).await.is(404).shows("not one of ours");
        }
    }
}
