//! Taking bank statements: whole or not at all.

use std::time::{Duration, Instant};

use pledgepost::finance::bank::{self, LineState};
use pledgepost::stripe::PayoutStatus;
use pledgepost::values::PageRequest;

use crate::on_both;
use crate::support::bank::BankStage;
use crate::support::camt::{Camt, file};

fn march() -> Camt {
    Camt::new("2026-03", "2026-03-01", "2026-03-31", 100_000)
        .stripe("2026-03-12", 9752)
        .entry("2026-03-16", -85_000, "Landlord", "Rent of March")
        .entry("2026-03-20", 2500, "A. Donor", "For the garden")
}
fn april() -> Camt {
    Camt::new("2026-04", "2026-04-01", "2026-04-30", march().closing()).stripe("2026-04-02", 1200)
}

on_both! {
    async fn the_account_is_made_and_debits_are_forgotten(backend) {
        let stage = BankStage::new(backend);
        let done = stage.try_import(march().file(), "Main account").unwrap();
        assert!(done.account_is_new && done.warnings.is_empty() && done.known.is_empty());
        assert_eq!((done.account.name.as_str(), done.account.identification.as_str()), ("Main account", "DE02120300000000202051"));
        let taken = &done.statements[0];
        assert_eq!((taken.lines, taken.matched, taken.set_aside), (3, 0, 1));
        let rent = stage.line(-85_000);
        assert_eq!(rent.state(), LineState::SetAside);
        assert_eq!((rent.line.words.as_str(), rent.line.counterparty.as_str(), rent.line.set_aside_by), ("", "", None));
        assert!(rent.line.set_aside_note.contains("the words were not kept"));
        let gift = stage.line(2500);
        assert_eq!((gift.line.words.as_str(), gift.line.counterparty.as_str()), ("For the garden", "A. Donor"));
        let rows = stage.write(|db| Ok(bank::statements(db, None, PageRequest::new(None, 10))?.rows));
        assert_eq!((rows[0].lines, rows[0].open, rows[0].statement.file_name.as_str()), (3, 2, "march.xml"));
        // In any case, the same account.
        assert!(!stage.try_import(april().file(), "main ACCOUNT").unwrap().account_is_new);
    }

    async fn twice_changes_nothing(backend) {
        let stage = BankStage::new(backend);
        stage.import(march().file());
        let before = stage.counts();
        // Also when the bank makes another file of it.
        let again = Camt { reference: "2026-03 copy".into(), ..march() };
        for text in [march().file(), again.file().replace("M-1", "M-2"), march().file().replace('\n', "\r\n")] {
            let done = stage.import(text);
            assert!(done.statements.is_empty() && done.known.len() == 1 && done.warnings.is_empty());
            assert_eq!(stage.counts(), before);
        }
    }

    async fn overlapping_days_are_refused(backend) {
        let stage = BankStage::new(backend);
        stage.import(march().file());
        let overlap = Camt::new("late", "2026-03-28", "2026-04-05", march().closing())
            .entry("2026-04-02", 100, "x", "x")
            .entry("2026-03-30", 100, "y", "y");
        let said = stage.refused(overlap.file(), "Main");
        assert_eq!(
            said,
            "file: line 10: this entry of 2026-03-30 is in days that are here already, by statement 2026-03 \
             (2026-03-01 to 2026-03-31). Take a statement that begins later"
        );
        let empty = Camt::new("other", "2026-03-10", "2026-03-14", 5);
        assert!(stage.refused(empty.file(), "Main").contains("line 4: this statement has no entry on 2026-03-12"));
        // One that is known and one that overlaps: nothing of both.
        assert!(stage.refused(file(&[march(), overlap]), "Main").contains("days that are here already"));
    }

    async fn a_day_that_moved_nothing_on_the_whole(backend) {
        let stage = BankStage::new(backend);
        let day = |reference: &str, words: &str| {
            let camt = Camt::new(reference, "2026-03-12", "2026-03-12", 500);
            camt.entry("2026-03-12", 9752, "Stripe", words).entry("2026-03-12", -9752, "Rent", "rent")
        };
        stage.import(day("12", "STRIPE").file());
        // The bank writes its words otherwise: it opens with what the first closes with, and is the same money again.
        let said = stage.refused(day("12 again", "STRIPE PAYMENTS").file(), "Main");
        assert!(said.contains("the entries of 2026-03-12 are here already, by statement 12"), "{said}");
        let month = Camt { period: Some(("2026-03-12".into(), "2026-03-31".into())), closes_on: "2026-03-31".into(), ..day("month", "x") };
        assert!(stage.refused(month.entry("2026-03-20", 1, "x", "x").file(), "Main").contains("are here already"));
        // Another page of that day is taken.
        let page = Camt::new("12, page 2", "2026-03-12", "2026-03-12", 500).entry("2026-03-12", 70, "x", "x");
        assert_eq!(stage.import(page.file()).statements.len(), 1);
    }

    async fn two_imports_at_once(backend) {
        let stage = BankStage::new(backend);
        stage.payout("po_1", 9752, "2026-03-12", PayoutStatus::Paid);
        let text = march().file();
        let taken: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| stage.import(&text).statements.len())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(taken, 1);
        let [accounts, statements, ..] = stage.counts();
        assert_eq!((accounts, statements), (1, 1));
    }

    async fn a_gap_is_taken_and_said(backend) {
        let stage = BankStage::new(backend);
        stage.import(march().file());
        let late = Camt { opening: april().opening + 1, ..april() };
        let done = stage.import(late.file());
        assert_eq!(done.statements.len(), 1);
        assert!(done.warnings[0].contains("a statement between them is missing"), "{:?}", done.warnings);
        // What is older and does not lead there is said as well.
        let before = Camt::new("2026-02", "2026-02-01", "2026-02-28", 7);
        assert!(stage.import(before.file()).warnings[0].contains("2026-03 after it opened on 2026-03-01"));
    }

    async fn two_statements_in_one_file(backend) {
        let stage = BankStage::new(backend);
        stage.import(march().file());
        let may = Camt::new("2026-05", "2026-05-01", "2026-05-31", april().closing()).pending("2026-05-30", 300);
        let done = stage.import(file(&[may.clone(), march(), april()]));
        assert_eq!(done.known, ["2026-03"]);
        let references: Vec<_> = done.statements.iter().map(|taken| taken.reference.as_str()).collect();
        assert_eq!(references, ["2026-04", "2026-05"]);
        assert_eq!(done.warnings, ["one entry of statement 2026-05 is not booked yet and left out"]);
        // Pages of one day go on where the last one ended.
        let page = |reference: &str, opening| Camt::new(reference, "2026-06-01", "2026-06-01", opening).stripe("2026-06-01", 100);
        let pages = [page("page 1", april().closing()), page("page 2", april().closing() + 100)];
        let done = stage.import(file(&pages));
        assert_eq!((done.statements.len(), done.warnings.len()), (2, 0));
        // All or nothing: the second is not right.
        let wrong = Camt { off_by: 1, ..page("page 4", 0) };
        stage.refused(file(&[Camt::new("page 3", "2026-06-02", "2026-06-02", 0), wrong]), "Main");
    }

    async fn bad_input_changes_nothing(backend) {
        let stage = BankStage::new(backend);
        stage.payout("po_1", 9752, "2026-03-12", PayoutStatus::Paid);
        let good = march().file();
        let mut foreign = march();
        foreign.entries[1].currency = Some("USD".into());
        let changed = |from: &str, to: &str| good.replacen(from, to, 1);
        let cut = good[..good.find("Rent of").unwrap()].to_owned();
        let cases: Vec<(Vec<u8>, &str)> = vec![
            (b"%PDF-1.4".to_vec(), "line 1: this is a PDF file, not a CAMT.053 statement"),
            (b":20:X\n:25:Y\n:60F:C".to_vec(), "line 1: this is an MT940 file"),
            (b"Date;Amount;Text\n".to_vec(), "line 1: this is a table (CSV)"),
            (b"<html><body>Your session has ended".to_vec(), "line 1: this is a web page"),
            (changed("camt.053.001", "camt.052.001").into_bytes(), "line 2: this is a report of the day so far (camt.052)"),
            (changed("camt.053.001", "camt.054.001").into_bytes(), "line 2: this is a notification"),
            (changed("camt.053.001", "pain.001.001").into_bytes(), "line 2: this is an order to the bank"),
            (vec![], "line 1: the file is empty"),
            (cut.into_bytes(), "line 10: the file ends in the middle of the statement"),
            (foreign.file().into_bytes(), "line 10: this entry is in USD, but the account is in EUR"),
            (Camt { off_by: 1, ..march() }.file().into_bytes(), "line 8: the statement does not add up"),
            (changed("97.52", "97,52").into_bytes(), "line 9: \"97,52\" is no amount"),
            (changed("<Dt>2026-03-12</Dt>", "<Dt>2026-02-30</Dt>").into_bytes(), "line 9: \"2026-02-30\" is no day"),
            (changed("DBIT", "DRBT").into_bytes(), "line 10: \"DRBT\" is neither"),
            (changed("<Stmt>", "<Stmt><Note>&ext;</Note>").into_bytes(), "line 4: \"&ext;\" stands for nothing"),
            (vec![b' '; 10 * 1024 * 1024 + 1], "line 1: the file is larger than 10 MB"),
        ];
        for (bytes, says) in cases {
            let said = stage.refused(bytes, "Main");
            assert!(said.starts_with("file: ") && said.contains(says), "{says}: {said}");
        }
        assert_eq!(stage.counts()[..4], [0, 0, 0, 0]);
        assert!(stage.refused(&good, "  ").starts_with("account: a name is needed"));
        assert_eq!(stage.import(&good).statements[0].matched, 1);
    }

    async fn of_another_account(backend) {
        let stage = BankStage::new(backend);
        stage.import(march().file());
        let other = Camt { iban: "NL91ABNA0417164300".into(), ..april() };
        let said = stage.refused(other.file(), "Main");
        assert!(said.contains("line 4: this statement is of the account NL91 ABNA 0417 1643 00, but \"Main\" is DE02"), "{said}");
        let said = stage.refused(april().file(), "Mian");
        assert!(said.starts_with("account: there is no account \"Mian\"") && said.contains("here as \"Main\""), "{said}");
        let dollars = Camt { currency: "USD".into(), ..april() };
        let said = stage.refused(dollars.file(), "Main");
        assert!(said.contains("line 4: this statement is in USD, but the account \"Main\" is in EUR"), "{said}");
        // Two accounts in one file, of which none is known.
        let said = stage.refused(file(&[other.clone(), Camt { iban: "GB33BUKB20201555555555".into(), ..other.clone() }]), "New");
        assert!(said.contains("this statement is of the account GB33"), "{said}");
        // The same number in another currency is an account of its own.
        assert!(stage.try_import(dollars.file(), "Dollars").unwrap().account_is_new);
        assert!(stage.try_import(other.file(), "Savings").unwrap().account_is_new);
    }

    async fn a_bomb_does_not_go_off(backend) {
        let stage = BankStage::new(backend);
        let mut bomb = String::from("<!DOCTYPE lolz [<!ENTITY a0 \"lol\">\n");
        for level in 1..40 {
            bomb += &format!("<!ENTITY a{level} \"{}\">\n", format!("&a{};", level - 1).repeat(10));
        }
        bomb += "]>\n<Document";
        let words = march().file().replacen("<Document", &bomb, 1).replace("For the garden", "&a39;");
        let outside = "<!DOCTYPE x SYSTEM \"http://127.0.0.1:9/x.dtd\" [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><Document";
        let outside = march().file().replacen("<Document", outside, 1).replace("For the garden", "&f;");
        let begun = Instant::now();
        for text in [words, outside] {
            assert!(stage.refused(text, "Main").contains("line 2: the file has a document type"));
        }
        let nested = march().file().replacen("<Id>", &"<a>".repeat(3_000_000), 1);
        assert!(stage.refused(nested, "Main").contains("deeper than a statement"));
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }

    async fn lines_are_found(backend) {
        use pledgepost::finance::bank::LineFilter;
        let stage = BankStage::new(backend);
        stage.payout("po_1", 9752, "2026-03-12", PayoutStatus::Paid);
        stage.import(file(&[march(), april()]));
        let found = |filter: LineFilter| {
            let rows = stage.write(|db| Ok(bank::lines(db, &filter, PageRequest::new(None, 50))?.rows));
            rows.iter().map(|row| row.line.amount_minor).collect::<Vec<_>>()
        };
        let state = |state| LineFilter { state: Some(state), ..LineFilter::default() };
        assert_eq!(found(state(LineState::Matched)), [9752]);
        assert_eq!(found(state(LineState::Open)), [1200, 2500]);
        assert_eq!(found(state(LineState::SetAside)), [-85_000]);
        assert_eq!(found(LineFilter { q: "GARDEN".into(), ..LineFilter::default() }), [2500]);
        let statement = stage.line(1200).line.statement_id;
        assert_eq!(found(LineFilter { statement: Some(statement), ..LineFilter::default() }), [1200]);
    }
}
