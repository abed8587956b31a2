//! Every path of the product, and who answers it. Tests read this file: keep one `.route(` a line.

use actix_web::guard;
use actix_web::web::{self, Data, ServiceConfig, get, post};

use super::middleware::limit;
use super::{Answer, Error, assets, health, paths, public, session};
use crate::app::App;

/// Mounts everything. Around it `server.rs` puts the middleware.
pub fn configure(cfg: &mut ServiceConfig, app: &Data<App>) {
    cfg.app_data(app.clone());
    cfg.configure(machines);
    cfg.configure(public);
    let staff_paths = guard::fn_guard(|context| paths::is_staff(context.head().uri.path()));
    cfg.service(web::scope("").guard(staff_paths).wrap(session::middleware(app)).configure(staff));
    cfg.default_service(web::to(nothing));
}

#[rustfmt::skip]
fn machines(cfg: &mut ServiceConfig) {
    cfg
        .route("/assets/{hash}/{name}", get().to(assets::get))
        .route("/health/live", get().to(health::live))
        .route("/health/ready", get().to(health::ready))
        .route("/metrics", get().to(health::metrics));
}

/// Readers: no session, no cookie. Forms get `.wrap(limit::public_writes())`.
#[rustfmt::skip]
fn public(cfg: &mut ServiceConfig) {
    // Analyses (the home page is theirs)

    // Subscribers: sign-up, confirmation, preferences, leaving
    cfg
        .route("/subscribe", get().to(public::subscribe::form))
        .route("/subscribe", post().to(public::subscribe::create).wrap(limit::public_writes()))
        .route("/confirm/{token}", get().to(public::confirm::show))
        .route("/confirm/{token}", post().to(public::confirm::submit).wrap(limit::public_writes()))
        .route("/preferences/{token}", get().to(public::preferences::show))
        .route("/preferences/{token}", post().to(public::preferences::submit).wrap(limit::public_writes()))
        .route("/unsubscribe/{token}", get().to(public::unsubscribe::show))
        .route("/unsubscribe/{token}", post().to(public::unsubscribe::submit).wrap(limit::per_token()));

    // Campaigns: the web version of a mail

    // Sandbox: the mailbox (handlers take `Loopback`)
}

/// Staff: behind the session. Handlers take `Staff<permit::…>`.
#[rustfmt::skip]
fn staff(_cfg: &mut ServiceConfig) {
    // Log-in and own account

    // Start page

    // Analyses

    // Subscribers and topics

    // Campaigns

    // Settings: organisation, staff, audit
}

async fn nothing() -> Answer {
    Err(Error::not_found("page"))
}
