//! Campaigns: the list, a new one, and a campaign's own page in each of its states.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use super::campaign_progress;
use crate::app::App;
use crate::campaigns::{Campaign, CampaignState, audience, draft, report, send, store};
use crate::db::Db;
use crate::error::{Error as FeatureError, FieldError};
use crate::i18n::Texts;
use crate::staff::Permission;
use crate::subscribers::topics;
use crate::values::{AnalysisId, At, CampaignId, Language, PageRequest};
use crate::web::extract::{Form, Query, Staff, permit};
use crate::web::pager::Pager;
use crate::web::{Answer, Notice};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    q: String,
    state: String,
    page: Option<i64>,
}

pub async fn list(staff: Staff<permit::Read>, app: Data<App>, query: Query<ListQuery>) -> Answer {
    let query = query.into_inner();
    let state = query.state.parse::<CampaignState>().ok();
    let (part, zone) = (query.q.clone(), staff.zone());
    let (rows, pager) = app
        .db
        .read(move |db| {
            let part = Some(part.trim()).filter(|part| !part.is_empty());
            let page = store::list(db, state, part, PageRequest::new(query.page, 25))?;
            let href = |number: i64| {
                link("/staff/campaigns", &[("q", &query.q), ("state", &query.state), ("page", &number.to_string())])
            };
            let pager = Pager::new(&page, href);
            let rows: Result<Vec<Value>, FeatureError> =
                page.rows.iter().map(|campaign| row(db, campaign, zone)).collect();
            Ok::<_, FeatureError>((rows?, pager))
        })
        .await?;
    let states: Vec<Value> =
        CampaignState::ALL.iter().map(|s| json!({ "value": s.as_str(), "label": state_label(*s) })).collect();
    let filtered = !staff.visit.query.is_empty();
    let d = json!({
        "rows": rows, "pager": pager, "states": states, "may_write": staff.may(Permission::Campaigns),
        "filter": { "q": query_value(&staff.visit.query, "q"), "state": query_value(&staff.visit.query, "state") },
        "clear_href": filtered.then_some("/staff/campaigns"),
    });
    staff.render("staff/campaigns/list", "Campaigns", &d)
}

fn row(db: &mut Db, campaign: &Campaign, zone: chrono_tz::Tz) -> Result<Value, FeatureError> {
    let names = topic_names(db, campaign.id)?;
    let progress = match campaign.state {
        CampaignState::Draft | CampaignState::Scheduled => String::new(),
        CampaignState::Sending | CampaignState::Paused => {
            format!("{} of {}", number(report::of(db, campaign)?.done()), number(campaign.total))
        }
        CampaignState::Sent | CampaignState::Cancelled => readers(campaign.total),
    };
    let (word, at) = last_date(campaign);
    Ok(json!({
        "href": format!("/staff/campaigns/{}", campaign.id), "name": campaign.name,
        "state": state_label(campaign.state), "kind": state_kind(campaign.state),
        "audience": names.join(", "), "progress": progress, "date": format!("{word} {}", date(at, zone)),
    }))
}

