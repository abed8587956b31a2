//! Every path of the product, and who answers it. Tests read this file: keep one `.route(` a line.

use actix_web::guard;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig, get, post};

use super::middleware::{limit, loopback};
use super::{Answer, Error, assets, health, paths, public, sandbox, session, staff, webhooks};
use crate::app::App;
use crate::sandbox::stripe::api as stripe_api;

/// Mounts everything. Around it `server.rs` puts the middleware.
pub fn configure(cfg: &mut ServiceConfig, app: &Data<App>) {
    cfg.app_data(app.clone());
    cfg.configure(machines);
    cfg.configure(public);
    if let Some(stripe) = app.sandbox_stripe.clone() {
        let api = web::scope("/sandbox/stripe/api").wrap(from_fn(loopback::only)).app_data(Data::from(stripe));
        cfg.service(api.configure(stripe_api::configure));
    }
    let staff_paths = guard::fn_guard(|context| paths::is_staff(context.head().uri.path()));
    cfg.service(web::scope("").guard(staff_paths).wrap(session::middleware(app)).configure(staff_pages));
    cfg.default_service(web::to(nothing));
}

/// All that a `worker` answers.
pub fn configure_worker(cfg: &mut ServiceConfig, app: &Data<App>) {
    cfg.app_data(app.clone()).configure(well_being).default_service(web::to(nothing));
}

#[rustfmt::skip]
fn machines(cfg: &mut ServiceConfig) {
    cfg
        .configure(well_being)
        .route("/assets/{hash}/{name}", get().to(assets::get))
        .route("/favicon.ico", get().to(assets::icon))
        .route("/webhooks/stripe", post().to(webhooks::stripe::receive));
}

#[rustfmt::skip]
fn well_being(cfg: &mut ServiceConfig) {
    cfg
        .route("/health/live", get().to(health::live))
        .route("/health/ready", get().to(health::ready))
        .route("/metrics", get().to(health::metrics));
}

/// Readers: no session, no cookie. Forms get `.wrap(limit::public_writes())`.
#[rustfmt::skip]
fn public(cfg: &mut ServiceConfig) {
    cfg
        // Analyses (the home page is theirs)
        .route("/", get().to(public::home::show))
        .route("/analyses", get().to(public::analyses::list))
        .route("/analyses.atom", get().to(public::feed::show))
        .route("/analyses/{slug}", get().to(public::analyses::read))

        // Subscribers: sign-up, confirmation, preferences, leaving
        .route("/subscribe", get().to(public::subscribe::form))
        .route("/subscribe", post().to(public::subscribe::create).wrap(limit::public_writes()))
        .route("/confirm/{token}", get().to(public::confirm::show))
        .route("/confirm/{token}", post().to(public::confirm::submit).wrap(limit::public_writes()))
        .route("/preferences/{token}", get().to(public::preferences::show))
        .route("/preferences/{token}", post().to(public::preferences::submit).wrap(limit::public_writes()))
        .route("/unsubscribe/{token}", get().to(public::unsubscribe::show))
        .route("/unsubscribe/{token}", post().to(public::unsubscribe::submit).wrap(limit::per_token()))

        // Donations: the form, the page after the payment, ending a monthly gift
        .route("/donate", get().to(public::donate::show))
        .route("/donate", post().to(public::donate::submit).wrap(limit::giving()))
        .route("/donate/choices", get().to(public::donate::show))
        .route("/donate/choices", post().to(public::donate::choose).wrap(limit::public_writes()))
        .route("/donate/thanks", get().to(public::donate::thanks))
        .route("/donate/manage/{token}", get().to(public::donate::manage))
        .route("/donate/manage/{token}", post().to(public::donate::end).wrap(limit::public_writes()))

        // Campaigns: the web version of a mail
        .route("/mail/{token}", get().to(public::mail::show))

        // Sandbox: the mailbox (handlers take `Loopback`)
        .route("/sandbox/mail", get().to(sandbox::list))
        .route("/sandbox/mail/live", get().to(sandbox::live))
        .route("/sandbox/mail/delete", get().to(sandbox::sure_delete))
        .route("/sandbox/mail/delete", post().to(sandbox::delete))
        .route("/sandbox/mail/{id}", get().to(sandbox::show))
        .route("/sandbox/mail/{id}/html", get().to(sandbox::html))
        .route("/sandbox/mail/{id}/source", get().to(sandbox::source))

        // Sandbox: Stripe, its payment page and its dashboard (handlers take `Loopback`)
        .route("/sandbox/stripe", get().to(sandbox::stripe::dashboard))
        .route("/sandbox/stripe/live", get().to(sandbox::stripe::live))
        .route("/sandbox/stripe/clock", post().to(sandbox::stripe::move_clock))
        .route("/sandbox/stripe/mischief", post().to(sandbox::stripe::choose_mischief))
        .route("/sandbox/stripe/money", post().to(sandbox::stripe::move_money))
        .route("/sandbox/stripe/payouts/{id}/fail", post().to(sandbox::stripe::fail_payout))
        .route("/sandbox/stripe/objects", get().to(sandbox::stripe::objects))
        .route("/sandbox/stripe/objects/{id}", get().to(sandbox::stripe::object))
        .route("/sandbox/stripe/events/{id}/send", post().to(sandbox::stripe::send_again))
        .route("/sandbox/stripe/checkout/{session}", get().to(sandbox::stripe::checkout))
        .route("/sandbox/stripe/checkout/{session}", post().to(sandbox::stripe::pay))

        // Sandbox: the bank (handlers take `Loopback`)
        .route("/sandbox/bank", get().to(sandbox::bank::show))
        .route("/sandbox/bank/statement.xml", get().to(sandbox::bank::statement));
}

