//! What finance staff see and do about bank statements: bringing them in, matching, setting aside.

use diesel::prelude::*;
use pledgepost::db::schema;
use pledgepost::staff::Role;

use crate::on_both;
use crate::support::app::{Answer, TestApp};
use crate::support::camt::Camt;
use crate::support::money::{Payout, Till};

const BANK: &str = "/staff/finance/bank";
const IMPORT: &str = "/staff/finance/bank/import";

async fn finance(backend: crate::support::Backend) -> (TestApp, Till) {
    let app = TestApp::start(backend).await;
    app.log_in_as(Role::Finance).await;
    let till = Till::new(&app.app.db, app.app.clock.now());
    (app, till)
}

async fn upload(app: &TestApp, fields: &[(&str, &str)], camt: &Camt) -> Answer {
    app.post_file(IMPORT, fields, Some(("march.xml", camt.file().as_bytes()))).await
}

/// March with a payout, a donor's own transfer and a rent: 1,000.00 and 297.52 in euros.
fn march() -> Camt {
    Camt::new("S 3", "2026-03-01", "2026-03-31", 100_000)
        .stripe("2026-03-12", 9752)
        .entry("2026-03-15", 5000, "Dora Donor", "for your work")
        .entry("2026-03-20", -85_000, "Landlord", "rent of March")
}

/// The page of the line with that amount.
fn line_page(app: &TestApp, minor: i64) -> String {
    use schema::bank_lines as l;
    let id: pledgepost::values::BankLineId =
        app.read(|db| Ok(l::table.filter(l::amount_minor.eq(minor)).select(l::id).first(db)?)).unwrap();
    format!("{BANK}/lines/{id}")
}

fn match_id(app: &TestApp) -> i64 {
    use schema::matches as m;
    let newest = m::table.filter(m::undone_at.is_null()).order(m::id.desc()).select(m::id);
    app.read(|db| Ok(newest.first::<pledgepost::values::MatchId>(db)?)).unwrap().0
}

fn statements(app: &TestApp) -> i64 {
    app.read(|db| Ok(schema::bank_statements::table.count().get_result(db)?)).unwrap()
}

fn hides(answer: &Answer, words: &str) {
    assert!(!answer.text.contains(words), "{words:?} is on the page:\n{}", answer.text);
}

