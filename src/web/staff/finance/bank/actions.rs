//! Matching a line with payouts, undoing it, taking a line up again.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::Deserialize;

use super::line::{self, LineForm};
use super::words::{BANK, line_path};
use crate::app::App;
use crate::error::Error as FeatureError;
use crate::finance::bank;
use crate::values::{BankLineId, MatchId};
use crate::web::extract::{Form, Staff, permit};
use crate::web::{Answer, Notice};

type Writer = Staff<permit::Gifts>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MatchForm {
    payout: Vec<String>,
    note: String,
    /// The list that the button stood in.
    back: String,
}

/// `POST /staff/finance/bank/lines/{id}/match`
pub async fn match_line(staff: Writer, app: Data<App>, id: Path<BankLineId>, form: Form<MatchForm>) -> Answer {
    let (id, form, actor, now) = (*id, form.into_inner(), staff.actor(), app.clock.now());
    let livemode = app.livemode();
    let (payouts, note) = (form.payout.clone(), form.note.clone());
    let done = app.db.write(move |db| bank::match_by_hand(db, livemode, id, &payouts, &note, &actor, now)).await;
    let back = if form.back.starts_with(BANK) { form.back.clone() } else { line_path(id) };
    match done {
        Ok(()) => staff.redirect(&back, Notice::ok("Matched: the bank line and the payout are one.")),
        Err(FeatureError::Conflict(words)) => staff.redirect(&line_path(id), Notice::warn(words)),
        Err(FeatureError::Invalid(errors)) => {
            let typed = LineForm { payouts: form.payout, note: form.note, ..LineForm::default() };
            line::page(&staff, &app, id, StatusCode::UNPROCESSABLE_ENTITY, typed, errors).await
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UndoForm {
    note: String,
}

/// `POST /staff/finance/bank/lines/{id}/matches/{match}/undo`
pub async fn undo(staff: Writer, app: Data<App>, ids: Path<(BankLineId, MatchId)>, form: Form<UndoForm>) -> Answer {
    let ((id, the_match), note, actor, now) = (*ids, form.note.clone(), staff.actor(), app.clock.now());
    match app.db.write(move |db| bank::undo(db, the_match, &note, &actor, now)).await {
        Ok(()) => staff.redirect(&line_path(id), Notice::ok("The match is undone. The line is open again.")),
        Err(FeatureError::Conflict(words)) => staff.redirect(&line_path(id), Notice::warn(words)),
        Err(FeatureError::Invalid(errors)) => {
            let typed = LineForm { undo: Some((the_match, form.into_inner().note)), ..LineForm::default() };
            line::page(&staff, &app, id, StatusCode::UNPROCESSABLE_ENTITY, typed, errors).await
        }
        Err(other) => Err(other.into()),
    }
}

/// `POST /staff/finance/bank/lines/{id}/take-up`
pub async fn take_up(staff: Writer, app: Data<App>, id: Path<BankLineId>) -> Answer {
    let (id, actor, now) = (*id, staff.actor(), app.clock.now());
    match app.db.write(move |db| bank::take_up(db, id, &actor, now)).await {
        Ok(()) => staff.redirect(&line_path(id), Notice::ok("The line is open again.")),
        Err(FeatureError::Conflict(words)) => staff.redirect(&line_path(id), Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}
