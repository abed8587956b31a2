//! The page of a campaign that has not left yet, and its forms.

use actix_web::web::{Data, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{after, path, readers, sentence};
use crate::app::App;
use crate::campaigns::{Campaign, Doubt, audience, draft, send, store};
use crate::db::Db;
use crate::error::Error as FeatureError;
use crate::subscribers::topics;
use crate::values::{At, CampaignId, Language};
use crate::web::extract::{Form, Staff, permit};
use crate::web::staff::moment;
use crate::web::{Answer, Notice};

/// What the page of a campaign shows that has not left yet.
pub(super) fn writing(
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
                "changed": moment(variant.updated_at, zone),
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
        "doubt": campaign.doubt.as_str(), "doubts": doubts(),
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

/// What may happen to a mail of which nobody knows whether it arrived, in words.
fn doubts() -> Value {
    json!([
        {
            "value": Doubt::Resend.as_str(), "label": "Send it again",
            "hint": "Nobody is left out. A few readers may get the mail twice; most mail programs show it once, because \
                     both have the same Message-ID.",
        },
        {
            "value": Doubt::Hold.as_str(), "label": "Hold it until you decide",
            "hint": "Nobody gets it twice. A few readers may not have got it, until you decide on this page.",
        },
    ])
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ChangeForm {
    name: String,
    topics: Vec<String>,
    languages: Vec<String>,
    language: String,
    doubt: String,
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

pub async fn set_doubt(
    staff: Staff<permit::Campaigns>,
    app: Data<App>,
    id: Path<i64>,
    form: Form<ChangeForm>,
) -> Answer {
    let (id, actor, now) = (CampaignId(*id), staff.actor(), app.clock.now());
    let doubt = form.doubt.parse::<Doubt>().map_err(|_| FeatureError::invalid("doubt", "choose one of the two"));
    let done = match doubt {
        Ok(doubt) => app.db.write(move |db| draft::set_doubt(db, id, doubt, &actor, now)).await,
        Err(error) => Err(error),
    };
    after(&staff, &app, id, done, "Saved what happens to mails in doubt.").await
}

pub async fn ask_delete(staff: Staff<permit::Campaigns>, app: Data<App>, id: Path<i64>) -> Answer {
    let id = CampaignId(*id);
    let asked = app
        .db
        .read(move |db| {
            let campaign = store::find(db, id)?;
            campaign.must_be_draft()?;
            Ok::<_, FeatureError>((campaign.name, store::variants(db, id)?))
        })
        .await;
    let (name, variants) = match asked {
        Ok(asked) => asked,
        Err(other) => return after(&staff, &app, id, Err(other), "").await,
    };
    let languages: Vec<&str> = variants.iter().map(|variant| variant.language.own_name()).collect();
    let d = json!({
        "heading": format!("Delete the draft “{name}”?"),
        "lead": "Its texts and its audience go. Nothing of it was sent to readers. This cannot be undone.",
        "action": format!("{}/delete", path(id)), "button": "Delete this draft", "danger": true, "cancel_href": path(id),
        "facts": [{ "term": "Texts", "value": languages.join(", ") }], "fields": null, "notice": null,
    });
    staff.render("staff/campaigns/confirm", "Delete a draft", &d)
}

pub async fn delete(staff: Staff<permit::Campaigns>, app: Data<App>, id: Path<i64>) -> Answer {
    let (id, actor, now) = (CampaignId(*id), staff.actor(), app.clock.now());
    match app.db.write(move |db| draft::delete(db, id, &actor, now)).await {
        Ok(name) => staff.redirect("/staff/campaigns", Notice::ok(format!("The draft “{name}” is deleted."))),
        other => after(&staff, &app, id, other.map(drop), "").await,
    }
}
