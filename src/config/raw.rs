//! The settings as they are written, before they are checked.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use config::{File, FileFormat};
use serde::Deserialize;

/// Each setting by its name in the file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    pub database_url: Option<String>,
    pub bind: Option<String>,
    pub public_url: Option<String>,
    pub worker_bind: Option<String>,
    pub metrics_token: Option<String>,
    #[serde(default, deserialize_with = "list")]
    pub secret_key: Option<Vec<String>>,
    #[serde(default, deserialize_with = "list")]
    pub trusted_proxies: Option<Vec<String>>,
    #[serde(default, deserialize_with = "addresses")]
    pub smtp_url: Option<Vec<String>>,
    pub mail_from: Option<String>,
    pub dkim_domain: Option<String>,
    pub dkim_selector: Option<String>,
    pub dkim_key_file: Option<String>,
    pub send_connections: Option<u32>,
    pub send_rate: Option<u32>,
    pub doubt_window: Option<u32>,
    pub state_dir: Option<String>,
    pub stripe_secret_key: Option<String>,
    #[serde(default, deserialize_with = "list")]
    pub stripe_webhook_secret: Option<Vec<String>>,
    pub stripe_api_base: Option<String>,
    pub sandbox: Option<String>,
    pub log: Option<String>,
}

/// The names after `PLEDGEPOST_`, in small letters.
const VARIABLES: [&str; 21] = [
    "bind",
    "public_url",
    "worker_bind",
    "metrics_token",
    "secret_key",
    "trusted_proxies",
    "smtp_url",
    "mail_from",
    "dkim_domain",
    "dkim_selector",
    "dkim_key_file",
    "send_connections",
    "send_rate",
    "doubt_window",
    "state_dir",
    "stripe_secret_key",
    "stripe_webhook_secret",
    "stripe_api_base",
    "sandbox",
    "log",
    "database_url",
];

impl Raw {
    /// Reads the file, then lays the environment over it. An unknown key in the file is refused by name; an unknown
    /// `PLEDGEPOST_…` variable is only warned of (second in the answer), because some platforms set such variables
    /// themselves.
    ///
    /// # Errors
    /// When the file cannot be read as TOML, has an unknown key or a value of the wrong kind.
    pub fn read(file: &Path, environment: &BTreeMap<String, String>) -> anyhow::Result<(Self, Vec<String>)> {
        let (mut builder, mut warnings) = (config::Config::builder(), Vec::new());
        if file.exists() {
            builder = builder.add_source(File::from(file).format(FileFormat::Toml));
        }
        for (name, value) in environment {
            let key = match name.strip_prefix("PLEDGEPOST_") {
                Some(rest) => rest.to_lowercase(),
                None if name == "DATABASE_URL" => "database_url".into(),
                None => continue,
            };
            // Empty is "not set": compose files and service units often pass variables on that way.
            if VARIABLES.contains(&key.as_str()) && !value.is_empty() {
                builder = builder.set_override(key, value.as_str())?;
            } else if !value.is_empty() {
                warnings.push(format!("{name} is not a setting of Pledgepost and is ignored"));
            }
        }
        let shown = file.display();
        let raw = builder
            .build()
            .with_context(|| format!("{shown} cannot be read"))?
            .try_deserialize()
            .with_context(|| format!("a setting in {shown} or the environment cannot be taken"))?;
        Ok((raw, warnings))
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Either {
    One(String),
    Many(Vec<String>),
}

/// A list of addresses in the file, or one text with commas or white space between them. A comma within an address, in a
/// password say, belongs to it.
fn addresses<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    let parts = match Option::<Either>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Either::One(text)) => split_addresses(&text),
        Some(Either::Many(many)) => many.iter().flat_map(|text| split_addresses(text)).collect(),
    };
    Ok(Some(parts).filter(|parts| !parts.is_empty()))
}

fn split_addresses(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for piece in text.split_inclusive(|c: char| c == ',' || c.is_whitespace()) {
        let begins = piece.starts_with("smtp://") || piece.starts_with("smtps://");
        match parts.last_mut() {
            Some(last) if !begins => last.push_str(piece),
            _ => parts.push(piece.to_owned()),
        }
    }
    let edge = |c: char| c == ',' || c.is_whitespace();
    parts.iter().map(|part| part.trim_matches(edge).to_owned()).filter(|part| !part.is_empty()).collect()
}

/// A list in the file, or one text with commas (as in the environment).
fn list<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    Ok(Option::<Either>::deserialize(deserializer)?.map(|either| match either {
        Either::One(text) => {
            text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
        }
        Either::Many(many) => many,
    }))
}

#[cfg(test)]
mod tests {
    use super::split_addresses;

    #[test]
    fn addresses_are_told_apart() {
        let both = ["smtp://u:a,b@one.example?weight=3", "smtps://two.example"];
        for text in [
            "smtp://u:a,b@one.example?weight=3,smtps://two.example",
            " smtp://u:a,b@one.example?weight=3 \n\t smtps://two.example, ",
            ",smtp://u:a,b@one.example?weight=3 , smtps://two.example",
        ] {
            assert_eq!(split_addresses(text), both, "{text:?}");
        }
        assert_eq!(split_addresses("one.example, two.example"), ["one.example, two.example"]);
        assert!(split_addresses(" , ").is_empty());
    }
}
