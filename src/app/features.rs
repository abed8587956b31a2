//! What each feature brings to the platform: renderers, lanes, jobs, heirs of leases.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Notify;

use super::App;
use crate::jobs::{self, Jobs};
use crate::lease::Heirs;
use crate::outbox::{self, Lanes, Renderers, SystemMails};

struct NoLanes;
impl Lanes for NoLanes {
    fn open(&self, _db: &mut crate::db::Db) -> diesel::QueryResult<Vec<crate::outbox::Lane>> {
        Ok(vec![])
    }
    fn holding(&self, _db: &mut crate::db::Db) -> diesel::QueryResult<Vec<crate::values::CampaignId>> {
        Ok(vec![])
    }
    fn finished(
        &self,
        _db: &mut crate::db::Db,
        _c: crate::values::CampaignId,
        _now: crate::values::At,
    ) -> diesel::QueryResult<()> {
        Ok(())
    }
    fn stop(
        &self,
        _db: &mut crate::db::Db,
        _c: crate::values::CampaignId,
        _r: &str,
        _now: crate::values::At,
    ) -> diesel::QueryResult<()> {
        Ok(())
    }
}

/// The recurring tasks and the kinds of jobs.
pub fn jobs(_mail_bell: &Arc<Notify>) -> Jobs {
    Jobs { handlers: HashMap::new(), recurring: vec![], bell: Notify::new() }
}

/// Who makes which mail.
pub fn renderers(app: &App) -> Renderers {
    Renderers {
        named: HashMap::new(),
        other: Arc::new(SystemMails {
            templates: app.templates.clone(),
            root: app.root.clone(),
            settings: app.sender.clone(),
        }),
    }
}

/// Which campaigns may be sent.
pub fn lanes(_app: &App) -> Arc<dyn Lanes> {
    Arc::new(NoLanes)
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
