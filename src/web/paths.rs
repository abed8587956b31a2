//! Which paths carry a secret: these are kept out of caches, referrers and logs.

use std::borrow::Cow;

/// What stands before a token in a path.
const BEFORE_TOKENS: [&str; 7] =
    ["/confirm/", "/preferences/", "/unsubscribe/", "/mail/", "/staff/setup/", "/staff/reset/", "/donate/manage/"];

fn before_token(path: &str) -> Option<&'static str> {
    BEFORE_TOKENS.into_iter().find(|prefix| path.len() > prefix.len() && path.starts_with(prefix))
}

/// Where a token stands behind the `?`. Logs never keep what stands there, of any path.
const TOKEN_BEHIND: &str = "/donate/thanks";

/// Whether whoever has the address has the right that it gives.
pub fn carries_token(path: &str) -> bool {
    path == TOKEN_BEHIND || before_token(path).is_some()
}

pub fn is_staff(path: &str) -> bool {
    path == "/staff" || path.starts_with("/staff/")
}

/// The path as logs may keep it.
pub fn masked(path: &str) -> Cow<'_, str> {
    match before_token(path) {
        Some(prefix) => format!("{prefix}…").into(),
        None => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_masked() {
        assert_eq!(masked("/unsubscribe/abc/x"), "/unsubscribe/…");
        assert_eq!(masked("/staff/reset/abc"), "/staff/reset/…");
        assert_eq!(masked("/donate/manage/abc"), "/donate/manage/…");
        assert_eq!(masked("/staff/reset"), "/staff/reset");
        assert_eq!(masked("/analyses/x"), "/analyses/x");
        assert!(carries_token("/donate/thanks") && !carries_token("/donate"));
        assert!(!carries_token("/confirm/") && is_staff("/staff") && !is_staff("/staffing"));
    }
}
