//! `pledgepost subscribers import` and `export`.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;

use crate::app::App;
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::Error;
use crate::organisation;
use crate::subscribers::export;
use crate::subscribers::import::{ImportTerms, Summary, import};
use crate::subscribers::store::{search::Filter, topics};
use crate::values::{Slug, SubscriberId, TopicId, clean_text};

#[derive(Debug, Subcommand)]
pub enum SubscribersCommand {
    /// Import a CSV file. Nobody is mailed because of it.
    Import {
        /// The file. Its first line names the columns: `email`, and if you have them `name`, `language`
        /// and `time_zone` (such as Europe/Berlin); others are kept as attributes.
        file: PathBuf,
        /// The topic that they are subscribed to.
        #[arg(long, value_name = "SLUG")]
        topic: String,
        /// They have agreed to be mailed; say how with --basis. Without it they stay pending and get no mail.
        #[arg(long, requires = "basis")]
        confirmed: bool,
        /// On what their consent rests, such as "double opt-in in our old system"; kept with each of them.
        #[arg(long, value_name = "TEXT", requires = "confirmed")]
        basis: Option<String>,
        /// Print the summary as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write all subscribers, or those of a topic, as CSV.
    Export {
        #[arg(long, value_name = "SLUG")]
        topic: Option<String>,
    },
}

/// Runs the command; answers whether it succeeded. Rejected rows go to `err`, the result to `out`.
///
/// # Errors
/// What keeps it from running at all.
pub fn run(app: &App, command: SubscribersCommand, out: &mut dyn Write, err: &mut dyn Write) -> anyhow::Result<bool> {
    match command {
        SubscribersCommand::Import { file, topic, basis, json, .. } => {
            let input = File::open(&file).with_context(|| format!("cannot open {}", file.display()))?;
            let terms = terms(app, &topic, basis)?;
            let mut broken = None;
            let mut reject = |line: u64, reason: &str| {
                if let Err(error) = writeln!(err, "line {line}: {reason}") {
                    broken.get_or_insert(error);
                }
            };
            let summary = import(
                &app.db,
                BufReader::with_capacity(1 << 16, input),
                &terms,
                &app.root,
                app.clock.now(),
                &mut reject,
            )?;
            match json {
                true => writeln!(out, "{}", serde_json::to_string(&summary)?)?,
                false => print(summary, &terms, out)?,
            }
            Ok(summary.taken() > 0)
        }
        SubscribersCommand::Export { topic } => {
            let topic = topic.map(|slug| find_topic(app, &slug)).transpose()?.map(|(id, _)| id);
            let now = app.clock.now();
            app.db.write_here(|db| {
                audit::record(db, &Actor::command_line(), "exported", "subscribers", None, "", now).map_err(Error::from)
            })?;
            let filter = Filter { topic, ..Filter::default() };
            out.write_all(export::HEADER.as_bytes())?;
            let mut after = SubscriberId(0);
            while let Some((lines, last)) =
                app.db.read_here(|db| export::piece(db, &filter, after, export::Reader::Program))?
            {
                out.write_all(&lines)?;
                after = last;
            }
            out.flush()?;
            Ok(true)
        }
    }
}

fn terms(app: &App, slug: &str, basis: Option<String>) -> anyhow::Result<ImportTerms> {
    let (topic, slug) = find_topic(app, slug)?;
    let basis = basis.map(|text| clean_text(&text, 2000)).transpose().context("--basis")?;
    anyhow::ensure!(basis.as_deref() != Some(""), "--basis: say on what their consent rests");
    let now = app.clock.now();
    let organisation = app.db.read_here(|db: &mut Db| organisation::store::get(db, now).map_err(Error::from))?;
    Ok(ImportTerms { topic, slug, basis, language: organisation.first_language() })
}

fn find_topic(app: &App, slug: &str) -> anyhow::Result<(TopicId, Slug)> {
    let slug = Slug::parse(slug).with_context(|| format!("--topic {slug}"))?;
    let id = app.db.read_here(|db| topics::by_slug(db, &slug).map_err(Error::from))?;
    let id = id.with_context(|| format!("there is no topic {slug} (make it with: pledgepost topic add)"))?;
    Ok((id, slug))
}

fn print(summary: Summary, terms: &ImportTerms, out: &mut dyn Write) -> std::io::Result<()> {
    let Summary { added, updated, unchanged, rejected } = summary;
    writeln!(out, "{added} added, {updated} updated, {unchanged} unchanged, {rejected} rejected.")?;
    match terms.basis {
        Some(_) => writeln!(out, "They are subscribed to {}; the basis is kept with each of them.", terms.slug),
        None => writeln!(
            out,
            "New ones are pending: they get no mail, not even one to confirm, until they sign up themselves \
             or are imported with --confirmed --basis."
        ),
    }
}
