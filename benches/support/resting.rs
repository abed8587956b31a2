//! How soon the program is up, and what it takes when nothing happens.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pledgepost::db::{DatabaseUrl, migrate};

use super::machine;

/// Milliseconds until `/health/ready` answers on a database that exists, and MiB resident two seconds later.
pub fn start_up() -> (f64, f64) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("bench.db").display());
    migrate::migrate(&DatabaseUrl::parse(&url).unwrap()).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_pledgepost"))
        .args(["--config", "none.toml", "serve"])
        .env_clear()
        .env("DATABASE_URL", &url)
        .env("PLEDGEPOST_BIND", format!("127.0.0.1:{port}"))
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !answers(port) {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never came up");
        std::thread::sleep(Duration::from_millis(2));
    }
    let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
    std::thread::sleep(Duration::from_secs(2));
    let mebibytes = machine::resident_mebibytes(child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    (milliseconds, mebibytes)
}

fn answers(port: u16) -> bool {
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut answer = String::new();
    stream.write_all(b"GET /health/ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}
