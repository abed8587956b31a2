//! What finance sees of the money at Stripe: its home, payouts, transactions, checks; and a gift's way to the bank.

use pledgepost::staff::Role;
use pledgepost::values::At;

use crate::on_both;
use crate::support::app::{Answer, START, TestApp};
use crate::support::money::{Line, Payout, Till};

/// March as it was on the 20th: €120.00 in three gifts, one of them half given back, a payout of two that the bank has, a
/// fee of Stripe's own, a payment that nobody knows, and a gift in dollars; in February one gift more.
fn march(app: &TestApp) -> Till {
    let day = |n: i64| At::from_micros(START + n * 86_400_000_000);
    let till = Till::new(&app.app.db, day(0));
    let first = till.gift("first", 2500, 62);
    let second = till.gift("second", 8000, 145);
    till.pays_out("po_first", &[&first.line, &second.line]);
    let account = till.bank_account("Main account");
    let (_, lines) = till.statement(account, "2026-03-06", 0, &[10_293, -500]);
    till.matched(lines[0], "po_first", "paid");
    let later = till.at(day(9));
    let third = later.gift("third", 1500, 47);
    later.refund(&third, "third", 750);
    later.line(Line::of("txn_fee", "fee", -200).says("Radar"));
    later.line(Line::of("txn_link", "charge", 4000).fee(85).source("ch_link").says("T-shirt"));
    later.line(Line::of("txn_usd", "fee", -300).currency("USD").says("Billing"));
    till.at(day(-20)).gift("old", 1000, 40);
    app.app.clock.advance(chrono::Duration::days(19));
    till
}

/// Where the link with these words on it leads to.
#[track_caller]
fn link(page: &Answer, words: &str) -> String {
    let end = format!(">{words}</a>");
    let at = page.text.find(&end).unwrap_or_else(|| panic!("no link {words:?} on\n{}", page.text));
    let before = &page.text[..at];
    let href = before.rsplit_once("href=\"").unwrap().1;
    href.split('"').next().unwrap().replace("&amp;", "&").replace("&#x3D;", "=")
}

/// The numbers of the key figures on a page.
fn key_figures(page: &Answer) -> Vec<String> {
    let parts = page.text.split("<div class=\"figure__value\">").skip(1);
    parts.map(|part| part.split("</div>").next().unwrap().to_owned()).collect()
}

