//! `pledgepost finance check`: what must hold of the money, for scripts and for people.

use std::io::Write;

use clap::Subcommand;

use crate::app::App;
use crate::finance::checks::{self, Check, Report};
use crate::organisation;

#[derive(Subcommand)]
pub enum FinanceCommand {
    /// Looks at what must hold between Stripe, donations, payouts, bank statements and the journal. Ends with 0 if all
    /// of it does, with 1 if not.
    Check {
        /// Print what was looked at and found as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// `true` when all holds.
///
/// # Errors
/// When it cannot be looked at.
pub fn run(app: &App, command: &FinanceCommand, out: &mut dyn Write) -> anyhow::Result<bool> {
    let FinanceCommand::Check { json } = command;
    let now = app.clock.now();
    // Without keys only what was real can be there.
    let livemode = app.config.stripe.as_ref().is_none_or(|stripe| stripe.livemode);
    let report = app.db.read_here(|db| {
        let zone = organisation::store::get(db, now)?.zone();
        checks::run(db, livemode, zone, now)
    })?;
    match json {
        true => writeln!(out, "{}", serde_json::to_string(&report)?)?,
        false => say(&report, out)?,
    }
    Ok(report.holds)
}

fn say(report: &Report, out: &mut dyn Write) -> anyhow::Result<()> {
    for check in &report.checks {
        say_one(check, out)?;
    }
    Ok(())
}

fn say_one(check: &Check, out: &mut dyn Write) -> anyhow::Result<()> {
    let verdict = if check.holds { "holds" } else { "DOES NOT HOLD" };
    writeln!(out, "{}. {}: {verdict} ({} {})", check.number, check.title, check.looked_at, check.things)?;
    if !check.note.is_empty() {
        writeln!(out, "   {}", check.note)?;
    }
    for failure in &check.failures {
        writeln!(out, "   - {}", failure.what)?;
        writeln!(out, "     expected {}, found {} ({})", failure.expected, failure.found, failure.href)?;
    }
    if check.more > 0 {
        writeln!(out, "   and {} more", check.more)?;
    }
    Ok(())
}
