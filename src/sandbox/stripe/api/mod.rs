//! `/v1/…` as Stripe answers it.
//!
//! A request goes through `authorise` (key, version) → `form` (brackets) → `routes` (which endpoint) → `params` (what
//! that endpoint takes) → `idempotency` → the endpoint → `expand`.

mod authorise;
mod billing;
mod catalog;
mod customers;
mod expand;
mod form;
mod idempotency;
mod ledger;
mod lists;
mod params;
mod payments;
mod routes;
mod sessions;

use actix_web::http::{Method, StatusCode, header};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::SandboxStripe;
use super::fault::{ApiError, Fault};
use super::run::{Run, letters};
use crate::db::Db;

/// Mounts `/v1/…` where it is called (a prefix is fine). State: `web::Data<SandboxStripe>`.
pub fn configure(cfg: &mut ServiceConfig) {
    // Stripe's limit is far above what a form of text can need.
    cfg.service(web::scope("/v1").app_data(web::PayloadConfig::new(1 << 20)).default_service(web::to(answer)));
}

/// What an endpoint answers: 200, or 402 when a card was declined (which is kept all the same).
#[derive(Debug)]
struct Reply {
    status: u16,
    body: Value,
}

impl From<Value> for Reply {
    fn from(body: Value) -> Self {
        Self { status: 200, body }
    }
}

type Answered = Result<Reply, Fault>;

/// A request that was understood.
struct Call {
    /// The id in the path.
    id: String,
    /// Typed and checked.
    params: Value,
}

/// A request as it came, for the transaction that answers it.
struct Asked {
    method: Method,
    /// Below `/v1`, without a slash at either end.
    path: String,
    query: String,
    body: Vec<u8>,
    key: Option<String>,
    id: String,
}

async fn answer(stripe: web::Data<SandboxStripe>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let id = format!("req_{}", letters(14).unwrap_or_default());
    let outcome = match authorise::check(request.headers()) {
        Ok(()) => {
            let path = request.path().split_once("/v1").map_or("", |(_, rest)| rest).trim_matches('/').to_owned();
            let key = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
            let asked = Asked {
                method: request.method().clone(),
                path,
                query: request.query_string().to_owned(),
                body: body.to_vec(),
                key,
                id: id.clone(),
            };
            work(&stripe, asked).await
        }
        Err(error) => Err(Fault::from(error)),
    };
    let (status, body, replayed) = match outcome {
        Ok(done) => done,
        Err(Fault::Stripe(error)) => (error.status, error.body(&id).to_string(), false),
        Err(Fault::Ours(error)) => {
            tracing::error!(error = ?error, "the sandbox's Stripe");
            let said = ApiError::invalid("An unknown error occurred").kind("api_error").status(500);
            (500, said.body(&id).to_string(), false)
        }
    };
    let mut response = HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    response
        .insert_header(("Request-Id", id))
        .insert_header(("Stripe-Version", authorise::asked_for(request.headers())));
    if replayed {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    if let Some(key) = request.headers().get("idempotency-key") {
        response.insert_header(("Idempotency-Key", key.clone()));
    }
    response.insert_header((header::CONTENT_TYPE, "application/json")).body(body)
}

/// Status, body, and whether it is an answer given before.
type Done = (u16, String, bool);

async fn work(stripe: &web::Data<SandboxStripe>, asked: Asked) -> Result<Done, Fault> {
    let shared = stripe.clone().into_inner();
    if asked.method == Method::GET {
        return stripe.db.read(move |db| look(db, &shared, &asked)).await;
    }
    let bell = stripe.bell.clone();
    let done = stripe.db.write(move |db| idempotency::once(db, &shared, &asked)).await;
    // Rung again now that the transaction is over.
    bell.notify_one();
    done
}

fn look(db: &mut Db, stripe: &SandboxStripe, asked: &Asked) -> Result<Done, Fault> {
    let reply = perform(&mut Run::new(db, stripe)?, asked)?;
    Ok((reply.status, reply.body.to_string(), false))
}

/// Finds the endpoint, checks what was asked, does it and expands the answer.
fn perform(run: &mut Run<'_>, asked: &Asked) -> Answered {
    let (endpoint, id) = routes::find(&asked.method, &asked.path).ok_or_else(|| {
        let said = format!("Unrecognized request URL ({}: /v1/{}).", asked.method, asked.path);
        ApiError::invalid(said).status(404).before()
    })?;
    let mut given = form::parse(&asked.query)?;
    form::merge(&mut given, form::parse(std::str::from_utf8(&asked.body).unwrap_or_default())?);
    let expansions = expand::take(&mut given)?;
    let params = params::typed(&given, endpoint.params, endpoint.lists)?;
    let reply = (endpoint.handler)(run, &Call { id, params })?;
    let mut body = reply.body;
    for path in &expansions {
        expand::expand(run, &mut body, path)?;
    }
    Ok(Reply { status: reply.status, body: super::json::public(&body) })
}
