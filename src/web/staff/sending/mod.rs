//! Sending: the mail servers, what waits, and how fast mail may leave.

mod alerts;
mod servers;
mod state;
mod words;

pub(crate) use state::{Said, look};
pub(crate) use words::Why;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::servers::{Reader, ServerView, views};
use self::state::State;
use self::words::lasting;
use super::campaigns::{number, path};
use super::{field_errors, moment};
use crate::app::App;
use crate::config::Sending;
use crate::error::{Error as FeatureError, FieldError};
use crate::outbox::backlog::Waiting;
use crate::outbox::limits::domains::{self, DomainForm};
use crate::staff::Permission;
use crate::web::extract::{Form, Staff, permit};
use crate::web::{Answer, Notice};

const PAGE: &str = "/staff/sending";

#[derive(Serialize)]
struct SendingPage {
    /// Beside what the servers' own states say.
    alerts: Vec<Value>,
    /// Mail goes to the sandbox mailbox.
    sandbox: bool,
    servers: Vec<ServerView>,
    figures: Vec<Value>,
    campaigns: Vec<Value>,
    domains: Vec<Value>,
    settings: Vec<Value>,
    may_write: bool,
    form: DomainForm,
    errors: Vec<FieldError>,
}

/// `GET /staff/sending`
pub async fn show(staff: Staff<permit::Read>) -> Answer {
    show_with(&staff, DomainForm::default(), Vec::new(), StatusCode::OK).await
}

/// `POST /staff/sending/domains`
pub async fn set_domain(staff: Staff<permit::Campaigns>, app: Data<App>, typed: Form<DomainForm>) -> Answer {
    let (form, actor, now) = (typed.into_inner(), staff.actor(), app.clock.now());
    let typed = form.clone();
    match app.db.write(move |db| domains::set(db, &form, &actor, now)).await.map_err(field_errors) {
        Ok(domain) => staff.redirect(PAGE, Notice::ok(format!("The limit for {domain} holds from now on."))),
        Err(errors) => show_with(&staff, typed, errors?, StatusCode::UNPROCESSABLE_ENTITY).await,
    }
}

/// Which limit is to go.
#[derive(Deserialize)]
pub struct WhichDomain {
    #[serde(default)]
    domain: String,
}

/// `POST /staff/sending/domains/remove`
pub async fn remove_domain(staff: Staff<permit::Campaigns>, app: Data<App>, typed: Form<WhichDomain>) -> Answer {
    let (domain, actor, now) = (typed.into_inner().domain, staff.actor(), app.clock.now());
    let name = domain.clone();
    match app.db.write(move |db| domains::remove(db, &domain, &actor, now)).await {
        Ok(()) => staff.redirect(PAGE, Notice::ok(format!("{name} has no limit any more."))),
        // Somebody else was faster, or the page was old.
        Err(FeatureError::NotFound(_)) => staff.redirect(PAGE, Notice::info("That domain has no limit.")),
        Err(other) => Err(other.into()),
    }
}

async fn show_with<P>(staff: &Staff<P>, form: DomainForm, errors: Vec<FieldError>, status: StatusCode) -> Answer {
    let app = staff.app.clone();
    let (servers, now, zone) = (app.mail_servers.clone(), app.clock.now(), staff.zone());
    let read = app.db.read(move |db| Ok::<_, FeatureError>((look(db, &servers, now)?, domains::list(db)?)));
    let (state, limited) = read.await?;
    let reader = Reader { may_read: staff.may(Permission::SubscribersRead), zone, now };
    let strays = state.of_servers(reader.may_read, zone).into_iter().filter(|_| state.servers.is_empty());
    let alerts = strays.chain(state.of_mails());
    let page = SendingPage {
        alerts: alerts.map(|said| json!({ "kind": said.kind, "text": said.text, "href": said.campaign })).collect(),
        sandbox: app.mail_servers.is_empty(),
        servers: views(&state.servers, reader),
        figures: figures(&state),
        campaigns: campaigns(&state, reader.may_read),
        domains: limited
            .iter()
            .map(|limit| {
                let changed = moment(limit.updated_at, zone);
                json!({ "domain": limit.domain, "per_minute": number(limit.per_minute), "changed": changed })
            })
            .collect(),
        settings: settings(&app.config.sending),
        may_write: staff.may(Permission::Campaigns),
        form,
        errors,
    };
    staff.render_with(status, "staff/sending/show", "Sending", &page)
}

fn figures(state: &State) -> Vec<Value> {
    let backlog = &state.backlog;
    let (queued, deferred) = backlog.of_campaigns();
    let figure = |label: &str, mails: i64, change: Option<String>| json!({ "label": label, "number": number(mails), "change": change });
    let waited = |waiting: Waiting| {
        let oldest = waiting.oldest.filter(|_| waiting.mails > 0)?;
        Some(format!("the first for {}", lasting(state.now - oldest)))
    };
    let put_off = deferred.mails + backlog.system_deferred.mails;
    vec![
        figure("System mails waiting", backlog.system_queued.mails, waited(backlog.system_queued)),
        figure("Campaign mails waiting", queued.mails, None),
        figure("To be tried again", put_off, None),
        figure("Processes that deliver", backlog.nodes, None),
    ]
}

fn campaigns(state: &State, may_read: bool) -> Vec<Value> {
    let rows = state.campaigns.iter().zip(&state.backlog.campaigns);
    rows.map(|(campaign, of)| {
        let deferred = format!("{}/deliveries?state=deferred", path(campaign.id));
        json!({
            "name": campaign.name, "href": path(campaign.id), "queued": number(of.queued.mails),
            "deferred": number(of.deferred.mails), "through": number(of.ended.all()), "total": number(campaign.total),
            "deferred_href": (may_read && of.deferred.mails > 0).then_some(deferred),
        })
    })
    .collect()
}

fn settings(sending: &Sending) -> Vec<Value> {
    let rate = match sending.rate {
        0 => "None".to_owned(),
        n => format!("{} mails a second, all processes together", number(i64::from(n))),
    };
    let connections = format!("{} in each process, for a server that says nothing else", sending.connections);
    let window = i64::from(sending.doubt_window);
    let doubt = format!("{} mails: so many a crash of a process may leave in doubt", number(window));
    vec![
        json!({ "term": "Limit for all mail", "value": rate, "note": "PLEDGEPOST_SEND_RATE" }),
        json!({ "term": "Connections", "value": connections, "note": "PLEDGEPOST_SEND_CONNECTIONS" }),
        json!({ "term": "Doubt window", "value": doubt, "note": "PLEDGEPOST_DOUBT_WINDOW" }),
    ]
}
