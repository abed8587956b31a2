//! A server in the sandbox that is bound to one address of this machine reaches its own Stripe all the same.

use std::net::{IpAddr, TcpListener, UdpSocket};
use std::time::Duration;

use pledgepost::error::Error;
use pledgepost::organisation::{self, Organisation};
use pledgepost::values::Clock;

use crate::on_both;
use crate::support::TestDb;
use crate::support::kill_stage::within;
use crate::support::program::Program;

/// An address of this machine that is no loopback one; nothing is sent to find it.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
}

on_both! {
    async fn a_gift_can_be_begun_on_an_address_that_is_no_loopback_one(backend) {
        let Some(ip) = own_address() else {
            eprintln!("this machine has no other address: not tested");
            return;
        };
        let test = TestDb::unmigrated(backend);
        let port = TcpListener::bind((ip, 0)).unwrap().local_addr().unwrap().port();
        let base = format!("http://{ip}:{port}");
        let program = Program::sandbox(&test.url)
            .with("PLEDGEPOST_BIND", &format!("{ip}:{port}"))
            .with("PLEDGEPOST_PUBLIC_URL", &base);
        program.ok(&["migrate"]);
        test.connect()
            .write_here(|db| -> Result<(), Error> {
                let own = Organisation {
                    name: "Pledgepost".into(),
                    legal_name: "Pledgepost e.V.".into(),
                    postal_address: "1 Main Street\nBerlin".into(),
                    mail_from: "gifts@example.org".into(),
                    ..Organisation::fresh(Clock::System.now())
                };
                Ok(organisation::store::save(db, &own)?)
            })
            .unwrap();
        let _serve = program.start(&["serve"]);
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        within(Duration::from_secs(30), "serve answers", || {
            let get = client.get(format!("{base}/health/ready")).send();
            async move { get.await.is_ok_and(|answer| answer.status().is_success()) }
        })
        .await;
        let fields = [("every", "once"), ("currency", "EUR"), ("amount", "25"), ("email", "ada@example.org"), ("name", "Ada")];
        let answer = client.post(format!("{base}/donate")).header("origin", &base).form(&fields).send().await.unwrap();
        let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        let status = answer.status().as_u16();
        assert_eq!(status, 303, "{}", answer.text().await.unwrap());
        assert!(to.unwrap().starts_with(&format!("{base}/sandbox/stripe/checkout/")));
    }
}
