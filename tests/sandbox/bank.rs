//! The sandbox's bank: its statements add up, whatever Stripe paid out.

use chrono::{Duration, NaiveDate};
use pledgepost::sandbox::bank::{IBAN, camt};
use pledgepost::sandbox::stripe::engine;
use pledgepost::values::{Currency, Money};
use quick_xml::events::Event;

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::sandbox_stripe::SandboxApi;

/// The texts of a statement with the path that leads to each.
fn texts(xml: &str) -> Vec<(String, String)> {
    let (mut reader, mut path, mut texts) = (quick_xml::Reader::from_str(xml), Vec::new(), Vec::new());
    reader.config_mut().trim_text(true);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => path.push(start.name().as_ref().to_owned()),
            Event::End(_) => drop(path.pop()),
            Event::Text(text) => texts.push((path.join("/"), text.xml10_content().into_owned())),
            Event::Eof => return texts,
            _ => {}
        }
    }
}

fn all<'a>(texts: &'a [(String, String)], path: &str) -> Vec<&'a str> {
    let path = format!("Document/BkToCstmrStmt/Stmt/{path}");
    texts.iter().filter(|(one, _)| *one == path).map(|(_, text)| text.as_str()).collect()
}

fn cents(texts: &[(String, String)], part: &str) -> Vec<i64> {
    let (amounts, ways) = (all(texts, &format!("{part}/Amt")), all(texts, &format!("{part}/CdtDbtInd")));
    assert_eq!(amounts.len(), ways.len());
    let read = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
    amounts.iter().zip(ways).map(|(amount, way)| if way == "DBIT" { -read(amount) } else { read(amount) }).collect()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn statement(site: &TestApp, currency: &Currency, first: NaiveDate, last: NaiveDate) -> Vec<(String, String)> {
    let now = site.app.clock.now();
    texts(&site.app.db.read_here(|db| camt(db, currency, first, last, now)).unwrap())
}

/// A payout that arrived, another that arrived and went back, a third still on its way.
fn paid_out(site: &TestApp) {
    let stripe = site.app.sandbox_stripe.clone().unwrap();
    let work = |minor, days| {
        site.app.db.write_here(|db| {
            engine::charge_by_hand(db, &stripe, &Money::new(minor, Currency::eur()), "")?;
            engine::advance(db, &stripe, Duration::days(days))
        })
    };
    work(2500, 8).unwrap();
    work(7000, 8).unwrap();
    site.app
        .db
        .write_here(|db| {
            let payouts = pledgepost::sandbox::stripe::store::newest(db, "payout", 1)?;
            engine::fail_payout(db, &stripe, payouts[0]["id"].as_str().unwrap())?;
            engine::advance(db, &stripe, Duration::days(12))
        })
        .unwrap();
}

on_both! {
    async fn statements_follow_each_other(backend) {
        let site = TestApp::start(backend).await;
        paid_out(&site);
        let euro = Currency::eur();
        for step in [1, 2, 3, 7, 31] {
            let (mut first, mut before) = (day("2026-02-20"), None);
            let mut seen = 0;
            while first < day("2026-05-01") {
                let last = (first + Duration::days(step - 1)).min(day("2026-04-30"));
                let read = statement(&site, &euro, first, last);
                let [opening, closing] = cents(&read, "Bal")[..] else { panic!("{read:?}") };
                let lines = cents(&read, "Ntry");
                assert_eq!(opening + lines.iter().sum::<i64>(), closing, "{first} to {last}");
                assert!(before.is_none_or(|before| before == opening), "{first}");
                assert_eq!(all(&read, "TxsSummry/TtlNtries/NbOfNtries"), [lines.len().to_string()]);
                assert_eq!(lines, cents(&read, "Ntry/NtryDtls/TxDtls"));
                let booked = all(&read, "Ntry/BookgDt/Dt");
                assert!(booked.iter().all(|on| (first..=last).contains(&day(on))), "{booked:?}");
                (seen, before, first) = (seen + lines.len(), Some(closing), last + Duration::days(1));
            }
            // Rent and transfer in March and April, paid, paid, returned, paid again; the first transfer is before.
            assert_eq!(seen, 8, "in steps of {step}");
        }
        let whole = || statement(&site, &euro, day("2026-03-01"), day("2026-04-30"));
        assert_eq!(whole(), whole());
        let words = all(&whole(), "Ntry/NtryDtls/TxDtls/RmtInf/Ustrd").join("\n");
        assert!(words.contains("STRIPE PAY SBX") && words.contains("RETURN STRIPE PAY SBX"), "{words}");
        assert!(words.contains("RENT 03/2026"), "{words}");
        assert_eq!(all(&whole(), "Acct/Id/IBAN"), [IBAN]);
        let none = statement(&site, &Currency::parse("JPY").unwrap(), day("2026-03-01"), day("2026-03-31"));
        assert_eq!(all(&none, "Bal/Amt"), ["10000", "10000"]);
        let backwards = site.app.db.read_here(|db| camt(db, &euro, day("2026-03-02"), day("2026-03-01"), site.app.clock.now()));
        assert!(backwards.is_err());
    }

    async fn its_page(backend) {
        let site = TestApp::start(backend).await;
        site.get("/sandbox/bank").await.is(200).shows("DE89 3704 0044 0532 0130 00").shows("Download the statement");
        paid_out(&site);
        let page = site.get("/sandbox/bank").await;
        page.is(200).shows("STRIPE PAYMENTS EUROPE").shows("RETURN STRIPE PAY").shows("€24.37").shows("good work &amp; thank you");
        let got = site.get("/sandbox/bank/statement.xml?currency=EUR&from=2026-03-01&to=2026-03-20").await;
        got.is(200).shows("urn:iso:std:iso:20022:tech:xsd:camt.053.001.08").shows("good work &amp; thank you");
        assert!(got.header("content-disposition").contains("statement-EUR-2026-03-01-2026-03-20.xml"));
        assert!(got.header("content-type").starts_with("application/xml"));
        for bad in ["from=2026-03-01&to=2026-02-01", "from=x&to=2026-03-01", "from=2026-03-01&to=2031-01-01", "currency=euro&from=2026-03-01&to=2026-03-02"] {
            site.get(&format!("/sandbox/bank/statement.xml?{bad}")).await.is(422);
        }
        site.get_with("/sandbox/bank", &[("x-forwarded-for", "203.0.113.9")]).await.is(404);
        site.get_with("/sandbox/bank/statement.xml", &[("host", "rebound.example")]).await.is(404);
    }

    async fn the_dashboard_moves_money(backend) {
        let site = TestApp::start(backend).await;
        let api = SandboxApi::start(&site, None, "whsec_test");
        let home = "/sandbox/stripe";
        let money = "/sandbox/stripe/money";
        site.get(home).await.shows("No payouts yet").shows("Payment by hand");
        site.post_form(money, &[("what", "charge"), ("amount", "25.00"), ("currency", "eur"), ("description", "At the fair")]).await.leads_to("/sandbox/stripe?done=charge");
        site.post_form(money, &[("what", "fee"), ("amount", "1.50"), ("currency", "EUR")]).await.leads_to("/sandbox/stripe?done=fee");
        site.get("/sandbox/stripe?done=fee").await.shows("a sync finds it");
        site.post_form(money, &[("what", "payout"), ("amount", "5"), ("currency", "EUR")]).await.leads_to("/sandbox/stripe?error=funds");
        site.get("/sandbox/stripe?error=funds").await.shows("less than that available");
        for amount in ["", "x", "-1", "0"] {
            site.post_form(money, &[("what", "charge"), ("amount", amount), ("currency", "EUR")]).await.leads_to("/sandbox/stripe?error=amount");
        }
        site.post_form(money, &[("what", "gold"), ("amount", "5"), ("currency", "EUR")]).await.is(422);
        site.post_form("/sandbox/stripe/clock", &[("by", "week")]).await.is(303);
        let payout = api.get("/v1/payouts").await["data"][0].clone();
        let id = payout["id"].as_str().unwrap();
        assert_eq!(payout["amount"], 2500 - 63 - 150);
        let shown = site.get(home).await;
        shown.shows(&format!("/staff/finance/payouts/{id}")).shows("Let it fail").shows("automatic");
        let fail = format!("/sandbox/stripe/payouts/{id}/fail");
        site.post_form(&fail, &[]).await.leads_to("/sandbox/stripe?done=failed");
        assert!(!site.get("/sandbox/stripe?done=failed").await.shows("on the balance again").text.contains("Let it fail"));
        site.post_form(&fail, &[]).await.leads_to("/sandbox/stripe?error=failed");
        site.post_form("/sandbox/stripe/payouts/po_none/fail", &[]).await.is(404);
        site.post_form(money, &[("what", "payout"), ("amount", "5"), ("currency", "EUR")]).await.leads_to("/sandbox/stripe?done=payout");
        site.get(home).await.shows("manual");
    }
}
