//! What each feature brings to the platform: renderers, lanes, jobs, heirs of leases.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Notify;

use super::App;
use crate::campaigns::send::{START_JOB, StartJob};
use crate::campaigns::test_send::TEST_MAIL;
use crate::campaigns::{self, CampaignLanes, CampaignMails, TestMails};
use crate::jobs::{self, Jobs};
use crate::lease::Heirs;
use crate::outbox::{self, Lanes, Renderer, Renderers, SystemMails};
use crate::staff;

/// The recurring tasks and the kinds of jobs.
pub fn jobs(_mail_bell: &Arc<Notify>) -> Jobs {
    let start: jobs::Handler = Arc::new(|db, payload, now| {
        let job: StartJob = serde_json::from_str(payload)?;
        campaigns::send::start(db, job.campaign, now)?;
        Ok(())
    });
    Jobs { handlers: HashMap::from([(START_JOB, start)]), recurring: vec![], bell: Notify::new() }
}

/// Who makes which mail.
pub fn renderers(app: &App) -> Renderers {
    let frame = &app.campaign_mails;
    let campaign: Arc<dyn Renderer> = Arc::new(CampaignMails { frame: frame.clone() });
    let test: Arc<dyn Renderer> = Arc::new(TestMails { frame: frame.clone() });
    Renderers {
        named: HashMap::from([("campaign", campaign), (TEST_MAIL, test)]),
        other: Arc::new(SystemMails {
            templates: app.templates.clone(),
            root: app.root.clone(),
            settings: app.sender.clone(),
        }),
    }
}

/// Which campaigns may be sent.
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
