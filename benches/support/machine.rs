//! What the kernel knows of a process: CPU time, memory, state.

use std::process::Child;
use std::time::{Duration, Instant};

/// `_SC_CLK_TCK`: 100 on every Linux that we run on.
const TICKS: f64 = 100.0;

/// User and system time so far, in seconds; also of a child that ended and was not waited for yet.
pub fn cpu_seconds(pid: u32) -> f64 {
    stat(pid).map_or(0.0, |fields| (number(&fields, 11) + number(&fields, 12)) / TICKS)
}

/// The most memory that it ever had resident, in MiB.
pub fn peak_mebibytes(pid: u32) -> f64 {
    mebibytes(pid, "VmHWM:")
}

/// What it has resident now, in MiB.
pub fn resident_mebibytes(pid: u32) -> f64 {
    mebibytes(pid, "VmRSS:")
}

fn mebibytes(pid: u32, name: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// CPU seconds of a PostgreSQL and of all its processes, those that ended too; none when it is not ours to see.
pub fn postgres_cpu_seconds() -> Option<f64> {
    let folder = std::env::var("PLEDGEPOST_TEST_PG_FOLDER").ok()?;
    let file = std::fs::read_to_string(format!("{folder}/data/postmaster.pid")).ok()?;
    let postmaster: u32 = file.lines().next()?.trim().parse().ok()?;
    let fields = stat(postmaster)?;
    let own: f64 = (11..=14).map(|field| number(&fields, field)).sum();
    let processes = std::fs::read_dir("/proc").ok()?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let children = processes.filter_map(stat).filter(|fields| number(fields, 1) as u32 == postmaster);
    let theirs: f64 = children.map(|fields| number(&fields, 11) + number(&fields, 12)).sum();
    Some((own + theirs) / TICKS)
}

/// Waits for the end of a child; answers its CPU seconds too. It stays a zombie until it is waited for.
pub fn wait_with_cpu(child: &mut Child, limit: Duration) -> f64 {
    let end = Instant::now() + limit;
    while stat(child.id()).is_some_and(|fields| fields.first().is_some_and(|state| state != "Z")) {
        assert!(Instant::now() < end, "it did not end within {limit:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    let seconds = cpu_seconds(child.id());
    assert!(child.wait().unwrap().success(), "it failed");
    seconds
}

/// The fields of `/proc/PID/stat` from the state on (field 3 in proc(5)).
fn stat(pid: u32) -> Option<Vec<String>> {
    let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(line.rsplit_once(") ")?.1.split_whitespace().map(str::to_owned).collect())
}

fn number(fields: &[String], index: usize) -> f64 {
    fields.get(index).and_then(|field| field.parse().ok()).unwrap_or(0.0)
}
