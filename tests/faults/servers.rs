//! A mail server that fails as a whole: no reader is blamed, sending stops, and staff are told what the server said.

use std::time::{Duration, Instant};

use crate::on_both;
use crate::support::Backend;
use crate::support::campaign_stage::CampaignStage;
use crate::support::smtp_sink::{Act, Phase, Script};

const SOON: Duration = Duration::from_secs(60);
const READERS: usize = 60;

/// What `doctor` says once it speaks of a failed delivery.
async fn staff_are_told(stage: &CampaignStage) -> String {
    let begin = Instant::now();
    loop {
        let said = String::from_utf8(stage.program.run(&["doctor"]).stdout).unwrap();
        if let Some(line) = said.lines().find(|line| line.contains("delivery")) {
            return line.to_owned();
        }
        assert!(begin.elapsed() < SOON, "doctor: {said}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The server fails like that, is put right, and everybody gets their mail once.
async fn nobody_is_blamed(backend: Backend, url: &str, failing: Script, healed: Script, words: &[&str]) {
    let mut stage = CampaignStage::new(backend, failing, READERS);
    let url = url.replace("ADDR", &stage.sink.addr().to_string());
    stage.program.set("PLEDGEPOST_SMTP_URL", &url);
    stage.send();
    let mut worker = stage.worker();
    let told = staff_are_told(&stage).await;
    assert!(words.iter().any(|word| told.contains(word)), "{words:?} in {told:?}");
    let status = stage.status();
    assert_eq!(
        (&status["failed"], &status["deferred"], &status["sent"]),
        (&0.into(), &0.into(), &0.into()),
        "{told}: {status}"
    );
    assert_eq!(status["state"], "sending", "{status}");
    assert!(stage.sink.connections() < 40, "it is not run down: {}", stage.sink.connections());
    stage.sink.set(healed);
    stage.until_sent(SOON).await;
    worker.signal("TERM");
    assert_eq!(worker.wait(), Some(0));
    stage.everybody_once();
    assert!(
        stage.program.run(&["doctor"]).stdout.windows(9).all(|part| part != b" delivery"),
        "what is over is not shown"
    );
}

const PLAIN: &str = "smtp://ADDR?tls=none";
const WITH_PASSWORD: &str = "smtp://user:wrong@ADDR?tls=opportunistic";
const OPPORTUNISTIC: &str = "smtp://ADDR?tls=opportunistic";

on_both! {
    async fn a_wrong_password(backend) {
        let refusing = Script::accept_all().offer_auth().at(Phase::Auth, Act::reply("535 5.7.8 Authentication failed"));
        nobody_is_blamed(backend, WITH_PASSWORD, refusing, Script::accept_all().offer_auth(), &["535"]).await;
    }

    async fn too_busy_to_greet(backend) {
        let busy = Script::accept_all().at(Phase::Greeting, Act::reply("421 4.3.2 Busy"));
        nobody_is_blamed(backend, PLAIN, busy, Script::accept_all(), &["421"]).await;
    }

    async fn the_sender_is_refused(backend) {
        let refusing = Script::accept_all().at(Phase::Mail, Act::reply("554 5.7.1 Sender refused"));
        nobody_is_blamed(backend, PLAIN, refusing, Script::accept_all(), &["554"]).await;
    }

    async fn garbage_instead_of_a_greeting(backend) {
        let garbage = Script::accept_all().at(Phase::Greeting, Act::reply("\u{1}\u{2}garbage\u{7f} HTTP/1.1 200 OK"));
        nobody_is_blamed(backend, PLAIN, garbage, Script::accept_all(), &[""]).await;
    }

    /// Opportunistic means to go on without.
    async fn starttls_is_offered_and_refused(backend) {
        let mut stage = CampaignStage::new(backend, Script::accept_all().lie("STARTTLS", "454 4.7.0 TLS not available"), READERS);
        stage.program.set("PLEDGEPOST_SMTP_URL", &OPPORTUNISTIC.replace("ADDR", &stage.sink.addr().to_string()));
        stage.send();
        let mut worker = stage.worker();
        stage.until_sent(SOON).await;
        worker.signal("TERM");
        assert_eq!(worker.wait(), Some(0));
        stage.everybody_once();
    }

    async fn starttls_is_begun_and_the_line_cut(backend) {
        let liar = Script::accept_all().lie("STARTTLS", "220 2.0.0 go on");
        nobody_is_blamed(backend, OPPORTUNISTIC, liar, Script::accept_all(), &["TLS", "tls", "clos", "lost"]).await;
    }
}
