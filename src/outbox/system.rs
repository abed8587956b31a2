//! System mails: the payload's variables and the organisation's, through the template named by the row.

use std::sync::Arc;

use anyhow::Context;
use serde_json::{Value, json};

use super::{Delivery, Prepared, Renderer};
use crate::db::Db;
use crate::mail::{Email, Kind, MailTemplates, Sender, message_id, whole};
use crate::organisation::{self, Organisation};
use crate::values::{At, EmailAddress, RootKey};

/// Who mails are from, and what their Message-IDs name.
#[derive(Clone)]
pub struct SenderSettings {
    /// `PLEDGEPOST_MAIL_FROM`, which beats the organisation's own setting.
    pub from: Option<EmailAddress>,
    /// The host of the public address.
    pub host: String,
}

impl SenderSettings {
    /// The sender: the setting, else the organisation's address, else `newsletter@` the public host.
    pub fn sender(&self, organisation: &Organisation) -> anyhow::Result<Sender> {
        let address = match &self.from {
            Some(address) => address.clone(),
            None if !organisation.mail_from.is_empty() => EmailAddress::parse(&organisation.mail_from)?,
            None => EmailAddress::parse(&format!("newsletter@{}", self.host))
                .or_else(|_| EmailAddress::parse("newsletter@pledgepost.invalid"))?,
        };
        Ok(Sender { name: organisation.name.clone(), address })
    }
}

/// The organisation as every mail template knows it.
pub fn organisation_variables(organisation: &Organisation) -> Value {
    json!({
        "name": organisation.name,
        "postal_address_lines": organisation.postal_address_lines(),
        "imprint_url": organisation.imprint_url,
        "privacy_url": organisation.privacy_url,
    })
}

pub struct SystemMails {
    pub templates: Arc<MailTemplates>,
    pub root: RootKey,
    pub settings: SenderSettings,
}

impl Renderer for SystemMails {
    fn prepare(&self, db: &mut Db, rows: &[Delivery], now: At) -> anyhow::Result<Vec<Prepared>> {
        let organisation = Arc::new(organisation::store::get(db, now)?);
        Ok(rows
            .iter()
            .map(|row| {
                let (row, organisation) = (row.clone(), organisation.clone());
                let (templates, root, settings) = (self.templates.clone(), self.root.clone(), self.settings.clone());
                Prepared::Mail(whole(move || {
                    let payload = row.payload.as_deref().context("the mail has no variables")?;
                    let mut data: Value = serde_json::from_str(payload).context("the mail's variables are not JSON")?;
                    data.as_object_mut()
                        .context("the mail's variables are not an object")?
                        .insert("organisation".into(), organisation_variables(&organisation));
                    let rendered = templates.render(&row.mail, &row.language, &data)?;
                    Ok(Email {
                        from: settings.sender(&organisation)?,
                        reply_to: None,
                        to: row.address.clone(),
                        to_name: None,
                        subject: rendered.subject,
                        text: rendered.text,
                        html: rendered.html,
                        language: rendered.language,
                        date: now,
                        message_id: message_id(&root, row.id, &settings.host),
                        kind: Kind::System,
                    })
                }))
            })
            .collect())
    }
}
