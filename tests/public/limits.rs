//! Whose requests are counted together.

use crate::on_both;
use crate::support::app::TestApp;

async fn knock(app: &TestApp, times: usize, forwarded: Option<&str>) -> u16 {
    let mut status = 0;
    for number in 0..times {
        let email = format!("a{number}@example.org");
        let mut headers = vec![("origin", app.base.as_str())];
        headers.extend(forwarded.map(|from| ("x-forwarded-for", from)));
        // The address is wrong in form, so that no password is hashed.
        let answer = app.post_form_with("/staff/login", &[("email", &email[..2]), ("password", "x")], &headers).await;
        status = answer.status;
    }
    status
}

on_both! {
    async fn a_configured_proxy_tells_visitors_apart(backend) {
        let trust = |config: &mut pledgepost::config::Config| {
            config.web.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        };
        let app = TestApp::start_with(backend, trust).await;
        assert_eq!(knock(&app, 25, Some("203.0.113.9")).await, 429);
        assert_eq!(knock(&app, 1, Some("203.0.113.10")).await, 422);
        assert_eq!(knock(&app, 1, Some("203.0.113.10, 203.0.113.9")).await, 429, "only the right-most counts");
        assert_eq!(knock(&app, 25, Some("2001:db8:1:2::1")).await, 429);
        assert_eq!(knock(&app, 1, Some("2001:db8:1:2:ffff::9")).await, 429, "one /64 is one visitor");
        assert_eq!(knock(&app, 1, Some("2001:db8:1:3::1")).await, 422);
    }

    async fn a_proxy_nobody_configured_is_limited_widely(backend) {
        let app = TestApp::start(backend).await;
        assert_eq!(knock(&app, 40, Some("203.0.113.9")).await, 422);
    }
}
