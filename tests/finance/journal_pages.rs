//! What finance staff see and do about the journal, and the map of its accounts.

use pledgepost::staff::Role;

use super::explained::noon;
use crate::on_both;
use crate::support::app::TestApp;
use crate::support::money::{Line, Till};

const JOURNAL: &str = "/staff/finance/journal";
const ACCOUNTS: &str = "/staff/finance/accounts";

/// In February: a gift of 50.00 with a fee of 1.00, another of 25.00 with 0.62 of which 10.00 went back, both paid out
/// (63.38) and matched in March, and 7.00 that nobody can explain.
async fn february(backend: crate::support::Backend) -> (TestApp, Till) {
    let app = TestApp::start(backend).await;
    app.log_in_as(Role::Finance).await;
    let till = Till::new(&app.app.db, noon("2026-02-10"));
    let (one, two) = (till.gift("one", 5000, 100), till.gift("two", 2500, 62));
    let refund = till.refund(&two, "one", 1000);
    let payout = till.pays_out("po_1", &[&one.line, &two.line, &format!("txn_{refund}")]);
    till.line(Line::of("txn_odd", "charge", 700).at(noon("2026-02-20")));
    let bank = till.bank_account("Main account");
    let (_, lines) = till.statement(bank, "2026-03-01", 10_000, &[6338]);
    till.matched(lines[0], &payout, "paid");
    (app, till)
}

fn hides(text: &str, words: &str) {
    assert!(!text.contains(words), "{words:?} is on the page:\n{text}");
}

