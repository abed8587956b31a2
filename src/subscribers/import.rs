//! Importing a list: every row is either taken, or rejected with its line and the reason.
//!
//! Nobody is mailed because of an import, and nobody who left, bounced, complained or was suppressed comes back by it.

use std::collections::HashMap;
use std::io::BufRead;

use serde::Serialize;

use super::SubscriberState;
use super::csv::{Csv, Record};
use super::signup::NAME_MAX;
use super::store::batch::{self, Known, Terms};
use super::zones;
use crate::db::Database;
use crate::error::Error;
use crate::values::{At, EmailAddress, Language, RootKey, Slug, TopicId, clean_line};

/// Rows per transaction.
const BATCH: usize = 1000;

/// What the file is said to be.
#[derive(Debug, Clone)]
pub struct ImportTerms {
    pub topic: TopicId,
    pub slug: Slug,
    /// Why these people may be mailed, in words that stand in each consent event; `None` imports them as pending.
    pub basis: Option<String>,
    /// For rows without one.
    pub language: Language,
}

/// How many rows went which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// New subscribers.
    pub added: u64,
    /// Known ones who are subscribed to the topic now.
    pub updated: u64,
    /// Known ones for whom nothing changed.
    pub unchanged: u64,
    pub rejected: u64,
}

impl Summary {
    pub fn taken(self) -> u64 {
        self.added + self.updated + self.unchanged
    }
}

/// A row that is good by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    #[serde(skip)]
    pub line: u64,
    pub email: String,
    pub email_key: String,
    pub address_hash: String,
    pub name: String,
    pub language: String,
    /// IANA name; empty when the file does not say.
    pub time_zone: String,
    /// A JSON object as text.
    pub attributes: String,
}

/// Which column holds what.
#[derive(Debug, Clone)]
pub struct Columns {
    email: usize,
    name: Option<usize>,
    language: Option<usize>,
    time_zone: Option<usize>,
    names: Vec<String>,
}

impl Columns {
    /// # Errors
    /// In words, when `email` is missing or a name stands twice.
    pub fn of(header: &[String]) -> Result<Self, Error> {
        let names: Vec<String> = header.iter().map(|name| name.trim().to_lowercase()).collect();
        if let Some(double) = names.iter().enumerate().find(|(i, name)| names.iter().skip(i + 1).any(|n| n == *name)) {
            return Err(Error::invalid("header", format!("there are two columns named \"{}\"", double.1)));
        }
        let position = |wanted: &str| names.iter().position(|name| name == wanted);
        let email = position("email").ok_or_else(|| {
            let found = names.join(", ");
            Error::invalid("header", format!("a column named \"email\" is needed; the first line has: {found}"))
        })?;
        let (name, language, time_zone) = (position("name"), position("language"), position("time_zone"));
        Ok(Self { email, name, language, time_zone, names })
    }

    /// # Errors
    /// The reason, in words for the person who made the file.
    pub fn read(&self, record: Record, default: &Language, root: &RootKey) -> Result<Row, String> {
        let fields = record.fields.map_err(|flaw| flaw.to_string())?;
        if fields.len() != self.names.len() {
            return Err(format!("the row has {} columns, the header has {}", fields.len(), self.names.len()));
        }
        let field = |column: Option<usize>| column.and_then(|c| fields.get(c)).map_or("", |text| text.trim());
        let email = EmailAddress::parse(field(Some(self.email))).map_err(|error| error.to_string())?;
        let name = clean_line(field(self.name), NAME_MAX).map_err(|error| format!("name: {error}"))?;
        let language = match field(self.language) {
            "" => default.clone(),
            tag => Language::parse(tag).map_err(|error| format!("language: {error}"))?,
        };
        let time_zone = zones::checked(field(self.time_zone)).map_err(|error| format!("time_zone: {error}"))?;
        let known = [Some(self.email), self.name, self.language, self.time_zone];
        let mut attributes = serde_json::Map::new();
        for (index, (column, text)) in self.names.iter().zip(&fields).enumerate() {
            if !known.contains(&Some(index)) && !text.trim().is_empty() && !column.is_empty() {
                attributes.insert(column.clone(), text.trim().into());
            }
        }
        Ok(Row {
            line: record.line,
            address_hash: root.address_hash(&email.key()),
            email_key: email.key(),
            email: email.to_string(),
            name,
            language: language.to_string(),
            time_zone,
            attributes: serde_json::Value::Object(attributes).to_string(),
        })
    }
}

