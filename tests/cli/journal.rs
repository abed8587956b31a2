//! `pledgepost journal export`.

use pledgepost::values::At;

use crate::on_both;
use crate::support::TestDb;
use crate::support::money::Till;
use crate::support::program::Program;

on_both! {
    async fn a_month_goes_to_standard_output_and_advice_to_standard_error(backend) {
        let test = TestDb::new(backend);
        let program = Program::with_test_key(&test.url);
        let export = |month: &str, format: &str| {
            let output = program.run(&["journal", "export", "--month", month, "--format", format]);
            let text = |bytes| String::from_utf8(bytes).unwrap();
            (output.status.code(), text(output.stdout), text(output.stderr))
        };
        let till = Till::new(&test.connect(), At("2026-02-03T12:00:00Z".parse().unwrap()));
        till.gift("one", 2500, 100);
        let (code, csv, said) = export("2026-02", "csv");
        assert_eq!((code, csv.lines().count()), (Some(0), 4), "{csv}{said}");
        assert!(said.contains("test money"), "{said}");
        let (code, text, _) = export("2026-02", "beancount");
        assert!(code == Some(0) && text.contains("balance Assets:1210-Stripe-balance  24.00 ~ 0 EUR"), "{text}");
        // Nothing there, and not even there yet.
        let (code, csv, said) = export("2019-01", "csv");
        assert_eq!((code, csv.lines().count()), (Some(0), 1));
        assert!(said.contains("2019-01 has no entries."), "{said}");
        let (code, csv, said) = export("2199-01", "xero");
        assert_eq!((code, csv.lines().count()), (Some(0), 1));
        assert!(said.contains("2199-01 has not begun."), "{said}");
        let wrong = program.refused(2, &["journal", "export", "--month", "2026-13", "--format", "csv"]);
        assert!(wrong.contains("a month is written like 2026-11"), "{wrong}");
        let wrong = program.refused(2, &["journal", "export", "--month", "2026-11", "--format", "pdf"]);
        assert!(wrong.contains("csv, xero, beancount"), "{wrong}");
    }
}
