//! Settings: `pledgepost.toml` under the environment, checked whole before anything starts.
//!
//! | variable (and key in the file, in small letters without the prefix) | meaning, default |
//! | --- | --- |
//! | `DATABASE_URL` (`database_url`) | `sqlite://PATH` or `postgres://…`; `sqlite://pledgepost.db` |
//! | `PLEDGEPOST_BIND` | address and port; `127.0.0.1:8080` |
//! | `PLEDGEPOST_PUBLIC_URL` | what links in mails begin with; `http://` + bind |
//! | `PLEDGEPOST_SECRET_KEY` | one or several, newest first, comma-separated |
//! | `PLEDGEPOST_WORKER_BIND` | where a `worker` answers `/health/…` and `/metrics`; nowhere |
//! | `PLEDGEPOST_METRICS_TOKEN` | opens `/metrics` to other machines; it is for this one |
//! | `PLEDGEPOST_TRUSTED_PROXIES` | addresses or networks whose `X-Forwarded-For` is believed |
//! | `PLEDGEPOST_SMTP_URL` (one or several), `_MAIL_FROM`, `_DKIM_DOMAIN`, `_DKIM_SELECTOR`, `_DKIM_KEY_FILE` | the mail servers and the sender |
//! | `PLEDGEPOST_SEND_CONNECTIONS` (10), `_SEND_RATE` (0: no limit), `_DOUBT_WINDOW` (250), `_STATE_DIR` | delivery |
//! | `PLEDGEPOST_STRIPE_SECRET_KEY`, `_STRIPE_WEBHOOK_SECRET`, `_STRIPE_API_BASE`, `PLEDGEPOST_SANDBOX` | giving |
//! | `PLEDGEPOST_LOG` | what is logged, in `tracing`'s filter language; `info` |

mod mail;
mod raw;
mod stripe;
mod web;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use secrecy::SecretString;

pub use mail::{Dkim, MailConfig, Sending};
pub use raw::Raw;
pub use stripe::StripeConfig;
pub use web::WebConfig;

use crate::db::DatabaseUrl;

/// Which world the process belongs to. The database is stamped with it and refuses the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Own mailbox, own Stripe: nothing leaves the machine.
    Sandbox,
    /// Real mail, sandbox Stripe, said on every page.
    Rehearsal,
    Live,
}

impl Mode {
    /// What the database is stamped with. A rehearsal's book is never a live one.
    pub fn stamp(self) -> &'static str {
        match self {
            Mode::Live => "live",
            Mode::Sandbox | Mode::Rehearsal => "sandbox",
        }
    }
    /// Whether mail goes to the sandbox's own mailbox.
    pub fn has_mailbox(self) -> bool {
        self == Mode::Sandbox
    }
}

/// All settings, checked.
#[derive(Debug, Clone)]
pub struct Config {
    pub mode: Mode,
    pub database: DatabaseUrl,
    pub web: WebConfig,
    /// Newest first; empty when none was given (then a key file beside the SQLite database is used).
    pub secret_keys: Vec<SecretString>,
    pub mail: MailConfig,
    pub sending: Sending,
    /// None: giving is not set up.
    pub stripe: Option<StripeConfig>,
    pub log: String,
    /// What should be looked at, in words: to be logged once there are logs.
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads `file` (when it is there) and the process's environment.
    ///
    /// # Errors
    /// Names the file or variable and what is wrong with it.
    pub fn load(file: &Path) -> anyhow::Result<Self> {
        Self::from_sources(file, std::env::vars().collect())
    }

    /// [`Config::load`] with a given environment, for tests.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn from_sources(file: &Path, environment: BTreeMap<String, String>) -> anyhow::Result<Self> {
        let (raw, warnings) = Raw::read(file, &environment)?;
        Ok(Self { warnings, ..Self::check(raw)? })
    }

    /// The settings of `pledgepost demo`: the sandbox, whatever else is set; only the database may be given.
    ///
    /// # Errors
    /// When the database address is not one.
    pub fn demo(database_url: &str, port: u16) -> anyhow::Result<Self> {
        let raw = Raw {
            database_url: Some(database_url.to_owned()),
            bind: Some(format!("127.0.0.1:{port}")),
            ..Raw::default()
        };
        let mut config = Self::check(raw)?;
        // Sample data on loopback: a fixed key, so that the demo works on PostgreSQL without a setting.
        config.secret_keys = vec![SecretString::from("the demo's key opens sample data only")];
        Ok(config)
    }

    fn check(raw: Raw) -> anyhow::Result<Self> {
        let mode = mode(&raw)?;
        let database = DatabaseUrl::parse(raw.database_url.as_deref().unwrap_or("sqlite://pledgepost.db"))?;
        let secret_keys: Vec<SecretString> =
            raw.secret_key.clone().unwrap_or_default().into_iter().map(SecretString::from).collect();
        if secret_keys.is_empty() && (mode != Mode::Sandbox) {
            bail!(
                "PLEDGEPOST_SECRET_KEY is needed with PLEDGEPOST_SMTP_URL or Stripe keys: set it to a long random text (openssl rand -hex 32)"
            );
        }
        for key in &secret_keys {
            if secrecy::ExposeSecret::expose_secret(key).len() < 16 {
                bail!(
                    "PLEDGEPOST_SECRET_KEY: each key needs at least 16 characters (openssl rand -hex 32 makes a good one)"
                );
            }
        }
        Ok(Self {
            mode,
            database,
            web: WebConfig::check(&raw).context("settings of the web server")?,
            secret_keys,
            mail: MailConfig::check(&raw).context("settings of the mail")?,
            sending: Sending::check(&raw)?,
            stripe: StripeConfig::check(&raw, mode).context("settings of Stripe")?,
            log: raw.log.unwrap_or_else(|| "info".into()),
            warnings: Vec::new(),
        })
    }
}

