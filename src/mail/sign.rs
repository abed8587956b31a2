//! DKIM signatures (RFC 6376, RFC 8463), relaxed/relaxed.
//!
//! Written over aws-lc-rs rather than taken from lettre: RSA is six times as fast, and the `rsa` crate behind lettre
//! leaks timing (RUSTSEC-2023-0071); lettre also cannot cover the Content-Type of a multipart. A test compares the two
//! signature by signature.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use aws_lc_rs::{digest, rand};
use data_encoding::BASE64;

use super::canonical::{fields, relaxed_body, relaxed_field, split};
use crate::values::At;

/// What a signature covers, where the mail has it. RFC 8058 section 4 wants the List-Unsubscribe pair in it.
const SIGNED: [&str; 13] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Reply-To",
    "Auto-Submitted",
    "Content-Language",
];
/// Named once more than they occur, so that nobody can add a second one to a signed mail (RFC 6376 section 5.4.2).
const SEALED: [&str; 3] = ["From", "To", "Subject"];

enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A key and the name under which its public half stands in DNS.
struct NamedKey {
    selector: String,
    key: Key,
}

/// Signs mails for one domain, with each of its keys.
pub struct Signer {
    domain: String,
    keys: Vec<NamedKey>,
    sealed: &'static [&'static str],
}

impl Signer {
    /// Reads the key files: one for each selector.
    ///
    /// # Errors
    /// Names the setting that is wrong.
    pub fn from_files(domain: &str, files: &[(String, PathBuf)]) -> anyhow::Result<Self> {
        let mut keys = Vec::new();
        for (selector, file) in files {
            let pem = std::fs::read_to_string(file)
                .with_context(|| format!("PLEDGEPOST_DKIM_KEY_FILE: {} cannot be read", file.display()))?;
            keys.push((selector.as_str(), pem));
        }
        let keys: Vec<(&str, &str)> = keys.iter().map(|(selector, pem)| (*selector, pem.as_str())).collect();
        Self::new(domain, &keys)
    }

    /// From selectors and private keys in PEM form: RSA (PKCS#1 or PKCS#8, 2048 bits or more), and Ed25519 (PKCS#8)
    /// beside it.
    ///
    /// # Errors
    /// Names the setting that is wrong.
    pub fn new(domain: &str, keys: &[(&str, &str)]) -> anyhow::Result<Self> {
        let domain = idna::domain_to_ascii_strict(domain.trim())
            .ok()
            .filter(|domain| is_dns_name(domain) && domain.contains('.'))
            .context("PLEDGEPOST_DKIM_DOMAIN is not a domain name, such as example.org")?;
        let mut named: Vec<NamedKey> = Vec::new();
        for (selector, pem) in keys {
            let selector = selector.trim().to_ascii_lowercase();
            if !is_dns_name(&selector) {
                bail!("PLEDGEPOST_DKIM_SELECTOR is not a name for DNS, such as mail2024");
            }
            if named.iter().any(|other| other.selector == selector) {
                bail!("PLEDGEPOST_DKIM_SELECTOR names {selector} twice: each key needs a record of its own");
            }
            named.push(NamedKey { selector, key: parse_key(pem).context("PLEDGEPOST_DKIM_KEY_FILE")? });
        }
        if !named.iter().any(|one| matches!(one.key, Key::Rsa(_))) {
            bail!(
                "PLEDGEPOST_DKIM_KEY_FILE has no RSA key. Many receivers do not know Ed25519 and would take the mails for \
                 unsigned: list an RSA key too (both sign each mail)"
            );
        }
        Ok(Self { domain, keys: named, sealed: &SEALED })
    }

    /// The domain that signs.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The DNS records that must hold the public keys: name and value of each.
    pub fn records(&self) -> Vec<(String, String)> {
        self.keys.iter().map(|one| (self.record_name(one), one.key.record_value())).collect()
    }

    fn record_name(&self, key: &NamedKey) -> String {
        format!("{}._domainkey.{}", key.selector, self.domain)
    }

