//! `statement import`, run for real.

use crate::on_both;
use crate::support::TestDb;
use crate::support::camt::Camt;
use crate::support::program::Program;

fn march() -> Camt {
    Camt::new("2026-03", "2026-03-01", "2026-03-31", 0)
        .stripe("2026-03-12", 9752)
        .entry("2026-03-16", -850, "Landlord", "Rent")
        .pending("2026-03-31", 100)
}

on_both! {
    async fn a_statement_is_imported(backend) {
        let db = TestDb::new(backend);
        let program = Program::sandbox(&db.url);
        let file = program.file("march.xml", march().file());
        let import = |file: &str, name: &str| program.run(&["statement", "import", file, "--account", name]);
        let first = import(&file, "Main");
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        assert_eq!(first.status.code(), Some(0), "{}", said(&first.stderr));
        assert_eq!(
            said(&first.stdout),
            "The account Main (DE02120300000000202051, EUR) was made from the statement.\n\
             2026-03: 2026-03-01 to 2026-03-31, 2 lines, 0 matched with payouts, 1 set aside."
        );
        assert_eq!(said(&first.stderr), "warning: one entry of statement 2026-03 is not booked yet and left out");
        let again = import(&file, "Main");
        assert_eq!(again.status.code(), Some(0));
        assert_eq!(said(&again.stdout), "2026-03: is here already.\nNothing was changed.");

        let wrong = program.file("wrong.xml", Camt { off_by: 1, ..march() }.file());
        let refused = program.refused(1, &["statement", "import", &wrong, "--account", "Main"]);
        assert!(refused.contains("wrong.xml: line 8: the statement does not add up"), "{refused}");
        assert!(refused.trim_end().ends_with("Nothing was changed."), "{refused}");
        let refused = program.refused(1, &["statement", "import", &file, "--account", "Other"]);
        assert!(refused.contains("--account: there is no account \"Other\""), "{refused}");
        assert!(program.refused(1, &["statement", "import", "nowhere.xml", "--account", "Main"]).contains("cannot open"));
        program.refused(2, &["statement", "import", &file]);

        let next = Camt::new("2026-04", "2026-04-01", "2026-04-30", 1).file();
        let next = program.file("april.xml", next);
        let out = program.ok(&["statement", "import", &next, "--account", "main", "--json"]);
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!((&json["account"]["name"], &json["account"]["new"]), (&"Main".into(), &false.into()));
        assert_eq!((&json["statements"][0]["reference"], &json["statements"][0]["lines"]), (&"2026-04".into(), &0.into()));
        assert!(json["warnings"][0].as_str().unwrap().contains("is missing"));
    }
}
