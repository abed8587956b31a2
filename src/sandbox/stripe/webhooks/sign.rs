//! `Stripe-Signature`, written here once more on purpose: if the receiving side used the same code, both could be wrong in
//! the same way. Source: docs.stripe.com/webhooks, "Verify webhook signatures manually".

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretString};

use crate::values::At;

/// `t=…,v1=…`, with a `v1` for each secret: several are separated by commas, as while a secret is being rolled.
pub(super) fn header(secrets: &SecretString, at: At, body: &[u8]) -> String {
    let seconds = at.0.timestamp().to_string();
    let mut signed = seconds.clone().into_bytes();
    signed.push(b'.');
    signed.extend_from_slice(body);
    let mut line = format!("t={seconds}");
    for secret in secrets.expose_secret().split(',').map(str::trim).filter(|secret| !secret.is_empty()) {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), &signed);
        line.push_str(",v1=");
        for byte in tag.as_ref() {
            line.push_str(&format!("{byte:02x}"));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_openssl_says() {
        // printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_one
        let at = At::from_micros(1_700_000_000_999_999);
        let one = header(&"whsec_one".into(), at, br#"{"id":"evt_1"}"#);
        assert_eq!(one, "t=1700000000,v1=401fbbceeb3818dc562ff77127ba1c62e47e24c9c6cde4d7a6eba85e32dbd058");
        let both = header(&"whsec_two, whsec_one".into(), at, br#"{"id":"evt_1"}"#);
        let parts: Vec<&str> = both.split(',').collect();
        assert_eq!((parts.len(), parts.last()), (3, one.split(',').next_back().as_ref()));
    }
}
