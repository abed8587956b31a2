//! The program sends campaigns to a mail server that costs next to nothing, beside `smtp-source` of Postfix.
//!
//! `scripts/bench` runs it with a PostgreSQL of its own. The real binary runs as `worker` and is measured from outside:
//! by the campaign's own times, by what the sink saw, by `/proc`. Sender, sink and database share the machine's cores:
//! compare figures within one run, not between machines.
//!
//! Words behind `--bench delivery --` (or in `PLEDGEPOST_BENCH`): `short` (about two minutes), `million` (only that),
//! `micro` (parts alone), `resting`, `rounds=5`, `readers=100000`, `only=PostgreSQL/20 KB/10|DKIM`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench may end with a panic, and prints its table"
)]

mod support;

use support::cases::{self, Beside, Case, Row};
use support::equipment::Equipment;
use support::figures::{self, Figure};
use support::installation::Installation;
use support::texts::Text;
use support::{micro, resting, sink};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|arg| arg == "sink") {
        return sink::run(args.get(1).zip(args.get(2)).map(|(certificate, key)| (certificate.as_str(), key.as_str())));
    }
    // `cargo test --benches` and the like only want to know that it builds.
    if !args.iter().any(|arg| arg == "--bench") {
        return;
    }
    let mut words: Vec<String> = args.into_iter().filter(|arg| arg != "--bench").collect();
    words.extend(std::env::var("PLEDGEPOST_BENCH").unwrap_or_default().split(',').map(str::to_owned));
    let has = |word: &str| words.iter().any(|given| given == word);
    let value = |name: &str| words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let number = |name: &str, default: u64| value(name).map_or(default, |text| text.parse().expect("a number"));
    if has("micro") {
        return micro::run();
    }
    if has("resting") {
        return at_rest();
    }
    if has("million") {
        cases::head();
        return of_many(value("only"), number("readers", 1_000_000));
    }
    let short = has("short");
    let mut cases = if short { cases::short() } else { cases::all() };
    value("only").into_iter().for_each(|word| cases::only(&mut cases, word));
    let readers = number("readers", if short { 20_000 } else { 100_000 });
    let mut installations = Vec::new();
    if cases.iter().any(|case| case.database == "SQLite") {
        installations.push(Installation::sqlite(readers));
    }
    if cases.iter().any(|case| case.database == "PostgreSQL") {
        installations.push(Installation::postgres(readers));
    }
    let mut equipment = Equipment::new(&cases);
    cases::head();
    let rounds = number("rounds", if short { 3 } else { 5 });
    cases::rounds(&mut installations, &mut equipment, &cases, usize::try_from(rounds).unwrap());
    drop(installations);
    if !short && value("only").is_none() {
        of_many(None, 10_000);
        of_many(None, 1_000_000);
    }
    at_rest();
}

/// One campaign to this many on each database, every recipient looked up in the sink's log.
fn of_many(only: Option<&str>, readers: u64) {
    for database in ["PostgreSQL", "SQLite"].into_iter().filter(|name| only.is_none_or(|words| words.contains(name))) {
        let mut installation = match database {
            "SQLite" => Installation::sqlite(readers),
            _ => Installation::postgres(readers),
        };
        let case = Case { database, text: Text::Long, connections: 10, window: None, beside: Beside::Nothing };
        let mut equipment = Equipment::new(&[case]);
        let sent = equipment.send(&mut installation, &case, true);
        let source = equipment.reference(case.connections, sent.bytes, readers.min(100_000));
        let mut row = Row::default();
        row.add(&sent, source.as_ref());
        let what = format!("{}, {} readers", case.name(), figures::number(readers as f64, 0));
        row.print(&what, database, case.connections, "default");
    }
}

fn at_rest() {
    let (mut starts, mut memory) = (Figure::default(), Figure::default());
    for _ in 0..3 {
        let (milliseconds, mebibytes) = resting::start_up();
        starts.add(milliseconds);
        memory.add(mebibytes);
    }
    println!();
    figures::head(&["what", "database", "figure"]);
    figures::row(&["start to first answer on an existing database, ms".into(), "SQLite".into(), starts.shown(0)]);
    figures::row(&["memory at rest (resident), MiB".into(), "SQLite".into(), memory.shown(1)]);
}
