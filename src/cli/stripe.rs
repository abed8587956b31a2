//! `pledgepost stripe sync`: the books as Stripe has them, even if no webhook ever came.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::net::TcpListener;
use std::sync::Arc;

use anyhow::Context;
use chrono::NaiveDate;
use clap::Subcommand;

use crate::app::{App, Membership, SandboxDoor};
use crate::payments::{Payments, Stage, SyncReport};
use crate::values::{At, Money};

#[derive(Subcommand)]
pub enum StripeCommand {
    /// Walks everything at Stripe, looks at each thing, and books what was missed.
    Sync {
        /// Only what was made on this day (UTC) or later.
        #[arg(long, value_name = "YYYY-MM-DD")]
        since: Option<NaiveDate>,
        #[arg(long)]
        json: bool,
    },
}

/// `true` when all could be looked at and nothing failed.
pub async fn run(app: Arc<App>, listener: Option<TcpListener>, command: StripeCommand) -> anyhow::Result<bool> {
    let StripeCommand::Sync { since, json } = command;
    let payments = app.payments.clone().context("giving is not set up here (PLEDGEPOST_STRIPE_SECRET_KEY)")?;
    let door = SandboxDoor::open(&app, listener);
    // Beside a running `serve` on SQLite this process does not work itself: it writes the rows, and waits.
    let membership = Membership::join(&app).await?;
    let since = since.map(|day| At(day.and_time(chrono::NaiveTime::MIN).and_utc()));
    let report = tokio::select! {
        report = sync(&payments, since) => report,
        () = super::serve::end() => Err(anyhow::anyhow!("stopped; what was found is looked at when Pledgepost runs again")),
    };
    membership.leave().await;
    if let Some(door) = door {
        door.close().await;
    }
    let report = report?;
    match json {
        true => writeln!(stdout(), "{}", serde_json::to_string(&report)?)?,
        false => say(&report)?,
    }
    Ok(report.failed == 0 && report.waiting == 0)
}

async fn sync(payments: &Payments, since: Option<At>) -> anyhow::Result<SyncReport> {
    let progress = stderr().is_terminal();
    let mut tell = |stage: Stage| {
        if progress {
            // Nobody is there to tell when this fails.
            let _ = match stage {
                Stage::Listing(listed) => write!(stderr(), "\r{listed} found at Stripe "),
                Stage::Looking(left) => write!(stderr(), "\r{left} left to look at       "),
                Stage::Balance(lines) => write!(stderr(), "\r{lines} lines of the balance "),
            };
        }
    };
    let report = payments.sync_telling(since, &mut tell).await;
    if progress {
        writeln!(stderr())?;
    }
    report
}

fn say(report: &SyncReport) -> anyhow::Result<()> {
    let mut out = stdout();
    for (count, what) in [
        (report.looked_at, "looked at"),
        (report.booked, "led to something in the books"),
        (report.ignored, "known already, or nothing to book"),
        (report.failed, "failed: see /staff/payments/events?state=failed"),
        (report.waiting, "could not be looked at yet; tried again by a running Pledgepost"),
    ] {
        writeln!(out, "{count:>8} {what}")?;
    }
    writeln!(out, "{:>8} lines of the balance were read", report.lines)?;
    for sum in report.balances.iter().filter(|sum| !sum.fits()) {
        let money = |minor| Money::new(minor, sum.currency.clone());
        let (stripe, here) = (money(sum.minor), money(sum.mirrored_minor));
        writeln!(
            out,
            "the balance at Stripe is {stripe}, and its lines here sum up to {here}: see /staff/finance/checks"
        )?;
    }
    Ok(())
}
