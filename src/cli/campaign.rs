//! `pledgepost campaign …`: create, send, pause, resume, cancel, status, deliveries.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Subcommand;

use crate::app::App;
use crate::audit::Actor;
use crate::campaigns::export::{self, Export};
use crate::campaigns::{CampaignState, draft, report, send, store};
use crate::db::Db;
use crate::error::Error;
use crate::outbox::DeliveryState;
use crate::subscribers::export::Reader;
use crate::values::CampaignId;

#[derive(Subcommand, Debug, Clone)]
pub enum CampaignCommand {
    /// Drafts a campaign and prints its id.
    Create {
        #[arg(long)]
        subject: String,
        /// The text in Markdown, with placeholders.
        #[arg(long, value_name = "FILE.md")]
        body: PathBuf,
        /// The topic whose subscribers get it.
        #[arg(long, value_name = "SLUG")]
        topic: String,
        /// The language that it is written in; the organisation's first if not given.
        #[arg(long)]
        language: Option<String>,
    },
    /// Queues a campaign.
    Send {
        id: i64,
        /// Waits for the end; delivers in this process if no other does.
        #[arg(long)]
        wait: bool,
    },
    /// Stops for now.
    Pause { id: i64 },
    /// Goes on where it stopped.
    Resume { id: i64 },
    /// Stops for good: who was not mailed yet is not mailed any more.
    Cancel { id: i64 },
    /// Shows how far a campaign is.
    Status {
        id: i64,
        #[arg(long)]
        json: bool,
    },
    /// Lists every delivery with its state.
    Deliveries {
        id: i64,
        /// Only those in this state.
        #[arg(long)]
        state: Option<String>,
        #[arg(long)]
        csv: bool,
    },
}

impl CampaignCommand {
    /// The campaign whose end is to be waited for.
    pub fn waits_for(&self) -> Option<CampaignId> {
        match self {
            CampaignCommand::Send { id, wait: true } => Some(CampaignId(*id)),
            _ => None,
        }
    }
}

/// Runs a command. `Send` queues and starts; waiting is the caller's.
///
/// # Errors
/// What a person can do something about, in words.
pub fn run(app: &App, command: CampaignCommand, out: &mut dyn Write) -> anyhow::Result<()> {
    let actor = Actor::command_line();
    let now = app.clock.now();
    match command {
        CampaignCommand::Create { subject, body, topic, language } => {
            let id = create(app, &subject, &read_text(&body)?, &topic, language.as_deref())?;
            writeln!(out, "{id}")?;
        }
        CampaignCommand::Send { id, .. } => send(app, CampaignId(id))?,
        CampaignCommand::Pause { id } => write(app, move |db| send::pause(db, CampaignId(id), None, &actor, now))?,
        CampaignCommand::Resume { id } => {
            write(app, move |db| send::resume(db, CampaignId(id), &actor, now))?;
            app.ring();
        }
        CampaignCommand::Cancel { id } => {
            let skipped = write(app, move |db| send::cancel(db, CampaignId(id), &actor, now))?;
            writeln!(out, "cancelled; {skipped} not mailed")?;
        }
        CampaignCommand::Status { id, json } => status(app, CampaignId(id), json, out)?,
        CampaignCommand::Deliveries { id, state, csv } => {
            let state = state.map(|word| word.parse::<DeliveryState>()).transpose();
            let state = state.map_err(|error| anyhow::anyhow!("--state: {error}"))?;
            deliveries(app, CampaignId(id), state, csv, out)?;
        }
    }
    Ok(())
}

/// Schedules for now and starts at once, so that the audience is fixed when the command ends. A campaign that has
/// started already is left as it is, so that the command may be repeated after an interruption.
///
/// # Errors
/// What is missing, or why it cannot be sent.
pub fn send(app: &App, id: CampaignId) -> anyhow::Result<()> {
    let now = app.clock.now();
    write(app, move |db| {
        if !matches!(store::find(db, id)?.state, CampaignState::Sending | CampaignState::Sent) {
            send::schedule(db, id, None, &Actor::command_line(), now)?;
            send::start(db, id, now)?;
        }
        Ok(())
    })?;
    app.ring();
    Ok(())
}

/// Drafts a campaign in one language for one topic. Answers its id.
///
/// # Errors
/// What is wrong with subject, text, topic or language.
pub fn create(app: &App, subject: &str, body: &str, topic: &str, language: Option<&str>) -> anyhow::Result<CampaignId> {
    let (actor, now) = (Actor::command_line(), app.clock.now());
    write(app, |db| {
        if subject.trim().is_empty() {
            return Err(Error::invalid("subject", "this is needed"));
        }
        let id = draft::create(db, subject, &actor, now)?;
        let first = store::variants(db, id)?.into_iter().next().ok_or(Error::NotFound("variant"))?.language;
        let variant = draft::save_variant(db, id, language.unwrap_or(first.as_str()), subject, body, &actor, now)?;
        if variant.language != first {
            draft::remove_variant(db, id, &first, &actor, now)?;
        }
        draft::set_audience(db, id, &[topic.to_owned()], &[], &actor, now)?;
        Ok(id)
    })
}

fn write<T>(app: &App, work: impl FnOnce(&mut Db) -> Result<T, Error>) -> anyhow::Result<T> {
    app.db.write_here(work).map_err(in_words)
}

/// The cause of an internal error is for whoever sits at the command line.
fn in_words(error: Error) -> anyhow::Error {
    match error {
        Error::Internal(cause) | Error::Unavailable(cause) => cause,
        other => other.into(),
    }
}

fn read_text(file: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let text = String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8 text", file.display()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if text.trim().is_empty() {
        bail!("{} is empty", file.display());
    }
    Ok(text.to_owned())
}

fn status(app: &App, id: CampaignId, json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let status = app.db.read_here(|db| report::status(db, id)).map_err(in_words)?;
    if json {
        return Ok(writeln!(out, "{}", serde_json::to_string(&status)?)?);
    }
    writeln!(out, "campaign {id}: {}", status.state)?;
    if let Some(reason) = &status.reason {
        writeln!(out, "  {reason}")?;
    }
    for (word, count) in [("total", status.total)]
        .into_iter()
        .chain(DeliveryState::ALL.iter().map(|state| (state.as_str(), status.of(*state))))
    {
        writeln!(out, "  {word:<9}{count:>10}")?;
    }
    for (word, at) in [("started", status.started_at), ("finished", status.finished_at)] {
        if let Some(at) = at {
            writeln!(out, "  {word:<9}{}", at.rfc3339())?;
        }
    }
    Ok(())
}

fn deliveries(
    app: &App,
    id: CampaignId,
    state: Option<DeliveryState>,
    csv: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let now = app.clock.now();
    write(app, |db| export::record(db, id, state, &Actor::command_line(), now))?;
    let mut rest = Export::new(id, state);
    let mut first = true;
    loop {
        let rows = app.db.read_here(|db| rest.next(db)).map_err(in_words)?;
        if csv {
            out.write_all(&export::csv(&rows, first, &app.root, &app.sender.host, Reader::Program)?)?;
        } else {
            for row in &rows {
                let line = format!("{:<9}{} {}", row.state, row.address, row.reply.as_deref().unwrap_or_default());
                writeln!(out, "{}", line.trim_end())?;
            }
        }
        first = false;
        if rows.is_empty() {
            return Ok(());
        }
    }
}
