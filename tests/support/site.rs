//! The whole web server over a test's database, asked by HTTP as a browser would.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::cookie::{Cookie, CookieJar, Key};
use pledgepost::app::App;
use pledgepost::config::Config;
use pledgepost::db::Db;
use pledgepost::error::Error;
use pledgepost::installation::MadeBy;
use pledgepost::staff::store::sessions;
use pledgepost::staff::{self, Role};
use pledgepost::values::{At, Clock, EmailAddress, sha256_hex};
use pledgepost::web::server::serve;
use reqwest::header::{self, HeaderMap};

use super::{Backend, TestDb};

/// A running site in the sandbox; ends with the test.
pub struct Site {
    pub app: Arc<App>,
    pub address: String,
    client: reqwest::Client,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    server: Option<std::thread::JoinHandle<()>>,
    _db: TestDb,
}

/// What came back.
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Page {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.body.contains(text), "{text:?} is not in ({}):\n{}", self.status, self.body);
        self
    }
    #[track_caller]
    pub fn lacks(&self, text: &str) -> &Self {
        assert!(!self.body.contains(text), "{text:?} is in:\n{}", self.body);
        self
    }
}

impl Site {
    pub fn start(backend: Backend, now: At) -> Self {
        Self::with(backend, now, |config| config)
    }

    pub fn with(backend: Backend, now: At, change: impl FnOnce(Config) -> Config) -> Self {
        let db = TestDb::new(backend);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = change(Config::demo(&db.url, port).unwrap());
        let app = App::build(config, Clock::fake(now), MadeBy::Demo).unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let served = app.clone();
        let server = std::thread::spawn(move || {
            let shutdown = async move {
                let _ = stopped.await;
            };
            actix_web::rt::System::new().block_on(serve(served, listener, shutdown)).unwrap();
        });
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let address = format!("http://127.0.0.1:{port}");
        Self { app, address, client, stop: Some(stop), server: Some(server), _db: db }
    }

    pub fn write<T>(&self, work: impl FnOnce(&mut Db) -> Result<T, Error>) -> T {
        self.app.db.write_here(work).unwrap()
    }

    pub async fn get(&self, path: &str) -> Page {
        self.get_with(path, &[]).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Page {
        let mut request = self.client.get(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(request).await
    }

    /// As a form on one of the site's own pages.
    pub async fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Page {
        let request = self.client.post(format!("{}{path}", self.address)).header(header::ORIGIN, &self.address);
        read(request.header(header::COOKIE, cookie).form(fields)).await
    }

    /// The cookie of a member who has just logged in.
    pub fn session(&self, role: Role) -> String {
        let (now, key) = (self.app.clock.now(), format!("session-of-{role}"));
        let email = EmailAddress::parse(&format!("{role}@example.org")).unwrap();
        let (hash, until) = (sha256_hex(&key), now + chrono::Duration::hours(1));
        self.write(|db| {
            let id = staff::store::insert(db, &email, "Anna", role, now)?;
            sessions::put(db, &hash, Some(id), &format!("{{\"staff\":\"{id}\"}}"), until)?;
            Ok(())
        });
        let root = &self.app.root;
        let halves = [root.keyed(b"session", b"cookie signature 1"), root.keyed(b"session", b"cookie signature 2")];
        let mut jar = CookieJar::new();
        jar.signed_mut(&Key::from(&halves.concat())).add(Cookie::new("pledgepost_session", key));
        format!("pledgepost_session={}", jar.get("pledgepost_session").unwrap().value())
    }
}

async fn read(request: reqwest::RequestBuilder) -> Page {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    // Handlebars also escapes the sign of equality, which nobody wants to write into a test.
    let body = answer.text().await.unwrap().replace("&#x3D;", "=");
    Page { status, headers, body }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.server.take().map(std::thread::JoinHandle::join);
    }
}
