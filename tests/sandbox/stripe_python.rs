//! Stripe's own library for Python against the sandbox's Stripe: a judge that was not written here.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use pledgepost::values::Clock;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use tokio::sync::watch;

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::python;
use crate::support::sandbox_stripe::SandboxApi;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/stripe_contract.py");
/// The version whose types are those of the API version that we speak.
const LIBRARY: &str = include_str!("../../scripts/stripe-python-version");

/// The Python that has the library.
fn judge() -> PathBuf {
    let python = python();
    let wanted = format!("import stripe, sys; sys.exit(stripe.VERSION != {:?})", LIBRARY.trim());
    let found = std::process::Command::new(&python).arg("-c").arg(wanted).stderr(Stdio::null()).status();
    assert!(
        found.is_ok_and(|status| status.success()),
        "{} does not have Stripe's library for Python ({}): run scripts/test, which installs it, or \
         set PLEDGEPOST_TEST_PYTHON to a Python that has it",
        python.display(),
        LIBRARY.trim()
    );
    python
}

on_both! {
    async fn stripes_own_library_finds_the_real_thing(backend) {
        let site = TestApp::start(backend).await;
        // Signatures are checked against the real time.
        site.app.clock.advance(Clock::System.now() - site.app.clock.now());
        let mut script = Command::new(judge())
            .args(["-B", SCRIPT])
            .env_remove("PYTHONPATH")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut port).await.unwrap();

        let hook = format!("http://127.0.0.1:{}/hook", port.trim()).parse().unwrap();
        let api = SandboxApi::start(&site, Some(hook), "whsec_the_new_one,whsec_the_old_one");
        let given = json!({
            "api": api.base,
            "site": site.base,
            "key": "sk_test_sandbox",
            "secrets": ["whsec_the_new_one", "whsec_the_old_one"],
        });
        let (stop, stopped) = watch::channel(false);
        let sending = tokio::spawn(api.stripe.clone().send_webhooks(stopped));
        script.stdin.take().unwrap().write_all(format!("{given}\n").as_bytes()).await.unwrap();
        let ended = tokio::time::timeout(Duration::from_secs(120), script.wait_with_output()).await;
        stop.send(true).unwrap();
        sending.await.unwrap();
        let ended = ended.expect("the script does not end").unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
}
