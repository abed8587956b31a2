//! How sending stands, looked up at once for the start page and the page of its own.

use std::sync::Arc;

use chrono::Duration;
use chrono_tz::Tz;

use super::alerts::{Alert, Numbers, Progress, alerts};
use super::words::{Why, lasting, until};
use crate::campaigns::{self, Campaign, CampaignState, Hours};
use crate::db::Db;
use crate::error::Error as FeatureError;
use crate::outbox::Server;
use crate::outbox::backlog::{self, Backlog};
use crate::outbox::limits::{self, ServerReport, ServerState};
use crate::outbox::servers::{self, MailServerState};
use crate::values::At;
use crate::web::staff::campaigns::{number, path};

/// What the database says.
pub(crate) struct State {
    pub servers: Vec<ServerReport>,
    /// In the sandbox, whose mailbox has its address only while it runs: failures that were noted lately.
    pub strays: Vec<MailServerState>,
    pub backlog: Backlog,
    /// Those that are being sent, in the backlog's order.
    pub campaigns: Vec<Campaign>,
    pub now: At,
}

/// A notice for staff.
pub(crate) struct Said {
    pub kind: &'static str,
    pub text: String,
    /// The page of the campaign that it is about.
    pub campaign: Option<String>,
}

/// # Errors
/// The database's.
pub(crate) fn look(db: &mut Db, all: &[Arc<Server>], now: At) -> Result<State, FeatureError> {
    let campaigns = campaigns::store::with_state(db, &[CampaignState::Sending])?;
    let open: Vec<_> = campaigns.iter().map(|campaign| (campaign.id, campaign.total)).collect();
    let strays = if all.is_empty() { servers::failing(db)? } else { Vec::new() };
    let lately = |row: &MailServerState| row.paused_until.is_some_and(|until| until > now - Duration::hours(1));
    Ok(State {
        servers: limits::servers(db, all, now)?,
        strays: strays.into_iter().filter(lately).collect(),
        backlog: backlog::look(db, &open)?,
        campaigns,
        now,
    })
}

impl State {
    pub(super) fn numbers(&self) -> Numbers {
        let well = |report: &ServerReport| matches!(report.state, ServerState::Works | ServerState::Failed { .. });
        let campaigns = self.campaigns.iter().zip(&self.backlog.campaigns).map(|(campaign, of)| Progress {
            id: campaign.id,
            name: campaign.name.clone(),
            keeps_hours: campaign.hours != Hours::Any,
            // A pause that is over has been written there too.
            moved_at: of.recorded_at.max(Some(campaign.updated_at)).unwrap_or(campaign.updated_at),
            queued: of.queued.mails,
            deferred: of.deferred.mails,
            done: of.ended.all(),
        });
        Numbers {
            nodes: self.backlog.nodes,
            system: self.backlog.system_queued,
            open: if self.servers.is_empty() { self.strays.is_empty() } else { self.servers.iter().any(well) },
            campaigns: campaigns.collect(),
        }
    }

    /// The mail servers that fail.
    pub(crate) fn of_servers(&self, may_read: bool, zone: Tz) -> Vec<Said> {
        let others = |name: &str| {
            self.servers.iter().any(|report| report.server.name != name && report.state == ServerState::Works)
        };
        let say = |name: &str, paused: Option<At>, reason: &str| {
            let again = match paused.filter(|until| *until > self.now) {
                Some(at) => format!("It is tried again by itself at {}.", until(at, zone, self.now)),
                None => "It is tried again by itself with the next mail.".to_owned(),
            };
            let meanwhile = if others(name) { " Meanwhile mail leaves through the others." } else { "" };
            let why = Why::of(reason, may_read).text();
            let text = format!("The mail server {name} takes no mail. {why} {again}{meanwhile}");
            Said { kind: "danger", text, campaign: None }
        };
        let own = self.servers.iter().filter_map(|report| match &report.state {
            ServerState::Paused { until, reason } => Some(say(&report.server.name, Some(*until), reason)),
            ServerState::Failed { reason } => Some(say(&report.server.name, None, reason)),
            ServerState::Works | ServerState::Waits { .. } => None,
        });
        let stray = |row: &MailServerState| say(&row.name, row.paused_until, row.reason.as_deref().unwrap_or_default());
        own.chain(self.strays.iter().map(stray)).collect()
    }

    /// What else somebody should know of.
    pub(crate) fn of_mails(&self) -> Vec<Said> {
        let numbers = self.numbers();
        alerts(&numbers, self.now).iter().map(said).collect()
    }
}

fn said(alert: &Alert<'_>) -> Said {
    let mails = |n: i64, verb: &str, verbs: &str| match n {
        1 => format!("One mail that people wait for (a confirmation, a receipt or a link to log in) {verb}"),
        n => format!("{} mails that people wait for (confirmations, receipts, links to log in) {verbs}", number(n)),
    };
    let (kind, text, campaign) = match *alert {
        Alert::NobodyDelivers { waiting } => {
            let waiting = if waiting == 0 { String::new() } else { format!(" {}.", mails(waiting, "waits", "wait")) };
            let ask = "Ask whoever runs the server: “serve” or “worker” must run.";
            ("danger", format!("No process delivers mail.{waiting} {ask}"), None)
        }
        Alert::SystemMailsWait { mails: n, longest } => {
            let ask = "If no mail server is paused, ask whoever runs the server whether a process delivers.";
            let waits = mails(n, "waits", "wait");
            let oldest = if n == 1 { String::new() } else { ", the first of them".to_owned() };
            ("danger", format!("{waits}{oldest} for {}. {ask}", lasting(longest)), None)
        }
        Alert::StandsStill { campaign, since } => {
            let (name, left, since) = (&campaign.name, number(campaign.queued), lasting(since));
            let text = format!("“{name}” stands still: {left} mails wait, and for {since} none was sent.");
            ("danger", text, Some(path(campaign.id)))
        }
        Alert::ManyPutOff(campaign) => {
            let (name, n) = (&campaign.name, number(campaign.deferred));
            let text = format!(
                "Of “{name}”, {n} mails were put off by those who should take them. They are tried again by themselves. Many \
                 at once mean greylisting, or a limit at a provider: look at what was said of them, and set a limit for that \
                 domain if it says that we are too fast."
            );
            ("warn", text, Some(path(campaign.id)))
        }
    };
    Said { kind, text, campaign }
}
