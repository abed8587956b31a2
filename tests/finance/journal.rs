//! The journal: its account map, entries, months and exports. beancount's own bean-check says whether an export adds up.

use std::process::Command;

use diesel::prelude::*;
use pledgepost::audit::Actor;
use pledgepost::db::schema;
use pledgepost::error::Error;
use pledgepost::finance::journal::accounts::{self, Purpose};
use pledgepost::finance::journal::{self, Change, Exported, Format, MonthView};
use pledgepost::finance::{AccountKind, AccountRole, JournalAccount};
use pledgepost::values::{At, Day, JournalAccountId, Month};

use crate::on_both;
use crate::support::money::{Line, Payout, Till};
use crate::support::{TestDb, python};

const ZONE: chrono_tz::Tz = chrono_tz::Europe::Berlin;
const BEANCOUNT: &str = include_str!("../../scripts/beancount-python-version");

fn noon(day: &str) -> At {
    At(format!("{day}T12:00:00Z").parse().unwrap())
}

fn month(text: &str) -> Month {
    Month::parse(text).unwrap()
}

fn view(till: &Till, of: &str) -> MonthView {
    till.db.read_here(|db| journal::month(db, false, month(of), ZONE)).unwrap()
}

fn export_at(till: &Till, of: &str, format: Format, now: At) -> Result<Exported, Error> {
    till.db.write_here(|db| journal::export(db, false, month(of), format, ZONE, &Actor::command_line(), now))
}

fn export(till: &Till, of: &str, format: Format) -> String {
    String::from_utf8(export_at(till, of, format, noon("2027-06-01")).unwrap().content).unwrap()
}

fn changed(till: &Till, of: &str) -> Vec<Change> {
    till.db.read_here(|db| journal::changed_since(db, false, month(of), ZONE)).unwrap()
}

/// Code, currency, opening, debit, credit, closing.
fn table(view: &MonthView) -> Vec<String> {
    let row = |row: &journal::AccountMonth| {
        let (code, currency) = (&row.account.code, &row.currency);
        format!("{code} {currency} {} +{} -{} = {}", row.opening, row.debit, row.credit, row.closing)
    };
    view.accounts.iter().map(row).collect()
}

fn account(till: &Till, role: AccountRole) -> JournalAccount {
    let all = till.db.write_here(|db| accounts::ensure(db, till.now).and_then(|()| accounts::list(db))).unwrap();
    all.into_iter().find(|account| account.role == role).unwrap()
}

/// What bean-check says; empty when the file is taken.
fn bean_check(text: &str) -> String {
    let check = python().with_file_name("bean-check");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal.beancount");
    std::fs::write(&file, text).unwrap();
    let output = Command::new(&check).arg("--no-cache").arg(&file).env_remove("PYTHONPATH").output();
    let output = output.unwrap_or_else(|error| {
        panic!(
            "{}: {error}: run scripts/test, which installs beancount {}, or set PLEDGEPOST_TEST_PYTHON to a Python \
             that has it",
            check.display(),
            BEANCOUNT.trim()
        )
    });
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.success(), said.is_empty(), "{said}");
    said
}

/// One gift of 25.00 with a fee of 1.00, paid out and at the bank, in November; a line that nobody explains in December.
fn small(till: &Till) {
    let given = till.at(noon("2026-11-03")).gift("one", 2500, 100);
    till.at(noon("2026-11-05")).pays_out("po_1", &[&given.line]);
    let bank = till.bank_account("Main");
    let (_, lines) = till.statement(bank, "2026-11-06", 0, &[2400]);
    till.matched(lines[0], "po_1", "paid");
    till.line(Line::of("txn_x", "charge", 700).says("Ana Ivanova, thank you").at(noon("2026-12-01")));
}

