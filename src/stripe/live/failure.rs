//! What went wrong, told by what can be done about it.

use stripe::StripeError;

use super::super::api::Failure;

/// How the library names an answer that is an error, but not in Stripe's words. It keeps no status then.
const FOREIGN_ERROR: &str = "error deserializing Stripe error";
const NO_TEXT: &str = "Response was not valid UTF-8";

pub(super) fn failure(error: StripeError) -> Failure {
    match error {
        StripeError::Stripe(error, status) => {
            let code = match &error.code {
                Some(code) => code.as_str().to_owned(),
                None => error.type_.as_str().to_owned(),
            };
            answered(status, code, error.message.as_deref().unwrap_or_default())
        }
        // An error page that Stripe did not write comes from something between us: most often a proxy that reaches nobody
        // (502). All that we write has a key, so trying again does no harm, while giving up would lose a refund.
        StripeError::JSONDeserialize(message) if message == FOREIGN_ERROR || message == NO_TEXT => {
            Failure::Unavailable("something other than Stripe answered (a proxy's error page?)".into())
        }
        StripeError::JSONDeserialize(message) => Failure::Unreadable(message),
        StripeError::ClientError(message) => Failure::Unavailable(message),
        StripeError::Timeout => Failure::Unavailable("no answer in time".into()),
        StripeError::ConfigError(message) => Failure::Refused { code: "configuration".into(), message },
    }
}

/// Stripe answered with an error of its own (docs.stripe.com/error-low-level).
fn answered(status: u16, code: String, message: &str) -> Failure {
    match status {
        _ if code == "resource_missing" => Failure::NotFound(masked(message)),
        404 => Failure::NotFound(masked(message)),
        401 | 403 => Failure::Key(format!("{status}, {code}")),
        // 409: the same object or key is at work in another request just now.
        408 | 409 | 424 | 429 => Failure::Unavailable(format!("{status}, {code}")),
        400..=499 => Failure::Refused { code, message: masked(message) },
        _ => Failure::Unavailable(format!("{status}, {code}")),
    }
}

/// Stripe quotes what it was given. Failures are logged and kept, so addresses and keys are taken out.
fn masked(message: &str) -> String {
    let secret = |word: &str| {
        let word = word.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        word.contains('@') || ["sk_", "rk_", "pk_", "whsec_"].iter().any(|start| word.starts_with(start))
    };
    message.split(' ').map(|word| if secret(word) { "…" } else { word }).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, code: &str, message: &str) -> Failure {
        answered(status, code.into(), message)
    }

    #[test]
    fn a_failure_tells_what_can_be_done() {
        assert_eq!(told(404, "resource_missing", "No such x"), Failure::NotFound("No such x".into()));
        assert_eq!(told(400, "resource_missing", "No such x"), Failure::NotFound("No such x".into()));
        for status in [401, 403] {
            let failure = told(status, "invalid_request_error", "Invalid API Key provided: sk_test_****1234");
            assert_eq!(failure, Failure::Key(format!("{status}, invalid_request_error")));
        }
        for status in [409, 429, 500, 502, 503, 504, 302] {
            assert!(matches!(told(status, "api_error", "m"), Failure::Unavailable(_)), "{status}");
        }
        let refused = Failure::Refused { code: "amount_too_small".into(), message: "Too small".into() };
        assert_eq!(told(400, "amount_too_small", "Too small"), refused);
        assert!(matches!(told(402, "card_declined", "m"), Failure::Refused { .. }));
    }

    #[test]
    fn addresses_and_keys_are_masked() {
        let failure = told(400, "email_invalid", "Invalid email address: ada@example.org, with 'sk_test_12'");
        assert_eq!(failure.to_string(), "Stripe refused: Invalid email address: … with … (email_invalid)");
    }
}
