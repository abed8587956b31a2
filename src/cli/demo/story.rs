//! The story: a reader signs up, an analysis is published and announced, a reader leaves, readers give (`gifts`), and
//! finance follows the money (`money`). Each step is
//! checked.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use super::gifts;
use super::ground::Ready;
use super::money;
use super::visitor::Visitor;
use super::{must, say};
use crate::app::App;
use crate::campaigns::{CampaignState, audience, report, store as campaigns};
use crate::error::Error;
use crate::outbox::{DeliveryState, store as outbox};
use crate::sandbox::mailbox::read::{ReadMail, read};
use crate::sandbox::mailbox::store as mailbox;
use crate::staff::Role;
use crate::subscribers::{SubscriberState, store as subscribers};
use crate::values::{CampaignId, DeliveryId, EmailAddress};

/// The reader whom the story follows.
pub(super) const READER: &str = "daria@mail.example";

/// Plays every step; the first that does not hold ends it.
pub async fn play(app: &Arc<App>, ready: &Ready) -> anyhow::Result<()> {
    sign_up(app, ready).await?;
    let mut published = publish(app, ready).await?;
    let campaign = announce(app, ready, &mut published).await?;
    leave(app, ready, &mut published, campaign).await?;
    gifts::play(app, ready, campaign).await?;
    money::play(app, ready).await
}

/// What the story needs of the analysis it published.
struct Published {
    id: i64,
    slug: String,
    /// Logged in as the campaigner.
    staff: Visitor,
}

async fn sign_up(app: &Arc<App>, ready: &Ready) -> anyhow::Result<()> {
    say("\n1. A reader signs up")?;
    let mut reader = Visitor::new(app.config.web.public_url.as_str())?;
    let topic = first_topic(ready)?;
    let form = [("email", READER), ("name", "Daria"), ("topics", topic), ("language", "ru")];
    let answer = reader.submit("/subscribe", &form).await?;
    must(answer.status == 200, "the sign-up is answered")?;
    say(&format!("   {READER} filled in the form in the foot of the page (topic: {topic}, language: Russian)."))?;
    let mail = wait_for_mail(app, READER, 1).await?;
    say(&format!("   The mailbox has \u{201c}{}\u{201d}: {}", mail.subject, app.config.web.link("/sandbox/mail")))?;
    let link = mail.links.iter().find(|link| link.contains("/confirm/")).context("the mail has a confirmation link")?;
    let page = reader.get(link).await?;
    must(page.status == 200 && page.body.contains("<form"), "the link opens a page with a button")?;
    must(state_of(app, READER).await? == Some(SubscriberState::Pending), "opening the page subscribed nobody")?;
    reader.submit(link, &[]).await?;
    must(state_of(app, READER).await? == Some(SubscriberState::Active), "the button confirmed")?;
    let events = app
        .db
        .read(|db| -> Result<_, Error> {
            let found = subscribers::by_email(db, &address(READER)?)?.ok_or(Error::NotFound("subscriber"))?;
            Ok(subscribers::consent::of_subscriber(db, found.id, 10)?)
        })
        .await?;
    must(
        events.len() == 2 && events.iter().all(|event| !event.words.is_empty()),
        "the consent is on record, in words",
    )?;
    say("   She pressed the button; what she was asked, in which words and when, is on record.")
}

