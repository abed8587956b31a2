use proptest::prelude::*;

use super::*;

/// Computed once with Stripe's own Python library 16.1.0 (`WebhookSignature._compute_signature`).
const BODY: &str = r#"{"id":"evt_1","object":"event","note":"Gruß, 寄付 €"}"#;
const OLD: (&str, &str) = ("whsec_old_9f2c41d07b", "7618b7b37ff392ddadafe3631dfbd08514bf801c7a1fd2a953fa9b6c38cc483f");
const NEW: (&str, &str) = ("whsec_new_55aa01e3c8", "fd9a7f618abeec0133f5d7148fb77c9f27bf83ce7d657c2a48e5fd4938eeba9d");
const TIME: i64 = 1_800_000_000;

fn at(seconds: i64) -> At {
    At::from_micros(seconds * 1_000_000)
}

fn check(header: &str, secrets: &[&str]) -> Result<(), InvalidSignature> {
    let secrets: Vec<SecretString> = secrets.iter().map(|&secret| secret.into()).collect();
    verify(header, BODY.as_bytes(), &secrets, at(TIME))
}

#[test]
fn what_stripes_own_library_signed_is_taken() {
    for (secret, mac) in [OLD, NEW] {
        let header = format!("t={TIME},v1={mac}");
        assert_eq!(check(&header, &[secret]), Ok(()));
        assert_eq!(sign(&secret.into(), at(TIME), BODY.as_bytes()), header);
    }
}

#[test]
fn any_signature_of_any_secret_is_enough() {
    let both = format!(
        "t={TIME},v1={},v1={},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39",
        OLD.1, NEW.1
    );
    assert_eq!(check(&both, &[OLD.0]), Ok(()));
    assert_eq!(check(&both, &[NEW.0]), Ok(()));
    let new_only = format!("t={TIME}, v1={}", NEW.1);
    assert_eq!(check(&new_only, &[OLD.0, NEW.0]), Ok(()));
    assert_eq!(check(&new_only, &[OLD.0]), Err(InvalidSignature::NoMatch));
}

#[test]
fn other_bytes_do_not_fit() {
    let secrets = [SecretString::from(NEW.0)];
    let header = format!("t={TIME},v1={}", NEW.1);
    for body in ["", &BODY[1..], &format!("{BODY}\n"), &BODY.replace("evt_1", "evt_2")] {
        assert_eq!(verify(&header, body.as_bytes(), &secrets, at(TIME)), Err(InvalidSignature::NoMatch));
    }
    let other_time = format!("t={},v1={}", TIME + 1, NEW.1);
    assert_eq!(check(&other_time, &[NEW.0]), Err(InvalidSignature::NoMatch));
}

#[test]
fn nothing_fits_without_a_secret() {
    let empty = SecretString::from("");
    for secrets in [vec![], vec![empty.clone()]] {
        let header = sign(&empty, at(TIME), BODY.as_bytes());
        assert_eq!(verify(&header, BODY.as_bytes(), &secrets, at(TIME)), Err(InvalidSignature::NoMatch));
    }
}

#[test]
fn five_minutes_both_ways() {
    let secrets = [SecretString::from(NEW.0)];
    let header = format!("t={TIME},v1={}", NEW.1);
    let told = |now: i64| verify(&header, BODY.as_bytes(), &secrets, at(now));
    for near in [TIME - 300, TIME + 300] {
        assert_eq!(told(near), Ok(()));
    }
    for far in [TIME - 301, TIME + 301, 0] {
        assert_eq!(told(far), Err(InvalidSignature::TooOld));
    }
    // The time is told only to whoever knows the secret.
    let forged = format!("t=1,v1={}", NEW.1);
    assert_eq!(check(&forged, &[NEW.0]), Err(InvalidSignature::NoMatch));
}

#[test]
fn headers_that_are_none() {
    use InvalidSignature::{Malformed, Missing, NoMatch};
    let (secret, mac) = NEW;
    let long = format!("t={TIME},v1={mac},{}", "x=y,".repeat(2000));
    for (header, error) in [
        ("", Missing),
        ("  ", Missing),
        (mac, Malformed),
        ("t=,v1=", Malformed),
        (&format!("v1={mac}"), Malformed),
        (&format!("t={TIME}"), Malformed),
        (&format!("t={TIME},v0={mac}"), Malformed),
        (&format!("t={TIME},v1=xyz"), Malformed),
        (&format!("t=-{TIME},v1={mac}"), Malformed),
        (&format!("t=+{TIME},v1={mac}"), Malformed),
        (&format!("t={TIME}.0,v1={mac}"), Malformed),
        (&format!("t=99999999999999999999,v1={mac}"), Malformed),
        (&format!("t={TIME},t={TIME},v1={mac}"), Malformed),
        (&format!("t={TIME},v1={mac},"), Malformed),
        (&long, Malformed),
        (&format!("t={TIME},v1={}", &mac[2..]), NoMatch),
        (&format!("t={TIME},v1="), NoMatch),
    ] {
        assert_eq!(check(header, &[secret]), Err(error), "{header}");
    }
}

proptest! {
    #[test]
    fn any_header_is_answered(header in "\\PC{0,80}|([tv]|v1|v0|=|,|[0-9a-f]{1,8}| ){0,20}") {
        prop_assert!(check(&header, &[NEW.0]).is_err());
    }
    #[test]
    fn what_we_sign_we_take(body in prop::collection::vec(any::<u8>(), 0..200), secret in "[ -~]{1,40}", time in 0_i64..4_000_000_000) {
        let secret = SecretString::from(secret);
        let header = sign(&secret, at(time), &body);
        prop_assert_eq!(verify(&header, &body, &[secret], at(time)), Ok(()));
    }
}
