//! DKIM signatures (RFC 6376, RFC 8463), relaxed/relaxed.
//!
//! Written over aws-lc-rs rather than taken from lettre: RSA is six times as fast, and the `rsa` crate behind lettre
//! leaks timing (RUSTSEC-2023-0071); lettre also cannot cover the Content-Type of a multipart. A test compares the two
//! signature by signature.

use std::path::Path;

use anyhow::{Context as _, bail};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use aws_lc_rs::{digest, rand};
use data_encoding::BASE64;

use super::canonical::{fields, find, relaxed_body, relaxed_field};
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

/// Signs mails for one domain with one key.
pub struct Signer {
    domain: String,
    selector: String,
    key: Key,
    sealed: &'static [&'static str],
}

impl Signer {
    /// Reads the key file.
    ///
    /// # Errors
    /// Names the setting that is wrong.
    pub fn from_file(domain: &str, selector: &str, key_file: &Path) -> anyhow::Result<Self> {
        let pem = std::fs::read_to_string(key_file)
            .with_context(|| format!("PLEDGEPOST_DKIM_KEY_FILE: {} cannot be read", key_file.display()))?;
        Self::new(domain, selector, &pem)
    }

    /// From a private key in PEM form: RSA (PKCS#1 or PKCS#8, 2048 bits or more) or Ed25519 (PKCS#8).
    ///
    /// # Errors
    /// Names the setting that is wrong.
    pub fn new(domain: &str, selector: &str, pem: &str) -> anyhow::Result<Self> {
        let domain = idna::domain_to_ascii_strict(domain.trim())
            .ok()
            .filter(|domain| is_dns_name(domain) && domain.contains('.'))
            .context("PLEDGEPOST_DKIM_DOMAIN is not a domain name, such as example.org")?;
        let selector = selector.trim().to_ascii_lowercase();
        if !is_dns_name(&selector) {
            bail!("PLEDGEPOST_DKIM_SELECTOR is not a name for DNS, such as mail2024");
        }
        let key = parse_key(pem).context("PLEDGEPOST_DKIM_KEY_FILE")?;
        Ok(Self { domain, selector, key, sealed: &SEALED })
    }

    /// The domain that signs.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The name of the DNS record that must hold the public key.
    pub fn record_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// What the DNS record must hold.
    pub fn record_value(&self) -> String {
        match &self.key {
            // RFC 6376 says RSAPublicKey; its erratum 3017, and everybody, SubjectPublicKeyInfo.
            Key::Rsa(key) => format!("v=DKIM1; k=rsa; p={}", BASE64.encode(&rsa_spki(key.public_key().as_ref()))),
            Key::Ed25519(key) => format!("v=DKIM1; k=ed25519; p={}", BASE64.encode(key.public_key().as_ref())),
        }
    }

    /// The message with a DKIM-Signature in front.
    ///
    /// # Errors
    /// When the message has no body separator, or the key refuses to sign.
    pub fn sign(&self, message: &[u8], at: At) -> anyhow::Result<Vec<u8>> {
        let split = find(message, b"\r\n\r\n").context("a mail without a body")?;
        let (head, body) = message.split_at(split + 2);
        let body = body.get(2..).unwrap_or_default();
        let head = std::str::from_utf8(head).context("a mail's head is not UTF-8")?;
        let fields = fields(head);
        let mut names = String::new();
        let mut input = Vec::with_capacity(2048);
        for name in SIGNED {
            // From the bottom up, as RFC 6376 section 5.4.2 counts; no mail of ours has a field twice.
            if let Some((_, field)) = fields.iter().rev().find(|(found, _)| found.eq_ignore_ascii_case(name)) {
                names.push_str(&name.to_ascii_lowercase());
                names.push(':');
                input.extend(relaxed_field(field).as_bytes());
                input.extend(b"\r\n");
            }
        }
        for name in self.sealed {
            names.push_str(&name.to_ascii_lowercase());
            names.push(':');
        }
        let hash = BASE64.encode(digest::digest(&digest::SHA256, &relaxed_body(body)).as_ref());
        let algorithm = match self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let field = format!(
            "DKIM-Signature: v=1; a={algorithm}; d={}; s={};\r\n c=relaxed/relaxed; q=dns/txt; t={};\r\n h={};\r\n bh={hash};\r\n b=",
            self.domain,
            self.selector,
            at.0.timestamp(),
            names.trim_end_matches(':'),
        );
        input.extend(relaxed_field(&field).as_bytes());
        let signature = BASE64.encode(&self.signature(&input)?);
        let mut out = Vec::with_capacity(message.len() + 1024);
        out.extend(field.as_bytes());
        for (index, line) in signature.as_bytes().chunks(72).enumerate() {
            // White space in b= is not part of it; short lines please servers that count.
            out.extend(if index == 0 { b"".as_slice() } else { b"\r\n ".as_slice() });
            out.extend(line);
        }
        out.extend(b"\r\n");
        out.extend(message);
        Ok(out)
    }

    fn signature(&self, input: &[u8]) -> anyhow::Result<Vec<u8>> {
        match &self.key {
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
        write!(f, "Signer({})", self.record_name())
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
