//! Stripe's keys and address.

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{Mode, Raw};

/// How to reach Stripe and how to know its webhooks.
#[derive(Debug, Clone)]
pub struct StripeConfig {
    pub secret_key: SecretString,
    /// Any of them may have signed. In the sandbox there are none here: it signs with one derived from the root key.
    pub webhook_secrets: Vec<SecretString>,
    /// None: Stripe's own.
    pub api_base: Option<Url>,
    /// Whether the key moves real money.
    pub livemode: bool,
}

/// The key of the sandbox's Stripe, which moves nothing and answers to this machine alone.
const SANDBOX_KEY: &str = "sk_test_sandbox";

impl StripeConfig {
    /// None when a live installation has no Stripe keys: giving is switched off there.
    pub(super) fn check(raw: &Raw, mode: Mode) -> anyhow::Result<Option<Self>> {
        let api_base = raw.stripe_api_base.as_deref().map(|text| {
            let mut url = Url::parse(text).with_context(|| format!("PLEDGEPOST_STRIPE_API_BASE: {text:?}"))?;
            if !matches!(url.scheme(), "http" | "https") {
                bail!("PLEDGEPOST_STRIPE_API_BASE begins with https:// (or http:// on this machine): {text:?}");
            }
            if !url.path().ends_with('/') {
                url.set_path(&format!("{}/", url.path()));
            }
            Ok(url)
        });
        let api_base = api_base.transpose()?;
        if mode != Mode::Live {
            return Ok(Some(Self {
                secret_key: SANDBOX_KEY.into(),
                webhook_secrets: Vec::new(),
                api_base,
                livemode: false,
            }));
        }
        let webhook_secrets: Vec<SecretString> =
            raw.stripe_webhook_secret.iter().flatten().cloned().map(SecretString::from).collect();
        let Some(secret_key) = raw.stripe_secret_key.clone() else {
            if !webhook_secrets.is_empty() {
                bail!("PLEDGEPOST_STRIPE_WEBHOOK_SECRET is set without PLEDGEPOST_STRIPE_SECRET_KEY");
            }
            return Ok(None);
        };
        let livemode = match secret_key.split('_').take(2).collect::<Vec<_>>().as_slice() {
            ["sk" | "rk", "live"] => true,
            ["sk" | "rk", "test"] => false,
            _ => bail!("PLEDGEPOST_STRIPE_SECRET_KEY begins with sk_live_, rk_live_, sk_test_ or rk_test_"),
        };
        if webhook_secrets.is_empty() {
            bail!(
                "PLEDGEPOST_STRIPE_WEBHOOK_SECRET is needed with PLEDGEPOST_STRIPE_SECRET_KEY: Stripe shows it (whsec_…) where the webhook endpoint is set up"
            );
        }
        if webhook_secrets.iter().any(|secret| secret.expose_secret().len() < 16) {
            bail!("PLEDGEPOST_STRIPE_WEBHOOK_SECRET: each needs at least 16 characters, as Stripe's have");
        }
        Ok(Some(Self { secret_key: secret_key.into(), webhook_secrets, api_base, livemode }))
    }
}
