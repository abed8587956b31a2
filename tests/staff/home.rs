//! The start page.

use chrono::Duration;
use pledgepost::outbox;
use pledgepost::staff::Role;

use crate::on_both;
use crate::support::app::TestApp;

on_both! {
    async fn it_says_what_needs_attention(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Viewer).await;
        app.get("/staff").await.is(200).shows("Active subscribers").shows("Not confirmed yet");
        let now = app.app.clock.now();
        app.write(|db| {
            let until = now + Duration::minutes(5);
            Ok(outbox::servers::failed(db, "mail.example.org", 3, "535 authentication failed", until, now)?)
        })
        .unwrap();
        app.get("/staff").await.is(200).shows("mail.example.org").shows("535 authentication failed");
    }
}
