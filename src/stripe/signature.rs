//! The signature on Stripe's webhooks: `Stripe-Signature: t=<unix seconds>,v1=<hex>[,v1=…][,v0=…]`, where v1 is the
//! HMAC-SHA256 of `<t>.<raw body>` (docs.stripe.com/webhooks, "Verify webhook signatures manually"). While a secret is
//! rolled, both the old and the new one sign; we in turn may know several secrets. Any fitting pair is enough.

use aws_lc_rs::{constant_time, hmac};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use secrecy::{ExposeSecret, SecretString};

use crate::values::At;

/// How far Stripe's clock and ours may be apart, in seconds, both ways. Stripe signs anew for each delivery.
const TOLERANCE: i64 = 300;
/// Two secrets make about 150 bytes; nobody has thirty.
const LONGEST_HEADER: usize = 4096;

/// Why a webhook is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSignature {
    #[error("there is no Stripe-Signature header")]
    Missing,
    #[error("the Stripe-Signature header is not of the form t=…,v1=…")]
    Malformed,
    #[error("no signature fits the body: is PLEDGEPOST_STRIPE_WEBHOOK_SECRET this endpoint's?")]
    NoMatch,
    /// Also when it is from the future.
    #[error("the signature was made more than five minutes from now: a copy, or a wrong clock")]
    TooOld,
}

/// Whether one of `secrets` signed exactly these bytes within the last (or next) five minutes.
///
/// # Errors
/// Why not. Without any secret nothing fits. The time is only judged, and so only told, to whoever knows a secret.
pub fn verify(header: &str, body: &[u8], secrets: &[SecretString], now: At) -> Result<(), InvalidSignature> {
    let header = Header::parse(header)?;
    let fits = |secret: &SecretString| {
        // HMAC takes an empty key too, with which anybody could sign.
        if secret.expose_secret().is_empty() {
            return false;
        }
        let expected = mac(secret, header.time, body);
        header.signatures.iter().any(|given| constant_time::verify_slices_are_equal(given, expected.as_ref()).is_ok())
    };
    if !secrets.iter().any(fits) {
        return Err(InvalidSignature::NoMatch);
    }
    match now.0.timestamp().abs_diff(header.seconds) <= TOLERANCE.unsigned_abs() {
        true => Ok(()),
        false => Err(InvalidSignature::TooOld),
    }
}

/// The header that Stripe would send with this body.
pub fn sign(secret: &SecretString, at: At, body: &[u8]) -> String {
    let time = at.0.timestamp().to_string();
    let mac = mac(secret, &time, body);
    format!("t={time},v1={}", HEXLOWER.encode(mac.as_ref()))
}

fn mac(secret: &SecretString, time: &str, body: &[u8]) -> hmac::Tag {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(time.as_bytes());
    context.update(b".");
    context.update(body);
    context.sign()
}

struct Header<'a> {
    /// As it was written, for that is what is signed.
    time: &'a str,
    seconds: i64,
    /// The v1 ones. Older schemes (v0 is a fake for tests) are passed over, or they would be a way around.
    signatures: Vec<Vec<u8>>,
}

impl<'a> Header<'a> {
    fn parse(text: &'a str) -> Result<Self, InvalidSignature> {
        use InvalidSignature::{Malformed, Missing};
        if text.trim().is_empty() {
            return Err(Missing);
        }
        if text.len() > LONGEST_HEADER {
            return Err(Malformed);
        }
        let (mut time, mut signatures) = (None, Vec::new());
        for item in text.split(',') {
            match item.trim().split_once('=').ok_or(Malformed)? {
                ("t", _) if time.is_some() => return Err(Malformed),
                ("t", value) => time = Some(value),
                ("v1", value) => signatures.push(HEXLOWER_PERMISSIVE.decode(value.as_bytes()).map_err(|_| Malformed)?),
                _ => {}
            }
        }
        let time = time.filter(|time| time.bytes().all(|b| b.is_ascii_digit())).ok_or(Malformed)?;
        let seconds = time.parse().map_err(|_| Malformed)?;
        match signatures.is_empty() {
            true => Err(Malformed),
            false => Ok(Self { time, seconds, signatures }),
        }
    }
}

#[cfg(test)]
mod tests;