async fn publish(app: &Arc<App>, ready: &Ready) -> anyhow::Result<Published> {
    say("\n2. An analysis is published and announced")?;
    let mut staff = Visitor::new(app.config.web.public_url.as_str())?;
    let (_, email) = ready.staff.iter().find(|(role, _)| *role == Role::Campaigner).context("a campaigner")?;
    staff.log_in(email.as_str(), &ready.password).await?;
    say(&format!("   {email} logged in: {}", app.config.web.link("/staff")))?;
    let analysis = ready.content.analyses.first().context("sample analyses")?;
    let (details, mut texts) = (&analysis.details, analysis.translations.iter());
    let (language, text) = texts.next().context("a text")?;
    let mut form = vec![
        ("language", language.as_str()),
        ("title", &text.title),
        ("summary", &text.summary),
        ("body", &text.body),
        ("slug", &details.slug),
        ("date", &details.date),
        ("countries", &details.countries),
        ("then", "save"),
    ];
    form.extend(details.topics.iter().map(|topic| ("topics", topic.as_str())));
    let id = staff.submit("/staff/analyses/new", &form).await?.number()?;
    for (language, text) in texts {
        let form = [("title", text.title.as_str()), ("summary", &text.summary), ("body", &text.body), ("then", "save")];
        staff.submit(&format!("/staff/analyses/{id}/text/{language}"), &form).await?;
    }
    let (slug, path) = (details.slug.clone(), format!("/analyses/{}", details.slug));
    must(staff.get(&path).await?.status == 404, "a draft is nobody's to read")?;
    staff.submit(&format!("/staff/analyses/{id}/publish"), &[]).await?;
    let page = staff.get(&format!("{path}?lang=ru")).await?;
    must(page.status == 200 && page.body.contains("lang=\"ru\""), "the analysis is there in Russian")?;
    say(&format!(
        "   \u{201c}{}\u{201d} is published in English and Russian: {}",
        text.title,
        app.config.web.link(&path)
    ))?;
    Ok(Published { id, slug, staff })
}

async fn announce(app: &Arc<App>, ready: &Ready, published: &mut Published) -> anyhow::Result<CampaignId> {
    let staff = &mut published.staff;
    let analysis = published.id.to_string();
    let form = [("name", "Kazakhstan analysis"), ("analysis", analysis.as_str())];
    let number = staff.submit("/staff/campaigns", &form).await?.number()?;
    let path = format!("/staff/campaigns/{number}");
    let link = app.config.web.link(&format!("/analyses/{}", published.slug));
    for (language, letter) in &ready.content.campaign {
        let body = letter.body.replace("ANALYSIS_URL", &link);
        let form = [("subject", letter.subject.as_str()), ("body", body.as_str()), ("then", "save")];
        staff.submit(&format!("{path}/text/{language}"), &form).await?;
    }
    staff.submit(&format!("{path}/audience"), &[("topics", first_topic(ready)?)]).await?;
    let id = CampaignId(number);
    let expected = counted(app, id).await?;
    must(expected > 100, "the audience is counted before anything is sent")?;
    let page = staff.get(&format!("{path}/send")).await?;
    must(page.status == 200 && page.body.contains(&expected.to_string()), "the page says how many it goes to")?;
    say(&format!("   A campaign was drafted from it in two languages: {}", app.config.web.link(&path)))?;
    staff.submit(&format!("{path}/send"), &[]).await?;
    say(&format!("   Sending to {expected} readers …"))?;
    let status = wait_until_sent(app, id).await?;
    must(status.sent == expected && status.total == expected, "every delivery is sent")?;
    let kept = check_mailbox(app, id).await?;
    must(i64::try_from(kept)? == expected, "the mailbox holds exactly the campaign's mails")?;
    say(&format!(
        "   All {kept} are in the mailbox, each reader's once and in their language; every delivery is on record: {}",
        app.config.web.link(&format!("{path}/deliveries"))
    ))?;
    Ok(id)
}

/// Compares deliveries and mailbox: the same readers, each once, each in their language. Answers how many.
async fn check_mailbox(app: &Arc<App>, id: CampaignId) -> anyhow::Result<usize> {
    let rows =
        app.db.read(move |db| -> Result<_, Error> { Ok(outbox::after(db, id, None, DeliveryId(0), 10_000)?) }).await?;
    let mut seen = HashSet::new();
    for row in &rows {
        must(row.state == DeliveryState::Sent && seen.insert(row.address.key()), "one delivery per reader, sent")?;
        let mails = mails_to(app, row.address.as_str()).await?;
        let campaign: Vec<&ReadMail> = mails.iter().filter(|mail| mail.list_unsubscribe.is_some()).collect();
        must(campaign.len() == 1, "one mail per reader")?;
        must(campaign.iter().all(|mail| mail.language.as_deref() == Some(row.language.as_str())), "in their language")?;
    }
    Ok(rows.len())
}

