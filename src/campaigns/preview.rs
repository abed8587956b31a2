//! A campaign's mail looked at: by staff before it leaves, by its reader on the web afterwards.

use std::sync::Arc;

use super::frame::{Chosen, Links, MailFrame, Recipient};
use super::model::Variant;
use super::skeleton::fill;
use super::store::{self, readers};
use crate::db::Db;
use crate::error::Error;
use crate::mail::CLIPPED_ABOVE;
use crate::organisation;
use crate::outbox::{self, Delivery};
use crate::subscribers::{Topic, topics};
use crate::values::{At, CampaignId, DeliveryId, EmailAddress, Language, SubscriberId, TopicId};

/// A mail as it would arrive.
#[derive(Debug, Clone)]
pub struct Preview {
    pub subject: String,
    pub html: String,
    pub text: String,
    pub language: Language,
    /// Some mail programs would cut it and hide its foot.
    pub clipped: bool,
}

/// A variant as one reader would see it, or as somebody without a name. Its personal links open nothing.
///
/// # Errors
/// `NotFound` for a language in which the campaign is not written, and for an unknown reader.
pub fn preview(
    db: &mut Db,
    frame: &MailFrame,
    id: CampaignId,
    language: &Language,
    reader: Option<SubscriberId>,
    now: At,
) -> Result<Preview, Error> {
    let variant = store::variant(db, id, language)?.ok_or(Error::NotFound("language of this campaign"))?;
    let recipient = match reader {
        Some(reader) => {
            let found = readers::by_id(db, &[reader])?.remove(&reader).ok_or(Error::NotFound("subscriber"))?;
            Recipient { name: found.name, address: found.email, language: found.language, topics: Arc::default() }
        }
        None => Recipient {
            name: String::new(),
            address: EmailAddress::parse("reader@example.org").map_err(Error::internal)?,
            language: variant.language.clone(),
            topics: Arc::default(),
        },
    };
    shown(db, frame, &variant, recipient, reader, frame.no_links(), now)
}

/// The mail of a delivery, for the page behind its web link. It shows nothing that the mail did not show, except that
/// conditions are decided by what the reader has chosen by now; the link to
/// the reader's choices ends with the mail's own, however often this page is opened.
///
/// # Errors
/// `NotFound` when it was no campaign's, or its text is gone.
pub fn web_version(db: &mut Db, frame: &MailFrame, id: DeliveryId, now: At) -> Result<Preview, Error> {
    let row = outbox::store::find(db, id)?.ok_or(Error::NotFound("mail"))?;
    let links = frame.links(id, row.updated_at);
    of_delivery(db, frame, row, links, now)
}

/// The mail of a delivery as staff look at it: made again from the text that was frozen when sending started. Its personal
/// links open nothing: they are its reader's.
///
/// # Errors
/// As [`web_version`].
pub fn of_reader(db: &mut Db, frame: &MailFrame, row: Delivery, now: At) -> Result<Preview, Error> {
    of_delivery(db, frame, row, frame.no_links(), now)
}

fn of_delivery(db: &mut Db, frame: &MailFrame, row: Delivery, links: Links, now: At) -> Result<Preview, Error> {
    let variant = match row.variant_id {
        Some(variant) => store::variants_of(db, &[variant])?.into_iter().next(),
        None => None,
    };
    let variant = variant.ok_or(Error::NotFound("mail"))?;
    let name = match row.subscriber_id {
        Some(subscriber) => readers::by_id(db, &[subscriber])?.remove(&subscriber).map(|reader| reader.name),
        None => None,
    };
    let recipient = Recipient {
        name: name.unwrap_or_default(),
        address: row.address,
        language: row.language,
        topics: Arc::default(),
    };
    shown(db, frame, &variant, recipient, row.subscriber_id, links, now)
}

fn shown(
    db: &mut Db,
    frame: &MailFrame,
    variant: &Variant,
    mut recipient: Recipient,
    reader: Option<SubscriberId>,
    links: Links,
    now: At,
) -> Result<Preview, Error> {
    let organisation = organisation::store::get(db, now)?;
    let names = topics::list(db, &variant.language)?;
    let named = |ids: &[TopicId]| names.iter().filter(|topic| ids.contains(&topic.id)).collect::<Vec<&Topic>>();
    let about = store::topics(db, variant.campaign_id)?;
    let mut chosen = match reader {
        Some(reader) => readers::all_topics(db, reader)?,
        None => about.clone(),
    };
    let mut why = named(&about);
    why.retain(|topic| chosen.contains(&topic.id));
    // Who left since chose them once: the mail said so.
    if why.is_empty() {
        why = named(&about);
        chosen.extend(&about);
    }
    recipient.topics = Arc::new(Chosen::new(&variant.language, &why, &named(&chosen)));
    let list_id = frame.list_id(&named(&about), &organisation);
    let kept = frame.kept(variant, &organisation, &list_id, false)?;
    let skeleton = &kept.skeleton;
    let donate_url = frame.donate_url(variant.campaign_id, &variant.language);
    let values = frame.values(&recipient, links, donate_url);
    let html = fill(&skeleton.html, &values);
    Ok(Preview {
        subject: fill(&skeleton.subject, &values),
        text: fill(&skeleton.text, &values),
        clipped: html.len() > CLIPPED_ABOVE,
        html,
        language: variant.language.clone(),
    })
}
