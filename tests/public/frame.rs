//! Headers, error pages, files, languages.

use crate::on_both;
use crate::support::app::TestApp;

on_both! {
    async fn every_kind_of_page_is_guarded(backend) {
        let app = TestApp::start(backend).await;
        let asset = pledgepost::web::Pages::load().unwrap().assets().path("app.css").unwrap();
        for path in ["/nowhere", "/staff", "/staff/login", "/staff/setup/x", "/confirm/x", "/health/live", &asset] {
            let answer = app.get(path).await;
            let policy = answer.header("content-security-policy");
            assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_ne!(answer.header("referrer-policy"), "", "{path}");
            assert_ne!(answer.header("x-request-id"), "", "{path}");
            assert_eq!(answer.header("strict-transport-security"), "", "not on http");
        }
        let token = app.get("/confirm/abc").await;
        assert_eq!((token.header("cache-control"), token.header("referrer-policy")), ("no-store", "no-referrer"));
        let staff = app.get("/staff/login").await;
        assert_eq!((staff.header("cache-control"), staff.header("referrer-policy")), ("no-store", "same-origin"));
        assert_eq!(app.get("/nowhere").await.header("set-cookie"), "");
    }

    async fn https_is_kept(backend) {
        let https = |config: &mut pledgepost::config::Config| {
            config.web.public_url = "https://news.example.org/".parse().unwrap();
        };
        let app = TestApp::start_with(backend, https).await;
        assert_eq!(app.get("/nowhere").await.header("strict-transport-security"), "max-age=31536000");
        app.add_staff(pledgepost::staff::Role::Viewer);
        let cookie = app.log_in("viewer@example.org", crate::support::app::PASSWORD).await;
        assert!(cookie.header("set-cookie").contains("Secure"));
    }

    async fn what_is_not_there_is_said_in_the_readers_language(backend) {
        let app = TestApp::start(backend).await;
        let page = app.get("/nowhere").await;
        page.is(404).shows("This page is not here").shows("Leave this page").shows("noindex");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        app.post_form("/health/live", &[]).await.is(404);
        let json = app.get_with("/nowhere", &[("accept", "application/json")]).await;
        let body: serde_json::Value = serde_json::from_str(&json.is(404).text).unwrap();
        assert_eq!(body["error"]["message"], "Not Found");
        app.get("/api/v1/nothing").await.is(404).shows("\"error\"");
        app.post_json("/api/v1/nothing", &serde_json::json!({})).await.is(404).shows("\"fields\"");
    }

    async fn our_fault_tells_nothing(backend) {
        use diesel::connection::SimpleConnection;
        let app = TestApp::start(backend).await;
        app.log_in_as(pledgepost::staff::Role::Admin).await;
        app.write(|db| Ok(db.batch_execute("DROP TABLE audit_entries")?)).unwrap();
        let page = app.get("/staff/audit").await;
        page.is(500).shows("Something went wrong on our side").shows(page.header("x-request-id"));
        assert!(!page.text.contains("audit_entries"), "{}", page.text);
    }

    async fn files_are_kept_for_good(backend) {
        let app = TestApp::start(backend).await;
        let path = pledgepost::web::Pages::load().unwrap().assets().path("app.css").unwrap();
        app.get("/nowhere").await.shows(&path);
        let file = app.get(&path).await;
        file.is(200);
        assert_eq!(file.header("content-type"), "text/css; charset=utf-8");
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
        let known = app.get_with(&path, &[("if-none-match", file.header("etag"))]).await;
        assert_eq!((known.status, known.text.as_str()), (304, ""));
        assert_eq!(app.get("/assets/old/app.css").await.header("cache-control"), "no-cache");
        app.get("/assets/x/../../Cargo.toml").await.is(404);
        app.get("/assets/x/nothing.css").await.is(404);
        let packed = app.get_with(&path, &[("accept-encoding", "gzip")]).await;
        assert_eq!(packed.header("content-encoding"), "gzip");
    }

    async fn machines_are_answered(backend) {
        let app = TestApp::start(backend).await;
        app.get("/health/live").await.is(200);
        app.get("/health/ready").await.is(200);
        let head = app.head("/health/live").await;
        assert_eq!((head.status, head.text.as_str()), (200, ""));
        pledgepost::telemetry::init_metrics().unwrap();
        app.get("/nowhere").await.is(404);
        app.get("/metrics").await.is(200).shows("pledgepost_http_requests_total");
        app.get_with("/metrics", &[("x-forwarded-for", "203.0.113.9")]).await.is(404);
    }
}