on_both! {
    async fn before_the_first_gift_pages_say_what_will_come(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Finance).await;
        app.get("/staff/finance").await.is(200).shows("No money has moved yet").shows("Import the bank’s statement").shows("Export the month’s journal");
        app.get("/staff/finance/payouts").await.is(200).shows("No payouts yet").shows("See what is at Stripe");
        app.get("/staff/finance/transactions").await.is(200).shows("No transactions yet");
        app.get("/staff/finance/transactions?explanation=unexplained").await.is(200).shows("Nothing is unexplained");
        app.get("/staff/finance/payouts?q=nothing").await.is(200).shows("No payout is found");
        app.get("/staff/finance/checks").await.is(200).shows("All checks hold.");
        let start = app.get("/staff").await;
        start.is(200).shows("href=\"/staff/finance\"");
        assert!(!start.text.contains("Finance: "));
    }

    async fn each_figure_opens_rows_that_add_up_to_it(backend) {
        let app = TestApp::start(backend).await;
        march(&app);
        app.log_in_as(Role::Finance).await;
        let home = app.get("/staff/finance").await;
        home.is(200).shows("March 2026").shows("Where the money is, EUR").shows("Where the money is, USD");
        // Of the month, in euros: gifts, refunds, fees (the payment that nobody knows had one too), the rest, payouts.
        for (figure, group) in [
            ("€120.00", "received"),
            ("−€7.50", "refunded"),
            ("−€5.39", "fees"),
            ("€40.00", "other"),
            ("−€102.93", "paid_out"),
        ] {
            let href = link(&home, figure);
            assert!(href.contains(&format!("group={group}")), "{figure}: {href}");
            let rows = app.get(&href).await;
            rows.is(200);
            let plain = figure.trim_start_matches('−').to_owned();
            assert_eq!(key_figures(&rows), [plain], "{href}");
        }
        home.shows("€44.18");
        // Now: the balance with what was there before March, and what left it.
        let at_stripe = app.get(&link(&home, "€53.78")).await;
        assert_eq!(key_figures(&at_stripe)[2], "€53.78");
        let bank = link(&home, "€102.93");
        assert_eq!(bank, "/staff/finance/bank?show=matched&currency=EUR&from=2026-03-01&to=2026-03-31");
        app.get(&bank).await.is(200).shows("€102.93").shows("1 matched line");
        let unexplained = link(&home, "1 transaction, €40.00");
        app.get(&unexplained).await.is(200).shows("T-shirt").shows("1 transaction");
        home.shows("1 bank line in EUR waits to be matched or set aside.");
        // The month before had one gift, and no month is in the future.
        let february = app.get("/staff/finance?month=2026-02").await;
        february.is(200).shows("February 2026").shows("€10.00").shows("March 2026 →");
        app.get(&link(&february, "€10.00")).await.is(200).shows("1 transaction").shows("Gift 4");
        let future = app.get("/staff/finance?month=2027-01").await;
        future.is(200).shows(">March 2026</h2>");
        assert!(!future.text.contains("April 2026"));
        app.get("/staff/finance?month=never").await.is(200).shows(">March 2026</h2>");
    }

    async fn what_is_in_transit_is_the_sum_of_its_payouts(backend) {
        let app = TestApp::start(backend).await;
        let till = march(&app);
        till.payout(Payout::of("po_late", 500).arrives("2026-03-02"));
        till.payout(Payout::of("po_soon", 250).arrives("2026-03-20").manual());
        app.log_in_as(Role::Finance).await;
        let home = app.get("/staff/finance").await;
        let listed = app.get(&link(&home, "€7.50")).await;
        listed.is(200).shows("2 payouts, €7.50 in transit").shows("po_late").shows("po_soon").shows("11 days late").shows("Manual");
        home.shows("1 payout in EUR is late: no bank line has the money.");
        let late = app.get("/staff/finance/payouts?at_bank=late&currency=EUR").await;
        late.is(200).shows("po_late").shows("1 payout");
        assert!(!late.text.contains("po_soon"));
        app.get("/staff").await.is(200).shows("Finance: 1 transaction not explained, 1 payout late at the bank.");
        app.get("/staff/finance/payouts?automatic=false").await.is(200).shows("po_soon").shows("1 payout");
        app.get("/staff/finance/payouts?from=oops&at_bank=nowhere&page=-3&state=odd").await.is(200).shows("3 payouts");
    }

    async fn a_payout_adds_up_and_says_where_it_is(backend) {
        let app = TestApp::start(backend).await;
        let till = march(&app);
        app.log_in_as(Role::Finance).await;
        let page = app.get("/staff/finance/payouts/po_first").await;
        page.is(200).shows("The 2 transactions add up to €102.93, which is what Stripe paid out.").shows("€105.00").shows("−€2.07");
        page.shows("At the bank").shows("6 March 2026").shows("Matched by rule").shows("acct_books").shows("Gift 1").shows("Ana");
        let gift = link(&page, "Gift 1");
        app.get(&gift).await.is(200).shows("Its way to the bank").shows("po_first").shows("Main account").shows("6 March 2026");
        app.get("/staff/donations/3").await.is(200).shows("Not in a payout yet").shows("available since 10 March 2026").shows("€7.50 given back");
        // A line that Stripe took along and that is not here any more.
        till.payout(Payout::of("po_short", 900));
        till.takes_along("po_short", &["txn_third"]);
        app.get("/staff/finance/payouts/po_short").await.is(200)
            .shows("The one transaction is €14.53, but Stripe paid out €9.00: €5.53 too much.");
        app.get("/staff/finance/checks").await.is(200).shows("Does not hold").shows("Payout po_short").shows("href=\"/staff/finance/payouts/po_short\"");
        app.get("/staff/finance").await.is(200).shows("Check 2 does not hold");
        till.payout(Payout::of("po_hand", 100).manual());
        app.get("/staff/finance/payouts/po_hand").await.is(200).shows("This is a manual payout").shows("nothing to add up");
        till.payout(Payout::of("po_slow", 100).in_progress());
        app.get("/staff/finance/payouts/po_slow").await.is(200).shows("Stripe has not said yet");
        till.payout(Payout { failure: Some("account_closed".into()), ..Payout::of("po_gone", 300).arrives("2026-03-17").failed() });
        app.get("/staff/finance/payouts/po_gone").await.is(200).shows("The bank account was closed (account_closed)").shows("It never came to the bank.");
        app.get("/staff/finance").await.shows("failed. The bank account was closed. Its money is at Stripe again.");
        till.payout_fails("po_first");
        app.get("/staff/finance/payouts/po_first").await.is(200).shows("The bank\u{2019}s line that takes it back is not here yet.");
    }

    async fn a_payout_as_a_file_has_every_gift(backend) {
        let app = TestApp::start(backend).await;
        march(&app);
        app.log_in_as(Role::Finance).await;
        let file = app.get("/staff/finance/payouts/po_first/transactions.csv").await;
        file.is(200);
        assert_eq!(file.header("content-disposition"), "attachment; filename=\"po_first.csv\"");
        let mut reader = csv::Reader::from_reader(file.text.as_bytes());
        let names = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 2);
        let cell = |row: &csv::StringRecord, name: &str| row.get(names.iter().position(|n| n == name).unwrap()).unwrap().to_owned();
        let first = rows.iter().find(|row| cell(row, "transaction") == "txn_first").unwrap();
        for (name, value) in [("amount", "25.00"), ("fee", "0.62"), ("net", "24.38"), ("donation", "1"), ("donor_name", "Ana"), ("fund", "relief")] {
            assert_eq!(cell(first, name), value, "{name}");
        }
        let gifts = app.get("/staff/donations.csv?state=paid").await;
        let mut reader = csv::Reader::from_reader(gifts.text.as_bytes());
        let names = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let cell = |row: &csv::StringRecord, name: &str| row.get(names.iter().position(|n| n == name).unwrap()).unwrap().to_owned();
        let way = |row: &csv::StringRecord| (cell(row, "payout"), cell(row, "bank_booked_on"));
        assert_eq!(way(&rows[0]), ("po_first".into(), "2026-03-06".into()));
        assert_eq!(way(&rows[2]), (String::new(), String::new()));
        app.log_in_as(Role::Admin).await;
        app.get("/staff/audit").await.is(200).shows("Exported payout");
    }

    async fn what_nobody_explains_is_explained_and_taken_back(backend) {
        let app = TestApp::start(backend).await;
        march(&app);
        app.log_in_as(Role::Finance).await;
        let page = "/staff/finance/transactions/txn_link";
        let shown = app.get(page).await;
        shown.is(200).shows("Payment of €40.00").shows("Nothing explains it").shows("did not come through the donation page").shows("−€0.85").shows("€39.15");
        let code = shown.text.split("<option value=\"").nth(2).unwrap().split('"').next().unwrap().to_owned();
        let explain = format!("{page}/explain");
        app.post_form(&explain, &[("account", ""), ("note", "A shirt")]).await.is(422).shows("choose a journal account").shows("A shirt");
        app.post_form(&explain, &[("account", &code), ("note", " ")]).await.is(422).shows("say what it is");
        app.post_form(&explain, &[("account", &code), ("note", "A shirt sold at the congress")]).await.leads_to(page);
        app.get(page).await.is(200).shows("By staff").shows("A shirt sold at the congress").shows(&code).shows("Take the explanation back");
        app.get("/staff/finance").await.shows("Everything that was at Stripe is explained.");
        app.get("/staff/finance/transactions?explanation=staff").await.is(200).shows("A shirt sold at the congress");
        app.post_form(&format!("{page}/take-back"), &[]).await.leads_to(page);
        app.get(page).await.is(200).shows("Nothing explains it").shows("The explanation is taken back.");
        app.post_form(&format!("{page}/take-back"), &[]).await.leads_to(page);
        app.get(page).await.shows("Nobody explained it by hand.");
        app.post_form("/staff/finance/transactions/txn_first/explain", &[("account", &code), ("note", "x")]).await
            .leads_to("/staff/finance/transactions/txn_first");
        app.get("/staff/finance/transactions/txn_first").await.shows("It is explained already").shows("Gift 1");
        app.log_in_as(Role::Admin).await;
        app.get("/staff/audit").await.is(200).shows("A shirt sold at the congress");
    }

    async fn transactions_are_found(backend) {
        let app = TestApp::start(backend).await;
        march(&app);
        app.log_in_as(Role::Finance).await;
        let all = app.get("/staff/finance/transactions").await;
        all.is(200).shows("9 transactions").shows("Net in EUR").shows("Net in USD").shows("Refund of gift 3");
        app.get("/staff/finance/transactions?payout=po_first").await.is(200).shows("2 transactions").shows("€105.00");
        app.get("/staff/finance/transactions?q=pi_third").await.is(200).shows("2 transactions");
        app.get("/staff/finance/transactions?category=refund").await.is(200).shows("1 transaction");
        app.get("/staff/finance/transactions?from=2026-03-10&to=2026-03-10&currency=USD").await.is(200).shows("1 transaction").shows("Billing");
        app.get("/staff/finance/transactions?q=%20&category=%20&payout=%20&page=x&explanation=odd&group=odd").await.is(200).shows("9 transactions");
    }

    async fn ids_that_are_none_are_not_found(backend) {
        let app = TestApp::start(backend).await;
        march(&app);
        app.log_in_as(Role::Finance).await;
        for id in ["po_none", "1", "%00", "%27", "%F0%9F%98%80", "..%2Fpo_first", &"x".repeat(400)] {
            for page in ["payouts", "transactions"] {
                app.get(&format!("/staff/finance/{page}/{id}")).await.is(404);
            }
            app.get(&format!("/staff/finance/payouts/{id}/transactions.csv")).await.is(404);
            app.post_form(&format!("/staff/finance/transactions/{id}/take-back"), &[]).await.is(404);
        }
    }

    async fn finance_is_for_those_who_keep_the_books(backend) {
        let app = TestApp::start(backend).await;
        march(&app);
        for role in [Role::Campaigner, Role::Viewer] {
            app.log_in_as(role).await;
            for page in ["", "/payouts", "/payouts/po_first", "/payouts/po_first/transactions.csv", "/transactions", "/transactions/txn_first", "/checks"] {
                app.get(&format!("/staff/finance{page}")).await.is(403);
            }
            app.post_form("/staff/finance/transactions/txn_link/explain", &[("account", "4000"), ("note", "x")]).await.is(403);
            app.post_form("/staff/finance/transactions/txn_link/take-back", &[]).await.is(403);
            let start = app.get("/staff").await;
            start.is(200);
            assert!(!start.text.contains("/staff/finance") && !start.text.contains("not explained"), "{role}");
        }
    }
}