async fn leave(app: &Arc<App>, ready: &Ready, published: &mut Published, campaign: CampaignId) -> anyhow::Result<()> {
    say("\n3. A reader leaves with one click")?;
    let before = counted(app, campaign).await?;
    let mail = mails_to(app, READER).await?.into_iter().find(|mail| mail.list_unsubscribe.is_some());
    let mail = mail.context("her campaign mail")?;
    let url = mail.list_unsubscribe.context("the mail has a List-Unsubscribe header")?;
    must(mail.list_unsubscribe_post, "one click is offered (RFC 8058)")?;
    // What a mail provider sends: no cookie, no origin, one field.
    let mut provider = Visitor::new(app.config.web.public_url.as_str())?;
    let answer = provider.one_click(url.as_str()).await?;
    must(answer.status == 200, "the one click is taken")?;
    must(state_of(app, READER).await? == Some(SubscriberState::Unsubscribed), "she is unsubscribed")?;
    let form = [("name", "The next one"), ("analysis", "")];
    let next = CampaignId(published.staff.submit("/staff/campaigns", &form).await?.number()?);
    let topic = first_topic(ready)?;
    published.staff.submit(&format!("/staff/campaigns/{next}/audience"), &[("topics", topic)]).await?;
    let after = counted(app, next).await?;
    must(after == before - 1, "the next campaign's audience has one reader less")?;
    say(&format!("   {READER} is not in the next audience: it has {after} readers, not {before}."))
}

fn first_topic(ready: &Ready) -> anyhow::Result<&str> {
    Ok(ready.topics.first().context("a topic")?.0.as_str())
}

fn address(text: &str) -> Result<EmailAddress, Error> {
    EmailAddress::parse(text).map_err(|error| Error::invalid("email", error))
}

async fn state_of(app: &Arc<App>, email: &'static str) -> anyhow::Result<Option<SubscriberState>> {
    let row = app.db.read(move |db| -> Result<_, Error> { Ok(subscribers::by_email(db, &address(email)?)?) }).await?;
    Ok(row.map(|row| row.state))
}

/// How many readers a campaign would go to now.
async fn counted(app: &Arc<App>, id: CampaignId) -> anyhow::Result<i64> {
    let now = app.clock.now();
    let count = move |db: &mut crate::db::Db| -> Result<_, Error> {
        let campaign = campaigns::find(db, id)?;
        Ok(audience::count(db, &campaign, now)?.total)
    };
    Ok(app.db.read(count).await?)
}

pub(super) async fn mails_to(app: &Arc<App>, email: &str) -> anyhow::Result<Vec<ReadMail>> {
    let email = email.to_owned();
    let mails = app.db.read(move |db| -> Result<_, Error> { Ok(mailbox::newest_to(db, &email, 10)?) }).await?;
    Ok(mails.iter().map(|mail| read(&mail.raw)).collect())
}

/// Waits until that many mails came to an address; answers the newest.
async fn wait_for_mail(app: &Arc<App>, email: &str, count: usize) -> anyhow::Result<ReadMail> {
    for _ in 0..200 {
        let mails = mails_to(app, email).await?;
        if mails.len() >= count {
            return mails.into_iter().next().context("a mail");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("no mail came to {email} within ten seconds")
}

async fn wait_until_sent(app: &Arc<App>, id: CampaignId) -> anyhow::Result<report::Status> {
    for _ in 0..1200 {
        let status = app.db.read(move |db| report::status(db, id)).await?;
        match status.state {
            CampaignState::Sent => return Ok(status),
            CampaignState::Paused | CampaignState::Cancelled => {
                anyhow::bail!("the campaign is {}: {}", status.state, status.reason.unwrap_or_default())
            }
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    anyhow::bail!("the campaign was not sent within a minute")
}
