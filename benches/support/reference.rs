//! `smtp-source` of Postfix: what a sender reaches that builds nothing and records nothing.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::machine;
use super::sink::Sink;

/// What its own header lines add to `-l`.
const HEAD: u64 = 270;

#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// Mails a second, from the start of the process to its end.
    pub rate: f64,
    pub steady: f64,
    /// CPU seconds per 1,000 mails.
    pub cpu: f64,
    /// Content of a mail on the wire.
    pub bytes: u64,
}

/// Where it is; Debian puts it beside the daemons.
pub fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    folders.map(|folder| folder.join("smtp-source")).find(|file| file.is_file())
}

/// Sends `count` mails of `bytes` over so many connections, which it keeps (`-d`).
pub fn send(sink: &mut Sink, connections: u32, bytes: u64, count: u64) -> Source {
    sink.begin(None);
    let begun = Instant::now();
    let mut child = Command::new(program().expect("smtp-source (Debian: the package postfix)"))
        .args(["-d", "-s", &connections.to_string(), "-l", &bytes.saturating_sub(HEAD).to_string()])
        .args(["-m", &count.to_string(), "-f", "news@example.org", "-t", "reader@example.org"])
        .arg(format!("inet:127.0.0.1:{}", sink.port))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let cpu = machine::wait_with_cpu(&mut child, Duration::from_secs(600));
    let seconds = begun.elapsed().as_secs_f64();
    let seen = sink.end();
    assert_eq!(seen.mails, count);
    Source { rate: count as f64 / seconds, steady: seen.steady, cpu: cpu * 1000.0 / count as f64, bytes: seen.bytes }
}
