//! The start page: what needs attention, how many readers there are, and what is going on.

mod giving;

use serde::Serialize;

use crate::analyses;
use crate::campaigns::{self, CampaignState};
use crate::db::Db;
use crate::error::Error as FeatureError;
use crate::jobs;
use crate::payments;
use crate::staff::Permission;
use crate::subscribers::{self, SubscriberState};
use crate::values::{At, Day, PageRequest};
use crate::web::Answer;
use crate::web::extract::{Staff, permit};
use crate::web::staff::campaigns::{number, pace, path, state_kind, state_label};
use crate::web::staff::finance::home::start_page;
use crate::web::staff::moment;
use crate::web::staff::sending::{self, Why};

/// A notice with a way to where something can be done.
#[derive(Serialize)]
struct Attention {
    kind: &'static str,
    text: String,
    href: Option<String>,
    label: &'static str,
}

#[derive(Serialize)]
struct Figure {
    label: String,
    number: String,
    /// The rows that were counted, for those who may see them.
    href: Option<&'static str>,
    change: Option<String>,
}

/// A campaign in the list of the newest.
#[derive(Serialize)]
struct Recent {
    href: String,
    name: String,
    state: &'static str,
    kind: &'static str,
    changed: String,
}

#[derive(Serialize)]
struct HomePage {
    attention: Vec<Attention>,
    figures: Vec<Figure>,
    /// This month's gifts and the active pledges: sums, without anybody's name.
    giving: Vec<Figure>,
    recent: Vec<Recent>,
    may_campaign: bool,
    may_publish: bool,
    /// The organisation has no legal name or address yet, and this member may change that.
    first_steps: bool,
}

/// `GET /staff`
pub async fn show(staff: Staff<permit::Read>) -> Answer {
    let (zone, may_read) = (staff.zone(), staff.may(Permission::SubscribersRead));
    let (gifts, now) = (staff.may(Permission::GiftsRead), staff.app.clock.now());
    let (livemode, servers) = (staff.app.livemode(), staff.app.mail_servers.clone());
    let look = staff.app.db.read(move |db| {
        let state = sending::look(db, &servers, now)?;
        let said = state.of_servers(may_read, zone).into_iter().chain(state.of_mails());
        let mut all: Vec<Attention> = said.map(sending_attention).collect();
        all.extend(attention(db, may_read, now)?);
        if gifts {
            all.extend(payment_attention(payments::attention(db, now)?));
        }
        all.extend(giving::attention(db, gifts, now)?);
        if gifts && let Some(found) = start_page(db, livemode, Day::of(now, zone))? {
            all.push(Attention { kind: found.kind, text: found.text, href: Some(found.href), label: found.label });
        }
        let given = giving::figures(db, gifts, zone, now)?;
        Ok::<_, FeatureError>((all, figures(db, may_read)?, given, recent(db, zone)?))
    });
    let (attention, figures, given, recent) = look.await?;
    let organisation = &staff.organisation;
    let fresh = organisation.legal_name.is_empty() || organisation.postal_address.is_empty();
    let page = HomePage {
        attention,
        figures,
        giving: given,
        recent,
        may_campaign: staff.may(Permission::Campaigns),
        may_publish: staff.may(Permission::Analyses),
        first_steps: fresh && staff.may(Permission::Organisation),
    };
    staff.render("staff/home", "Start", &page)
}

fn sending_attention(said: sending::Said) -> Attention {
    Attention { kind: said.kind, text: said.text, href: Some("/staff/sending".into()), label: "Look at sending" }
}

fn attention(db: &mut Db, may_read: bool, now: At) -> Result<Vec<Attention>, FeatureError> {
    let mut all = Vec::new();
    for (id, kind, error) in jobs::failed(db)? {
        let error = error.unwrap_or_else(|| "it left no word".into());
        let text = format!("Job {id} ({kind}) was given up after many tries: {error}. Ask whoever runs the server.");
        all.push(Attention { kind: "danger", text, href: None, label: "" });
    }
    for campaign in campaigns::store::with_state(db, &[CampaignState::Paused, CampaignState::Sending])? {
        let waits = campaigns::pace::waits(db, &campaign, now)?;
        let (kind, text) = match (campaign.state, campaign.reason) {
            (CampaignState::Sending, _) if waits.is_some() => {
                let words = waits.map(pace::waits).unwrap_or_default();
                ("info", format!("“{}” {words}.", campaign.name))
            }
            (CampaignState::Sending, _) => ("info", format!("“{}” is being sent.", campaign.name)),
            (_, Some(reason)) => {
                ("warn", format!("“{}” is paused. {}", campaign.name, Why::of(&reason, may_read).text()))
            }
            (_, None) => ("warn", format!("“{}” is paused.", campaign.name)),
        };
        let href = Some(path(campaign.id));
        all.push(Attention { kind, text, href, label: "Look at it" });
    }
    Ok(all)
}

fn payment_attention(found: payments::Attention) -> Vec<Attention> {
    let count = |count: i64, one: &str, many: &str| match count {
        1 => one.to_owned(),
        count => format!("{} {many}", number(count)),
    };
    let notice = |kind, text, filter: &str| Attention {
        kind,
        text,
        href: Some(format!("/staff/payments/events{filter}")),
        label: "Look at it",
    };
    let mut all = Vec::new();
    if found.failed_events > 0 {
        let text = count(found.failed_events, "One payment event failed.", "payment events failed.");
        all.push(notice("danger", text, "?state=failed"));
    }
    if found.refused_commands > 0 {
        let text = count(found.refused_commands, "Stripe refused one request.", "requests were refused by Stripe.");
        all.push(notice("warn", text, ""));
    }
    if found.late_events > 0 {
        let text = count(
            found.late_events,
            "One payment event waits for more than a quarter of an hour.",
            "payment events wait for more than a quarter of an hour.",
        );
        all.push(notice("warn", text, "?state=pending"));
    }
    all
}

/// Numbers alone every role may see; the way to the rows is for those who may see addresses.
fn figures(db: &mut Db, may_read: bool) -> Result<Vec<Figure>, FeatureError> {
    let counts = subscribers::store::count_by_state(db)?;
    let figure = |label: &str, state, href: &'static str| {
        let count = counts.iter().find(|(counted, _)| *counted == state).map_or(0, |(_, count)| *count);
        Figure { label: label.into(), number: number(count), href: may_read.then_some(href), change: None }
    };
    let published = analyses::read::published(db, &analyses::read::Filter::default(), &[], PageRequest::new(None, 1))?;
    Ok(vec![
        figure("Active subscribers", SubscriberState::Active, "/staff/subscribers?state=active"),
        figure("Not confirmed yet", SubscriberState::Pending, "/staff/subscribers?state=pending"),
        Figure {
            label: "Analyses published".into(),
            number: number(published.total),
            change: None,
            href: Some("/staff/analyses?state=published"),
        },
    ])
}

fn recent(db: &mut Db, zone: chrono_tz::Tz) -> Result<Vec<Recent>, FeatureError> {
    let newest = campaigns::store::list(db, None, None, PageRequest::new(None, 5))?;
    let row = |campaign: campaigns::Campaign| Recent {
        href: path(campaign.id),
        state: state_label(campaign.state),
        kind: state_kind(campaign.state),
        changed: moment(campaign.updated_at, zone),
        name: campaign.name,
    };
    Ok(newest.rows.into_iter().map(row).collect())
}