    /// Puts a DKIM-Signature of each key in front of the message that begins at `start` of the buffer.
    ///
    /// # Errors
    /// When the message has no body separator, or a key refuses to sign.
    pub fn sign(&self, buffer: &mut Vec<u8>, start: usize, at: At) -> anyhow::Result<()> {
        let message = buffer.get(start..).unwrap_or_default();
        let (head, body) = split(message).context("a mail without a body")?;
        let mut found: [&[u8]; SIGNED.len()] = [&[]; SIGNED.len()];
        for (name, field) in fields(head) {
            let place = SIGNED.iter().position(|signed| name.eq_ignore_ascii_case(signed.as_bytes()));
            // The last one counts (RFC 6376 section 5.4.2); no mail of ours has a field twice.
            if let Some(slot) = place.and_then(|place| found.get_mut(place)) {
                *slot = field;
            }
        }
        let mut names = String::with_capacity(256);
        let mut input = Vec::with_capacity(2048);
        for (name, field) in SIGNED.iter().zip(found).filter(|(_, field)| !field.is_empty()) {
            names.push_str(name);
            names.push(':');
            relaxed_field(field, &mut input);
            input.extend_from_slice(b"\r\n");
        }
        for name in self.sealed {
            names.push_str(name);
            names.push(':');
        }
        names.make_ascii_lowercase();
        names.pop();
        let mut hash = digest::Context::new(&digest::SHA256);
        relaxed_body(body, |piece| hash.update(piece));
        let hash = BASE64.encode(hash.finish().as_ref());
        let signed_length = input.len();
        let mut signatures = Vec::with_capacity(1024 * self.keys.len());
        for NamedKey { selector, key } in &self.keys {
            let field = format!(
                "DKIM-Signature: v=1; a={}; d={}; s={selector};\r\n c=relaxed/relaxed; q=dns/txt; t={};\r\n \
                 h={names};\r\n bh={hash};\r\n b=",
                key.algorithm(),
                self.domain,
                at.0.timestamp(),
            );
            input.truncate(signed_length);
            relaxed_field(field.as_bytes(), &mut input);
            let signature = BASE64.encode(&key.sign(&input)?);
            signatures.extend_from_slice(field.as_bytes());
            for (index, line) in signature.as_bytes().chunks(72).enumerate() {
                // White space in b= is not part of it; short lines please servers that count.
                signatures.extend_from_slice(if index == 0 { b"" } else { b"\r\n " });
                signatures.extend_from_slice(line);
            }
            signatures.extend_from_slice(b"\r\n");
        }
        let end = buffer.len();
        buffer.resize(end + signatures.len(), 0);
        buffer.copy_within(start..end, start + signatures.len());
        if let Some(front) = buffer.get_mut(start..start + signatures.len()) {
            front.copy_from_slice(&signatures);
        }
        Ok(())
    }
}

impl Key {
    fn algorithm(&self) -> &'static str {
        match self {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        }
    }

    /// What the DNS record must hold.
    fn record_value(&self) -> String {
        match self {
            // RFC 6376 says RSAPublicKey; its erratum 3017, and everybody, SubjectPublicKeyInfo.
            Key::Rsa(key) => format!("v=DKIM1; k=rsa; p={}", BASE64.encode(&rsa_spki(key.public_key().as_ref()))),
            Key::Ed25519(key) => format!("v=DKIM1; k=ed25519; p={}", BASE64.encode(key.public_key().as_ref())),
        }
    }

    fn sign(&self, input: &[u8]) -> anyhow::Result<Vec<u8>> {
        match self {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &rand::SystemRandom::new(), input, &mut signature)
                    .map_err(|_| anyhow::anyhow!("the DKIM key refuses to sign"))?;
                Ok(signature)
            }
            // RFC 8463 section 3: Ed25519 signs the hash, not the text.
            Key::Ed25519(key) => Ok(key.sign(digest::digest(&digest::SHA256, input).as_ref()).as_ref().to_vec()),
        }
    }
}

/// Never the key.
impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.records().into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(", "))
    }
}

fn is_dns_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        })
}

fn parse_key(pem: &str) -> anyhow::Result<Key> {
    let (_, rest) = pem.split_once("-----BEGIN ").context("is not a key in PEM form (-----BEGIN PRIVATE KEY-----)")?;
    let (label, rest) = rest.split_once("-----").context("has a broken first line")?;
    let (base64, _) = rest.split_once("-----END").context("has no last line (-----END …)")?;
    let base64: String = base64.split_whitespace().collect();
    let der = BASE64.decode(base64.as_bytes()).context("is not base64 between its first and last line")?;
    let small = "holds an RSA key that cannot be used: it must have 2048 to 8192 bits";
    match label {
        "RSA PRIVATE KEY" => Ok(Key::Rsa(RsaKeyPair::from_der(&der).context(small)?)),
        "PRIVATE KEY" => match Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der) {
            Ok(key) => Ok(Key::Ed25519(key)),
            Err(_) => Ok(Key::Rsa(RsaKeyPair::from_pkcs8(&der).context(small)?)),
        },
        "ENCRYPTED PRIVATE KEY" => bail!("is encrypted; a key without a passphrase is needed"),
        other => bail!("holds a {other}; a private key, RSA or Ed25519, is needed"),
    }
}

/// SubjectPublicKeyInfo around an RSAPublicKey.
fn rsa_spki(pkcs1: &[u8]) -> Vec<u8> {
    const RSA_ENCRYPTION: [u8; 15] =
        [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    let mut bits = vec![0];
    bits.extend(pkcs1);
    der(0x30, &[RSA_ENCRYPTION.to_vec(), der(0x03, &bits)].concat())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut out = vec![tag];
    match significant.as_slice() {
        [] => out.push(0),
        [one] if *one < 0x80 => out.push(*one),
        more => {
            out.push(0x80 | u8::try_from(more.len()).unwrap_or(0));
            out.extend(more);
        }
    }
    out.extend(content);
    out
}

#[cfg(test)]
#[path = "sign_tests.rs"]
mod tests;
