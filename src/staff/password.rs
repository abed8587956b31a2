//! Passwords: long rather than odd (NIST SP 800-63B, section 3.1.1.2), kept as Argon2id.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use crate::values::{EmailAddress, random_token};

/// Characters.
pub const MIN_LENGTH: usize = 12;
const MAX_LENGTH: usize = 1000;

/// Each hash takes 19 MiB: at most this many at once, whatever knocks.
static HASHING: Semaphore = Semaphore::const_new(4);

/// A password that may be set.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    #[error("a password needs at least {MIN_LENGTH} characters; several words make a good one")]
    TooShort,
    #[error("a password has at most {MAX_LENGTH} characters")]
    TooLong,
    #[error("the e-mail address itself is no password")]
    IsAddress,
    #[error("the two passwords differ")]
    Differ,
}

impl Password {
    /// # Errors
    /// Too short, too long, or the member's own address.
    pub fn parse(text: &str, email: &EmailAddress) -> Result<Self, InvalidPassword> {
        let text = normal(text);
        match text.chars().count() {
            ..MIN_LENGTH => Err(InvalidPassword::TooShort),
            MAX_LENGTH.. => Err(InvalidPassword::TooLong),
            _ if text.to_lowercase() == email.key() => Err(InvalidPassword::IsAddress),
            _ => Ok(Self(text.into())),
        }
    }

    /// [`Password::parse`] of a form that asks twice.
    ///
    /// # Errors
    /// As there, or when the two differ.
    pub fn parse_twice(text: &str, again: &str, email: &EmailAddress) -> Result<Self, InvalidPassword> {
        let password = Self::parse(text, email)?;
        if text == again { Ok(password) } else { Err(InvalidPassword::Differ) }
    }

    /// The hash to keep, in PHC form. Takes tens of milliseconds: not on an executor's thread.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn hash(&self) -> anyhow::Result<String> {
        hash(self.0.expose_secret())
    }

    /// [`Password::hash`] off the executor.
    ///
    /// # Errors
    /// As there.
    pub async fn hashed(self) -> anyhow::Result<String> {
        let _turn = HASHING.acquire().await?;
        tokio::task::spawn_blocking(move || self.hash()).await?
    }
}

/// Keyboards write one character in several ways.
fn normal(text: &str) -> String {
    text.nfc().collect()
}

fn hash(text: &str) -> anyhow::Result<String> {
    let hash = Argon2::default().hash_password(text.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| anyhow::anyhow!("the password cannot be hashed: {error}"))
}

/// Nobody's password: compared with when there is no account, so that both take as long.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| random_token().and_then(|token| hash(&token)).ok());

/// Whether `given` is the password behind `kept`; does the same work when nothing is kept.
///
/// # Errors
/// When the program is ending.
pub async fn verify(given: String, kept: Option<String>) -> anyhow::Result<bool> {
    let _turn = HASHING.acquire().await?;
    let compare = move || {
        let known = kept.is_some();
        let kept = kept.or_else(|| NOBODY.clone()).unwrap_or_default();
        let given: String = normal(&given).chars().take(MAX_LENGTH).collect();
        Argon2::default().verify_password(given.as_bytes(), kept.as_str()).is_ok() && known
    };
    Ok(tokio::task::spawn_blocking(compare).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn set_and_verified() {
        let email = EmailAddress::parse("anna@example.org").unwrap();
        let parse = |text| Password::parse(text, &email);
        assert_eq!(parse("short").unwrap_err(), InvalidPassword::TooShort);
        assert_eq!(parse("Anna@Example.org").unwrap_err(), InvalidPassword::IsAddress);
        assert!(parse("пароль на двенадцать").is_ok());
        let kept = parse("correct horse battery").unwrap().hashed().await.unwrap();
        assert!(kept.starts_with("$argon2id$"), "{kept}");
        assert!(verify("correct horse battery".into(), Some(kept.clone())).await.unwrap());
        assert!(!verify("correct horse batterx".into(), Some(kept)).await.unwrap());
        assert!(!verify("correct horse battery".into(), None).await.unwrap());
    }
}
