//! What each feature brings to the platform: renderers, lanes, jobs, heirs of leases.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::Duration;
use tokio::sync::Notify;

use super::App;
use crate::campaigns::send::{START_JOB, StartJob};
use crate::campaigns::{self, CampaignLanes, CampaignMails, TestMails};
use crate::jobs::{self, Handler, Jobs, Recurring};
use crate::lease::Heirs;
use crate::outbox::{self, Lanes, Renderer, Renderers, SystemMails};
use crate::staff;
use crate::subscribers;

/// The kinds of jobs and the recurring tasks.
pub fn jobs(mail_bell: &Arc<Notify>) -> Jobs {
    let bell = mail_bell.clone();
    let start: Handler = Arc::new(move |db, payload, now| {
        let job: StartJob = serde_json::from_str(payload)?;
        campaigns::send::start(db, job.campaign, now)?;
        // Rung before the commit at worst: the engine looks again by itself within half a second.
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
    let campaign: Arc<dyn Renderer> = Arc::new(CampaignMails { frame: app.campaign_mails.clone() });
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
pub fn lanes(app: &App) -> Arc<dyn Lanes> {
    let web = app.config.web.clone();
    Arc::new(CampaignLanes {
        staff_to_tell: Arc::new(staff::store::campaign_staff),
        link: Arc::new(move |path| web.link(path)),
    })
}

/// What is given back when a node is gone.
pub fn heirs(app: &App) -> Heirs {
    let lanes = lanes(app);
    vec![
        Arc::new(|db, node, _now| jobs::give_back(db, node)),
        Arc::new(move |db, node, now| {
            let holding = lanes.holding(db)?;
            outbox::release(db, node, &holding, now).map(drop)
        }),
    ]
}
