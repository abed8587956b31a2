//! Somebody with a browser: speaks HTTP to the demo's own server, keeps cookies, fills forms.

use anyhow::{Context, bail};
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;

use crate::cli::demo::must;

/// One person's browser.
pub struct Visitor {
    http: reqwest::Client,
    base: String,
    cookie: Option<String>,
}

/// A page that came back.
pub struct Answer {
    pub status: u16,
    /// Where a redirect leads.
    pub location: Option<String>,
    pub body: String,
}

impl Answer {
    /// The number at the end of the address that a redirect leads to, as in `/staff/analyses/12`.
    pub fn number(&self) -> anyhow::Result<i64> {
        let location = self.location.as_deref().context("no redirect came back")?;
        let path = location.split(['?', '#']).next().unwrap_or_default();
        path.rsplit('/').find_map(|part| part.parse().ok()).with_context(|| format!("no number in {location}"))
    }
}

impl Visitor {
    pub fn new(base: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().redirect(Policy::none()).build()?;
        Ok(Self { http, base: base.trim_end_matches('/').to_owned(), cookie: None })
    }

    pub async fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        let request = self.http.get(self.address(path));
        self.send(request).await
    }

    /// Sends a form, as the page's button does.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let request = self.http.post(self.address(path)).header(ORIGIN, &self.base).form(fields);
        self.send(request).await
    }

    /// A form that must be taken: answered by a page or a redirect, not by an error.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let answer = self.post(path, fields).await?;
        if answer.status >= 400 {
            bail!("POST {path} was answered with {}", answer.status);
        }
        Ok(answer)
    }

    /// Sends a form with a file, as the page's button does (`multipart/form-data`, RFC 7578).
    pub async fn upload(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        (field, name, file): (&str, &str, &[u8]),
    ) -> anyhow::Result<Answer> {
        // Stands in no statement and in no field of the demo.
        const BETWEEN: &str = "between-the-parts-of-the-form";
        let mut body = Vec::new();
        for (name, value) in fields {
            let head = format!("--{BETWEEN}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(head.into_bytes());
        }
        let head =
            format!("--{BETWEEN}\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\r\n");
        body.extend(head.into_bytes());
        body.extend_from_slice(file);
        body.extend(format!("\r\n--{BETWEEN}--\r\n").into_bytes());
        let kind = format!("multipart/form-data; boundary={BETWEEN}");
        let request = self.http.post(self.address(path)).header(ORIGIN, &self.base).header(CONTENT_TYPE, kind);
        self.send(request.body(body)).await
    }

    /// What a mail provider does for a reader who presses its button (RFC 8058, section 3.2).
    pub async fn one_click(&mut self, url: &str) -> anyhow::Result<Answer> {
        let request = self.http.post(url).form(&[("List-Unsubscribe", "One-Click")]);
        self.send(request).await
    }

    pub async fn log_in(&mut self, email: &str, password: &str) -> anyhow::Result<()> {
        let answer =
            self.submit("/staff/login", &[("email", email), ("password", password), ("next", "/staff")]).await?;
        must(answer.status == 303 && self.cookie.is_some(), "the log-in is taken")
    }

    fn address(&self, path: &str) -> String {
        match path.starts_with("http") {
            true => path.to_owned(),
            false => format!("{}{path}", self.base),
        }
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> anyhow::Result<Answer> {
        let request = match &self.cookie {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        };
        let response = request.send().await?;
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        if let Some(cookie) = header(SET_COOKIE) {
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        Ok(Answer { status: response.status().as_u16(), location: header(LOCATION), body: response.text().await? })
    }
}
