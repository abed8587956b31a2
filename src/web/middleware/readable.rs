//! Addresses that no page of ours ever had: a NUL in path or query. PostgreSQL refuses it in any text, so it must not
//! come as far as a query.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;

use crate::web::Error;

pub async fn check(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let uri = request.uri();
    if uri.path().contains("%00") {
        return Ok(request.error_response(Error::not_found("page")));
    }
    if uri.query().is_some_and(|query| query.contains("%00")) {
        return Ok(request.error_response(Error::Unreadable("a NUL in the query".into())));
    }
    next.call(request).await.map(ServiceResponse::map_into_boxed_body)
}
