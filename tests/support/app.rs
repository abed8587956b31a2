//! The product's web server on a random port, over a database of the test's own, with a clock that stands still.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, LazyLock, Mutex};

use pledgepost::app::App;
use pledgepost::audit::Actor;
use pledgepost::config::Config;
use pledgepost::db::Db;
use pledgepost::error::Error;
use pledgepost::installation::MadeBy;
use pledgepost::staff::members::{self, NewMember};
use pledgepost::staff::{Password, Role};
use pledgepost::values::{At, Clock, EmailAddress};

use super::{Backend, TestDb};

/// 2026-03-01T09:00:00Z.
pub const START: i64 = 1_772_355_600_000_000;
pub const PASSWORD: &str = "correct horse battery";

static PASSWORD_HASH: LazyLock<String> = LazyLock::new(|| {
    Password::parse(PASSWORD, &EmailAddress::parse("nobody@example.org").unwrap()).unwrap().hash().unwrap()
});

pub struct TestApp {
    pub app: Arc<App>,
    pub base: String,
    client: reqwest::Client,
    /// What the browser keeps, sent to `/staff` alone as its path says.
    cookies: Mutex<BTreeMap<String, String>>,
    shutdown: Option<tokio::sync::oneshot::Sender<()>>,
    server: Option<tokio::task::JoinHandle<()>>,
    _db: TestDb,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
    /// Asserts that this is a page with the words on it.
    #[track_caller]
    pub fn shows(&self, words: &str) -> &Self {
        assert!(self.text.contains(words), "{words:?} is not on the page ({}):\n{}", self.status, self.text);
        self
    }
    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
    #[track_caller]
    pub fn leads_to(&self, path: &str) -> &Self {
        assert_eq!((self.status, self.header("location")), (303, path), "{}", self.text);
        self
    }
}

impl TestApp {
    pub async fn start(backend: Backend) -> Self {
        Self::start_with(backend, |_| {}).await
    }

