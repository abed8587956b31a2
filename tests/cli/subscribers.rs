//! `subscribers import`, `subscribers export`, `topic add`.

use std::sync::Arc;

use pledgepost::app::App;
use pledgepost::cli::subscribers::{self, SubscribersCommand};
use pledgepost::cli::topic::{self, TopicCommand};
use pledgepost::config::Config;
use pledgepost::installation::MadeBy;
use pledgepost::subscribers::csv::Csv;
use pledgepost::subscribers::import::Columns;
use pledgepost::subscribers::{SubscriberState, SuppressionReason, store, suppression};
use pledgepost::values::{At, Clock, EmailAddress, Language, RootKey};
use proptest::prelude::*;

use crate::on_both;
use crate::support::app::START;
use crate::support::{Backend, TestDb};

struct Desk {
    app: Arc<App>,
    folder: tempfile::TempDir,
    _db: TestDb,
}

struct Ran {
    ok: bool,
    out: String,
    err: String,
}

impl Desk {
    fn new(backend: Backend) -> Self {
        let db = TestDb::new(backend);
        let config = Config::demo(&db.url, 1).unwrap();
        let app = App::build(config, Clock::fake(At::from_micros(START)), MadeBy::Serve).unwrap();
        let desk = Self { app, folder: tempfile::tempdir().unwrap(), _db: db };
        let added = desk.topic("news", "News");
        assert!(added.ok, "{}", added.err);
        desk
    }
    fn topic(&self, slug: &str, name: &str) -> Ran {
        let command = TopicCommand::Add { slug: slug.into(), name: name.into(), description: String::new() };
        self.ran(|out, err| topic::run(&self.app, command, out, err))
    }
    fn import(&self, bytes: &[u8], basis: Option<&str>) -> Ran {
        let file = self.folder.path().join("list.csv");
        std::fs::write(&file, bytes).unwrap();
        let command = SubscribersCommand::Import {
            file,
            topic: "news".into(),
            confirmed: basis.is_some(),
            basis: basis.map(str::to_owned),
            json: true,
        };
        self.ran(|out, err| subscribers::run(&self.app, command, out, err))
    }
    fn export(&self) -> String {
        let command = SubscribersCommand::Export { topic: Some("news".into()) };
        self.ran(|out, err| subscribers::run(&self.app, command, out, err)).out
    }
    fn ran(&self, run: impl FnOnce(&mut Vec<u8>, &mut Vec<u8>) -> anyhow::Result<bool>) -> Ran {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let ok = run(&mut out, &mut err);
        let mut err = String::from_utf8(err).unwrap();
        let ok = ok.unwrap_or_else(|error| {
            err.push_str(&format!("{error:#}"));
            false
        });
        Ran { ok, out: String::from_utf8(out).unwrap(), err }
    }
    fn find(&self, email: &str) -> Option<pledgepost::subscribers::Subscriber> {
        let email = EmailAddress::parse(email).unwrap();
        self.app.db.read_here(|db| store::by_email(db, &email).map_err(pledgepost::error::Error::from)).unwrap()
    }
    fn set_state(&self, email: &str, state: SubscriberState) {
        let mut row = self.find(email).unwrap();
        row.state = state;
        self.app
            .db
            .write_here(|db| store::save(db, &row, row.updated_at).map_err(pledgepost::error::Error::from))
            .unwrap();
    }
}

