//! Parts of the way alone: composing, signing, the wire.

use std::path::PathBuf;

use std::sync::Arc;
use std::time::{Duration, Instant};

use pledgepost::app::App;
use pledgepost::installation::MadeBy;
use pledgepost::mail::{Connection, MailServer, Outcome, Outgoing, Signer, Timeouts};
use pledgepost::outbox::{Delivery, Prepared, store};
use pledgepost::values::{Clock, DeliveryId, EmailAddress};

use super::equipment::Equipment;
use super::figures::{self, Figure};
use super::installation::Installation;
use super::sink::Sink;
use super::texts::Text;

const READERS: u64 = 1_000;
const ROUNDS: usize = 5;
/// Mails over each connection.
const SENT: usize = 5_000;

/// Prints what each part costs on one core, and what the wire takes with both.
pub fn run() {
    figures::head(&["part", "figure"]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let folder = tempfile::tempdir().unwrap();
    let signers = signers(&folder);
    let mut wire = Vec::new();
    for text in [Text::Long, Text::Short, Text::Logic] {
        wire.push((text, composing(text, &signers)));
    }
    for (text, mail) in &wire[..2] {
        for connections in [1, 10, 50] {
            let mut rates = Figure::default();
            (0..ROUNDS).for_each(|_| rates.add(runtime.block_on(wire_alone(mail, connections))));
            let what = format!("wire alone, {}, {connections} connections, mails/s", text.name());
            figures::row(&[what, rates.shown(0)]);
        }
    }
}

fn signers(folder: &tempfile::TempDir) -> Vec<(&'static str, Option<Signer>)> {
    let key = |name: &str, args: &[&str]| {
        let file = folder.path().join(name);
        Equipment::key(args, &file.display().to_string());
        (name.to_owned(), file)
    };
    let rsa = key("rsa", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
    let ed25519 = key("ed25519", &["-algorithm", "ed25519"]);
    let signer = |keys: &[(String, PathBuf)]| Some(Signer::from_files("example.org", keys).unwrap());
    // Ed25519 signs beside RSA only: what it costs is the difference.
    vec![
        ("no signature", None),
        ("RSA", signer(std::slice::from_ref(&rsa))),
        ("RSA and Ed25519", signer(&[rsa, ed25519])),
    ]
}

/// Microseconds per mail for asking the database and for writing the mail; answers one mail.
fn composing(text: Text, signers: &[(&str, Option<Signer>)]) -> Vec<u8> {
    let mut installation = Installation::sqlite(READERS);
    let campaign = installation.start(text);
    let app = App::build(installation.config(), Clock::System, MadeBy::Serve).unwrap();
    let outbox = app.outbox(vec![]).unwrap();
    let rows: Vec<Delivery> = app
        .db
        .read_here(|db| store::after(db, campaign, None, DeliveryId(0), READERS as i64).map_err(anyhow::Error::from))
        .unwrap();
    let renderer = outbox.renderers.of("campaign").clone();
    let prepare =
        || -> Vec<Prepared> { app.db.read_here(|db| renderer.prepare(db, &rows, Clock::System.now())).unwrap() };
    let mut bytes = Vec::new();
    for (name, signer) in signers {
        let (mut preparing, mut writing) = (Figure::default(), Figure::default());
        for _ in 0..=ROUNDS {
            let begun = Instant::now();
            let prepared = prepare();
            preparing.add(micros(begun.elapsed()));
            let begun = Instant::now();
            for one in prepared {
                let Prepared::Mail(mail) = one else { panic!("every reader gets it") };
                bytes.clear();
                mail.write(signer.as_ref(), &mut bytes).unwrap();
            }
            writing.add(micros(begun.elapsed()));
        }
        if signer.is_none() {
            let what = format!("preparing (one batch of {READERS}, SQLite), {}, µs a mail", text.name());
            figures::row(&[what, preparing.shown(1)]);
        }
        figures::row(&[format!("writing {} bytes, {}, {name}, µs", bytes.len(), text.name()), writing.shown(1)]);
    }
    bytes
}

fn micros(all: Duration) -> f64 {
    all.as_secs_f64() * 1e6 / READERS as f64
}

async fn wire_alone(mail: &[u8], connections: usize) -> f64 {
    let sink = Sink::start(None);
    let server = MailServer::parse(&format!("smtp://127.0.0.1:{}?tls=none", sink.port)).unwrap();
    let (server, mail) = (Arc::new(server), Arc::new(mail.to_vec()));
    let begun = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let (server, mail) = (server.clone(), mail.clone());
            tokio::spawn(async move {
                let (from, to) = (address("news@example.org"), address("reader@example.org"));
                let mut connection = Connection::open_with(&server, "localhost", Timeouts::default()).await.unwrap();
                let outgoing = Outgoing { from: &from, to: &to, bytes: &mail };
                for number in 1..=SENT {
                    let next = (number < SENT).then_some(&outgoing);
                    let outcome = connection.send(&outgoing, next, &|| true).await;
                    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
                }
                connection.quit().await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    (connections * SENT) as f64 / begun.elapsed().as_secs_f64()
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}
