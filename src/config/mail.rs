//! The mail server, the sender, and how delivery works.

use std::path::PathBuf;

use anyhow::{Context, bail};
use secrecy::SecretString;

use super::Raw;
use crate::values::EmailAddress;

#[derive(Debug, Clone)]
pub struct MailConfig {
    /// `PLEDGEPOST_SMTP_URL`; none in the sandbox, where the mailbox's own address is used.
    pub smtp_url: Option<SecretString>,
    /// Beats the organisation's sender address.
    pub from: Option<EmailAddress>,
    pub dkim: Option<Dkim>,
}

/// Who signs: all three settings together or none (then the relay signs).
#[derive(Debug, Clone)]
pub struct Dkim {
    pub domain: String,
    pub selector: String,
    pub key_file: PathBuf,
}

#[derive(Debug, Clone, Copy)]
pub struct Sending {
    /// Connections to the mail server, per process.
    pub connections: u32,
    /// Mails per second; 0 is no limit.
    pub rate: u32,
    /// Most rows that a crash may leave uncertain, per process.
    pub doubt_window: u32,
}

impl MailConfig {
    pub(super) fn check(raw: &Raw) -> anyhow::Result<Self> {
        let from = raw
            .mail_from
            .as_deref()
            .map(|text| EmailAddress::parse(text).with_context(|| format!("PLEDGEPOST_MAIL_FROM: {text:?}")));
        let dkim = match (&raw.dkim_domain, &raw.dkim_selector, &raw.dkim_key_file) {
            (None, None, None) => None,
            (Some(domain), Some(selector), Some(file)) => {
                Some(Dkim { domain: domain.clone(), selector: selector.clone(), key_file: file.into() })
            }
            _ => bail!(
                "DKIM needs all of PLEDGEPOST_DKIM_DOMAIN, PLEDGEPOST_DKIM_SELECTOR and PLEDGEPOST_DKIM_KEY_FILE, or none of them"
            ),
        };
        Ok(Self { smtp_url: raw.smtp_url.clone().map(SecretString::from), from: from.transpose()?, dkim })
    }
}

impl Sending {
    pub(super) fn check(raw: &Raw) -> anyhow::Result<Self> {
        let connections = raw.send_connections.unwrap_or(10);
        if !(1..=500).contains(&connections) {
            bail!("PLEDGEPOST_SEND_CONNECTIONS is a number from 1 to 500, not {connections}");
        }
        let doubt_window = raw.doubt_window.unwrap_or(250);
        if !(1..=10_000).contains(&doubt_window) {
            bail!("PLEDGEPOST_DOUBT_WINDOW is a number from 1 to 10000, not {doubt_window}");
        }
        Ok(Self { connections, rate: raw.send_rate.unwrap_or(0), doubt_window })
    }
}
