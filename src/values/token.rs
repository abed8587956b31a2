//! Tokens: signed, bound to one purpose and one row, or random and kept only as a hash.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::{constant_time, digest, hmac, rand};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};

use super::At;

/// What a signed token may be used for; a token for one purpose is nothing for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Confirms a sign-up (id: sign-up). Lasts 7 days.
    Confirm,
    /// Shows and changes a subscriber's choices (id: delivery that carried it).
    Preferences,
    /// Leaves, and nothing else (id: delivery). Never expires.
    Unsubscribe,
    /// Shows a campaign on the web as that mail showed it (id: delivery).
    WebVersion,
    /// Shows how a gift stands after checkout (id: donation). Lasts a day.
    Donation,
    /// The same for the first payment of a monthly gift (id: pledge). Lasts a day.
    Pledge,
    /// Shows a monthly gift and ends it, and nothing else (id: pledge). Never expires: it is in every receipt.
    ManagePledge,
    /// Makes the first admin while there is no staff (id: 0).
    FirstAdmin,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Purpose::Confirm => b"confirm",
            Purpose::Preferences => b"preferences",
            Purpose::Unsubscribe => b"unsubscribe",
            Purpose::WebVersion => b"web-version",
            Purpose::Donation => b"donation",
            Purpose::Pledge => b"pledge",
            Purpose::ManagePledge => b"manage-pledge",
            Purpose::FirstAdmin => b"first-admin",
        }
    }
}

/// Until when a signed token holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    Never,
    At(At),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    #[error("this link is not one of ours")]
    Forged,
    #[error("this link has expired")]
    Expired,
}

/// Bytes of the message authentication code that a token carries: 128 bits, as RFC 2104 section 5 allows.
const MAC_LEN: usize = 16;

/// The installation's own secret, from which every keyed function of the program is derived.
/// It is kept in the database, sealed by the newest of `PLEDGEPOST_SECRET_KEY` (see `installation`).
#[derive(Clone)]
pub struct RootKey {
    bytes: [u8; 32],
    /// The keys of the labels that were used, made once: a campaign's mail needs four of them.
    keys: Arc<[(&'static [u8], OnceLock<hmac::Key>); 5]>,
}

/// The labels that each mail of a campaign needs.
const FREQUENT: [&[u8]; 5] = [b"unsubscribe", b"preferences", b"web-version", b"message-id", b"address"];

impl RootKey {
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self { bytes, keys: Arc::new(FREQUENT.map(|label| (label, OnceLock::new()))) }
    }
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// A keyed hash for one use; `label` separates the uses.
    pub fn keyed(&self, label: &[u8], message: &[u8]) -> [u8; 32] {
        let make = || {
            let sub_key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.bytes), label);
            hmac::Key::new(hmac::HMAC_SHA256, sub_key.as_ref())
        };
        let tag = match self.keys.iter().find(|(known, _)| *known == label) {
            Some((_, key)) => hmac::sign(key.get_or_init(make), message),
            None => hmac::sign(&make(), message),
        };
        let mut out = [0; 32];
        out.copy_from_slice(tag.as_ref());
        out
    }

    /// What a suppression keeps instead of the address: a keyed hash of its normalised form, in hexadecimal.
    pub fn address_hash(&self, address_key: &str) -> String {
        HEXLOWER.encode(&self.keyed(b"address", address_key.as_bytes()))
    }

    /// A signed token: row number and expiry in clear, bound to the purpose. URL-safe, 43 characters or fewer.
    pub fn sign(&self, purpose: Purpose, id: i64, expiry: Expiry) -> String {
        let seconds = match expiry {
            Expiry::Never => 0,
            Expiry::At(at) => u32::try_from(at.0.timestamp()).unwrap_or(u32::MAX),
        };
        let mut bytes = [0; 12 + MAC_LEN];
        let (body, mac) = bytes.split_at_mut(12);
        let (first, last) = body.split_at_mut(8);
        first.copy_from_slice(&id.to_be_bytes());
        last.copy_from_slice(&seconds.to_be_bytes());
        for (byte, made) in mac.iter_mut().zip(self.keyed(purpose.label(), body)) {
            *byte = made;
        }
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// The row number that a token carries.
    ///
    /// # Errors
    /// `Forged` when we did not make it for this purpose; `Expired` when its time is over.
    pub fn verify(&self, purpose: Purpose, token: &str, now: At) -> Result<i64, InvalidToken> {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).map_err(|_| InvalidToken::Forged)?;
        let (body, mac) = bytes.split_at_checked(12).ok_or(InvalidToken::Forged)?;
        let expected = self.keyed(purpose.label(), body);
        let expected = expected.get(..MAC_LEN).ok_or(InvalidToken::Forged)?;
        constant_time::verify_slices_are_equal(mac, expected).map_err(|_| InvalidToken::Forged)?;
        let (id, seconds) = body.split_at_checked(8).ok_or(InvalidToken::Forged)?;
        let id = i64::from_be_bytes(id.try_into().map_err(|_| InvalidToken::Forged)?);
        let seconds = u32::from_be_bytes(seconds.try_into().map_err(|_| InvalidToken::Forged)?);
        match seconds != 0 && i64::from(seconds) <= now.0.timestamp() {
            true => Err(InvalidToken::Expired),
            false => Ok(id),
        }
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RootKey(…)")
    }
}

/// A random token of 256 bits, URL-safe. Keep only [`sha256_hex`] of it.
///
/// # Errors
/// When the system gives no randomness.
pub fn random_token() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("the system gives no random numbers"))?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

/// What is stored of a random token. Looking a token up by this hash needs no constant-time comparison.
pub fn sha256_hex(text: &str) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_bound_to_purpose_and_time() {
        let key = RootKey::from_bytes([7; 32]);
        let now = At::from_micros(1_700_000_000_000_000);
        let token = key.sign(Purpose::Confirm, 42, Expiry::At(now + chrono::Duration::days(7)));
        assert_eq!(key.verify(Purpose::Confirm, &token, now), Ok(42));
        assert_eq!(key.verify(Purpose::Unsubscribe, &token, now), Err(InvalidToken::Forged));
        assert_eq!(key.verify(Purpose::Confirm, &token, now + chrono::Duration::days(8)), Err(InvalidToken::Expired));
        let other = RootKey::from_bytes([8; 32]);
        assert_eq!(other.verify(Purpose::Confirm, &token, now), Err(InvalidToken::Forged));
        for bad in ["", "x", "%%", &token[1..], &format!("{token}A")] {
            assert_eq!(key.verify(Purpose::Confirm, bad, now), Err(InvalidToken::Forged), "{bad}");
        }
        let forever = key.sign(Purpose::Unsubscribe, 1, Expiry::Never);
        assert_eq!(key.verify(Purpose::Unsubscribe, &forever, now + chrono::Duration::days(36_500)), Ok(1));
    }
}
