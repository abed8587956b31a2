//! A whole scope for this machine alone, as [`Loopback`](crate::web::extract::Loopback) is for one handler.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;

use crate::web::Error;
use crate::web::extract::is_loopback;

pub async fn only(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match is_loopback(request.request()) {
        true => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
        false => Ok(request.error_response(Error::not_found("page"))),
    }
}
