//! From a variant to a mail: content and frame rendered once into a skeleton, the skeleton filled per reader.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Duration;
use serde_json::json;

use super::model::Variant;
use super::placeholders::{self, Placeholder};
use super::skeleton::{ChosenTopic, Skeleton, Slot, Tokens, Values};
use super::spliced::{Kept, Personalised, Spliced, Wire};
use crate::i18n::Texts;
use crate::mail::{MailTemplates, Message, content, message_id};
use crate::organisation::Organisation;
use crate::outbox::{SenderSettings, organisation_variables};
use crate::subscribers::Topic;
use crate::values::{At, CampaignId, DeliveryId, EmailAddress, Expiry, Language, Purpose, RootKey, VariantId};

/// How long the link to a reader's choices works. It shows what they chose, so it does not live as long as the mail.
const PREFERENCES_DAYS: i64 = 30;
/// Characters of the line that mail programs show behind the subject.
const PREHEADER: usize = 110;
/// Skeletons kept in memory; more are only needed when that many variants are sent at a time.
const MOST_KEPT: usize = 64;

/// Makes an absolute address of a path.
pub type Link = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// Which text a skeleton is made of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    variant: VariantId,
    written: At,
    organisation: At,
    list_id: String,
    test: bool,
}

/// Makes campaign mails. Shared by the renderers, the preview and the web version, so that all show the same.
pub struct MailFrame {
    pub templates: Arc<MailTemplates>,
    pub root: RootKey,
    pub sender: SenderSettings,
    pub link: Link,
    kept: Mutex<HashMap<Key, Arc<Kept>>>,
}

/// Whom a mail is for.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// Empty when it is not known.
    pub name: String,
    pub address: EmailAddress,
    pub language: Language,
    pub topics: Arc<Chosen>,
}

/// What is said about a set of topics, in a mail's language: the same for all readers who have chosen these.
#[derive(Debug, Default)]
pub struct Chosen {
    /// Why they get it, as a sentence.
    pub reason: Arc<str>,
    /// What those are called whose name is not known.
    pub nameless: Arc<str>,
    /// All that they have chosen.
    pub topics: Arc<[ChosenTopic]>,
}

/// Where a mail's personal links lead.
#[derive(Debug, Clone)]
pub struct Links {
    pub unsubscribe: String,
    pub preferences: String,
    pub web: String,
}

impl MailFrame {
    pub fn new(templates: Arc<MailTemplates>, root: RootKey, sender: SenderSettings, link: Link) -> Self {
        Self { templates, root, sender, link, kept: Mutex::default() }
    }