on_both! {
    async fn a_month_per_account_and_its_entries(backend) {
        let (app, _till) = february(backend).await;
        let page = app.get(&format!("{JOURNAL}?month=2026-02")).await;
        page.is(200).shows("February 2026").shows("Per account").shows("1210 Stripe balance").shows("4000 Donations");
        // 75.00 came, 10.00 went back: gross income is 65.00; fees are 1.62.
        page.shows("−€65.00").shows("€1.62").shows("€7.00 stands in suspense").shows("Total in EUR").shows("€0.00");
        page.shows("/staff/finance/transactions?explanation&#x3D;unexplained").shows("/staff/donations/1").shows("txn_one");
        page.shows("5 entries").shows("This month was not taken along yet");
        let march = app.get(&format!("{JOURNAL}?month=2026-03")).await;
        march.is(200).shows("1200 Bank").shows("€63.38").shows("Bank line").shows("1 entry");
        let none = app.get(&format!("{JOURNAL}?month=2025-01")).await;
        none.is(200).shows("No entries in this month").shows("January 2025");
        app.get(JOURNAL).await.is(200).shows("March 2026").shows("February 2026");
        app.get(&format!("{JOURNAL}?month=oops&page=x")).await.is(200).shows("March 2026");
    }

    async fn a_month_is_taken_along(backend) {
        let (app, till) = february(backend).await;
        let here = format!("{JOURNAL}?month=2026-02");
        for (format, name, words) in [
            ("csv", "journal-2026-02-test.csv", "Stripe balance"),
            ("xero", "2026-02", "10/02/2026"),
            ("beancount", ".beancount", "2026-02-10"),
        ] {
            let file = app.post_form(&format!("{JOURNAL}/export"), &[("month", "2026-02"), ("format", format)]).await;
            file.is(200).shows(words);
            let head = file.header("content-disposition");
            assert!(head.starts_with("attachment; filename=") && head.contains(name), "{head}");
        }
        let page = app.get(&here).await;
        page.is(200).shows("Taken along before").shows("5 entries, by finance@example.org");
        hides(&page.text, "not as it was exported");
        till.line(Line::of("txn_late", "fee", -300).at(noon("2026-02-21")));
        app.get(&here).await.is(200).shows("1 entry is not as it was exported").shows("txn_late");
        let export = format!("{JOURNAL}/export");
        app.post_form(&export, &[("month", "2026-02"), ("format", "pdf")]).await.is(422);
        app.post_form(&export, &[("month", "x"), ("format", "csv")]).await.is(422);
        app.log_in_as(Role::Viewer).await;
        app.get(&here).await.is(403);
        app.post_form(&export, &[("month", "2026-02"), ("format", "csv")]).await.is(403);
    }

    async fn the_account_map_is_changed(backend) {
        let (app, _till) = february(backend).await;
        let list = app.get(ACCOUNTS).await;
        list.is(200).shows("4000 Donations").shows("9990 Suspense").shows("Give relief its own").shows("Main account").shows("None yet");
        app.get(&format!("{ACCOUNTS}/stripe")).await.is(200).shows("1210 Stripe balance");
        let save = |code, name| [("code", code), ("name", name)];
        app.post_form(&format!("{ACCOUNTS}/stripe"), &save("4000", "Stripe")).await.is(422).shows("has this code").shows("href=\"#f-code\"");
        app.post_form(&format!("{ACCOUNTS}/stripe"), &save("12 10", "")).await.is(422).shows("a name is needed").shows("value=\"12 10\"");
        app.post_form(&format!("{ACCOUNTS}/stripe"), &save("1361", "Stripe clearing")).await.leads_to(ACCOUNTS);
        app.get(ACCOUNTS).await.is(200).shows("1361 Stripe clearing");
        // A fund's own account, and back.
        app.get(&format!("{ACCOUNTS}/new?for=fund-1")).await.is(200).shows("Account of the fund");
        let fund = [("for", "fund-1"), ("code", "4010"), ("name", "Donations for relief")];
        app.post_form(ACCOUNTS, &fund).await.leads_to(ACCOUNTS);
        app.post_form(ACCOUNTS, &[("for", "fund-1"), ("code", "4011"), ("name", "Again")]).await.is(422).shows("has an account already");
        app.get(&format!("{JOURNAL}?month=2026-02")).await.is(200).shows("4010 Donations for relief").shows("1361 Stripe clearing");
        app.get(&format!("{ACCOUNTS}/new?for=bank-1")).await.is(200).shows("Account of the bank account Main account");
        app.post_form(ACCOUNTS, &[("for", "bank-1"), ("code", "1201"), ("name", "Giro")]).await.leads_to(ACCOUNTS);
        app.get(ACCOUNTS).await.is(200).shows("1201 Giro").shows("4010 Donations for relief");
        // Staff's own.
        app.post_form(ACCOUNTS, &[("for", "other"), ("code", "4300"), ("name", "Tickets"), ("kind", "odd")]).await.is(422).shows("choose what it is");
        let own = [("for", "other"), ("code", "4300"), ("name", "Tickets"), ("kind", "income")];
        app.post_form(ACCOUNTS, &own).await.leads_to(ACCOUNTS);
        let list = app.get(ACCOUNTS).await;
        list.is(200).shows("4300 Tickets").shows("Income");
        let href = list.text.split("\">4300 Tickets").next().unwrap().rsplit("href=\"").next().unwrap().to_owned();
        app.get(&href).await.is(200).shows("Remove this account");
        app.post_form(&format!("{href}/remove"), &[]).await.leads_to(ACCOUNTS);
        hides(&app.get(ACCOUNTS).await.text, "4300 Tickets");
        for path in ["/new?for=fund-99", "/new?for=bank-99", "/999", "/nothing"] {
            app.get(&format!("{ACCOUNTS}{path}")).await.is(404);
        }
        app.log_in_as(Role::Admin).await;
        app.get("/staff/audit").await.is(200).shows("journal account");
    }

    async fn the_beginning_of_the_books(backend) {
        let (app, till) = february(backend).await;
        till.line(Line::of("txn_before", "fee", -300).at(noon("2026-02-05")));
        let set = format!("{ACCOUNTS}/beginning");
        app.get(ACCOUNTS).await.is(200).shows("the first transaction");
        app.post_form(&set, &[("day", "2026-02-15")]).await.leads_to(ACCOUNTS);
        app.get(ACCOUNTS).await.is(200).shows("The books begin on 15 February 2026").shows("value=\"2026-02-15\"");
        let page = app.get(&format!("{JOURNAL}?month=2026-02")).await;
        page.is(200).shows("Opening balances").shows("€7.00 stands in suspense");
        app.post_form(&set, &[("day", "2027-01-01")]).await.is(422).shows("cannot begin in the future").shows("value=\"2027-01-01\"");
        app.post_form(&set, &[("day", "soon")]).await.is(422).shows("2026-11-24");
        app.post_form(&set, &[("day", "")]).await.leads_to(ACCOUNTS);
        app.get(ACCOUNTS).await.is(200).shows("the first transaction");
    }
}
