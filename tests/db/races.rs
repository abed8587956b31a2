//! The same thing asked for several times at once: it happens once.

use std::sync::{Arc, Barrier};

use pledgepost::app::App;
use pledgepost::audit::Actor;
use pledgepost::db::Db;
use pledgepost::error::Error;
use pledgepost::staff::log_in::{self, Begun};
use pledgepost::staff::{Role, first_link, links, members, store as staff_store};
use pledgepost::subscribers::confirm::{self, Confirmed};
use pledgepost::subscribers::import::{self, ImportTerms, Summary};
use pledgepost::subscribers::signup::{self, SignupRequest};
use pledgepost::values::{EmailAddress, Language, Slug};

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::readers::*;

/// Runs `work` in as many threads, all beginning together; each gets its number.
fn at_once<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(count);
    std::thread::scope(|scope| {
        let one = |number| {
            let (start, work) = (&start, &work);
            scope.spawn(move || {
                start.wait();
                work(number)
            })
        };
        let threads: Vec<_> = (0..count).map(one).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn write<T>(app: &Arc<App>, work: impl FnOnce(&mut Db) -> Result<T, Error>) -> Result<T, Error> {
    app.db.write_here(work)
}

fn sign_up(site: &TestApp, email: &str) -> Result<(), Error> {
    let request = SignupRequest { email: email.into(), topics: vec!["law".into()], ..SignupRequest::default() };
    let (app, now) = (&site.app, site.app.clock.now());
    let link = |path: &str| app.config.web.link(path);
    write(app, |db| signup::request(db, &request, &app.root, &link, now))
}

on_both! {
    async fn one_address_signed_up_eight_times(backend) {
        let site = TestApp::start(backend).await;
        add_topic(&site, "law");
        let answers = at_once(8, |number| sign_up(&site, if number % 2 == 0 { "anna@example.org" } else { "Anna@Example.org" }));
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        assert_eq!(site.mails().len(), 1, "one mail");
        assert_eq!(consent_of(&site, "anna@example.org"), ["requested"]);
    }

    async fn one_link_confirmed_eight_times(backend) {
        let site = TestApp::start(backend).await;
        let law = add_topic(&site, "law");
        sign_up(&site, "anna@example.org").unwrap();
        let (_, _, data) = site.mails().pop().unwrap();
        let path = site.path_of(&data["confirm_url"]);
        let token = path.strip_prefix("/confirm/").unwrap().split('?').next().unwrap().to_owned();
        let (app, now) = (&site.app, site.app.clock.now());
        let answers = at_once(8, |_| write(app, |db| confirm::confirm(db, &app.root, &token, "yes", &Language::english(), now)));
        let count = |wanted: fn(&Confirmed) -> bool| answers.iter().filter(|answer| wanted(answer.as_ref().unwrap())).count();
        assert_eq!(count(|answer| matches!(answer, Confirmed::Now { .. })), 1);
        assert_eq!(count(|answer| matches!(answer, Confirmed::Before)), 7);
        assert_eq!(consent_of(&site, "anna@example.org"), ["requested", "confirmed"]);
        assert_eq!(topics_of(&site, "anna@example.org"), [law]);
    }

    async fn one_file_imported_four_times(backend) {
        let site = TestApp::start(backend).await;
        let topic = add_topic(&site, "law");
        let file = (0..2500).fold("email\n".to_owned(), |file, n| format!("{file}reader{n}@example.org\n"));
        let terms = ImportTerms {
            topic, slug: Slug::parse("law").unwrap(), basis: Some("asked at the fair".into()), language: Language::english(),
        };
        let (app, now) = (&site.app, site.app.clock.now());
        let import = |_| import::import(&app.db, file.as_bytes(), &terms, &app.root, now, &mut |line, why| panic!("{line}: {why}"));
        let answers: Vec<Summary> = at_once(4, import).into_iter().map(Result::unwrap).collect();
        assert!(answers.iter().all(|summary| summary.taken() == 2500), "{answers:?}");
        let active = site.read(|db| Ok(pledgepost::subscribers::store::active_by_topic(db)?)).unwrap();
        assert_eq!(active, [(topic, 2500)]);
    }

    async fn the_first_admin_is_made_once_by_six_at_once(backend) {
        let site = TestApp::start(backend).await;
        let (app, now) = (&site.app, site.app.clock.now());
        let link = first_link(&app.db, &app.root, now).unwrap().unwrap();
        let token = link.strip_prefix("/staff/setup/").unwrap();
        let made = at_once(6, |number| {
            let email = EmailAddress::parse(&format!("admin{number}@example.org")).unwrap();
            write(app, |db| links::use_up(db, &app.root, token, (&email, ""), "hash", now))
        });
        assert_eq!(made.iter().filter(|one| one.is_ok()).count(), 1, "{made:?}");
        assert!(made.iter().all(|one| matches!(one, Ok(_) | Err(Error::NotFound(_)))), "{made:?}");
        assert_eq!(site.read(|db| Ok(staff_store::count(db)?)).unwrap(), 1);
    }

    async fn two_admins_who_demote_each_other(backend) {
        let site = TestApp::start(backend).await;
        let (app, now) = (&site.app, site.app.clock.now());
        let add = |name: &str| {
            let email = EmailAddress::parse(name).unwrap();
            write(app, |db| {
                let id = staff_store::insert(db, &email, "", Role::Admin, now)?;
                staff_store::update_password(db, id, "hash")?;
                Ok(id)
            })
            .unwrap()
        };
        let admins = [add("anna@example.org"), add("boris@example.org")];
        let done = at_once(2, |number| {
            write(app, |db| members::change_role(db, admins[number], Role::Viewer, &Actor::command_line(), now))
        });
        assert_eq!(done.iter().filter(|one| one.is_ok()).count(), 1, "{done:?}");
        assert!(done.iter().any(|one| matches!(one, Err(Error::Conflict(_)))), "{done:?}");
    }

    async fn a_password_guessed_twelve_times_at_once(backend) {
        let site = TestApp::start(backend).await;
        let (app, now) = (&site.app, site.app.clock.now());
        let email = EmailAddress::parse("admin@example.org").unwrap();
        let begun = at_once(12, |_| write(app, |db| log_in::begin(db, &app.root, &email, now)).unwrap());
        let compared = begun.iter().filter(|one| matches!(one, Begun::Compare(_))).count();
        assert_eq!(compared, 5, "only the free tries are compared: {begun:?}");
    }
}
