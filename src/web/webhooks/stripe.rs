//! `POST /webhooks/stripe`: believed by its signature alone, stored byte for byte, then answered; processed later.

use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use crate::app::App;
use crate::error::Error as FeatureError;
use crate::payments::inbox;
use crate::stripe::signature;
use crate::web::extract::ClientIp;
use crate::web::middleware::limit::Limits;
use crate::web::{Answer, Error};

/// Bytes of a webhook; Stripe's largest are a tenth of it.
const BODY_LIMIT: usize = 1024 * 1024;

/// How long the body may take. Stripe itself waits for no answer longer than that.
const PATIENCE: Duration = Duration::from_secs(20);

/// Stripe reads the status; people who set up the endpoint read the text in Stripe's dashboard.
pub async fn receive(
    request: HttpRequest,
    app: Data<App>,
    limits: Data<Limits>,
    visitor: ClientIp,
    payload: Payload,
) -> Answer {
    let payments = app.payments.clone().ok_or_else(|| Error::not_found("page"))?;
    let body = match body(payload, PATIENCE).await {
        Ok(body) => body,
        Err(refused) => return Ok(refused),
    };
    let signed = request.headers().get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if let Err(reason) = signature::verify(signed, &body, &payments.secrets, app.clock.now()) {
        // Only what is refused is counted: Stripe may send as much as it likes, strangers may not.
        if let Err(wait) = limits.refused_machine(visitor) {
            let mut answer = refuse(StatusCode::TOO_MANY_REQUESTS, "too_many", "too many refused webhooks");
            answer.headers_mut().insert(header::RETRY_AFTER, (wait.as_secs() + 1).into());
            return Ok(answer);
        }
        tracing::warn!(%reason, "a webhook was refused");
        return Ok(refuse(StatusCode::BAD_REQUEST, "refused", &reason.to_string()));
    }
    let (livemode, now) = (payments.livemode, app.clock.now());
    let stored = app.db.write(move |db| Ok::<_, FeatureError>(inbox::receive(db, &body, livemode, now)?)).await;
    Ok(match stored {
        Ok(received) => {
            payments.ring();
            count(received.as_str());
            plain(StatusCode::OK, received.as_str())
        }
        // Stripe sends it again.
        Err(error) => {
            tracing::error!(error = format!("{error:?}"), "a webhook could not be stored");
            refuse(StatusCode::SERVICE_UNAVAILABLE, "not_stored", "this could not be stored; send it again")
        }
    })
}

/// Whoever sends slowly, byte by byte, keeps a connection and memory: not for ever.
async fn body(payload: Payload, patience: Duration) -> Result<Bytes, HttpResponse> {
    match tokio::time::timeout(patience, payload.to_bytes_limited(BODY_LIMIT)).await {
        Ok(Ok(Ok(body))) => Ok(body),
        Ok(Ok(Err(_))) => Err(refuse(StatusCode::BAD_REQUEST, "broken", "the body ended too early")),
        Ok(Err(_)) => Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is larger than 1 MiB")),
        Err(_) => Err(refuse(StatusCode::REQUEST_TIMEOUT, "slow", "the body took too long")),
    }
}

fn refuse(status: StatusCode, result: &'static str, words: &str) -> HttpResponse {
    count(result);
    plain(status, words)
}

fn plain(status: StatusCode, words: &str) -> HttpResponse {
    HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(format!("{words}\n"))
}

fn count(result: &'static str) {
    metrics::counter!("pledgepost_webhooks_total", "result" => result).increment(1);
}

#[cfg(test)]
mod tests {
    use actix_web::FromRequest;
    use actix_web::error::PayloadError;
    use actix_web::test::TestRequest;
    use futures_util::{StreamExt, stream};

    use super::*;

    #[actix_web::test]
    async fn a_body_that_never_ends_is_given_up() {
        let first = stream::iter([Ok::<_, PayloadError>(Bytes::from_static(b"{"))]);
        let drops: std::pin::Pin<Box<dyn futures_util::Stream<Item = _>>> = Box::pin(first.chain(stream::pending()));
        let mut payload = actix_web::dev::Payload::Stream { payload: drops };
        let request = TestRequest::default().to_http_request();
        let payload = Payload::from_request(&request, &mut payload).await.unwrap();
        let refused = body(payload, Duration::from_millis(20)).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::REQUEST_TIMEOUT);
    }
}
