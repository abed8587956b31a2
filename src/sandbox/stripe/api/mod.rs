//! `/v1/…` as Stripe answers it.

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};

/// Mounts `/v1/…` where it is called (a prefix is fine). State: `web::Data<SandboxStripe>`.
pub fn configure(cfg: &mut ServiceConfig) {
    cfg.service(web::scope("/v1").default_service(web::to(HttpResponse::NotImplemented)));
}
