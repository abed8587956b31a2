//! The whole program as `pledgepost serve` runs it in the sandbox, with the sample organisation in it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

use pledgepost::app::{App, Background};
use pledgepost::audit::Actor;
use pledgepost::cli::demo::content::{Content, load, publish_all};
use pledgepost::config::Config;
use pledgepost::db::Db;
use pledgepost::error::Error;
use pledgepost::installation::MadeBy;
use pledgepost::organisation;
use pledgepost::staff::members::{self, NewMember};
use pledgepost::staff::{Password, Role};
use pledgepost::values::{Clock, EmailAddress, TopicId};

use crate::support::browser::Browser;
use crate::support::campaigns::reader;
use crate::support::{Backend, TestDb};

pub const PASSWORD: &str = "correct horse battery";

/// Pages, delivery and mailbox on a port of their own; [`Running::stop`] ends them.
pub struct Running {
    pub app: Arc<App>,
    pub base: String,
    pub content: Content,
    pub topics: Vec<(String, TopicId)>,
    /// Where *Leave this page* goes in these tests.
    pub neutral: String,
    background: Option<Background>,
    shutdown: Option<tokio::sync::oneshot::Sender<()>>,
    _db: TestDb,
}

impl Running {
    /// An installation that was just made: one admin, nothing else.
    pub async fn empty(backend: Backend) -> Self {
        Self::with(backend, |_| {}).await
    }

    /// The same, with settings changed before the start.
    pub async fn with(backend: Backend, change: impl FnOnce(&mut Config)) -> Self {
        let db = TestDb::new(backend);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut config = Config::demo(&db.url, port).unwrap();
        // Slow enough that a campaign can be watched.
        config.sending.rate = 40;
        change(&mut config);
        let app = App::build(config, Clock::System, MadeBy::Demo).unwrap();
        let background = Background::start(&app).await.unwrap();
        let (shutdown, ended) = tokio::sync::oneshot::channel::<()>();
        let server = pledgepost::web::server::serve(app.clone(), listener, async move {
            let _ = ended.await;
        });
        tokio::spawn(async move { server.await.unwrap() });
        let running = Self {
            app,
            base: format!("http://127.0.0.1:{port}"),
            content: Content::read().unwrap(),
            topics: Vec::new(),
            neutral: neutral_page(),
            background: Some(background),
            shutdown: Some(shutdown),
            _db: db,
        };
        running.staff(Role::Admin, "Zarina Umarova");
        running
    }

    /// The sample organisation with all analyses but the first, its staff, and `readers` subscribers of its first topic.
    pub async fn sample(backend: Backend, readers: usize) -> Self {
        let mut running = Self::empty(backend).await;
        let (now, content, neutral) = (running.app.clock.now(), running.content.clone(), running.neutral.clone());
        running.topics = running.write(|db| {
            let topics = load(db, &content, now).map_err(Error::internal)?;
            let mut values = organisation::store::get(db, now)?;
            values.leave_url = neutral;
            organisation::store::save(db, &values)?;
            Ok(topics)
        });
        running.staff(Role::Campaigner, "Aida Bekova");
        running.staff(Role::Finance, "Grace Moyo");
        running.staff(Role::Viewer, "Jonas Weber");
        let all: Vec<_> = running.topics.iter().map(|(_, id)| *id).collect();
        for number in 0..readers {
            let (language, names) = match number % 3 {
                2 => ("ru", &content.names.russian),
                _ => ("en", &content.names.english),
            };
            let id = reader(&running.app, &format!("reader{number}@example.org"), language, "active", &all[..1]);
            let name = names[number % names.len()].clone();
            running.write(|db| {
                use diesel::prelude::*;
                use pledgepost::db::schema::subscribers;
                diesel::update(subscribers::table.find(id)).set(subscribers::name.eq(name)).execute(db)?;
                Ok(())
            });
        }
        running
    }

    /// Also publishes the analysis that the story writes itself.
    pub fn publish_first(&self) {
        let (now, topics) = (self.app.clock.now(), &self.topics);
        let first = &self.content.analyses[..1];
        self.write(|db| publish_all(db, first, topics, &Actor::program(), now).map_err(Error::internal));
    }

    pub fn write<T>(&self, work: impl FnOnce(&mut Db) -> Result<T, Error>) -> T {
        self.app.db.write_here(work).unwrap()
    }

    /// A member named `ROLE@example.org`.
    pub fn staff(&self, role: Role, name: &str) {
        let email = EmailAddress::parse(&format!("{role}@example.org")).unwrap();
        let hash = Password::parse(PASSWORD, &email).unwrap().hash().unwrap();
        let new = NewMember { email: &email, name, role };
        let (actor, now) = (Actor::command_line(), self.app.clock.now());
        self.write(|db| members::add(db, &new, Some(&hash), false, str::to_owned, &actor, now));
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub async fn log_in(&self, browser: &Browser, role: Role) {
        browser.open(&self.url("/staff/login")).await;
        browser.fill("#f-email", &format!("{role}@example.org")).await;
        browser.fill("#f-password", PASSWORD).await;
        browser.click_button("Log in").await;
        browser.until("the start page of the staff", async || browser.path().await == "/staff").await;
    }

    pub async fn stop(mut self) {
        if let Some(background) = self.background.take() {
            background.stop().await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(shutdown) = self.shutdown.take() {
            let _ = shutdown.send(());
        }
    }
}

/// Another site, that says nothing about its visitor. Its thread ends with the process.
fn neutral_page() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let page = "<!doctype html><html lang=en><title>Weather</title><link rel=icon href=data:,><h1>Weather</h1>";
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4096]);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close";
            let _ = write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{page}", page.len());
        }
    });
    address
}
