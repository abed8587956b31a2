//! Saying what a transaction is that no rule explains, and taking that back.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};

use super::super::words::{stripe_id, transaction_path};
use super::show;
use crate::app::App;
use crate::error::Error as FeatureError;
use crate::finance::explain as feature;
use crate::finance::journal::accounts;
use crate::web::extract::{Form, Staff, permit};
use crate::web::staff::field_errors;
use crate::web::{Answer, Notice};

type Writer = Staff<permit::Gifts>;

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ExplainForm {
    /// The code of a journal account.
    account: String,
    note: String,
}

/// `POST /staff/finance/transactions/{id}/explain`
pub async fn explain(staff: Writer, app: Data<App>, id: Path<String>, form: Form<ExplainForm>) -> Answer {
    let (id, form) = (stripe_id(&id, "balance transaction")?, form.into_inner());
    let (livemode, actor, now) = (app.livemode(), staff.actor(), app.clock.now());
    let (wanted, typed) = (id.clone(), form.clone());
    let work = app.db.write(move |db| {
        // The account of a role may not be written down yet: a code names it all the same.
        accounts::ensure(db, now)?;
        let chosen = accounts::list(db)?.into_iter().find(|account| account.code == typed.account);
        let chosen = chosen.ok_or_else(|| FeatureError::invalid("account", "choose a journal account"))?;
        feature::explain(db, livemode, &wanted, chosen.id, &typed.note, &actor, now)
    });
    match work.await {
        Ok(()) => staff.redirect(&transaction_path(&id), Notice::ok("Explained. The journal has it on that account.")),
        Err(FeatureError::Conflict(words)) => staff.redirect(&transaction_path(&id), Notice::warn(words)),
        Err(error) => {
            let errors = field_errors(error)?;
            show::page(&staff, &app, id, StatusCode::UNPROCESSABLE_ENTITY, form, errors).await
        }
    }
}

/// `POST /staff/finance/transactions/{id}/take-back`
pub async fn take_back(staff: Writer, app: Data<App>, id: Path<String>) -> Answer {
    let id = stripe_id(&id, "balance transaction")?;
    let (livemode, actor, now, wanted) = (app.livemode(), staff.actor(), app.clock.now(), id.clone());
    match app.db.write(move |db| feature::take_back(db, livemode, &wanted, &actor, now)).await {
        Ok(()) => staff.redirect(&transaction_path(&id), Notice::ok("The explanation is taken back.")),
        Err(FeatureError::Conflict(words)) => staff.redirect(&transaction_path(&id), Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}