/// Reads a file and writes it in batches, each a transaction. `reject` hears of each rejected row: its line and why.
///
/// # Errors
/// `Invalid` when the file has no usable header (nothing was written); the database's and the file's.
pub fn import(
    database: &Database,
    file: impl BufRead,
    terms: &ImportTerms,
    root: &RootKey,
    now: At,
    reject: &mut dyn FnMut(u64, &str),
) -> Result<Summary, Error> {
    let mut csv = Csv::open(file).map_err(|error| Error::invalid("file", error))?;
    let columns = Columns::of(&csv.header)?;
    let mut summary = Summary::default();
    // By the first half of the hash: a million rows fit into 50 MB, and two addresses do not share 128 bits.
    let mut seen: HashMap<[u8; 32], u64> = HashMap::new();
    let mut rows = Vec::with_capacity(BATCH);
    while let Some(record) = csv.next_record().map_err(Error::internal)? {
        let line = record.line;
        match columns.read(record, &terms.language, root) {
            Err(reason) => {
                summary.rejected += 1;
                reject(line, &reason);
            }
            Ok(row) => match seen.insert(half(&row.address_hash), line) {
                Some(first) => {
                    seen.insert(half(&row.address_hash), first);
                    summary.rejected += 1;
                    reject(line, &format!("the address stands in line {first} already"));
                }
                None => rows.push(row),
            },
        }
        if rows.len() == BATCH {
            write(database, &mut rows, terms, now, &mut summary, reject)?;
        }
    }
    write(database, &mut rows, terms, now, &mut summary, reject)?;
    Ok(summary)
}

fn half(hash: &str) -> [u8; 32] {
    let mut key = [0; 32];
    key.iter_mut().zip(hash.bytes()).for_each(|(to, from)| *to = from);
    key
}

/// Writes a batch and empties it.
fn write(
    database: &Database,
    rows: &mut Vec<Row>,
    terms: &ImportTerms,
    now: At,
    summary: &mut Summary,
    reject: &mut dyn FnMut(u64, &str),
) -> Result<(), Error> {
    let batch = std::mem::take(rows);
    if batch.is_empty() {
        return Ok(());
    }
    let (counts, rejected) = database.write_here(|db| -> Result<_, Error> {
        let known: HashMap<String, Known> =
            batch::known(db, &batch, terms.topic)?.into_iter().map(|known| (known.email_key.clone(), known)).collect();
        let mut counts = Summary::default();
        let mut rejected = Vec::new();
        let mut taken = Vec::new();
        for row in &batch {
            match decide(known.get(&row.email_key), terms) {
                Fate::Reject(reason) => rejected.push((row.line, reason)),
                Fate::Unchanged => counts.unchanged += 1,
                Fate::Add => {
                    counts.added += 1;
                    taken.push(row);
                }
                Fate::Update => {
                    counts.updated += 1;
                    taken.push(row);
                }
            }
        }
        let terms = Terms { topic: terms.topic, slug: &terms.slug, basis: terms.basis.as_deref() };
        batch::write(db, &taken, terms, now)?;
        Ok((counts, rejected))
    })?;
    summary.added += counts.added;
    summary.updated += counts.updated;
    summary.unchanged += counts.unchanged;
    summary.rejected += rejected.len() as u64;
    rejected.iter().for_each(|(line, reason)| reject(*line, reason));
    Ok(())
}

enum Fate {
    Add,
    Update,
    Unchanged,
    Reject(&'static str),
}

fn decide(known: Option<&Known>, terms: &ImportTerms) -> Fate {
    let Some(known) = known else { return Fate::Add };
    match known.state {
        Some(SubscriberState::Unsubscribed) => Fate::Reject("left earlier, and is not brought back by an import"),
        Some(SubscriberState::Bounced) => Fate::Reject("the mailbox refused our mails for good"),
        Some(SubscriberState::Complained) => {
            Fate::Reject("complained about a mail, and is not brought back by an import")
        }
        _ if known.suppressed => Fate::Reject("suppressed, and is not brought back by an import"),
        // Without a basis an active reader's choices are not touched: the list says nothing that we may rely on.
        Some(SubscriberState::Active) if known.subscribed || terms.basis.is_none() => Fate::Unchanged,
        Some(SubscriberState::Pending) if known.subscribed && terms.basis.is_none() => Fate::Unchanged,
        Some(SubscriberState::Active | SubscriberState::Pending) => Fate::Update,
        None => Fate::Add,
    }
}