/// Staff: behind the session. Handlers take `Staff<permit::…>`.
#[rustfmt::skip]
fn staff_pages(cfg: &mut ServiceConfig) {
    cfg
        // Log-in and own account
        .route("/staff/login", get().to(staff::login::show))
        .route("/staff/login", post().to(staff::login::submit).wrap(limit::log_in()))
        .route("/staff/logout", post().to(staff::login::log_out))
        .route("/staff/reset", get().to(staff::login::ask_reset))
        .route("/staff/reset", post().to(staff::login::send_reset).wrap(limit::log_in()))
        .route("/staff/reset/{token}", get().to(staff::set_password::reset).wrap(limit::log_in()))
        .route("/staff/reset/{token}", post().to(staff::set_password::submit_reset).wrap(limit::log_in()))
        .route("/staff/setup/{token}", get().to(staff::set_password::setup).wrap(limit::log_in()))
        .route("/staff/setup/{token}", post().to(staff::set_password::submit_setup).wrap(limit::log_in()))
        .route("/staff/account", get().to(staff::account::show))
        .route("/staff/account", post().to(staff::account::rename))
        .route("/staff/account/password", post().to(staff::account::change_password).wrap(limit::log_in()))

        // Start page
        .route("/staff", get().to(staff::home::show))

        // Analyses
        .route("/staff/analyses", get().to(staff::analyses::list))
        .route("/staff/analyses/new", get().to(staff::analyses::new))
        .route("/staff/analyses/new", post().to(staff::analyses::create))
        .route("/staff/analyses/preview", post().to(staff::analyses::preview))
        .route("/staff/analyses/{id}", get().to(staff::analyses::show))
        .route("/staff/analyses/{id}/details", get().to(staff::analyses::details))
        .route("/staff/analyses/{id}/details", post().to(staff::analyses::save_details))
        .route("/staff/analyses/{id}/text/{language}", get().to(staff::analyses::text))
        .route("/staff/analyses/{id}/text/{language}", post().to(staff::analyses::save_text))
        .route("/staff/analyses/{id}/text/{language}/delete", get().to(staff::analyses::sure_delete_text))
        .route("/staff/analyses/{id}/text/{language}/delete", post().to(staff::analyses::delete_text))
        .route("/staff/analyses/{id}/publish", get().to(staff::analyses::sure_publish))
        .route("/staff/analyses/{id}/publish", post().to(staff::analyses::publish))
        .route("/staff/analyses/{id}/unpublish", get().to(staff::analyses::sure_unpublish))
        .route("/staff/analyses/{id}/unpublish", post().to(staff::analyses::unpublish))
        .route("/staff/analyses/{id}/delete", get().to(staff::analyses::sure_delete))
        .route("/staff/analyses/{id}/delete", post().to(staff::analyses::delete))

        // Subscribers and topics
        .route("/staff/subscribers", get().to(staff::subscribers::list))
        .route("/staff/subscribers.csv", get().to(staff::subscribers::export))
        .route("/staff/subscribers/suppress", post().to(staff::subscribers::suppress_address))
        .route("/staff/subscribers/{id}", get().to(staff::subscribers::show))
        .route("/staff/subscribers/{id}/suppress", get().to(staff::subscribers::sure_suppress))
        .route("/staff/subscribers/{id}/suppress", post().to(staff::subscribers::suppress))
        .route("/staff/subscribers/{id}/erase", get().to(staff::subscribers::sure_erase))
        .route("/staff/subscribers/{id}/erase", post().to(staff::subscribers::erase))
        .route("/staff/topics", get().to(staff::topics::list))
        .route("/staff/topics", post().to(staff::topics::create))
        .route("/staff/topics/new", get().to(staff::topics::new))
        .route("/staff/topics/{id}", get().to(staff::topics::edit))
        .route("/staff/topics/{id}", post().to(staff::topics::save))

        // Campaigns
        .route("/staff/campaigns", get().to(staff::campaigns::list))
        .route("/staff/campaigns", post().to(staff::campaigns::create))
        .route("/staff/campaigns/new", get().to(staff::campaigns::new))
        .route("/staff/campaigns/{id}", get().to(staff::campaigns::show))
        .route("/staff/campaigns/{id}", post().to(staff::campaigns::rename))
        .route("/staff/campaigns/{id}/audience", post().to(staff::campaigns::set_audience))
        .route("/staff/campaigns/{id}/languages", post().to(staff::campaigns::add_language))
        .route("/staff/campaigns/{id}/doubt", post().to(staff::campaigns::set_doubt))
        .route("/staff/campaigns/{id}/pace", post().to(staff::campaigns::pace::set))
        .route("/staff/campaigns/{id}/delete", get().to(staff::campaigns::ask_delete))
        .route("/staff/campaigns/{id}/delete", post().to(staff::campaigns::delete))
        .route("/staff/campaigns/{id}/duplicate", post().to(staff::campaigns::duplicate))
        .route("/staff/campaigns/{id}/text/{language}", get().to(staff::campaigns::texts::edit))
        .route("/staff/campaigns/{id}/text/{language}", post().to(staff::campaigns::texts::save))
        .route("/staff/campaigns/{id}/text/{language}/remove", get().to(staff::campaigns::texts::ask_remove))
        .route("/staff/campaigns/{id}/text/{language}/remove", post().to(staff::campaigns::texts::remove))
        .route("/staff/campaigns/{id}/text/{language}/test", post().to(staff::campaigns::texts::send_test))
        .route("/staff/campaigns/{id}/preview/{language}", get().to(staff::campaigns::texts::show_preview))
        .route("/staff/campaigns/{id}/preview/{language}/mail", get().to(staff::campaigns::texts::show_preview_mail))
        .route("/staff/campaigns/{id}/send", get().to(staff::campaigns::sending::ask_send))
        .route("/staff/campaigns/{id}/send", post().to(staff::campaigns::sending::send))
        .route("/staff/campaigns/{id}/unschedule", post().to(staff::campaigns::sending::unschedule))
        .route("/staff/campaigns/{id}/pause", post().to(staff::campaigns::sending::pause))
        .route("/staff/campaigns/{id}/resume", post().to(staff::campaigns::sending::resume))
        .route("/staff/campaigns/{id}/cancel", get().to(staff::campaigns::sending::ask_cancel))
        .route("/staff/campaigns/{id}/cancel", post().to(staff::campaigns::sending::cancel))
        .route("/staff/campaigns/{id}/doubt/{decision}", get().to(staff::campaigns::sending::ask_settle))
        .route("/staff/campaigns/{id}/doubt/{decision}", post().to(staff::campaigns::sending::settle))
        .route("/staff/campaigns/{id}/again/failed", get().to(staff::campaigns::again::ask_failed))
        .route("/staff/campaigns/{id}/again/failed", post().to(staff::campaigns::again::to_failed))
        .route("/staff/campaigns/{id}/again/added", get().to(staff::campaigns::again::ask_added))
        .route("/staff/campaigns/{id}/again/added", post().to(staff::campaigns::again::to_added))
        .route("/staff/campaigns/{id}/events", get().to(staff::campaigns::events::events))
        .route("/staff/campaigns/{id}/progress", get().to(staff::campaigns::progress::fragment))
        .route("/staff/campaigns/{id}/deliveries", get().to(staff::campaigns::deliveries::list))
        .route("/staff/campaigns/{id}/deliveries.csv", get().to(staff::campaigns::deliveries::csv))
        .route("/staff/campaigns/{id}/deliveries/{delivery}", get().to(staff::deliveries::of_campaign))
        .route("/staff/campaigns/{id}/deliveries/{delivery}/mail", get().to(staff::deliveries::mail_of_campaign))
        .route("/staff/campaigns/{id}/proof.csv", get().to(staff::campaigns::deliveries::proof))
        .route("/staff/deliveries/{id}", get().to(staff::deliveries::show))

        // Sending: mail servers, what waits, limits
        .route("/staff/sending", get().to(staff::sending::show))
        .route("/staff/sending/domains", post().to(staff::sending::set_domain))
        .route("/staff/sending/domains/remove", post().to(staff::sending::remove_domain))

        // Giving: donations, pledges, funds, the switch
        .route("/staff/donations", get().to(staff::donations::list))
        .route("/staff/donations.csv", get().to(staff::donations::export))
        .route("/staff/donations/{id}", get().to(staff::donations::show))
        .route("/staff/donations/{id}/accept", post().to(staff::donations::accept))
        .route("/staff/donations/{id}/refund", get().to(staff::donations::ask_refund))
        .route("/staff/donations/{id}/refund", post().to(staff::donations::refund))
        .route("/staff/donations/{id}/receipt", get().to(staff::donations::receipt))
        .route("/staff/donations/{id}/receipt/send", get().to(staff::donations::sure_send_receipt))
        .route("/staff/donations/{id}/receipt/send", post().to(staff::donations::send_receipt))
        .route("/staff/pledges", get().to(staff::pledges::list))
        .route("/staff/pledges/{id}", get().to(staff::pledges::show))
        .route("/staff/pledges/{id}/end", get().to(staff::pledges::sure_end))
        .route("/staff/pledges/{id}/end", post().to(staff::pledges::end))
        .route("/staff/funds", get().to(staff::funds::list))
        .route("/staff/funds", post().to(staff::funds::create))
        .route("/staff/funds/new", get().to(staff::funds::new))
        .route("/staff/funds/{id}", get().to(staff::funds::edit))
        .route("/staff/funds/{id}", post().to(staff::funds::save))
        .route("/staff/funds/{id}/close", post().to(staff::funds::close))
        .route("/staff/funds/{id}/reopen", post().to(staff::funds::reopen))
        .route("/staff/funds/{id}/default", post().to(staff::funds::make_default))
        .route("/staff/giving", get().to(staff::giving::show))
        .route("/staff/giving/close", post().to(staff::giving::close))
        .route("/staff/giving/open", post().to(staff::giving::open))

        // Finance: money at Stripe
        .route("/staff/finance", get().to(staff::finance::home::show))
        .route("/staff/finance/payouts", get().to(staff::finance::payouts::list))
        .route("/staff/finance/payouts/{id}", get().to(staff::finance::payouts::show))
        .route("/staff/finance/payouts/{id}/transactions.csv", get().to(staff::finance::payouts::export))
        .route("/staff/finance/transactions", get().to(staff::finance::transactions::list))
        .route("/staff/finance/transactions/{id}", get().to(staff::finance::transactions::show))
        .route("/staff/finance/transactions/{id}/explain", post().to(staff::finance::transactions::explain))
        .route("/staff/finance/transactions/{id}/take-back", post().to(staff::finance::transactions::take_back))
        .route("/staff/finance/checks", get().to(staff::finance::checks::show))

        // Bank, journal and its accounts
        .route("/staff/finance/bank", get().to(staff::finance::bank::list))
        .route("/staff/finance/bank/aside", post().to(staff::finance::bank::set_aside_many))
        .route("/staff/finance/bank/import", get().to(staff::finance::bank::ask_import))
        .route("/staff/finance/bank/import", post().to(staff::finance::bank::import))
        .route("/staff/finance/bank/statements", get().to(staff::finance::bank::statements))
        .route("/staff/finance/bank/statements/{id}", get().to(staff::finance::bank::statement))
        .route("/staff/finance/bank/lines/{id}", get().to(staff::finance::bank::line))
        .route("/staff/finance/bank/lines/{id}/match", post().to(staff::finance::bank::match_line))
        .route("/staff/finance/bank/lines/{id}/matches/{match}/undo", post().to(staff::finance::bank::undo))
        .route("/staff/finance/bank/lines/{id}/aside", post().to(staff::finance::bank::set_aside))
        .route("/staff/finance/bank/lines/{id}/take-up", post().to(staff::finance::bank::take_up))
        .route("/staff/finance/journal", get().to(staff::finance::journal::show))
        .route("/staff/finance/journal/export", post().to(staff::finance::journal::export))
        .route("/staff/finance/accounts", get().to(staff::finance::accounts::list))
        .route("/staff/finance/accounts", post().to(staff::finance::accounts::create))
        .route("/staff/finance/accounts/new", get().to(staff::finance::accounts::new))
        .route("/staff/finance/accounts/beginning", post().to(staff::finance::accounts::set_beginning))
        .route("/staff/finance/accounts/{account}", get().to(staff::finance::accounts::edit))
        .route("/staff/finance/accounts/{account}", post().to(staff::finance::accounts::save))
        .route("/staff/finance/accounts/{account}/remove", post().to(staff::finance::accounts::remove))

        // Payments
        .route("/staff/payments/events", get().to(staff::payments::list))
        .route("/staff/payments/events/{id}", get().to(staff::payments::show))
        .route("/staff/payments/events/{id}/{decision}", post().to(staff::payments::decide))

        // Settings: organisation, staff, audit
        .route("/staff/organisation", get().to(staff::organisation::show))
        .route("/staff/organisation", post().to(staff::organisation::save))
        .route("/staff/members", get().to(staff::members::list))
        .route("/staff/members", post().to(staff::members::create))
        .route("/staff/members/new", get().to(staff::members::new))
        .route("/staff/members/{id}", get().to(staff::members::show))
        .route("/staff/members/{id}/role", post().to(staff::members::change_role))
        .route("/staff/members/{id}/disable", post().to(staff::members::disable))
        .route("/staff/members/{id}/enable", post().to(staff::members::enable))
        .route("/staff/members/{id}/invite", post().to(staff::members::invite))
        .route("/staff/audit", get().to(staff::audit::list));
}

async fn nothing() -> Answer {
    Err(Error::not_found("page"))
}
