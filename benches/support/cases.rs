//! What is measured, in which order, and the rows of the table.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::equipment::Equipment;
use super::figures::{self, Figure};
use super::installation::{Installation, Sent};
use super::reference::Source;
use super::texts::Text;

/// What else is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    Nothing,
    Rsa,
    RsaAndEd25519,
    StartTls,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub database: &'static str,
    pub text: Text,
    pub connections: u32,
    pub window: Option<u32>,
    pub beside: Beside,
}

impl Case {
    pub fn name(&self) -> String {
        let beside = match self.beside {
            Beside::Nothing => "",
            Beside::Rsa => ", RSA DKIM",
            Beside::RsaAndEd25519 => ", RSA and Ed25519 DKIM",
            Beside::StartTls => ", STARTTLS",
        };
        format!("{}{beside}", self.text.name())
    }
    fn window(&self) -> String {
        self.window.map_or_else(|| "default".into(), |window| figures::number(f64::from(window), 0))
    }
    /// For `only=…`: `PostgreSQL/20 KB/10/default`.
    pub fn path(&self) -> String {
        format!("{}/{}/{}/{}", self.database, self.name(), self.connections, self.window())
    }
}

/// The whole table: both databases, both texts, both numbers of connections, both windows, then each extra apart.
pub fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for (text, connections) in [(Text::Long, 10), (Text::Long, 50), (Text::Short, 10), (Text::Short, 50)] {
        for (database, window) in
            [("PostgreSQL", None), ("PostgreSQL", Some(1_000)), ("SQLite", None), ("SQLite", Some(1_000))]
        {
            cases.push(Case { database, text, connections, window, beside: Beside::Nothing });
        }
    }
    let extra = |text, beside| Case { database: "PostgreSQL", text, connections: 10, window: None, beside };
    cases.push(extra(Text::Logic, Beside::Nothing));
    cases.extend([Beside::Rsa, Beside::RsaAndEd25519, Beside::StartTls].map(|beside| extra(Text::Long, beside)));
    cases
}

/// For every day.
pub fn short() -> Vec<Case> {
    let case = |database, text| Case { database, text, connections: 10, window: None, beside: Beside::Nothing };
    vec![case("PostgreSQL", Text::Long), case("SQLite", Text::Long), case("PostgreSQL", Text::Logic)]
}

/// Only cases whose path has one of these words: `SQLite/20|DKIM`.
pub fn only(cases: &mut Vec<Case>, words: &str) {
    cases.retain(|case| words.split('|').any(|word| case.path().contains(word)));
}

/// Figures of one row over all rounds.
#[derive(Default)]
pub struct Row {
    pub rate: Figure,
    pub ratio: Figure,
    pub sending: Figure,
    pub sending_ratio: Figure,
    pub steady: Figure,
    pub steady_ratio: Figure,
    pub cpu: Figure,
    pub postgres_cpu: Figure,
    pub peak: Figure,
}

impl Row {
    pub fn add(&mut self, sent: &Sent, source: Option<&Source>) {
        self.rate.add(sent.rate);
        self.sending.add(sent.sending);
        self.steady.add(sent.steady);
        self.cpu.add(sent.cpu);
        sent.postgres_cpu.iter().for_each(|cpu| self.postgres_cpu.add(*cpu));
        self.peak.add(sent.peak);
        if let Some(source) = source {
            self.ratio.add(sent.rate / source.rate);
            self.sending_ratio.add(sent.sending / source.rate);
            self.steady_ratio.add(sent.steady / source.steady);
        }
    }
    pub fn print(&self, what: &str, database: &str, connections: u32, window: &str) {
        let mut cells = vec![what.to_owned(), database.to_owned(), connections.to_string(), window.to_owned()];
        cells.extend([self.rate.shown(0), self.ratio.shown(2)]);
        cells.extend([self.sending.shown(0), self.sending_ratio.shown(2)]);
        cells.extend([self.steady.shown(0), self.steady_ratio.shown(2)]);
        cells.extend([self.cpu.shown(3), self.postgres_cpu.shown(3), self.peak.shown(0)]);
        figures::row(&cells);
    }
}

pub fn head() {
    figures::head(&[
        "what",
        "database",
        "connections",
        "doubt window",
        "mails/s",
        "× smtp-source",
        "sending mails/s",
        "× smtp-source",
        "steady mails/s",
        "× smtp-source",
        "CPU s/1,000",
        "PostgreSQL’s",
        "peak MiB",
    ]);
}

/// Runs every case once a round, each group of equal mails and connections beside `smtp-source`; prints the rows.
pub fn rounds(installations: &mut [Installation], equipment: &mut Equipment, cases: &[Case], rounds: usize) {
    let mut rows: Vec<Row> = cases.iter().map(|_| Row::default()).collect();
    let mut sources: Vec<((u64, u32), Row)> = Vec::new();
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        let mut of_round: HashMap<(u64, u32), Source> = HashMap::new();
        for (case, row) in cases.iter().zip(&mut rows) {
            let Some(installation) = installations.iter_mut().find(|i| i.name == case.database) else { continue };
            let sent = equipment.send(installation, case, round == 0);
            // To the kilobyte: signatures and names make mails a little longer or shorter.
            let key = (sent.bytes.div_ceil(1024), case.connections);
            if let Entry::Vacant(place) = of_round.entry(key)
                && let Some(source) = equipment.reference(case.connections, sent.bytes, installation.readers)
            {
                place.insert(source);
            }
            row.add(&sent, of_round.get(&key));
        }
        for (key, source) in of_round {
            if !sources.iter().any(|(known, _)| *known == key) {
                sources.push((key, Row::default()));
            }
            if let Some((_, row)) = sources.iter_mut().find(|(known, _)| *known == key) {
                row.rate.add(source.rate);
                row.steady.add(source.steady);
                row.cpu.add(source.cpu);
            }
        }
    }
    sources.sort_by_key(|(key, _)| *key);
    for ((kilobytes, connections), row) in &sources {
        row.print(&format!("smtp-source, {kilobytes} KB"), "–", *connections, "–");
    }
    for (case, row) in cases.iter().zip(&rows) {
        row.print(&case.name(), case.database, case.connections, &case.window());
    }
}
