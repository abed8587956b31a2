//! [`TestApp`] for tests that look at pages with several members at once, at a time of their choice.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use pledgepost::app::App;
use pledgepost::config::Config;
use pledgepost::db::Db;
use pledgepost::error::Error;
use pledgepost::staff::Role;
use pledgepost::values::At;

use super::Backend;
use super::app::{Answer, TestApp};

/// A running site.
pub struct Site {
    pub app: Arc<App>,
    pub address: String,
    inner: TestApp,
}

/// What came back.
pub struct Page {
    pub body: String,
    answer: Answer,
}

impl Deref for Page {
    type Target = Answer;
    fn deref(&self) -> &Answer {
        &self.answer
    }
}

impl Page {
    fn of(answer: Answer) -> Self {
        // Handlebars also escapes the sign of equality, which nobody wants to write into a test.
        Self { body: answer.text.replace("&#x3D;", "="), answer }
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
    pub async fn start(backend: Backend, now: At) -> Self {
        Self::with(backend, now, |_| {}).await
    }

    pub async fn with(backend: Backend, now: At, change: impl FnOnce(&mut Config)) -> Self {
        let inner = TestApp::start_with(backend, change).await;
        inner.app.clock.advance(now - inner.app.clock.now());
        Self { app: inner.app.clone(), address: inner.base.clone(), inner }
    }

    pub fn write<T>(&self, work: impl FnOnce(&mut Db) -> Result<T, Error>) -> T {
        self.inner.write(work).unwrap()
    }
    pub async fn get(&self, path: &str) -> Page {
        self.get_with(path, &[]).await
    }
    /// With no cookie but what `headers` say.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Page {
        self.inner.forget_cookies();
        Page::of(self.inner.get_with(path, headers).await)
    }
    /// As a form on one of the site's own pages.
    pub async fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Page {
        self.inner.forget_cookies();
        let headers = [("origin", self.address.as_str()), ("cookie", cookie)];
        Page::of(self.inner.post_form_with(path, fields, &headers).await)
    }

    /// The cookie of a member who has just logged in.
    pub async fn session(&self, role: Role) -> String {
        self.inner.log_in_as(role).await;
        let kept = self.inner.swap_cookies(BTreeMap::new());
        kept.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }
}