fn last_date(campaign: &Campaign) -> (&'static str, At) {
    match campaign {
        Campaign { finished_at: Some(at), state: CampaignState::Cancelled, .. } => ("Cancelled", *at),
        Campaign { finished_at: Some(at), .. } => ("Sent", *at),
        Campaign { started_at: Some(at), .. } => ("Started", *at),
        Campaign { scheduled_at: Some(at), .. } => ("Starts", *at),
        campaign => ("Changed", campaign.updated_at),
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NewForm {
    name: String,
    /// The number of an analysis to draft from; empty for an empty draft.
    analysis: String,
}

pub async fn new(staff: Staff<permit::Campaigns>, app: Data<App>, query: Query<NewForm>) -> Answer {
    new_page(&staff, &app, &query, &[], StatusCode::OK).await
}

async fn new_page(
    staff: &Staff<permit::Campaigns>,
    app: &App,
    form: &NewForm,
    errors: &[FieldError],
    status: StatusCode,
) -> Answer {
    let language = staff.organisation.first_language();
    let found = app
        .db
        .read(move |db| {
            let filter = crate::analyses::read::Filter::default();
            crate::analyses::read::published(db, &filter, &[language], PageRequest::new(None, 100))
        })
        .await?;
    let analyses: Vec<Value> =
        found.rows.iter().map(|one| json!({ "value": one.analysis.id.to_string(), "label": one.title })).collect();
    let d = json!({ "form": { "name": form.name, "analysis": form.analysis }, "analyses": analyses, "errors": errors });
    staff.render_with(status, "staff/campaigns/new", "New campaign", &d)
}

pub async fn create(staff: Staff<permit::Campaigns>, app: Data<App>, form: Form<NewForm>) -> Answer {
    let (actor, now, asked, web) = (staff.actor(), app.clock.now(), form.0.clone(), app.config.web.clone());
    let made = app
        .db
        .write(move |db| match asked.analysis.trim() {
            "" => draft::create(db, &asked.name, &actor, now),
            id => {
                let id = id.parse::<AnalysisId>().map_err(|_| FeatureError::NotFound("analysis"))?;
                let made = draft::from_analysis(db, id, |path| web.link(path), &actor, now)?;
                if !asked.name.trim().is_empty() {
                    draft::rename(db, made, &asked.name, &actor, now)?;
                }
                Ok(made)
            }
        })
        .await;
    match made {
        Ok(id) => staff.redirect(&path(id), Notice::ok("Draft saved.")),
        Err(FeatureError::Invalid(errors)) => {
            new_page(&staff, &app, &form, &errors, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(FeatureError::Conflict(words)) => staff.redirect("/staff/campaigns/new", Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}

pub async fn show(staff: Staff<permit::Read>, app: Data<App>, id: Path<i64>) -> Answer {
    show_with(&staff, &app, CampaignId(*id), vec![], StatusCode::OK).await
}

/// A campaign's page, with errors beside the fields of its forms.
pub(super) async fn show_with<P>(
    staff: &Staff<P>,
    app: &App,
    id: CampaignId,
    errors: Vec<FieldError>,
    status: StatusCode,
) -> Answer {
    let (now, zone, own) = (app.clock.now(), staff.zone(), staff.organisation.languages());
    let may_write = staff.may(Permission::Campaigns);
    let may_read_addresses = staff.may(Permission::SubscribersRead);
    let (name, data) = app
        .db
        .read(move |db| {
            let campaign = store::find(db, id)?;
            let unsent = matches!(campaign.state, CampaignState::Draft | CampaignState::Scheduled);
            let (draft, progress) = match unsent {
                true => (writing(db, &campaign, &own, zone, now)?, Value::Null),
                false => (Value::Null, campaign_progress::data(db, &campaign, may_read_addresses, now)?),
            };
            let extra = Extra { may_write, errors, draft, progress };
            let d = facts(db, &campaign, extra, zone)?;
            Ok::<_, FeatureError>((campaign.name, d))
        })
        .await?;
    staff.render_with(status, "staff/campaigns/show", &name, &data)
}

/// What depends on who looks, and on the campaign's state.
struct Extra {
    may_write: bool,
    errors: Vec<FieldError>,
    draft: Value,
    progress: Value,
}

fn facts(db: &mut Db, campaign: &Campaign, extra: Extra, zone: chrono_tz::Tz) -> Result<Value, FeatureError> {
    let names = topic_names(db, campaign.id)?;
    let languages: Vec<String> = campaign.languages().iter().map(|l| l.own_name().to_owned()).collect();
    let languages = if languages.is_empty() { "All".to_owned() } else { languages.join(", ") };
    let mut facts = vec![
        json!({ "term": "Topics", "value": names.join(", ") }),
        json!({ "term": "Languages of readers", "value": languages }),
    ];
    for (term, at) in
        [("Starts", campaign.scheduled_at), ("Started", campaign.started_at), ("Ended", campaign.finished_at)]
    {
        if let Some(at) = at
            && (term != "Starts" || campaign.started_at.is_none())
        {
            facts.push(json!({ "term": term, "value": date(at, zone) }));
        }
    }
    Ok(json!({
        "id": campaign.id, "path": path(campaign.id), "name": campaign.name, "reason": campaign.reason,
        "state": campaign.state.as_str(), "state_text": state_label(campaign.state), "state_kind": state_kind(campaign.state),
        "facts": facts,
        "cancel_href": format!("{}/cancel", path(campaign.id)), "send_href": format!("{}/send", path(campaign.id)),
        "again_href": format!("{}/doubt/again", path(campaign.id)), "sent_href": format!("{}/doubt/sent", path(campaign.id)),
        "is_draft": campaign.state == CampaignState::Draft, "is_scheduled": campaign.state == CampaignState::Scheduled,
        "is_sending": campaign.state == CampaignState::Sending, "is_paused": campaign.state == CampaignState::Paused,
        "starts": campaign.scheduled_at.map(|at| date(at, zone)),
        "draft": extra.draft, "progress": extra.progress, "may_write": extra.may_write, "errors": extra.errors,
    }))
}

/// What the page of a campaign shows that has not left yet.
fn writing(
    db: &mut Db,
    campaign: &Campaign,
    own: &[Language],
    zone: chrono_tz::Tz,
    now: At,
) -> Result<Value, FeatureError> {
    let variants = store::variants(db, campaign.id)?;
    let texts: Vec<Value> = variants
        .iter()
        .map(|variant| {
            let base = format!("{}/text/{}", path(campaign.id), variant.language);
            json!({
                "name": variant.language.own_name(), "lang": variant.language, "subject": variant.subject,
                "empty": variant.subject.is_empty() || variant.body.is_empty(),
                "href": base, "preview_href": format!("{}/preview/{}", path(campaign.id), variant.language),
                "changed": date(variant.updated_at, zone),
            })
        })
        .collect();
    let missing: Vec<Value> = own
        .iter()
        .filter(|language| !variants.iter().any(|variant| variant.language == **language))
        .map(|language| json!({ "value": language, "label": language.own_name() }))
        .collect();
    let chosen = store::topics(db, campaign.id)?;
    let options: Vec<Value> = topics::list(db, &Language::english())?
        .into_iter()
        .map(|topic| json!({ "value": topic.slug, "label": topic.name, "checked": chosen.contains(&topic.id) }))
        .collect();
    let limited = campaign.languages();
    let languages: Vec<Value> =
        own.iter().map(|l| json!({ "value": l, "label": l.own_name(), "checked": limited.contains(l) })).collect();
    let audience = audience::count(db, campaign, now)?;
    let missing_words: Vec<String> = match send::check(db, campaign, None, now) {
        Err(FeatureError::Invalid(errors)) => errors.into_iter().map(|error| sentence(&error.message)).collect(),
        other => other.map(|()| vec![])?,
    };
    let tomorrow = (now + chrono::Duration::days(1)).0.with_timezone(&zone).format("%Y-%m-%d").to_string();
    Ok(json!({
        "texts": texts, "missing_languages": missing, "topics": options, "languages": languages,
        "audience": audience_lines(&audience), "problems": missing_words,
        "button": format!("Send to {}", readers(audience.total)),
        "zone": zone.name().replace('_', " "), "tomorrow": tomorrow,
    }))
}

/// The audience in words, line by line.
pub(super) fn audience_lines(audience: &audience::Audience) -> Vec<Value> {
    let mut lines = vec![json!({ "term": "Gets it now", "value": readers(audience.total) })];
    lines.extend(
        audience
            .by_variant
            .iter()
            .map(|(l, n)| json!({ "term": format!("in {}", l.own_name()), "value": readers(*n) })),
    );
    if audience.suppressed > 0 {
        lines.push(json!({ "term": "Left out, because suppressed", "value": readers(audience.suppressed) }));
    }
    lines
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ChangeForm {
    name: String,
    topics: Vec<String>,
    languages: Vec<String>,
    language: String,
}

pub async fn rename(staff: Staff<permit::Campaigns>, app: Data<App>, id: Path<i64>, form: Form<ChangeForm>) -> Answer {
    let (id, actor, now, form) = (CampaignId(*id), staff.actor(), app.clock.now(), form.into_inner());
    let done = app.db.write(move |db| draft::rename(db, id, &form.name, &actor, now)).await;
    after(&staff, &app, id, done, "Name saved.").await
}

pub async fn set_audience(
    staff: Staff<permit::Campaigns>,
    app: Data<App>,
    id: Path<i64>,
    form: Form<ChangeForm>,
) -> Answer {
    let (id, actor, now, form) = (CampaignId(*id), staff.actor(), app.clock.now(), form.into_inner());
    let done = app.db.write(move |db| draft::set_audience(db, id, &form.topics, &form.languages, &actor, now)).await;
    after(&staff, &app, id, done, "Audience saved.").await
}

pub async fn add_language(
    staff: Staff<permit::Campaigns>,
    app: Data<App>,
    id: Path<i64>,
    form: Form<ChangeForm>,
) -> Answer {
    let (id, actor, now, form) = (CampaignId(*id), staff.actor(), app.clock.now(), form.into_inner());
    match app.db.write(move |db| draft::add_variant(db, id, &form.language, &actor, now)).await {
        Ok(language) => staff.redirect(&format!("{}/text/{language}", path(id)), Notice::ok("Language added.")),
        other => after(&staff, &app, id, other.map(drop), "").await,
    }
}

pub async fn duplicate(staff: Staff<permit::Campaigns>, app: Data<App>, id: Path<i64>) -> Answer {
    let (id, actor, now) = (CampaignId(*id), staff.actor(), app.clock.now());
    let copy = app.db.write(move |db| draft::duplicate(db, id, &actor, now)).await?;
    staff.redirect(&path(copy), Notice::ok("This is the copy. It is a draft."))
}

/// After a change: back to the campaign, with what was done or why it was not.
pub(super) async fn after(
    staff: &Staff<permit::Campaigns>,
    app: &App,
    id: CampaignId,
    done: Result<(), FeatureError>,
    words: &str,
) -> Answer {
    match done {
        Ok(()) => staff.redirect(&path(id), Notice::ok(words)),
        Err(FeatureError::Conflict(words)) => staff.redirect(&path(id), Notice::warn(words)),
        Err(FeatureError::Invalid(errors)) => show_with(staff, app, id, errors, StatusCode::UNPROCESSABLE_ENTITY).await,
        Err(other) => Err(other.into()),
    }
}

pub(super) fn path(id: CampaignId) -> String {
    format!("/staff/campaigns/{id}")
}

/// `path?name=value…`, without the empty ones.
pub(super) fn link(path: &str, query: &[(&str, &str)]) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(query.iter().filter(|(_, value)| !value.is_empty()));
    match text.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

fn query_value(query: &str, name: &str) -> String {
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, v)| v.into_owned())
        .unwrap_or_default()
}

fn topic_names(db: &mut Db, id: CampaignId) -> Result<Vec<String>, FeatureError> {
    let ids = store::topics(db, id)?;
    let all = topics::list(db, &Language::english())?;
    Ok(all.into_iter().filter(|topic| ids.contains(&topic.id)).map(|topic| topic.name).collect())
}

pub(super) fn number(n: i64) -> String {
    Texts::get().number(&Language::english(), n)
}

/// `1 reader`, `1,204 readers`.
pub(super) fn readers(n: i64) -> String {
    match n {
        1 => "1 reader".into(),
        n => format!("{} readers", number(n)),
    }
}

pub(super) fn date(at: At, zone: chrono_tz::Tz) -> String {
    Texts::get().date_time(&Language::english(), at, zone)
}

/// With a capital and a full stop.
pub(super) fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

pub(super) fn state_label(state: CampaignState) -> &'static str {
    match state {
        CampaignState::Draft => "Draft",
        CampaignState::Scheduled => "Scheduled",
        CampaignState::Sending => "Sending",
        CampaignState::Paused => "Paused",
        CampaignState::Sent => "Sent",
        CampaignState::Cancelled => "Cancelled",
    }
}

fn state_kind(state: CampaignState) -> &'static str {
    match state {
        CampaignState::Draft => "neutral",
        CampaignState::Scheduled => "accent",
        CampaignState::Sending => "info",
        CampaignState::Paused => "warn",
        CampaignState::Sent => "ok",
        CampaignState::Cancelled => "danger",
    }
}