    /// With settings changed before the start.
    pub async fn start_with(backend: Backend, change: impl FnOnce(&mut Config)) -> Self {
        let db = TestDb::new(backend);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut config = Config::demo(&db.url, port).unwrap();
        change(&mut config);
        let app = App::build(config, Clock::fake(At::from_micros(START)), MadeBy::Serve).unwrap();
        let (shutdown, ended) = tokio::sync::oneshot::channel::<()>();
        let server = pledgepost::web::server::serve(app.clone(), listener, async move {
            let _ = ended.await;
        });
        let server = tokio::spawn(async move { server.await.unwrap() });
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let base = format!("http://127.0.0.1:{port}");
        Self { app, base, client, cookies: Mutex::default(), shutdown: Some(shutdown), server: Some(server), _db: db }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.client.get(self.url(path)), path).await
    }
    pub async fn head(&self, path: &str) -> Answer {
        self.send(self.client.head(self.url(path)), path).await
    }
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = headers.iter().fold(self.client.get(self.url(path)), |r, (name, value)| r.header(*name, *value));
        self.send(request, path).await
    }
    /// As a browser sends a form from one of our own pages.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_form_with(path, fields, &[("origin", &self.base)]).await
    }
    pub async fn post_form_with(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let request = self.client.post(self.url(path)).form(fields);
        let request = headers.iter().fold(request, |r, (name, value)| r.header(*name, *value));
        self.send(request, path).await
    }
    /// As a browser sends a form with a file (`multipart/form-data`); none: nothing was chosen.
    pub async fn post_file(&self, path: &str, fields: &[(&str, &str)], file: Option<(&str, &[u8])>) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(format!("--x-1\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        let (name, bytes) = file.unwrap_or(("", b""));
        let head = format!("--x-1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n");
        body.extend(head.bytes().chain(*b"Content-Type: text/xml\r\n\r\n"));
        body.extend(bytes);
        body.extend(b"\r\n--x-1--\r\n");
        let request = self.client.post(self.url(path)).header("origin", &self.base).body(body);
        self.send(request.header("content-type", "multipart/form-data; boundary=x-1"), path).await
    }
    pub async fn post_json(&self, path: &str, body: &serde_json::Value) -> Answer {
        self.send(self.client.post(self.url(path)).json(body), path).await
    }

    /// Adds a member of this role (`admin@example.org`, …) unless there is one.
    pub fn add_staff(&self, role: Role) -> EmailAddress {
        let email = EmailAddress::parse(&format!("{role}@example.org")).unwrap();
        let new = NewMember { email: &email, name: "", role };
        let (actor, now) = (Actor::command_line(), self.app.clock.now());
        let added: Result<_, Error> =
            self.write(|db| members::add(db, &new, Some(&PASSWORD_HASH), false, str::to_owned, &actor, now));
        assert!(matches!(added, Ok(None) | Err(Error::Invalid(_))), "{added:?}");
        email
    }
    pub async fn log_in_as(&self, role: Role) {
        let email = self.add_staff(role);
        self.forget_cookies();
        self.log_in(email.as_str(), PASSWORD).await.leads_to("/staff");
    }
    pub async fn log_in(&self, email: &str, password: &str) -> Answer {
        self.post_form("/staff/login", &[("email", email), ("password", password)]).await
    }
    pub fn forget_cookies(&self) {
        self.cookies.lock().unwrap().clear();
    }
    pub fn swap_cookies(&self, with: BTreeMap<String, String>) -> BTreeMap<String, String> {
        std::mem::replace(&mut *self.cookies.lock().unwrap(), with)
    }

    pub fn read<T>(&self, work: impl FnOnce(&mut Db) -> Result<T, Error>) -> Result<T, Error> {
        self.app.db.read_here(work)
    }
    pub fn write<T>(&self, work: impl FnOnce(&mut Db) -> Result<T, Error>) -> Result<T, Error> {
        self.app.db.write_here(work)
    }
    /// The mails in the outbox: template, address, variables; oldest first.
    pub fn mails(&self) -> Vec<(String, String, serde_json::Value)> {
        use diesel::prelude::*;
        use pledgepost::db::schema::deliveries::dsl::*;
        let rows = self.read(|db| {
            let columns = (mail, address, payload);
            Ok(deliveries.order(id.asc()).select(columns).load::<(String, String, Option<String>)>(db)?)
        });
        let parse = |text: Option<String>| serde_json::from_str(&text.unwrap_or("null".into())).unwrap();
        rows.unwrap().into_iter().map(|(kind, to, variables)| (kind, to, parse(variables))).collect()
    }
    /// The path of one of our absolute links.
    pub fn path_of(&self, link: &serde_json::Value) -> String {
        link.as_str().unwrap().strip_prefix(&self.base).unwrap().to_owned()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// An answer that is still being written.
    pub async fn open(&self, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let request = headers.iter().fold(self.client.get(self.url(path)), |r, (name, value)| r.header(*name, *value));
        self.with_cookies(request, path).send().await.unwrap()
    }

    /// Tells the server to stop, as SIGTERM does, and waits for it; answers how long that took.
    pub async fn stop(&mut self) -> std::time::Duration {
        let begun = std::time::Instant::now();
        self.shutdown.take().unwrap().send(()).unwrap();
        self.server.take().unwrap().await.unwrap();
        begun.elapsed()
    }

    fn with_cookies(&self, request: reqwest::RequestBuilder, path: &str) -> reqwest::RequestBuilder {
        let cookies = self.cookies.lock().unwrap();
        let line: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        match path.starts_with("/staff") && !line.is_empty() {
            true => request.header("cookie", line.join("; ")),
            false => request,
        }
    }

    async fn send(&self, request: reqwest::RequestBuilder, path: &str) -> Answer {
        let response = self.with_cookies(request, path).send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for cookie in headers.get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            match value.is_empty() {
                true => cookies.remove(name),
                false => cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        Answer { status, headers, text: response.text().await.unwrap() }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(shutdown) = self.shutdown.take() {
            let _ = shutdown.send(());
        }
    }
}
