//! From a variant to a mail: content and frame rendered once into a skeleton, the skeleton filled per reader.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Duration;
use serde_json::json;

use super::model::Variant;
use super::placeholders::{self, Placeholder};
use super::skeleton::{Skeleton, Slot, Tokens, Values, fill};
use crate::i18n::Texts;
use crate::mail::{Email, Kind, MailTemplates, content, message_id};
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    variant: VariantId,
    written: At,
    organisation: At,
    test: bool,
}

/// Makes campaign mails. Shared by the renderers, the preview and the web version, so that all show the same.
pub struct MailFrame {
    pub templates: Arc<MailTemplates>,
    pub root: RootKey,
    pub sender: SenderSettings,
    pub link: Link,
    kept: Mutex<HashMap<Key, Arc<Skeleton>>>,
}

/// Whom a mail is for.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// Empty when it is not known.
    pub name: String,
    pub address: EmailAddress,
    pub language: Language,
    /// Why they get it, as a sentence.
    pub reason: String,
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
    /// When the variant has a broken placeholder (it is checked when saved) or a template fails.
    pub fn skeleton(
        &self,
        variant: &Variant,
        organisation: &Organisation,
        test: bool,
    ) -> anyhow::Result<Arc<Skeleton>> {
        let key = Key { variant: variant.id, written: variant.updated_at, organisation: organisation.updated_at, test };
        if let Some(skeleton) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(skeleton.clone());
        }
        let skeleton = Arc::new(self.make(&variant.subject, &variant.body, &variant.language, organisation, test)?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(key, skeleton.clone());
        Ok(skeleton)
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
        let tokens = Tokens::unlike(&[subject, body, &organisation.to_string()]);
        let body = tokens.put_into(&placeholders::parse(body).map_err(broken)?);
        let mut subject = tokens.put_into(&placeholders::parse(subject).map_err(broken)?);
        if test {
            subject = format!("[Test] {subject}");
        }
        let text = content::text(&body);
        let token = |placeholder| tokens.token(Slot::Placeholder(placeholder));
        let data = json!({
            "subject": subject,
            "preheader": preheader(&text),
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
            html: tokens.cut_html(&rendered.html),
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

    /// What is filled in for one reader of a campaign's variant in `language`. The link to gifts names the campaign and
    /// nobody: it is the same for all.
    pub fn values(&self, of: CampaignId, language: &Language, recipient: &Recipient, links: Links) -> Values {
        let name = match recipient.name.trim() {
            "" => Texts::get().t(language, "campaign-reader-fallback", &[]),
            name => name.to_owned(),
        };
        Values {
            name,
            email: recipient.address.to_string(),
            language: recipient.language.to_string(),
            unsubscribe_url: links.unsubscribe,
            preferences_url: links.preferences,
            web_url: links.web,
            donate_url: (self.link)(&format!("/donate?from=c{of}&lang={language}")),
            reason: recipient.reason.clone(),
        }
    }

    /// The finished mail.
    ///
    /// # Errors
    /// When there is no sender.
    pub fn email(
        &self,
        skeleton: &Skeleton,
        values: &Values,
        recipient: &Recipient,
        about: &About,
    ) -> anyhow::Result<Email> {
        Ok(Email {
            from: self.sender.sender(&about.organisation)?,
            reply_to: None,
            to: recipient.address.clone(),
            to_name: Some(recipient.name.clone()).filter(|name| !name.trim().is_empty()),
            subject: fill(&skeleton.subject, values),
            text: fill(&skeleton.text, values),
            html: fill(&skeleton.html, values),
            language: about.language.clone(),
            date: about.now,
            message_id: message_id(&self.root, about.delivery, &self.sender.host),
            kind: Kind::Campaign { list_id: about.list_id.clone(), unsubscribe_url: values.unsubscribe_url.clone() },
        })
    }

    /// `Name <topic.host>`: the topic's when the campaign has one, else the organisation's (RFC 2919).
    pub fn list_id(&self, topics: &[Topic], organisation: &Organisation) -> String {
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
    pub organisation: Arc<Organisation>,
    pub language: Language,
    pub list_id: String,
    pub now: At,
}

/// Why somebody gets a mail: the topics that they chose.
pub fn reason(language: &Language, topics: &[&Topic]) -> String {
    let names = topics.iter().map(|topic| topic.name.as_str()).collect::<Vec<_>>().join(", ");
    Texts::get().t(language, "mail-campaign-reason", &[("topics", names.into())])
}

/// The first words of the text; whole words only, because a token is one.
fn preheader(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.chars().count() + word.chars().count() >= PREHEADER {
            break;
        }
        line.push_str(if line.is_empty() { "" } else { " " });
        line.push_str(word);
    }
    line
}
