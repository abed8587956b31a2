//! What is slow or large does not hold up the rest.

use std::time::{Duration, Instant};

use crate::on_both;
use crate::support::campaign_stage::CampaignStage;
use crate::support::program::free_port;
use crate::support::smtp_sink::Script;

const SOON: Duration = Duration::from_secs(60);

on_both! {
    async fn a_slow_domain_does_not_slow_the_rest(backend) {
        let script = Script::accept_all().slow_rcpt("@slow.example", Duration::from_millis(1500));
        let address = |n: usize| format!("reader{n}@{}", if n.is_multiple_of(2) { "slow.example" } else { "quick.example" });
        let stage = CampaignStage::addressed(backend, script, 1_600, address);
        stage.send();
        let mut worker = stage.worker();
        stage.sink.wait_for(1, SOON).await;
        let begin = Instant::now();
        let quick = |sink: &crate::support::smtp_sink::SmtpSink| {
            sink.accepted_recipients().iter().filter(|rcpt| rcpt.ends_with("@quick.example")).count()
        };
        // Ten connections that wait 1.5 s for each slow one would need two minutes.
        stage.sink.wait_until(Duration::from_secs(30), "all quick ones are through", |sink| quick(sink) == 800).await;
        let (took, slow) = (begin.elapsed(), stage.sink.accepted_count() - 800);
        println!("{backend:?}: the quick half took {took:.1?}; {slow} of 800 slow ones by then");
        assert!(slow < 400, "the slow ones were not done first: {slow}");
        stage.sink.set(Script::accept_all());
        stage.until_sent(SOON).await;
        worker.signal("TERM");
        assert_eq!(worker.wait(), Some(0));
        stage.everybody_once();
    }

    async fn a_million_does_not_hold_up_ten(backend) {
        let stage = CampaignStage::new(backend, Script::accept_all().delay(Duration::from_millis(2)), 10_000);
        stage.send();
        // The rest of the million: rows behind those, which the ten will not let it come to.
        let numbers = if backend == crate::support::Backend::Postgres {
            "(SELECT generate_series(1, 990000) AS n) AS numbers"
        } else {
            "(WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 990000) SELECT n FROM numbers)"
        };
        stage.sql(&format!(
            "INSERT INTO deliveries (mail, campaign_id, variant_id, subscriber_id, address, language, state, attempts, created_at, updated_at) \
             SELECT d.mail, d.campaign_id, d.variant_id, 100000000 + n, 'late' || n || '@example.org', 'en', 'queued', 0, d.created_at, \
             d.updated_at FROM {numbers} CROSS JOIN (SELECT * FROM deliveries ORDER BY id LIMIT 1) AS d"
        ));
        stage.sql("UPDATE campaigns SET total = 1000000");
        stage.sql("UPDATE delivery_blocks SET last = (SELECT MAX(id) FROM deliveries)");
        let mut worker = stage.worker();
        stage.sink.wait_for(300, SOON).await;
        let ten = stage.campaign("ten", 10, |n| format!("ten{n}@example.net"));
        stage.program.ok(&["campaign", "send", &ten]);
        let (begin, before) = (Instant::now(), stage.sink.accepted_count());
        let of_ten = |sink: &crate::support::smtp_sink::SmtpSink| {
            sink.accepted_recipients().iter().filter(|rcpt| rcpt.ends_with("@example.net")).count()
        };
        stage.sink.wait_until(Duration::from_secs(10), "the ten are through", |sink| of_ten(sink) == 10).await;
        println!("{backend:?}: the ten took {:.2?}, among {} mails", begin.elapsed(), stage.sink.accepted_count() - before);
        stage.program.ok(&["campaign", "cancel", &stage.id]);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let stopped = stage.sink.accepted_count();
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(stage.sink.accepted_count(), stopped, "cancelled within a second");
        worker.signal("TERM");
        assert_eq!(worker.wait(), Some(0));
        let status = stage.status();
        assert_eq!((&status["state"], &status["sent"]), (&"cancelled".into(), &(stopped - 10).into()), "{status}");
        assert_eq!(status["skipped"], 1_000_000 - (stopped - 10), "{status}");
        assert_eq!(stage.status_of(&ten)["sent"], 10);
        assert_eq!(stage.repeated(), 0);
    }

    /// The relay takes 30 ms for each answer, and every connection of the campaign is busy.
    async fn a_confirmation_overtakes_within_a_second(backend) {
        let mut stage = CampaignStage::new(backend, Script::accept_all().delay(Duration::from_millis(30)), 3_000);
        let port = free_port();
        stage.program.set("PLEDGEPOST_BIND", &format!("127.0.0.1:{port}"));
        stage.send();
        let mut serve = stage.program.start(&["serve"]);
        stage.sink.wait_for(200, SOON).await;
        let (client, base) = (reqwest::Client::new(), format!("http://127.0.0.1:{port}"));
        let mut slowest = Duration::ZERO;
        for n in 0..5 {
            let reader = format!("new{n}@example.net");
            let form = serde_json::json!({ "email": reader, "topics": ["news"], "language": "en" });
            let begin = Instant::now();
            let answer = client.post(format!("{base}/subscribe")).header("origin", &base).json(&form).send().await.unwrap();
            assert!(answer.status().is_success(), "{}", answer.status());
            let got = |sink: &crate::support::smtp_sink::SmtpSink| sink.accepted_recipients().contains(&reader);
            stage.sink.wait_until(Duration::from_secs(5), "the confirmation", got).await;
            slowest = slowest.max(begin.elapsed());
        }
        assert!(stage.sink.accepted_count() < stage.readers, "the campaign was still running");
        println!("{backend:?}: the slowest of five took {slowest:.2?}");
        assert!(slowest < Duration::from_secs(1), "{slowest:?}");
        stage.sink.set(Script::accept_all());
        stage.until_sent(SOON).await;
        serve.signal("TERM");
        assert_eq!(serve.wait(), Some(0));
    }
}
