//! The mail server, the sender, and how delivery works.

use std::path::PathBuf;

use anyhow::{Context, bail};
use secrecy::SecretString;

use super::Raw;
use crate::values::EmailAddress;

#[derive(Debug, Clone)]
pub struct MailConfig {
    /// `PLEDGEPOST_SMTP_URL`: an entry per mail server; none in the sandbox, where the mailbox's own address is used.
    pub smtp_urls: Vec<SecretString>,
    /// Beats the organisation's sender address.
    pub from: Option<EmailAddress>,
    pub dkim: Option<Dkim>,
}

/// Who signs: all three settings together or none (then the relay signs).
#[derive(Debug, Clone)]
pub struct Dkim {
    pub domain: String,
    /// Each key's selector and file: an RSA key, and an Ed25519 key beside it if wanted.
    pub keys: Vec<(String, PathBuf)>,
}

#[derive(Debug, Clone)]
pub struct Sending {
    /// Connections of a process to each mail server that does not say otherwise.
    pub connections: u32,
    /// Mails per second, of all nodes and through all mail servers; 0 is no limit.
    pub rate: u32,
    /// Most rows that a crash may leave uncertain, per process.
    pub doubt_window: u32,
    /// Where a process writes down which mails left; none is beside the SQLite database, and on PostgreSQL nowhere.
    pub state_dir: Option<PathBuf>,
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
                Some(Dkim { domain: domain.clone(), keys: dkim_keys(selector, file)? })
            }
            _ => bail!(
                "DKIM needs all of PLEDGEPOST_DKIM_DOMAIN, PLEDGEPOST_DKIM_SELECTOR and PLEDGEPOST_DKIM_KEY_FILE, or none of them"
            ),
        };
        let smtp_urls = raw.smtp_url.iter().flatten().cloned().map(SecretString::from).collect();
        Ok(Self { smtp_urls, from: from.transpose()?, dkim })
    }
}

/// The lists of selectors and files, which go together.
fn dkim_keys(selectors: &str, files: &str) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let list = |text: &str| text.split(',').map(|one| one.trim().to_owned()).collect::<Vec<_>>();
    let (selectors, files) = (list(selectors), list(files));
    if selectors.len() != files.len() {
        bail!(
            "PLEDGEPOST_DKIM_SELECTOR and PLEDGEPOST_DKIM_KEY_FILE must list the same number of keys, with commas between \
             them: there are {} and {}",
            selectors.len(),
            files.len()
        );
    }
    Ok(selectors.into_iter().zip(files.into_iter().map(PathBuf::from)).collect())
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
        Ok(Self {
            connections,
            rate: raw.send_rate.unwrap_or(0),
            doubt_window,
            state_dir: raw.state_dir.clone().map(PathBuf::from),
        })
    }
}
