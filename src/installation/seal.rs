//! Seals the root key with a key of the settings: AES-256-GCM, the nonce before the ciphertext, base64.

use anyhow::{Context, anyhow};
use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::{digest, rand};
use data_encoding::BASE64;
use secrecy::{ExposeSecret, SecretString};

use crate::values::RootKey;

const NONCE_LEN: usize = 12;

pub fn fresh_root_key() -> anyhow::Result<RootKey> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| anyhow!("the system gives no random numbers"))?;
    Ok(RootKey::from_bytes(bytes))
}

fn key(secret: &SecretString) -> anyhow::Result<RandomizedNonceKey> {
    let hash = digest::digest(&digest::SHA256, format!("pledgepost seal\0{}", secret.expose_secret()).as_bytes());
    RandomizedNonceKey::new(&AES_256_GCM, hash.as_ref()).map_err(|_| anyhow!("cannot make a sealing key"))
}

pub fn seal(secret: &SecretString, root: &RootKey) -> anyhow::Result<String> {
    let mut body = root.bytes().to_vec();
    let nonce = key(secret)?
        .seal_in_place_append_tag(Aad::empty(), &mut body)
        .map_err(|_| anyhow!("cannot seal the root key"))?;
    let mut out = nonce.as_ref().to_vec();
    out.append(&mut body);
    Ok(BASE64.encode(&out))
}

/// Tries each key; returns the root key and which key fitted.
pub fn open(secrets: &[SecretString], sealed: &str) -> anyhow::Result<(RootKey, usize)> {
    let bytes = BASE64.decode(sealed.as_bytes()).context("the sealed key is damaged")?;
    let (nonce, body) = bytes.split_at_checked(NONCE_LEN).context("the sealed key is damaged")?;
    for (index, secret) in secrets.iter().enumerate() {
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| anyhow!("the sealed key is damaged"))?;
        let mut body = body.to_vec();
        if let Ok(plain) = key(secret)?.open_in_place(nonce, Aad::empty(), &mut body) {
            let bytes: [u8; 32] = (&*plain).try_into().context("the sealed key is damaged")?;
            return Ok((RootKey::from_bytes(bytes), index));
        }
    }
    Err(anyhow!("no key fits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_key_still_opens_and_a_wrong_one_does_not() {
        let (old, new, wrong) = (
            SecretString::from("old key old key!"),
            SecretString::from("new key new key!"),
            SecretString::from("wrong"),
        );
        let root = fresh_root_key().unwrap();
        let sealed = seal(&old, &root).unwrap();
        let (opened, index) = open(&[new, old], &sealed).unwrap();
        assert_eq!((opened.bytes(), index), (root.bytes(), 1));
        assert!(open(&[wrong], &sealed).is_err());
    }
}
