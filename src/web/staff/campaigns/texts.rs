//! Writing a campaign's texts, previews and test mails.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{after, path};
use crate::app::App;
use crate::campaigns::blocks;
use crate::campaigns::placeholders::Placeholder;
use crate::campaigns::store::{self, readers};
use crate::campaigns::{draft, preview, test_send};
use crate::error::{Error as FeatureError, FieldError};
use crate::values::{CampaignId, EmailAddress, Language, SubscriberId};
use crate::web::extract::{Form, Query, Staff, permit};
use crate::web::public::mail;
use crate::web::{Answer, Notice};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TextForm {
    /// When the text was last changed that the form showed, in microseconds.
    seen: Option<i64>,
    subject: String,
    body: String,
    then: String,
}

/// What a path says: a campaign and a language.
type Text = Path<(i64, String)>;

fn language(tag: &str) -> Result<Language, FeatureError> {
    Language::parse(tag).map_err(|_| FeatureError::NotFound("language of this campaign"))
}

pub async fn edit(staff: Staff<permit::Campaigns>, app: Data<App>, text: Text) -> Answer {
    let (id, tag) = text.into_inner();
    edit_page(&staff, &app, CampaignId(id), language(&tag)?, None, &[], StatusCode::OK).await
}

async fn edit_page(
    staff: &Staff<permit::Campaigns>,
    app: &App,
    id: CampaignId,
    language: Language,
    typed: Option<TextForm>,
    errors: &[FieldError],
    status: StatusCode,
) -> Answer {
    let (campaign, variants) =
        app.db.read(move |db| Ok::<_, FeatureError>((store::find(db, id)?, store::variants(db, id)?))).await?;
    let variant =
        variants.iter().find(|v| v.language == language).ok_or(FeatureError::NotFound("language of this campaign"))?;
    let lost_race = status == StatusCode::CONFLICT;
    let theirs = lost_race.then(|| json!({ "subject": variant.subject, "body": variant.body }));
    let seen = typed.as_ref().and_then(|form| form.seen).filter(|_| !lost_race);
    let seen = seen.unwrap_or_else(|| variant.updated_at.micros());
    let form = typed.unwrap_or_else(|| TextForm {
        seen: None,
        subject: variant.subject.clone(),
        body: variant.body.clone(),
        then: String::new(),
    });
    let tabs: Vec<Value> = variants
        .iter()
        .map(|v| json!({ "name": v.language.own_name(), "href": format!("{}/text/{}", path(id), v.language), "current": v.language == language }))
        .collect();
    let placeholders: Vec<Value> =
        Placeholder::ALL.iter().map(|p| json!({ "word": p.to_string(), "meaning": p.meaning() })).collect();
    let blocks: Vec<Value> =
        blocks::EXPLAINED.iter().map(|(word, meaning)| json!({ "word": word, "meaning": meaning })).collect();
    let d = json!({
        "crumbs": crumbs(&campaign.name, id, language.own_name()),
        "path": path(id), "remove_href": format!("{}/text/{language}/remove", path(id)),
        "lang": language, "dir": language.dir(), "heading": format!("Text in {}", language.own_name()), "tabs": tabs,
        "frozen": !campaign.state.is_open_for_writing(), "placeholders": placeholders, "blocks": blocks, "only": variants.len() == 1,
        "form": { "subject": form.subject, "body": form.body }, "seen": seen.to_string(), "theirs": theirs, "errors": errors, "email": staff.email,
    });
    staff.render_with(status, "staff/campaigns/text", &format!("{}: {}", campaign.name, language.own_name()), &d)
}

fn crumbs(name: &str, id: CampaignId, here: &str) -> Value {
    json!([{ "label": "Campaigns", "href": "/staff/campaigns" }, { "label": name, "href": path(id) }, { "label": here, "href": null }])
}

