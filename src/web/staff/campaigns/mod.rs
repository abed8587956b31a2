//! Pages of campaigns, and the words that they share.

pub mod again;
pub mod deliveries;
mod draft;
pub mod events;
mod list;
mod new;
pub mod pace;
pub mod progress;
pub mod sending;
mod show;
pub mod texts;

pub use draft::{add_language, ask_delete, delete, rename, set_audience, set_doubt};
pub use list::list;
pub use new::{create, duplicate, new};
pub use show::show;

use actix_web::http::StatusCode;

use crate::app::App;
use crate::campaigns::{CampaignState, store};
use crate::db::Db;
use crate::error::Error as FeatureError;
use crate::i18n::Texts;
use crate::subscribers::topics;
use crate::values::{At, CampaignId, Language};
use crate::web::extract::{Staff, permit};
use crate::web::{Answer, Notice};

/// After a change: back to the campaign, with what was done or why it was not.
async fn after(
    staff: &Staff<permit::Campaigns>,
    app: &App,
    id: CampaignId,
    done: Result<(), FeatureError>,
    words: &str,
) -> Answer {
    match done {
        Ok(()) => staff.redirect(&path(id), Notice::ok(words)),
        Err(FeatureError::Conflict(words)) => staff.redirect(&path(id), Notice::warn(words)),
        Err(FeatureError::Invalid(errors)) => {
            show::show_with(staff, app, id, errors, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(other) => Err(other.into()),
    }
}

pub(crate) fn path(id: CampaignId) -> String {
    format!("/staff/campaigns/{id}")
}

/// `path?name=value…`, without the empty ones.
pub(crate) fn link(path: &str, query: &[(&str, &str)]) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(query.iter().filter(|(_, value)| !value.is_empty()));
    match text.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

fn topic_names(db: &mut Db, id: CampaignId) -> Result<Vec<String>, FeatureError> {
    let ids = store::topics(db, id)?;
    let all = topics::list(db, &Language::english())?;
    Ok(all.into_iter().filter(|topic| ids.contains(&topic.id)).map(|topic| topic.name).collect())
}

pub(crate) fn number(n: i64) -> String {
    Texts::get().number(&Language::english(), n)
}

/// `1 reader`, `1,204 readers`.
pub(super) fn readers(n: i64) -> String {
    match n {
        1 => "1 reader".into(),
        n => format!("{} readers", number(n)),
    }
}

/// `1 mail`, `1,204 mails`.
fn mails(n: i64) -> String {
    match n {
        1 => "1 mail".into(),
        n => format!("{} mails", number(n)),
    }
}

/// With its zone: for times that staff decide on.
pub(super) fn date(at: At, zone: chrono_tz::Tz) -> String {
    Texts::get().date_time(&Language::english(), at, zone)
}

/// With a capital and a full stop.
pub(crate) fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

pub(crate) fn state_label(state: CampaignState) -> &'static str {
    match state {
        CampaignState::Draft => "Draft",
        CampaignState::Scheduled => "Scheduled",
        CampaignState::Sending => "Sending",
        CampaignState::Paused => "Paused",
        CampaignState::Sent => "Sent",
        CampaignState::Cancelled => "Cancelled",
    }
}

pub(crate) fn state_kind(state: CampaignState) -> &'static str {
    match state {
        CampaignState::Draft => "neutral",
        CampaignState::Scheduled => "accent",
        CampaignState::Sending => "info",
        CampaignState::Paused => "warn",
        CampaignState::Sent => "ok",
        CampaignState::Cancelled => "danger",
    }
}