/// Any of SMTP, Stripe or secret key means live. (On PostgreSQL a secret key alone is needed even in a sandbox;
/// the demo takes none from the settings and keeps its own.)
fn mode(raw: &Raw) -> anyhow::Result<Mode> {
    let stripe = raw.stripe_secret_key.is_some() || raw.stripe_webhook_secret.is_some();
    let given = raw.smtp_url.is_some() || stripe || raw.secret_key.as_ref().is_some_and(|keys| !keys.is_empty());
    match raw.sandbox.as_deref() {
        None | Some("") => match given {
            false => Ok(Mode::Sandbox),
            true if raw.smtp_url.is_none() => {
                bail!(
                    "a secret key or Stripe keys mean a live installation, and that needs PLEDGEPOST_SMTP_URL too (without any of them you get the sandbox)"
                )
            }
            true => Ok(Mode::Live),
        },
        Some("stripe") if stripe => {
            bail!("PLEDGEPOST_SANDBOX=stripe is a rehearsal without real Stripe: remove the Stripe keys")
        }
        Some("stripe") if raw.smtp_url.is_none() => {
            bail!("PLEDGEPOST_SANDBOX=stripe is a rehearsal with real mail: set PLEDGEPOST_SMTP_URL")
        }
        Some("stripe") => Ok(Mode::Rehearsal),
        Some(other) => bail!("PLEDGEPOST_SANDBOX can only be \"stripe\", not {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> anyhow::Result<Config> {
        let environment = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Config::from_sources(Path::new("/nonexistent/pledgepost.toml"), environment)
    }

    #[test]
    fn nothing_set_is_the_sandbox() {
        let config = with(&[]).unwrap();
        assert_eq!(config.mode, Mode::Sandbox);
        assert_eq!(config.web.public_url.as_str(), "http://127.0.0.1:8080/");
        assert_eq!((config.sending.connections, config.sending.rate, config.sending.doubt_window), (10, 0, 250));
    }

    #[test]
    fn live_is_whole_or_refused() {
        let key = ("PLEDGEPOST_SECRET_KEY", "0123456789abcdef0123456789abcdef");
        let smtp = ("PLEDGEPOST_SMTP_URL", "smtp://127.0.0.1:25");
        assert_eq!(with(&[key, smtp]).unwrap().mode, Mode::Live);
        assert!(with(&[smtp]).unwrap_err().to_string().contains("PLEDGEPOST_SECRET_KEY"));
        assert!(with(&[key]).unwrap_err().to_string().contains("PLEDGEPOST_SMTP_URL"));
        assert_eq!(with(&[key, smtp, ("PLEDGEPOST_SANDBOX", "stripe")]).unwrap().mode, Mode::Rehearsal);
        assert!(with(&[key, smtp, ("PLEDGEPOST_SANDBOX", "mail")]).is_err());
    }

    #[test]
    fn an_unknown_key_in_the_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pledgepost.toml");
        std::fs::write(&file, "bind = \"127.0.0.1:9000\"\nsmtp_ulr = \"smtp://x\"\n").unwrap();
        let error = format!("{:#}", Config::from_sources(&file, BTreeMap::new()).unwrap_err());
        assert!(error.contains("smtp_ulr") && error.contains("pledgepost.toml"), "{error}");
    }

    #[test]
    fn addresses_and_tokens_that_do_not_hold_are_named() {
        for (name, value) in [
            ("PLEDGEPOST_BIND", "localhost"),
            ("PLEDGEPOST_WORKER_BIND", "9100"),
            ("PLEDGEPOST_METRICS_TOKEN", "short"),
        ] {
            let error = format!("{:#}", with(&[(name, value)]).unwrap_err());
            assert!(error.contains(name), "{error}");
        }
        let config = with(&[("PLEDGEPOST_WORKER_BIND", "127.0.0.1:9100")]).unwrap();
        assert_eq!(config.web.worker_bind.map(|bind| bind.port()), Some(9100));
    }

    #[test]
    fn an_unknown_variable_is_warned_of() {
        let config = with(&[("PLEDGEPOST_SMTP_ULR", "smtp://x"), ("PLEDGEPOST_PORT_8080_TCP", "")]).unwrap();
        assert_eq!(config.warnings, ["PLEDGEPOST_SMTP_ULR is not a setting of Pledgepost and is ignored"]);
    }

    #[test]
    fn the_environment_is_above_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pledgepost.toml");
        std::fs::write(&file, "bind = \"127.0.0.1:9000\"\nsend_rate = 5\ntrusted_proxies = [\"10.0.0.0/8\"]\n")
            .unwrap();
        let environment = [("PLEDGEPOST_BIND".to_owned(), "127.0.0.1:9001".to_owned())].into();
        let config = Config::from_sources(&file, environment).unwrap();
        assert_eq!(config.web.bind.port(), 9001);
        assert_eq!(config.sending.rate, 5);
        assert_eq!(config.web.trusted_proxies.len(), 1);
    }
}