on_both! {
    async fn a_list_is_imported_and_exported(backend) {
        let desk = Desk::new(backend);
        let file = "\u{feff}Name;EMAIL;Language;City\r\nAnna;Anna@example.org;ru;Almaty\r\n=1+1;b@example.org;;\r\n";
        let ran = desk.import(file.as_bytes(), Some("double opt-in in the old system"));
        assert_eq!((ran.ok, ran.err.as_str()), (true, ""));
        assert_eq!(ran.out.trim(), r#"{"added":2,"updated":0,"unchanged":0,"rejected":0}"#);
        let anna = desk.find("anna@example.org").unwrap();
        assert_eq!((anna.state, anna.attributes.as_str()), (SubscriberState::Active, r#"{"city":"Almaty"}"#));
        let events = desk.app.db.read_here(|db| store::consent::of_subscriber(db, anna.id, 9).map_err(pledgepost::error::Error::from)).unwrap();
        assert_eq!((events.len(), events[0].words.as_str()), (1, "double opt-in in the old system"));
        assert_eq!(
            desk.export(),
            "email,name,language,state,confirmed_at\nAnna@example.org,Anna,ru,active,2026-03-01T09:00:00Z\n\
             b@example.org,'=1+1,en,active,2026-03-01T09:00:00Z\n"
        );
        let again = desk.import(file.as_bytes(), Some("again"));
        assert_eq!((again.ok, again.out.trim()), (true, r#"{"added":0,"updated":0,"unchanged":2,"rejected":0}"#));
    }

    async fn without_a_basis_they_stay_pending_and_a_later_one_counts(backend) {
        let desk = Desk::new(backend);
        desk.import(b"email,name\na@example.org,\n", None);
        let row = desk.find("a@example.org").unwrap();
        assert_eq!((row.state, row.confirmed_at), (SubscriberState::Pending, None));
        let ran = desk.import(b"email,name\na@example.org,Anna\n", Some("paper forms"));
        assert_eq!(ran.out.trim(), r#"{"added":0,"updated":1,"unchanged":0,"rejected":0}"#);
        let row = desk.find("a@example.org").unwrap();
        assert_eq!((row.state, row.name.as_str()), (SubscriberState::Active, "Anna"));
    }

    async fn every_bad_row_is_named_and_the_others_are_taken(backend) {
        let desk = Desk::new(backend);
        let mut file = b"email,name,language\n".to_vec();
        file.extend(b"good@example.org,Good,en\nnot an address,x,en\ngood@EXAMPLE.org,Twice,en\nb@example.org,x\n");
        file.extend(b"c@example.org,\xFF,en\nd@example.org,a\0b,en\ne@example.org,x,klingon\nf@example.org,");
        file.extend(vec![b'x'; 1_000_000]);
        file.extend(b",en\nlast@example.org,Last,en\n");
        let ran = desk.import(&file, Some("forms"));
        assert!(ran.ok);
        assert_eq!(ran.out.trim(), r#"{"added":2,"updated":0,"unchanged":0,"rejected":7}"#);
        let reasons = [
            "line 3: this does not look like an e-mail address",
            "line 4: the address stands in line 2 already",
            "line 5: the row has 2 columns, the header has 3",
            "line 6: the row is not UTF-8",
            "line 7: the row has a NUL character",
            "line 8: language:",
            "line 9: a field is longer than 64 KB",
        ];
        let lines: Vec<&str> = ran.err.lines().collect();
        assert_eq!(lines.len(), reasons.len(), "{}", ran.err);
        lines.iter().zip(reasons).for_each(|(line, reason)| assert!(line.starts_with(reason), "{line}"));
        assert_eq!(desk.find("good@example.org").unwrap().name, "Good");
        assert!(desk.find("last@example.org").is_some() && desk.find("f@example.org").is_none());
    }

    async fn where_readers_are_is_taken_from_the_list(backend) {
        let desk = Desk::new(backend);
        desk.import(b"email\nold@example.org\n", None);
        let ran = desk.import(
            b"email,Time_Zone,city\na@example.org, asia/almaty ,Almaty\nb@example.org,Mars/Base,\nc@example.org,,\nold@example.org,Europe/Berlin,\n",
            Some("forms"),
        );
        assert_eq!(ran.out.trim(), r#"{"added":2,"updated":1,"unchanged":0,"rejected":1}"#);
        assert_eq!(ran.err, "line 3: time_zone: there is no time zone \"Mars/Base\"; one is written like Europe/Berlin\n");
        let a = desk.find("a@example.org").unwrap();
        assert_eq!((a.time_zone.as_str(), a.attributes.as_str()), ("Asia/Almaty", r#"{"city":"Almaty"}"#));
        assert_eq!(desk.find("c@example.org").unwrap().time_zone, "");
        assert_eq!(desk.find("old@example.org").unwrap().time_zone, "Europe/Berlin", "it is filled in");
        desk.import(b"email,time_zone\nc@example.org,Europe/Oslo\n", None);
        assert_eq!(desk.find("c@example.org").unwrap().time_zone, "", "without a basis an active reader stays as they are");
        assert_eq!(desk.export().lines().next(), Some("email,name,language,state,confirmed_at"));
    }

    async fn who_left_is_not_brought_back(backend) {
        let desk = Desk::new(backend);
        desk.import(b"email\na@example.org\nb@example.org\nc@example.org\n", Some("forms"));
        desk.set_state("a@example.org", SubscriberState::Unsubscribed);
        desk.set_state("b@example.org", SubscriberState::Bounced);
        desk.set_state("c@example.org", SubscriberState::Complained);
        let hash = desk.app.root.address_hash("d@example.org");
        desk.app.db.write_here(|db| suppression::suppress(db, &hash, SuppressionReason::Erased, At::from_micros(START)).map_err(pledgepost::error::Error::from)).unwrap();
        let ran = desk.import(b"email\na@example.org\nb@example.org\nc@example.org\nD@example.org\n", Some("forms"));
        assert_eq!((ran.ok, ran.err.lines().count()), (false, 4));
        assert!(ran.err.contains("line 2: left earlier") && ran.err.contains("line 5: suppressed"), "{}", ran.err);
        assert_eq!(desk.find("a@example.org").unwrap().state, SubscriberState::Unsubscribed);
        assert!(desk.find("d@example.org").is_none());
    }

    async fn a_long_list_goes_in_batches(backend) {
        let desk = Desk::new(backend);
        let mut file = String::from("email,name\n");
        (0..2_500).for_each(|n| file.push_str(&format!("reader{n}@example.org,Reader {n}\n")));
        file.push_str("reader0@example.org,Twice\n");
        let ran = desk.import(file.as_bytes(), Some("forms"));
        assert_eq!(ran.out.trim(), r#"{"added":2500,"updated":0,"unchanged":0,"rejected":1}"#);
        assert_eq!(ran.err, "line 2502: the address stands in line 2 already\n");
        assert_eq!(desk.export().lines().count(), 2_501);
    }

    async fn a_file_that_is_no_list_changes_nothing(backend) {
        let desk = Desk::new(backend);
        for (file, reason) in [
            (&b""[..], "empty"),
            (b"mail,name\na@example.org,x\n", "a column named \"email\" is needed; the first line has: mail, name"),
            (b"email,Email\na@example.org,x\n", "two columns named \"email\""),
            (b"\xFF\xFEe\0m\0", "UTF-16"),
        ] {
            let ran = desk.import(file, None);
            assert!(!ran.ok && ran.err.contains(reason), "{}", ran.err);
        }
        assert_eq!(desk.export().lines().count(), 1);
        let taken = desk.topic("news", "Again");
        assert!(!taken.ok && taken.err.contains("--slug: there is a topic news already"), "{}", taken.err);
        assert!(!desk.topic("No Slug", "").ok);
    }
}

proptest! {
    #[test]
    fn every_row_is_taken_or_rejected_with_its_line(body in proptest::collection::vec(any::<u8>(), 0..400), tidy in "([a-c@.,;\"\n\r\t]|\u{0}|é){0,200}") {
        for tail in [body, tidy.into_bytes()] {
            let mut file = b"email,name\n".to_vec();
            file.extend(tail);
            let mut csv = Csv::open(&file[..]).unwrap();
            let columns = Columns::of(&csv.header).unwrap();
            let (root, mut before) = (RootKey::from_bytes([1; 32]), 1);
            while let Some(record) = csv.next_record().unwrap() {
                prop_assert!(record.line > before, "line {} after {before}", record.line);
                before = record.line;
                match columns.read(record, &Language::english(), &root) {
                    Ok(row) => prop_assert!(EmailAddress::parse(&row.email).is_ok()),
                    Err(reason) => prop_assert!(!reason.is_empty()),
                }
            }
        }
    }
}
