//! Talks to the sandbox's Stripe as somebody who did not write it: HTTP and JSON alone.

use serde_json::Value;

use crate::support::stripe::StripeStage;

/// An answer of the API.
#[derive(Debug)]
pub struct Said {
    pub status: u16,
    pub replayed: bool,
    pub request: String,
    pub body: Value,
}

impl Said {
    /// Type, code and parameter of an error.
    pub fn error(&self) -> (u16, &str, &str, &str) {
        let field = |name: &str| self.body["error"][name].as_str().unwrap_or_default();
        (self.status, field("type"), field("code"), field("param"))
    }
    pub fn ids(&self) -> Vec<String> {
        self.body["data"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    }
}

pub struct Stranger {
    pub stage: StripeStage,
    http: reqwest::Client,
}

pub type Pairs<'a> = &'a [(&'a str, &'a str)];

impl Stranger {
    pub fn new(stage: StripeStage) -> Self {
        Self { stage, http: reqwest::Client::builder().no_proxy().build().unwrap() }
    }
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("http://{}/v1/{path}", self.stage.addr);
        self.http.request(method.parse().unwrap(), url)
    }
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Said {
        let answer = request.send().await.unwrap();
        let header = |name: &str| answer.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
        let (request, replayed) = (header("request-id").unwrap(), header("idempotent-replayed").is_some());
        let status = answer.status().as_u16();
        let body = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        Said { status, replayed, request, body }
    }
    pub async fn get(&self, path: &str, query: Pairs<'_>) -> Said {
        self.send(self.request("GET", path).bearer_auth("sk_test_x").query(query)).await
    }
    pub async fn post(&self, path: &str, form: Pairs<'_>) -> Said {
        self.send(self.request("POST", path).bearer_auth("sk_test_x").form(form)).await
    }
    pub async fn post_once(&self, path: &str, form: Pairs<'_>, key: &str) -> Said {
        let request = self.request("POST", path).bearer_auth("sk_test_x").header("Idempotency-Key", key);
        self.send(request.form(form)).await
    }
    pub async fn delete(&self, path: &str) -> Said {
        self.send(self.request("DELETE", path).bearer_auth("sk_test_x")).await
    }

    /// A session of that amount; returns its id.
    pub async fn session(&self, mode: &str, amount: &str, currency: &str) -> String {
        let (first, second) = match mode {
            "payment" => ("payment_intent_data[metadata][donation]", "customer_creation"),
            _ => ("subscription_data[metadata][pledge]", "line_items[0][price_data][recurring][interval]"),
        };
        let said = self
            .post(
                "checkout/sessions",
                &[
                    ("mode", mode),
                    ("success_url", "https://example.org/thanks"),
                    ("line_items[0][quantity]", "1"),
                    ("line_items[0][price_data][currency]", currency),
                    ("line_items[0][price_data][unit_amount]", amount),
                    ("line_items[0][price_data][product_data][name]", "Gift"),
                    ("metadata[on]", "session"),
                    (first, "12"),
                    (second, if mode == "payment" { "if_required" } else { "month" }),
                ],
            )
            .await;
        assert_eq!(said.status, 200, "{:?}", said.body);
        said.body["id"].as_str().unwrap().to_owned()
    }
    /// The kinds of all events, the oldest first.
    pub async fn kinds(&self) -> Vec<String> {
        let said = self.get("events", &[("limit", "100")]).await;
        let events = said.body["data"].as_array().unwrap().iter().rev();
        events.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }
    /// One object.
    pub async fn one(&self, path: &str, expand: Pairs<'_>) -> Value {
        let said = self.get(path, expand).await;
        assert_eq!(said.status, 200, "{path}: {:?}", said.body);
        said.body
    }
}
