//! What each feature brings to the platform: renderers, lanes, jobs, heirs of leases.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::Duration;
use diesel::QueryResult;
use tokio::sync::Notify;

use super::App;
use crate::campaigns::send::{START_JOB, StartJob};
use crate::campaigns::{self, CampaignLanes, CampaignMails, TestMails};
use crate::config::{Config, WebConfig};
use crate::db::Db;
use crate::donations::{self, Books};
use crate::finance::bank::Matcher;
use crate::jobs::{self, Handler, Jobs, Recurring};
use crate::lease::{self, Gone, Heirs};
use crate::outbox::{self, Lanes, Renderer, Renderers, SystemMails, accepted};
use crate::payments::{self, Observers};
use crate::staff;
use crate::subscribers;
use crate::values::{At, NodeId, RootKey};

/// The kinds of jobs and the recurring tasks.
pub fn jobs(config: &Config, mail_bell: &Arc<Notify>) -> Jobs {
    let heirs = heirs(config);
    let bell = mail_bell.clone();
    let start: Handler = Arc::new(move |db, payload, now| {
        let job: StartJob = serde_json::from_str(payload)?;
        campaigns::send::start(db, job.campaign, now)?;
        // Rung before the commit at worst: the engine looks again by itself in a moment.
        bell.notify_one();
        Ok(())
    });
    Jobs {
        handlers: HashMap::from([(START_JOB, start)]),
        recurring: vec![
            Recurring {
                name: "expired sign-ups",
                every: Duration::hours(1),
                run: Arc::new(|db, now| Ok(subscribers::purge::expired(db, now).map(drop)?)),
            },
            Recurring {
                name: "orphaned leases",
                every: Duration::minutes(1),
                run: Arc::new(move |db, now| Ok(adopt_orphans(db, &heirs, now)?)),
            },
            Recurring {
                name: "cancelled campaigns",
                every: Duration::minutes(1),
                run: Arc::new(|db, now| Ok(campaigns::send::skip_late(db, now).map(drop)?)),
            },
            Recurring {
                name: "idle limits",
                every: Duration::hours(1),
                run: Arc::new(|db, _| Ok(outbox::limits::sweep(db).map(drop)?)),
            },
            Recurring {
                name: "abandoned gifts",
                every: Duration::hours(1),
                run: Arc::new(|db, now| Ok(donations::purge::abandoned(db, now).map(drop)?)),
            },
            Recurring {
                name: "old webhooks",
                every: Duration::hours(1),
                run: Arc::new(|db, now| Ok(payments::purge::bodies(db, now).map(drop)?)),
            },
            Recurring {
                name: "expired sessions",
                every: Duration::hours(1),
                run: Arc::new(|db, now| Ok(staff::purge(db, now).map(drop)?)),
            },
        ],
        bell: Notify::new(),
    }
}

/// Who makes which mail.
pub fn renderers(app: &App) -> Renderers {
    let campaign: Arc<dyn Renderer> = Arc::new(CampaignMails::new(app.campaign_mails.clone()));
    let test: Arc<dyn Renderer> = Arc::new(TestMails { frame: app.campaign_mails.clone() });
    Renderers {
        named: HashMap::from([("campaign", campaign), (campaigns::test_send::TEST_MAIL, test)]),
        other: Arc::new(SystemMails {
            templates: app.templates.clone(),
            root: app.root.clone(),
            settings: app.sender.clone(),
        }),
    }
}

/// Which campaigns may be sent, and whom to tell when one was stopped.
pub fn lanes(web: &WebConfig) -> Arc<dyn Lanes> {
    let web = web.clone();
    Arc::new(CampaignLanes {
        staff_to_tell: Arc::new(staff::store::campaign_staff),
        link: Arc::new(move |path| web.link(path)),
    })
}

/// Who books what Stripe says.
pub fn observers(web: &WebConfig, root: &RootKey) -> Observers {
    let web = web.clone();
    vec![Arc::new(Books { root: root.clone(), link: Arc::new(move |path| web.link(path)) }), Arc::new(Matcher)]
}

/// What is given back when a node is gone.
pub fn heirs(config: &Config) -> Heirs {
    let lanes = lanes(&config.web);
    let place = accepted::Place::of(&config.database, config.sending.state_dir.as_deref());
    vec![
        Arc::new(|db, node, _now| jobs::give_back(db, node)),
        Arc::new(|db, node, _now| payments::give_back(db, node)),
        Arc::new(move |db, node, now| {
            // What its record of accepted mails knows is settled first; the rest is in doubt.
            if let Some(place) = &place {
                accepted::heir::settle(db, place, node, now)?;
            }
            let holding = lanes.holding(db)?;
            outbox::release(db, node, &holding, now).map(drop)
        }),
    ]
}

/// What this machine knows of its own processes that ended without a word.
pub fn gone(config: &Config) -> Option<Gone> {
    let place = accepted::Place::of(&config.database, config.sending.state_dir.as_deref())?;
    let buried = place.clone();
    Some(Gone {
        which: Arc::new(move || accepted::heir::gone(&place)),
        buried: Arc::new(move |node| accepted::heir::forget(&buried, node)),
    })
}

/// Gives back what is leased by nodes that are not there: a claim may be committed after the others took its node for dead
/// (it was frozen, or the database was slow). Node numbers are never used twice, so such a lease has no owner.
fn adopt_orphans(db: &mut Db, heirs: &Heirs, now: At) -> QueryResult<()> {
    let mut leases = outbox::leases(db)?;
    leases.extend(jobs::leases(db)?);
    leases.extend(payments::leases(db)?);
    let nodes: HashSet<NodeId> = lease::nodes(db)?.into_iter().map(|(id, _)| id).collect();
    let orphans: HashSet<NodeId> = leases.into_iter().filter(|id| !nodes.contains(id)).collect();
    for id in orphans {
        tracing::warn!(node = %id, "what a node that is gone had leased was given back");
        for heir in heirs {
            heir(db, id, now)?;
        }
    }
    Ok(())
}
