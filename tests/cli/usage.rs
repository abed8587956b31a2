//! Settings and databases that cannot be taken: a clear message, and nothing changed.

use crate::on_both;
use crate::support::program::Program;
use crate::support::smtp_sink::{Script, SmtpSink};
use crate::support::{Backend, TestDb};

#[test]
fn bad_usage_ends_with_two() {
    let test = TestDb::unmigrated(Backend::Sqlite);
    let program = Program::sandbox(&test.url);
    assert!(program.refused(2, &["sned"]).contains("unrecognized subcommand"));
    assert!(program.refused(2, &["campaign", "send"]).contains("<ID>"));
    let file = test.url.strip_prefix("sqlite://").unwrap();
    assert!(!std::path::Path::new(file).exists(), "no database was made");
}

#[test]
fn an_unknown_key_in_the_settings_file_is_named() {
    let test = TestDb::unmigrated(Backend::Sqlite);
    let program = Program::sandbox(&test.url);
    program.file("pledgepost.toml", "smtp_ulr = \"smtp://mail.example\"\n");
    let said = program.refused(1, &["migrate"]);
    assert!(said.contains("smtp_ulr") && said.contains("pledgepost.toml"), "{said}");
    assert!(!std::path::Path::new(test.url.strip_prefix("sqlite://").unwrap()).exists());
}

#[test]
fn an_unknown_variable_is_said_aloud() {
    let test = TestDb::unmigrated(Backend::Sqlite);
    let output = Program::sandbox(&test.url).with("PLEDGEPOST_SMTP_ULR", "smtp://mail.example").run(&["migrate"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("PLEDGEPOST_SMTP_ULR is not a setting"), "{said}");
}

#[test]
fn unknown_schemes_and_folders_are_refused() {
    for url in ["mysql://localhost/x", "pledgepost.db", "sqlite:///nowhere/at/all/p.db"] {
        let said = Program::sandbox(url).refused(1, &["migrate"]);
        assert!(said.starts_with("pledgepost: "), "{said}");
    }
}

on_both! {
    async fn a_live_database_is_never_used_by_the_sandbox(backend) {
        let (test, sink) = (TestDb::unmigrated(backend), SmtpSink::start(Script::accept_all()));
        let live = Program::live(&test.url, &sink);
        live.ok(&["topic", "add", "--slug", "news", "--name", "News"]);
        let said = match backend {
            Backend::Sqlite => Program::sandbox(&test.url).refused(1, &["subscribers", "export"]),
            // The demo is the sandbox that PostgreSQL knows.
            Backend::Postgres => Program::sandbox(&test.url).refused(1, &["demo", "--exit"]),
        };
        assert!(said.contains("live") || said.contains("not made by the demo"), "{said}");
        assert!(live.ok(&["subscribers", "export"]).starts_with("email,"), "and it still works");
    }

    async fn another_secret_key_opens_nothing(backend) {
        let (test, sink) = (TestDb::unmigrated(backend), SmtpSink::start(Script::accept_all()));
        let first = Program::live(&test.url, &sink);
        first.ok(&["topic", "add", "--slug", "news", "--name", "News"]);
        let other = Program::live(&test.url, &sink).with("PLEDGEPOST_SECRET_KEY", "quite another key and long");
        assert!(other.refused(1, &["subscribers", "export"]).contains("PLEDGEPOST_SECRET_KEY"));
        // Rotation: the new key first, the old one behind it; afterwards the new one is enough.
        let both = "quite another key and long,a key for tests and long enough";
        let (old, new) = (both.split(',').nth(1).unwrap(), both.split(',').next().unwrap());
        let test = TestDb::unmigrated(backend);
        let with = |key: &str| Program::live(&test.url, &sink).with("PLEDGEPOST_SECRET_KEY", key);
        for key in [old, both, new] {
            with(key).ok(&["subscribers", "export"]);
        }
        let doctor = with(old).run(&["doctor"]);
        let said = String::from_utf8(doctor.stdout).unwrap();
        assert_eq!(doctor.status.code(), Some(1));
        assert!(said.contains("FAIL stamp and key: none of the given PLEDGEPOST_SECRET_KEY opens this database"), "{said}");
        let said = String::from_utf8(with(new).run(&["doctor"]).stdout).unwrap();
        assert!(said.contains("ok   stamp and key: marked live, and the key opens it"), "{said}");
        with(old).refused(1, &["subscribers", "export"]);
    }

    async fn a_database_of_a_newer_version_is_refused(backend) {
        use diesel::prelude::*;
        let test = TestDb::new(backend);
        test.connect()
            .write_here(|db| -> Result<_, pledgepost::error::Error> {
                Ok(diesel::sql_query("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')").execute(db)?)
            })
            .unwrap();
        let sink = SmtpSink::start(Script::accept_all());
        let said = Program::live(&test.url, &sink).refused(1, &["subscribers", "export"]);
        assert!(said.contains("newer than this program"), "{said}");
    }
}