on_both! {
    async fn a_statement_is_brought_in(backend) {
        let (app, till) = finance(backend).await;
        till.payout(Payout::of("po_1", 9752).arrives("2026-03-12"));
        app.get(BANK).await.is(200).shows("No statement yet").shows("CAMT.053");
        app.get(IMPORT).await.is(200).shows("Where to find it").shows("Name of the account");
        let done = upload(&app, &[("name", "Main account")], &march()).await;
        done.is(200).shows("The statement is imported").shows("Main account is a new account here");
        done.shows("DE02 1203 0000 0000 2020 51").shows("Look at the open line");
        let bank = app.get(BANK).await;
        bank.is(200).shows("1 open line").shows("Dora Donor").shows("€50.00").shows("€297.52").shows("31 March 2026");
        bank.shows("No payout fits");
        hides(&bank, "€97.52");
        app.get(&format!("{BANK}?show=matched")).await.is(200).shows("1 matched line").shows("Payout of 12 March 2026, €97.52");
        let aside = app.get(&format!("{BANK}?show=set_aside")).await;
        aside.is(200).shows("1 line set aside").shows("−€850.00").shows("Not kept");
        hides(&aside, "Landlord");
        let page = app.get(&format!("{BANK}/statements/1")).await;
        page.is(200).shows("Statement S 3").shows("Opening balance").shows("€1,000.00").shows("€297.52").shows("march.xml");
        page.shows("finance@example.org");
        hides(&page, "is missing");
        app.get(&format!("{BANK}/statements")).await.is(200).shows("1 March 2026 to 31 March 2026").shows("1 open");
        let again = upload(&app, &[("account", "1")], &march()).await;
        again.is(200).shows("This statement is here already").shows("Nothing was changed");
        assert_eq!(statements(&app), 1);
        app.log_in_as(Role::Admin).await;
        app.get("/staff/audit").await.is(200).shows("bank statement");
    }

    async fn what_is_wrong_is_said_with_its_line(backend) {
        let (app, _till) = finance(backend).await;
        app.post_file(IMPORT, &[("name", "Main account")], None).await.is(422).shows("hoose the file that the bank gave you");
        upload(&app, &[("name", " ")], &march()).await.is(422).shows("a name is needed");
        upload(&app, &[("name", "Main account")], &march()).await.is(200);
        let april = || Camt::new("S 4", "2026-04-01", "2026-04-30", 29_752).stripe("2026-04-02", 100);
        let file = april().file();
        let cut = &file[..file.len() / 2];
        let doctype = file.replace("<Document", "<!DOCTYPE d [<!ENTITY a \"b\">]><Document");
        let other = Camt { iban: "DE89370400440532013000".into(), ..april() };
        let dollars = Camt { currency: "USD".into(), ..april() };
        let unbalanced = Camt { off_by: 1, ..april() };
        let overlapping = Camt::new("S 3b", "2026-03-15", "2026-04-14", 100).stripe("2026-03-16", 100);
        for (name, file) in [
            ("no xml", "Date;Amount\n2026-04-02;1,00\n".to_owned()),
            ("cut", cut.to_owned()),
            ("doctype", doctype),
            ("other account", other.file()),
            ("other currency", dollars.file()),
            ("unbalanced", unbalanced.file()),
            ("overlapping", overlapping.file()),
            ("notice", file.replace("camt.053.001.08", "camt.054.001.08")),
        ] {
            let answer = app.post_file(IMPORT, &[("account", "1")], Some(("april.xml", file.as_bytes()))).await;
            assert!(answer.status == 422 && answer.text.contains("line "), "{name}: {} {}", answer.status, answer.text);
            answer.shows("Something needs your attention").shows("href=\"#f-file\"");
        }
        upload(&app, &[("account", "new"), ("name", "Second account")], &april()).await.is(422).shows("href=\"#f-name\"");
        let large = vec![b' '; 10 * 1024 * 1024 + 1];
        app.post_file(IMPORT, &[("account", "1")], Some(("large.xml", &large))).await.is(422).shows("larger than 10 MB");
        assert_eq!(statements(&app), 1);
        app.post_form(IMPORT, &[("account", "1")]).await.is(400);
        app.get(&format!("{BANK}/statements/77")).await.is(404);
        app.get(&format!("{BANK}/lines/77")).await.is(404);
    }

    async fn a_missing_statement_is_said(backend) {
        let (app, _till) = finance(backend).await;
        upload(&app, &[("name", "Main account")], &march()).await.is(200);
        let may = Camt::new("S 5", "2026-05-01", "2026-05-31", 40_000).stripe("2026-05-04", 700);
        upload(&app, &[("account", "1")], &may).await.is(200).shows("is missing");
        app.get(&format!("{BANK}/statements/2")).await.is(200).shows("A statement is missing before this one").shows("€297.52");
        app.get(&format!("{BANK}/statements")).await.is(200).shows("One is missing before");
    }

    async fn two_that_fit_are_for_staff(backend) {
        let (app, till) = finance(backend).await;
        till.payout(Payout::of("po_1", 9752).arrives("2026-03-12"));
        till.payout(Payout::of("po_2", 9752).arrives("2026-03-13"));
        upload(&app, &[("name", "Main account")], &march()).await.is(200);
        let list = app.get(BANK).await;
        list.is(200).shows("Match with payout of 12 March 2026, €97.52").shows("The same amount").shows("1 more may be it");
        let page = line_page(&app, 9752);
        let shown = app.get(&page).await;
        shown.is(200).shows("What it may be").shows("Payout of 13 March 2026, €97.52").shows("Match by hand").shows("Stripe Payments Europe");
        // One click, from the list and back to it.
        let click = [("payout", "po_1"), ("back", "/staff/finance/bank?show=open")];
        app.post_form(&format!("{page}/match"), &click).await.leads_to("/staff/finance/bank?show=open");
        app.get(BANK).await.is(200).shows("Matched: the bank line and the payout are one.");
        let matched = app.get(&page).await;
        matched.is(200).shows("Matched with").shows("by hand").shows("po_1").shows("finance@example.org").shows("Undo this match");
        hides(&matched, "What it may be");
        // Nobody is led elsewhere.
        let elsewhere = [("payout", "po_2"), ("back", "https://evil.example/")];
        app.post_form(&format!("{page}/match"), &elsewhere).await.leads_to(&page);
        app.get(&page).await.is(200).shows("This line is matched already");
        let undo = format!("{page}/matches/{}/undo", match_id(&app));
        app.post_form(&undo, &[("note", " ")]).await.is(422).shows("say why");
        app.post_form(&undo, &[("note", "the other payout")]).await.leads_to(&page);
        let undone = app.get(&page).await;
        undone.is(200).shows("The match is undone").shows("Undone: the other payout").shows("What it may be");
        app.post_form(&format!("{page}/match"), &[("payout", "po_2"), ("note", "its number is in the mail")]).await.leads_to(&page);
        app.get(&page).await.is(200).shows("its number is in the mail").shows("Undone: the other payout");
    }

    async fn several_payouts_in_one_line(backend) {
        let (app, till) = finance(backend).await;
        till.payout(Payout::of("po_1", 10_000).arrives("2026-03-10"));
        till.payout(Payout::of("po_2", 5000).arrives("2026-03-11"));
        let camt = Camt::new("S 3", "2026-03-01", "2026-03-31", 0).stripe("2026-03-12", 15_000);
        upload(&app, &[("name", "Main account")], &camt).await.is(200);
        let page = line_page(&app, 15_000);
        app.get(&page).await.is(200).shows("Together they must be €150.00");
        let wrong = app.post_form(&format!("{page}/match"), &[("payout", "po_1"), ("note", "both")]).await;
        wrong.is(422).shows("What you chose is €100.00").shows("href=\"#f-payout\"").shows("value=\"po_1\" checked").shows("both");
        app.post_form(&format!("{page}/match"), &[]).await.is(422).shows("at least one payout");
        app.post_form(&format!("{page}/match"), &[("payout", "po_1"), ("payout", "po_2")]).await.leads_to(&page);
        app.get(&page).await.is(200).shows("Undo these matches").shows("Undo the matches");
    }

    async fn lines_are_set_aside_and_taken_up(backend) {
        let (app, _till) = finance(backend).await;
        let camt = march().entry("2026-03-22", 6000, "Emil Donor", "a gift").entry("2026-03-23", 7000, "Fay Donor", "thanks");
        upload(&app, &[("name", "Main account")], &camt).await.is(200);
        let (dora, emil) = (line_page(&app, 5000), line_page(&app, 6000));
        let id = |page: &str| page.rsplit('/').next().unwrap().to_owned();
        app.post_form(&format!("{dora}/aside"), &[("note", "")]).await.is(422).shows("say why").shows("href=\"#f-aside\"");
        app.post_form(&format!("{dora}/aside"), &[("note", "a donor\u{2019}s own transfer")]).await.leads_to(&dora);
        app.get(&dora).await.is(200).shows("Take it up again").shows("a donor\u{2019}s own transfer").shows("finance@example.org");
        app.post_form(&format!("{dora}/take-up"), &[]).await.leads_to(&dora);
        app.post_form(&format!("{dora}/take-up"), &[]).await.leads_to(&dora);
        app.get(&dora).await.is(200).shows("This line is not set aside").shows("Set this line aside");
        // Several at once, in a filtered list.
        let bulk = format!("{BANK}/aside?q=donor");
        app.post_form(&bulk, &[("note", "direct gifts")]).await.is(422).shows("ick the lines");
        let (one, two) = (id(&dora), id(&emil));
        let no_note = app.post_form(&bulk, &[("line", &one), ("line", &two), ("note", "")]).await;
        no_note.is(422).shows("say why").shows(&format!("value=\"{one}\" checked")).shows("value=\"donor\"");
        let done = app.post_form(&bulk, &[("line", &one), ("line", &two), ("note", "direct gifts")]).await;
        done.leads_to(&format!("{BANK}?q=donor"));
        let list = app.get(&format!("{BANK}?q=donor")).await;
        list.is(200).shows("2 lines are set aside").shows("Fay Donor").shows("1 open line");
        hides(&list, "Emil Donor");
    }

    async fn the_list_is_filtered(backend) {
        let (app, _till) = finance(backend).await;
        upload(&app, &[("name", "Main account")], &march()).await.is(200);
        let all = app.get(&format!("{BANK}?show=all")).await;
        all.is(200).shows("3 lines").shows("Dora Donor").shows("€97.52");
        for (query, here, not) in [
            ("q=DORA", "Dora Donor", "€97.52"),
            ("q=97.52&show=all", "€97.52", "Dora Donor"),
            ("q=850&show=all", "−€850.00", "Dora Donor"),
            ("from=2026-03-13&to=2026-03-16", "Dora Donor", "€97.52"),
            ("account=1&show=open", "Dora Donor", "−€850.00"),
        ] {
            let found = app.get(&format!("{BANK}?{query}")).await;
            found.is(200).shows(here);
            hides(&found, not);
        }
        app.get(&format!("{BANK}?q=nothinglikethis")).await.is(200).shows("No line is found");
        app.get(&format!("{BANK}?show=matched")).await.is(200).shows("No line is matched yet");
        app.get(&format!("{BANK}?show=odd&account=x&from=y&page=z")).await.is(200).shows("2 open lines");
    }

    async fn others_see_nothing_of_the_bank(backend) {
        let (app, _till) = finance(backend).await;
        upload(&app, &[("name", "Main account")], &march()).await.is(200);
        for role in [Role::Viewer, Role::Campaigner] {
            app.log_in_as(role).await;
            for path in [BANK, IMPORT, "/staff/finance/bank/lines/1", "/staff/finance/bank/statements/1"] {
                app.get(path).await.is(403);
            }
            upload(&app, &[("account", "1")], &march()).await.is(403);
        }
    }
}
