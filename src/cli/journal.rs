//! `pledgepost journal export`.

use std::io::Write;

use clap::Subcommand;

use crate::app::App;
use crate::audit::Actor;
use crate::error::Error;
use crate::finance::journal::{self, Format};
use crate::organisation;
use crate::values::Month;

#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// Write a month of the journal to standard output.
    Export {
        #[arg(long, value_name = "YYYY-MM")]
        month: Month,
        /// csv, xero (manual journals) or beancount.
        #[arg(long)]
        format: Format,
    },
}

/// Runs the command. The file goes to `out`, what is to be known of it to `err`.
///
/// # Errors
/// What keeps the month from being written.
pub fn run(app: &App, command: JournalCommand, out: &mut dyn Write, err: &mut dyn Write) -> anyhow::Result<bool> {
    let JournalCommand::Export { month, format } = command;
    let now = app.clock.now();
    let livemode = app.livemode();
    let exported = app.db.write_here(|db| {
        let zone = organisation::store::get(db, now).map_err(Error::from)?.zone();
        journal::export(db, livemode, month, format, zone, &Actor::command_line(), now)
    })?;
    for note in &exported.notes {
        writeln!(err, "{note}")?;
    }
    out.write_all(&exported.content)?;
    out.flush()?;
    Ok(true)
}
