//! The sinks, and the files that the extras need.

use std::process::Command;

use super::cases::{Beside, Case};
use super::installation::{Installation, Sent, Terms};
use super::reference::{self, Source};
use super::sink::Sink;

/// What all rounds share.
pub struct Equipment {
    plain: Sink,
    tls: Option<Sink>,
    folder: tempfile::TempDir,
}

impl Equipment {
    pub fn new(cases: &[Case]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let needs = |beside| cases.iter().any(|case| case.beside == beside);
        let file = |name: &str| folder.path().join(name).display().to_string();
        let tls = needs(Beside::StartTls).then(|| {
            let (certificate, key) = (file("certificate.pem"), file("key.pem"));
            openssl(&[
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=sink.test",
                "-keyout",
                &key,
                "-out",
                &certificate,
            ]);
            Sink::start(Some((&certificate, &key)))
        });
        if needs(Beside::Rsa) || needs(Beside::RsaAndEd25519) {
            Self::key(&["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], &file("rsa.pem"));
            Self::key(&["-algorithm", "ed25519"], &file("ed25519.pem"));
        }
        Self { plain: Sink::start(None), tls, folder }
    }

    /// Makes a private key.
    pub fn key(args: &[&str], file: &str) {
        openssl(&[&["genpkey", "-out", file], args].concat());
    }

    fn settings(&self, beside: Beside) -> Vec<(String, String)> {
        let set = |name: &str, value: &str| (format!("PLEDGEPOST_{name}"), value.to_owned());
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        let dkim = |selectors: &str, files: String| {
            vec![set("DKIM_DOMAIN", "example.org"), set("DKIM_SELECTOR", selectors), set("DKIM_KEY_FILE", &files)]
        };
        match beside {
            Beside::Nothing => vec![],
            Beside::Rsa => dkim("rsa", file("rsa.pem")),
            Beside::RsaAndEd25519 => dkim("rsa,ed", format!("{},{}", file("rsa.pem"), file("ed25519.pem"))),
            Beside::StartTls => vec![set("SMTP_URL", "smtp://127.0.0.1:PORT?tls=opportunistic")],
        }
    }

    pub fn send(&mut self, installation: &mut Installation, case: &Case, checked: bool) -> Sent {
        let terms =
            Terms { connections: case.connections, window: case.window, settings: self.settings(case.beside), checked };
        let sink = match case.beside {
            Beside::StartTls => self.tls.as_mut().expect("a sink with TLS"),
            _ => &mut self.plain,
        };
        let sent = installation.send(case.text, &terms, sink);
        eprintln!(
            "{}: {:.0}/s, sending {:.0}, steady {:.0}, CPU {:.4}, PostgreSQL's {:.4}, the sink's {:.4}, {:.0} MiB, {} bytes",
            case.path(),
            sent.rate,
            sent.sending,
            sent.steady,
            sent.cpu,
            sent.postgres_cpu.unwrap_or_default(),
            sent.sink_cpu,
            sent.peak,
            sent.bytes
        );
        sent
    }

    pub fn reference(&mut self, connections: u32, bytes: u64, count: u64) -> Option<Source> {
        reference::program()?;
        let source = reference::send(&mut self.plain, connections, bytes, count);
        eprintln!(
            "smtp-source/{bytes}/{connections}: {:.0}/s, steady {:.0}, CPU {:.4}, {} bytes",
            source.rate, source.steady, source.cpu, source.bytes
        );
        Some(source)
    }
}

fn openssl(args: &[&str]) {
    let output = Command::new("openssl").args(args).output().expect("openssl, which makes keys for the bench");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