pub async fn save(staff: Staff<permit::Campaigns>, app: Data<App>, text: Text, form: Form<TextForm>) -> Answer {
    let (id, tag) = text.into_inner();
    let (id, language) = (CampaignId(id), language(&tag)?);
    let (actor, now, typed) = (staff.actor(), app.clock.now(), form.0.clone());
    let saved = app
        .db
        .write(move |db| {
            let language = Language::parse(&tag).map_err(|_| FeatureError::NotFound("language of this campaign"))?;
            store::find(db, id)?.must_be_draft()?;
            if let Some(seen) = typed.seen
                && !draft::is_as_seen(db, id, &language, seen)?
            {
                return Ok(false);
            }
            draft::save_variant(db, id, &tag, &typed.subject, &typed.body, &actor, now).map(|_| true)
        })
        .await;
    match saved {
        Ok(false) => edit_page(&staff, &app, id, language, Some(form.0), &[], StatusCode::CONFLICT).await,
        Ok(true) if form.then == "preview" => {
            staff.redirect(&format!("{}/preview/{language}", path(id)), Notice::ok("Saved. This is how it looks."))
        }
        Ok(true) => staff.redirect(&format!("{}/text/{language}", path(id)), Notice::ok("Saved.")),
        Err(FeatureError::Invalid(errors)) => {
            edit_page(&staff, &app, id, language, Some(form.0), &errors, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(other) => after(&staff, &app, id, Err(other), "").await,
    }
}

pub async fn ask_remove(staff: Staff<permit::Campaigns>, app: Data<App>, text: Text) -> Answer {
    let (id, tag) = text.into_inner();
    let (id, language) = (CampaignId(id), language(&tag)?);
    let campaign = app.db.read(move |db| store::find(db, id)).await?;
    let here = format!("{}/text/{language}", path(id));
    let d = json!({
        "heading": format!("Remove the text in {}?", language.own_name()),
        "lead": format!("“{}” then says nothing in this language: its readers get another.", campaign.name),
        "action": format!("{here}/remove"), "button": "Remove this text", "danger": true, "cancel_href": here,
        "facts": null, "fields": null, "notice": null,
    });
    staff.render("staff/campaigns/confirm", "Remove a text", &d)
}

pub async fn remove(staff: Staff<permit::Campaigns>, app: Data<App>, text: Text) -> Answer {
    let (id, tag) = text.into_inner();
    let (id, language, actor, now) = (CampaignId(id), language(&tag)?, staff.actor(), app.clock.now());
    let done = app.db.write(move |db| draft::remove_variant(db, id, &language, &actor, now)).await;
    after(&staff, &app, id, done, "Text removed.").await
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ReaderQuery {
    /// The beginning of an address to search for.
    q: String,
    /// The reader through whose eyes to look.
    reader: Option<i64>,
}

pub async fn show_preview(
    staff: Staff<permit::Campaigns>,
    app: Data<App>,
    text: Text,
    query: Query<ReaderQuery>,
) -> Answer {
    let (id, tag) = text.into_inner();
    let (id, language, query) = (CampaignId(id), language(&tag)?, query.into_inner());
    let (frame, now, lang, searched) = (app.campaign_mails.clone(), app.clock.now(), language.clone(), query.q.clone());
    let reader = query.reader.map(SubscriberId);
    let (campaign, variants, shown, found, chosen) = app
        .db
        .read(move |db| {
            let found = if searched.trim().is_empty() { vec![] } else { readers::beginning(db, &searched, 10)? };
            let chosen = match reader {
                Some(id) => readers::by_id(db, &[id])?.remove(&id),
                None => None,
            };
            let shown = preview::preview(db, &frame, id, &lang, reader, now)?;
            Ok::<_, FeatureError>((store::find(db, id)?, store::variants(db, id)?, shown, found, chosen))
        })
        .await?;
    let here = format!("{}/preview/{language}", path(id));
    let frame_query = reader.map(|id| format!("?reader={id}")).unwrap_or_default();
    let tabs: Vec<Value> = variants
        .iter()
        .map(|v| json!({ "name": v.language.own_name(), "href": format!("{}/preview/{}{frame_query}", path(id), v.language), "current": v.language == language }))
        .collect();
    let found: Vec<Value> = found
        .iter()
        .map(|r| json!({ "href": format!("{here}?reader={}", r.id), "email": r.email, "name": r.name, "language": r.language.own_name() }))
        .collect();
    let d = json!({
        "crumbs": crumbs(&campaign.name, id, "Preview"), "tabs": tabs, "here": here, "path": path(id),
        "subject": shown.subject, "text": shown.text, "lang": language, "dir": language.dir(), "clipped": shown.clipped,
        "frame": format!("{here}/mail{frame_query}"), "q": query.q, "searched": !query.q.is_empty(), "found": found,
        "reader": chosen.map(|r| r.email), "edit_href": format!("{}/text/{language}", path(id)), "email": staff.email,
        "errors": null,
    });
    staff.render("staff/campaigns/preview", "Preview", &d)
}

/// The mail's HTML alone, for the frame of the preview.
pub async fn show_preview_mail(
    _staff: Staff<permit::Campaigns>,
    app: Data<App>,
    text: Text,
    query: Query<ReaderQuery>,
) -> Answer {
    let (id, tag) = text.into_inner();
    let (language, frame, now) = (language(&tag)?, app.campaign_mails.clone(), app.clock.now());
    let reader = query.reader.map(SubscriberId);
    let shown = app.db.read(move |db| preview::preview(db, &frame, CampaignId(id), &language, reader, now)).await?;
    Ok(mail::document(&shown))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TestForm {
    to: String,
    name: String,
}

pub async fn send_test(staff: Staff<permit::Campaigns>, app: Data<App>, text: Text, form: Form<TestForm>) -> Answer {
    let (id, tag) = text.into_inner();
    let (id, language, form) = (CampaignId(id), language(&tag)?, form.into_inner());
    let back = format!("{}/preview/{language}", path(id));
    let to = match EmailAddress::parse(&form.to) {
        Ok(to) => to,
        Err(error) => return staff.redirect(&back, Notice::warn(format!("No test was sent: {error}."))),
    };
    let (actor, now, shown) = (staff.actor(), app.clock.now(), to.to_string());
    match app.db.write(move |db| test_send::test_send(db, id, &language, to, &form.name, &actor, now)).await {
        Err(error @ FeatureError::Invalid(_)) => {
            return staff.redirect(&back, Notice::warn(format!("No test was sent: {error}.")));
        }
        other => other?,
    }
    app.ring();
    staff.redirect(&back, Notice::ok(format!("A test is on its way to {shown}.")))
}