    /// The variant in its frame, made once and kept.
    ///
    /// # Errors
    /// When the variant has a broken placeholder (it is checked when saved), a template fails, or there is no sender.
    pub fn kept(
        &self,
        variant: &Variant,
        organisation: &Organisation,
        list_id: &str,
        test: bool,
    ) -> anyhow::Result<Arc<Kept>> {
        let key = Key {
            variant: variant.id,
            written: variant.updated_at,
            organisation: organisation.updated_at,
            list_id: list_id.to_owned(),
            test,
        };
        if let Some(found) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(found.clone());
        }
        let skeleton = self.make(&variant.subject, &variant.body, &variant.language, organisation, test)?;
        let wire = Wire::new(&skeleton, &self.sender.sender(organisation)?, &variant.language, list_id);
        let made = Arc::new(Kept { skeleton, wire });
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(key, made.clone());
        Ok(made)
    }

    fn make(
        &self,
        subject: &str,
        body: &str,
        language: &Language,
        organisation: &Organisation,
        test: bool,
    ) -> anyhow::Result<Skeleton> {
        let broken = |list: Vec<placeholders::BrokenPlaceholder>| {
            anyhow::anyhow!(list.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        };
        let organisation = organisation_variables(organisation);
        let mut tokens = Tokens::unlike(&[subject, body, &organisation.to_string()]);
        let body = tokens.put_into(&placeholders::parse(body).map_err(broken)?);
        let mut subject = tokens.put_into(&placeholders::parse(subject).map_err(broken)?);
        if test {
            subject = format!("[Test] {subject}");
        }
        let text = content::text(&body);
        let token = |placeholder| tokens.token(Slot::Placeholder(placeholder));
        let data = json!({
            "subject": subject,
            "preheader": tokens.beginning(&text, PREHEADER),
            "content_html": content::mail_html(&body),
            "content_text": text,
            "web_url": token(Placeholder::WebUrl),
            "preferences_url": token(Placeholder::PreferencesUrl),
            "unsubscribe_url": token(Placeholder::UnsubscribeUrl),
            "reason": tokens.token(Slot::Reason),
            "test": test,
            "organisation": organisation,
        });
        let rendered = self.templates.render("campaign", language, &data)?;
        Ok(Skeleton {
            subject: tokens.cut_text(&rendered.subject),
            html: tokens.cut_html(&rendered.html).map_err(broken)?,
            text: tokens.cut_text(&rendered.text),
        })
    }

    /// The links of a real delivery. Unsubscribing and the web version work for ever, the choices for a month.
    pub fn links(&self, delivery: DeliveryId, mailed: At) -> Links {
        let preferences = Expiry::At(mailed + Duration::days(PREFERENCES_DAYS));
        let link = |path: &str, purpose, expiry| {
            (self.link)(&format!("/{path}/{}", self.root.sign(purpose, delivery.0, expiry)))
        };
        Links {
            unsubscribe: link("unsubscribe", Purpose::Unsubscribe, Expiry::Never),
            preferences: link("preferences", Purpose::Preferences, preferences),
            web: link("mail", Purpose::WebVersion, Expiry::Never),
        }
    }

    /// Links for previews and tests: they look right and open nothing of anybody's.
    pub fn no_links(&self) -> Links {
        let link = |path: &str| (self.link)(&format!("/{path}/test"));
        Links { unsubscribe: link("unsubscribe"), preferences: link("preferences"), web: link("mail") }
    }

    /// The address of the page for gifts. It names the campaign and nobody: it is the same for all.
    pub fn donate_url(&self, of: CampaignId, language: &Language) -> Arc<str> {
        (self.link)(&format!("/donate?from=c{of}&lang={language}")).into()
    }

    /// What is filled in for one reader.
    pub fn values(&self, recipient: &Recipient, links: Links, donate_url: Arc<str>) -> Values {
        let name = match recipient.name.trim() {
            "" => recipient.topics.nameless.to_string(),
            name => name.to_owned(),
        };
        Values {
            name,
            name_is_known: !recipient.name.trim().is_empty(),
            email: recipient.address.to_string(),
            language: recipient.language.to_string(),
            unsubscribe_url: links.unsubscribe,
            preferences_url: links.preferences,
            web_url: links.web,
            donate_url,
            reason: recipient.topics.reason.clone(),
            topics: recipient.topics.topics.clone(),
        }
    }

    /// The mail, put together when its turn has come.
    pub fn mail(self: &Arc<Self>, kept: Arc<Kept>, recipient: Recipient, about: About) -> Box<dyn Message> {
        let frame = self.clone();
        let at = about.now;
        let personalise = move || {
            let links = match about.test {
                true => frame.no_links(),
                false => frame.links(about.delivery, about.now),
            };
            let values = frame.values(&recipient, links, about.donate_url);
            // In a test the name is a sample's and the address the tester's.
            let to_name = Some(recipient.name).filter(|name| !about.test && !name.trim().is_empty());
            let message_id = message_id(&frame.root, about.delivery, &frame.sender.host);
            Personalised { to: recipient.address, to_name, date: about.date, message_id, values }
        };
        Box::new(Spliced { kept, at, personalise })
    }

    /// `Name <topic.host>`: the topic's when the campaign has one, else the organisation's (RFC 2919).
    pub fn list_id(&self, topics: &[&Topic], organisation: &Organisation) -> String {
        let (name, id) = match topics {
            [topic] => (topic.name.as_str(), topic.slug.as_str()),
            _ => (organisation.name.as_str(), "newsletter"),
        };
        let name: String = name.chars().filter(|c| !matches!(c, '<' | '>' | '"' | '\\') && !c.is_control()).collect();
        format!("{name} <{id}.{}>", self.sender.host)
    }
}

/// What a mail needs beside its texts and its reader.
#[derive(Debug, Clone)]
pub struct About {
    pub delivery: DeliveryId,
    pub donate_url: Arc<str>,
    pub now: At,
    /// `now`, as the header has it.
    pub date: Arc<str>,
    /// Its links open nothing of anybody's.
    pub test: bool,
}

impl Chosen {
    /// What is said of these topics: `why` are those that the campaign is about.
    pub fn new(language: &Language, why: &[&Topic], all: &[&Topic]) -> Self {
        let names = why.iter().map(|topic| topic.name.as_str()).collect::<Vec<_>>().join(", ");
        let reason = Texts::get().t(language, "mail-campaign-reason", &[("topics", names.into())]);
        let topics = all.iter().map(|topic| ChosenTopic { slug: topic.slug.clone(), name: topic.name.clone() });
        let nameless = Texts::get().t(language, "campaign-reader-fallback", &[]);
        Self { reason: reason.into(), nameless: nameless.into(), topics: topics.collect() }
    }
}
