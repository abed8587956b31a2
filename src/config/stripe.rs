//! Stripe's keys and address.

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

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
            // The key travels with every request.
            if url.scheme() != "https" && !(url.scheme() == "http" && is_this_machine(&url)) {
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

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&str, &str)]) -> anyhow::Result<Option<StripeConfig>> {
        let value = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let raw = Raw {
            stripe_secret_key: value("key"),
            stripe_webhook_secret: value("secret").map(|secret| secret.split(',').map(str::to_owned).collect()),
            stripe_api_base: value("base"),
            ..Raw::default()
        };
        StripeConfig::check(&raw, Mode::Live)
    }

    #[test]
    fn keys_are_whole_or_refused() {
        let (live, test) = (("key", "sk_live_0123456789"), ("key", "rk_test_0123456789"));
        let secret = ("secret", "whsec_0123456789abcdef,whsec_fedcba9876543210");
        assert!(check(&[]).unwrap().is_none(), "without keys giving is off");
        assert!(check(&[live, secret]).unwrap().unwrap().livemode);
        let config = check(&[test, secret]).unwrap().unwrap();
        assert!(!config.livemode && config.webhook_secrets.len() == 2);
        for (wrong, word) in [
            (vec![live], "WEBHOOK_SECRET"),
            (vec![secret], "SECRET_KEY"),
            (vec![("key", "pk_live_0123456789"), secret], "sk_live_"),
            (vec![live, ("secret", "whsec_1")], "16 characters"),
        ] {
            let error = check(&wrong).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn a_key_does_not_travel_in_clear() {
        let with = |base| check(&[("key", "sk_live_0123456789"), ("secret", "whsec_0123456789abcdef"), ("base", base)]);
        for good in ["https://stripe.example/api", "http://127.0.0.1:8441", "http://[::1]:1/", "http://localhost:1"] {
            assert!(with(good).unwrap().unwrap().api_base.unwrap().path().ends_with('/'), "{good}");
        }
        for bad in ["http://stripe.example/", "ftp://127.0.0.1/", "stripe"] {
            assert!(with(bad).is_err(), "{bad}");
        }
    }
}
