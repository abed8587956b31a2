//! The start page: what needs attention, how many readers there are, and where to go.

use serde::Serialize;

use super::nav;
use crate::campaigns::{self, CampaignState};
use crate::db::Db;
use crate::error::Error as FeatureError;
use crate::i18n::Texts;
use crate::outbox;
use crate::staff::Permission;
use crate::subscribers::{self, SubscriberState};
use crate::values::Language;
use crate::web::Answer;
use crate::web::extract::{Staff, permit};

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
    label: &'static str,
    number: String,
}

#[derive(Serialize)]
struct HomePage {
    attention: Vec<Attention>,
    figures: Vec<Figure>,
    groups: Vec<nav::Group>,
    /// The organisation has no legal name or address yet, and this member may change that.
    first_steps: bool,
}

/// `GET /staff`
pub async fn show(staff: Staff<permit::Read>) -> Answer {
    let look = staff.app.db.read(|db| Ok::<_, FeatureError>((attention(db)?, figures(db)?)));
    let (attention, figures) = look.await?;
    let mut groups = nav::groups(staff.role, "", false);
    groups.retain(|group| group.title != "Overview");
    let organisation = &staff.organisation;
    let fresh = organisation.legal_name.is_empty() || organisation.postal_address.is_empty();
    let first_steps = fresh && staff.may(Permission::Organisation);
    staff.render("staff/home", "Start", &HomePage { attention, figures, groups, first_steps })
}

fn attention(db: &mut Db) -> Result<Vec<Attention>, FeatureError> {
    let server = |server: outbox::servers::MailServerState| {
        let reason = server.reason.unwrap_or_default();
        let text =
            format!("The mail server {} does not take mails, and is tried again by itself: {reason}", server.name);
        Attention { kind: "danger", text, href: None, label: "" }
    };
    let mut all: Vec<Attention> = outbox::servers::failing(db)?.into_iter().map(server).collect();
    for campaign in campaigns::store::with_state(db, &[CampaignState::Paused, CampaignState::Sending])? {
        let (kind, text) = match (campaign.state, campaign.reason) {
            (CampaignState::Sending, _) => ("info", format!("“{}” is being sent.", campaign.name)),
            (_, Some(reason)) => ("warn", format!("“{}” is paused: {reason}", campaign.name)),
            (_, None) => ("warn", format!("“{}” is paused.", campaign.name)),
        };
        let href = Some(format!("/staff/campaigns/{}", campaign.id));
        all.push(Attention { kind, text, href, label: "Look" });
    }
    Ok(all)
}

/// Numbers alone, which every role may see.
fn figures(db: &mut Db) -> Result<Vec<Figure>, FeatureError> {
    let counts = subscribers::store::count_by_state(db)?;
    let figure = |label, state| {
        let count = counts.iter().find(|(counted, _)| *counted == state).map_or(0, |(_, count)| *count);
        Figure { label, number: Texts::get().number(&Language::english(), count) }
    };
    Ok(vec![
        figure("Active subscribers", SubscriberState::Active),
        figure("Not confirmed yet", SubscriberState::Pending),
    ])
}