on_both! {
    async fn a_month_balances_and_the_next_begins_with_it(backend) {
        let test = TestDb::new(backend);
        let till = Till::new(&test.connect(), noon("2026-11-03"));
        small(&till);
        let november = view(&till, "2026-11");
        assert_eq!(table(&november), [
            "1200 EUR 0 +2400 -0 = 2400",
            "1210 EUR 0 +2400 -2400 = 0",
            "1220 EUR 0 +2400 -2400 = 0",
            "4000 EUR 0 +0 -2500 = -2500",
            "6000 EUR 0 +100 -0 = 100",
        ]);
        let december = view(&till, "2026-12");
        assert_eq!(table(&december), [
            "1200 EUR 2400 +0 -0 = 2400",
            "1210 EUR 0 +700 -0 = 700",
            "4000 EUR -2500 +0 -0 = -2500",
            "6000 EUR 100 +0 -0 = 100",
            "9990 EUR 0 +0 -700 = -700",
        ]);
        assert_eq!(december.suspense[0].to_string(), "-7.00 EUR");
        let months = till.db.read_here(|db| journal::months(db, false, ZONE)).unwrap();
        assert_eq!(months, [month("2026-12"), month("2026-11")]);
        // Real money is another journal.
        assert!(till.db.read_here(|db| journal::months(db, true, ZONE)).unwrap().is_empty());
    }

    async fn the_csv(backend) {
        let test = TestDb::new(backend);
        let till = Till::new(&test.connect(), noon("2026-11-03"));
        small(&till);
        let fees = account(&till, AccountRole::Fees);
        till.db.write_here(|db| {
            accounts::save(db, fees.id, "6000", "=1+1", None, &Actor::command_line(), till.now)
        }).unwrap();
        let csv = export(&till, "2026-11", Format::Csv);
        assert_eq!(csv, "\
date,entry,narration,account_code,account_name,debit,credit,currency,fund,donation,balance_transaction,payout,bank_line
2026-11-03,txn_one,Gift 1,1210,Stripe balance,24.00,,EUR,relief,1,txn_one,po_1,
2026-11-03,txn_one,Gift 1,6000,'=1+1,1.00,,EUR,relief,1,txn_one,po_1,
2026-11-03,txn_one,Gift 1,4000,Donations,,25.00,EUR,relief,1,txn_one,po_1,
2026-11-05,txn_po_1,Payout po_1 left Stripe,1210,Stripe balance,,24.00,EUR,,,txn_po_1,po_1,
2026-11-05,txn_po_1,Payout po_1 left Stripe,1220,Stripe payouts on their way,24.00,,EUR,,,txn_po_1,po_1,
2026-11-06,match-1,Payout po_1 is at the bank,1200,Bank,24.00,,EUR,,,,po_1,1
2026-11-06,match-1,Payout po_1 is at the bank,1220,Stripe payouts on their way,,24.00,EUR,,,,po_1,1
");
        // The journal leaves the house: no donor is named in it, not even by what Stripe wrote.
        for format in [Format::Csv, Format::Beancount, Format::Xero] {
            let text = export(&till, "2026-12", format) + &export(&till, "2026-11", format);
            assert!(!text.contains("Ana") && !text.contains("example.org"), "{text}");
        }
    }

    async fn xeros_manual_journals(backend) {
        let test = TestDb::new(backend);
        let till = Till::new(&test.connect(), noon("2026-11-03"));
        small(&till);
        till.gift("two", 1000, 50);
        let exported = export_at(&till, "2026-11", Format::Xero, noon("2026-12-02")).unwrap();
        assert_eq!(exported.file_name, "journal-2026-11-test.xero.csv");
        assert_eq!(String::from_utf8(exported.content).unwrap(), "\
Narration,Date,Description,AccountCode,TaxRate,Amount
\"TEST MONEY, not for the books: 2026-11-03\",03/11/2026,Stripe balance,1210,Tax Exempt,33.50
\"TEST MONEY, not for the books: 2026-11-03\",03/11/2026,Donations,4000,Tax Exempt,-35.00
\"TEST MONEY, not for the books: 2026-11-03\",03/11/2026,Payment fees,6000,Tax Exempt,1.50
\"TEST MONEY, not for the books: 2026-11-05\",05/11/2026,Stripe balance,1210,Tax Exempt,-24.00
\"TEST MONEY, not for the books: 2026-11-05\",05/11/2026,Stripe payouts on their way,1220,Tax Exempt,24.00
\"TEST MONEY, not for the books: 2026-11-06\",06/11/2026,Bank,1200,Tax Exempt,24.00
\"TEST MONEY, not for the books: 2026-11-06\",06/11/2026,Stripe payouts on their way,1220,Tax Exempt,-24.00
");
        till.line(Line::of("txn_yen", "charge", 700).currency("JPY").at(noon("2026-11-09")));
        let refused = export_at(&till, "2026-11", Format::Xero, till.now).unwrap_err().to_string();
        assert!(refused.contains("EUR, JPY") && refused.contains("as csv or beancount"), "{refused}");
        // What was refused was not kept: the yen are a change since the file of before.
        assert!(changed(&till, "2026-11")[0].what.contains("JPY"));
    }

    async fn what_changes_after_an_export_is_seen(backend) {
        let test = TestDb::new(backend);
        let till = Till::new(&test.connect(), noon("2026-11-03"));
        small(&till);
        let kept = |till: &Till| till.db.read_here(|db| journal::exports(db, false, month("2026-11"))).unwrap();
        assert_eq!(changed(&till, "2026-11"), []);
        export_at(&till, "2026-11", Format::Csv, noon("2026-11-10")).unwrap();
        export_at(&till, "2026-11", Format::Beancount, noon("2026-11-11")).unwrap();
        assert_eq!((kept(&till).len(), kept(&till)[0].entries), (1, 3));
        // The month goes on.
        till.at(noon("2026-11-20")).gift("two", 1000, 50);
        assert_eq!(changed(&till, "2026-11"), []);
        // The past does not.
        till.at(noon("2026-11-04")).gift("three", 1000, 0);
        let what: Vec<String> = changed(&till, "2026-11").into_iter().map(|change| change.what).collect();
        assert_eq!(what, ["txn_three was added: 2026-11-04, Gift 3: 1210 10.00, 4000 -10.00 EUR"]);
        export_at(&till, "2026-11", Format::Csv, noon("2026-12-02")).unwrap();
        assert_eq!((changed(&till, "2026-11"), kept(&till).len()), (vec![], 2));
        till.write(|db| {
            use schema::matches as m;
            diesel::update(m::table).set((m::undone_at.eq(till.now), m::undone_note.eq("not ours"))).execute(db)
        });
        let income = account(&till, AccountRole::Income);
        till.db.write_here(|db| {
            accounts::save(db, income.id, "4100", "Gifts", None, &Actor::command_line(), till.now)
        }).unwrap();
        let changes = view(&till, "2026-11").changed;
        assert_eq!(changes.len(), 4, "{changes:#?}");
        assert!(changes[0].what.contains("is booked otherwise now: 2026-11-03, Gift 1: 1210 24.00, 4100 -25.00"));
        assert!(changes[3].what.starts_with("match-1 is not there any more: 2026-11-06, Payout po_1 is at the bank"));
        let all = till.db.read_here(|db| journal::changed_months(db, false, ZONE)).unwrap();
        assert_eq!((all.len(), all[0].1.len()), (1, 4));
    }

    async fn the_account_map(backend) {
        let test = TestDb::new(backend);
        let till = Till::new(&test.connect(), noon("2026-11-03"));
        let by = Actor::command_line();
        let add = |purpose, code: &str, name: &str| {
            till.db.write_here(|db| accounts::add(db, purpose, code, name, &by, till.now))
        };
        let says = |result: Result<JournalAccountId, Error>, field: &str| match result {
            Err(Error::Invalid(fields)) => assert_eq!(fields[0].field, field, "{fields:?}"),
            other => panic!("{other:?}"),
        };
        let grants = add(Purpose::Other(AccountKind::Income), "4300.a-B", "Grants").unwrap();
        says(add(Purpose::Other(AccountKind::Income), "4300.a-B", "Others"), "code");
        for bad in ["", "-1", "12 3", "1234567890123456789012", "4ä"] {
            says(add(Purpose::Other(AccountKind::Income), bad, "Others"), "code");
        }
        says(add(Purpose::Other(AccountKind::Income), "1", " "), "name");
        let (fund, bank) = (till.fund("relief"), till.bank_account("Main"));
        let relief = add(Purpose::Fund(fund), "4010", "Помощь").unwrap();
        says(add(Purpose::Fund(fund), "4011", "again"), "fund");
        add(Purpose::Bank(bank), "1201", "Main").unwrap();
        says(add(Purpose::Bank(pledgepost::values::BankAccountId(99)), "1202", "nothing"), "bank_account");
        small_with_bank(&till, bank);
        assert_eq!(table(&view(&till, "2026-11")), [
            "1201 EUR 0 +2400 -0 = 2400",
            "1210 EUR 0 +2400 -2400 = 0",
            "1220 EUR 0 +2400 -2400 = 0",
            "4010 EUR 0 +0 -2500 = -2500",
            "6000 EUR 0 +100 -0 = 100",
        ]);
        // General ones stay; those in use too; others go.
        let remove = |id| till.db.write_here(|db| accounts::remove(db, id, &by, till.now));
        assert!(matches!(remove(account(&till, AccountRole::Suspense).id), Err(Error::Conflict(_))));
        till.line(Line::of("txn_grant", "charge", 900));
        explain(&till, "txn_grant", grants, "Grant of the city");
        assert!(matches!(remove(grants), Err(Error::Conflict(_))));
        remove(relief).unwrap();
        assert!(table(&view(&till, "2026-11")).contains(&"4000 EUR 0 +0 -2500 = -2500".to_owned()));
        assert!(table(&view(&till, "2026-11")).contains(&"4300.a-B EUR 0 +0 -900 = -900".to_owned()));
        let save = |id, kind| till.db.write_here(|db| accounts::save(db, id, "77", "New", Some(kind), &by, till.now));
        save(grants, AccountKind::Liabilities).unwrap();
        assert!(matches!(save(account(&till, AccountRole::Fees).id, AccountKind::Assets), Err(Error::Invalid(_))));
        let audit = till
            .db
            .read_here(|db| pledgepost::audit::of_subject(db, "journal account", 9).map_err(Error::from))
            .unwrap();
        assert_eq!(audit[0].detail, "4300.a-B Grants is 77 New, liabilities instead of income");
    }

    async fn the_books_begin_with_what_was_at_stripe(backend) {
        let test = TestDb::new(backend);
        let till = Till::new(&test.connect(), noon("2026-10-20"));
        till.gift("old", 10_000, 300);
        // Left Stripe before the books began, and came to the bank after.
        till.payout(Payout::of("po_old", 4000));
        let (_, lines) = till.statement(till.bank_account("Main"), "2026-11-02", 0, &[4000]);
        till.matched(lines[0], "po_old", "paid");
        till.at(noon("2026-11-03")).gift("one", 2500, 100);
        let begins = Day::parse("2026-11-01").unwrap().begins(ZONE);
        till.write(|db| {
            use schema::books as b;
            diesel::insert_into(b::table).values((b::id.eq(1_i64), b::begins_at.eq(Some(begins)))).execute(db)
        });
        assert_eq!(table(&view(&till, "2026-10")), Vec::<String>::new());
        let november = view(&till, "2026-11");
        let words: Vec<String> = november.entries.iter().map(|e| format!("{} {}", e.day, e.narration)).collect();
        assert_eq!(words, [
            "2026-11-01 Balance at Stripe when the books began",
            "2026-11-02 Payout po_old is at the bank",
            "2026-11-03 Gift 2",
        ]);
        assert_eq!(table(&november), [
            "1200 EUR 0 +4000 -0 = 4000",
            "1210 EUR 0 +8100 -0 = 8100",
            "4000 EUR 0 +0 -2500 = -2500",
            "6000 EUR 0 +100 -0 = 100",
            "9000 EUR 0 +0 -9700 = -9700",
        ]);
        let closing = |view: &MonthView| view.accounts.iter().map(|row| row.closing).collect::<Vec<_>>();
        assert_eq!(closing(&november), closing(&view(&till, "2026-12")));
        for of in ["2026-10", "2026-11", "2026-12"] {
            assert_eq!(bean_check(&export(&till, of, Format::Beancount)), "");
        }
        let months = till.db.read_here(|db| journal::months(db, false, ZONE)).unwrap();
        assert_eq!(months, [month("2026-11")]);
    }

    async fn amounts_at_which_numbers_end_are_refused_in_words(backend) {
        let test = TestDb::new(backend);
        let till = Till::new(&test.connect(), noon("2026-11-03"));
        for id in ["txn_1", "txn_2"] {
            till.line(Line::of(id, "charge", i64::MAX - 1));
        }
        let of = |of: &str| till.db.read_here(|db| journal::month(db, false, month(of), ZONE));
        assert!(of("2026-11").unwrap_err().to_string().contains("too large"));
        assert!(of("2026-12").is_err());
    }

    async fn the_referee_accepts_random_books_and_no_changed_cent(backend) {
        for seed in 1..=3 {
            let test = TestDb::new(backend);
            let till = Till::new(&test.connect(), noon("2026-09-01"));
            random_books(&till, Random(seed));
            for of in ["2026-09", "2026-10", "2026-11", "2026-12"] {
                let text = export(&till, of, Format::Beancount);
                assert_eq!(bean_check(&text), "", "seed {seed}, {of}:\n{text}");
                assert!(text.contains("Income:4010-Помощь-сейчас"), "{text}");
            }
            // A cent less on one posting, on a posting and its counterpart, and on a balance.
            let text = export(&till, "2026-10", Format::Beancount);
            let tamper = |from: &str| {
                let line = text.lines().find(|line| line.starts_with(from) && line.ends_with("EUR")).unwrap();
                let amount = line.split_whitespace().find(|word| word.contains('.') && !word.contains(':')).unwrap();
                let last = amount.chars().last().unwrap();
                let other = if last == '9' { '8' } else { '9' };
                let changed = format!("{}{other}", &amount[..amount.len() - 1]);
                text.replacen(line, &line.replacen(amount, &changed, 1), 1)
            };
            for from in ["  Assets:1210", "2026-11-01 balance Assets:1210"] {
                assert_ne!(bean_check(&tamper(from)), "", "{from}");
            }
        }
    }
}

fn small_with_bank(till: &Till, bank: pledgepost::values::BankAccountId) {
    let given = till.at(noon("2026-11-03")).gift("one", 2500, 100);
    till.at(noon("2026-11-05")).pays_out("po_1", &[&given.line]);
    let (_, lines) = till.statement(bank, "2026-11-06", 0, &[2400]);
    till.matched(lines[0], "po_1", "paid");
}

fn explain(till: &Till, line: &str, account: JournalAccountId, note: &str) {
    use schema::explanations as e;
    till.write(|db| {
        let row = (
            e::balance_transaction.eq(line),
            e::journal_account_id.eq(account),
            e::note.eq(note),
            e::made_at.eq(till.now),
        );
        diesel::insert_into(e::table).values(row).execute(db)
    });
}

/// The same numbers for the same seed, for ever (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }
    fn amount(&mut self) -> i64 {
        i64::try_from(self.below(500_000) * 10 + 10).unwrap()
    }
}

/// Three months with everything that can happen, in three currencies.
fn random_books(till: &Till, mut random: Random) {
    let by = Actor::command_line();
    let fund = till.fund("relief");
    till.write(|db| {
        use schema::fund_names as n;
        diesel::update(n::table).set(n::name.eq("Помощь \"сейчас\" \\ ныне")).execute(db)
    });
    let other = till.db.write_here(|db| {
        accounts::add(db, Purpose::Fund(fund), "4010", "Помощь \"сейчас\"", &by, till.now)?;
        accounts::add(db, Purpose::Other(AccountKind::Liabilities), "a.1", "ⓐ Ⅷ हिन्दी: loans", &by, till.now)?;
        accounts::add(db, Purpose::Other(AccountKind::Liabilities), "a-1", "ⓐ Ⅷ हिन्दी: loans", &by, till.now)
    });
    let other = other.unwrap();
    let bank = till.bank_account("Main");
    for n in 0..70 {
        let at = At(noon("2026-09-01").0 + chrono::Duration::hours(i64::try_from(random.below(24 * 89)).unwrap()));
        let till = till.at(at);
        let (name, amount) = (format!("n{n}"), random.amount());
        let currency = ["EUR", "JPY", "KWD"][usize::try_from(random.below(3)).unwrap()];
        let day = |days: i64| Day::of(At(at.0 + chrono::Duration::days(days)), ZONE).to_string();
        let line = |category: &str, minor| Line::of(&format!("txn_{name}"), category, minor).currency(currency);
        match random.below(9) {
            // Now and then what was given is not what was settled.
            0..=2 => {
                let gave = if random.below(4) == 0 { "USD" } else { currency };
                till.donation(&name, amount, gave, "paid");
                let charge = till.charge(&name, amount, gave);
                till.line(line("charge", amount).fee(amount / 30).source(&charge));
            }
            3 => {
                let given = till.gift(&name, amount, 30);
                let refund = till.refund(&given, &name, amount / 2 + 1);
                if random.below(2) == 0 {
                    till.refund_fails(&refund, amount / 2 + 1);
                }
            }
            4 => drop(till.line(line("fee", -amount))),
            // Stripe's three numbers may not fit together.
            5 => drop(till.line(Line { net: Some(amount - 7), ..line("charge", amount).says("Ana \"who\" gave") })),
            6 => {
                till.line(line("other_adjustment", -amount));
                explain(&till, &format!("txn_{name}"), other, "lent to us \"for now\" \\ \n later");
            }
            _ => {
                let id = format!("po_{name}");
                till.payout(Payout { currency: currency.into(), ..Payout::of(&id, amount) });
                if random.below(4) > 0 {
                    let (_, lines) = till.statement(bank, &day(2), n, &[amount]);
                    till.matched(lines[0], &id, "paid");
                    if random.below(3) == 0 {
                        let till = till.at(At(at.0 + chrono::Duration::days(3)));
                        till.payout_fails(&id);
                        // Its line is in the payout's currency.
                        till.write(|db| {
                            use schema::balance_transactions as b;
                            let back = b::table.filter(b::id.eq(format!("txn_back_{id}")));
                            diesel::update(back).set(b::currency.eq(currency)).execute(db)
                        });
                        let (_, lines) = till.statement(bank, &day(4), 1000 + n, &[-amount]);
                        till.matched(lines[0], &id, "returned");
                    }
                }
            }
        }
    }
}
