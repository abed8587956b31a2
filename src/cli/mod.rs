//! The command line: one file per command. Logs go to stderr, results to stdout, progress only to a terminal.
//! Exit codes: 0 done, 1 failed, 2 bad usage (clap's).

pub mod campaign;
pub mod demo;
mod doctor;
mod finance;
mod journal;
mod serve;
pub mod staff;
pub mod statement;
mod stripe;
pub mod subscribers;
pub mod topic;
mod wait;

use std::io::{Write, stderr, stdout};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::app::{App, SandboxDoor};
use crate::config::Config;
use crate::db::{dialect, migrate};
use crate::installation::MadeBy;
use crate::telemetry;
use crate::values::Clock;

/// A newsletter and donation manager for organisations that publish research and live from gifts.
#[derive(Parser)]
#[command(name = "pledgepost", version)]
struct Cli {
    /// The settings file; the environment beats it.
    #[arg(long, global = true, value_name = "FILE", default_value = "pledgepost.toml")]
    config: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Web pages, scheduler and delivery in one process (the default).
    Serve,
    /// A fresh database with sample content; plays the story of the product, then serves it.
    Demo(demo::DemoArgs),
    /// Delivery and jobs only.
    Worker,
    /// Brings the database to this program's schema.
    Migrate,
    /// Copies an SQLite database into FILE, also while it is in use.
    Backup { file: PathBuf },
    /// Staff accounts.
    #[command(subcommand)]
    Staff(staff::StaffCommand),
    /// Topics that readers choose from.
    #[command(subcommand)]
    Topic(topic::TopicCommand),
    /// Imports and exports subscribers.
    #[command(subcommand)]
    Subscribers(subscribers::SubscribersCommand),
    /// Creates, sends and follows campaigns.
    #[command(subcommand)]
    Campaign(campaign::CampaignCommand),
    /// Brings the books in line with Stripe.
    #[command(subcommand)]
    Stripe(stripe::StripeCommand),
    /// What the bank says.
    #[command(subcommand)]
    Statement(statement::StatementCommand),
    /// Looks at the money: what must hold between Stripe, donations, payouts, bank and journal.
    #[command(subcommand)]
    Finance(finance::FinanceCommand),
    /// The journal of a month, for the bookkeeper.
    #[command(subcommand)]
    Journal(journal::JournalCommand),
    /// Checks settings, database, mail server and Stripe.
    Doctor,
}

/// Runs the program; the exit code is the answer.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // The pipe may be gone; there is nobody left to tell then.
            let _ = writeln!(stderr(), "pledgepost: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<bool> {
    if let Some(Command::Demo(args)) = cli.command {
        telemetry::init_logs("warn")?;
        return async_main(demo::run(args));
    }
    let mut config = Config::load(&cli.config)?;
    telemetry::init_logs(&config.log)?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let command = cli.command.unwrap_or(Command::Serve);
    match command {
        Command::Migrate => return migrate_now(&config),
        Command::Backup { file } => {
            let mut db = crate::db::open(&config.database)?;
            dialect::copy_into(&mut db, &file)?;
            writeln!(stdout(), "{}", file.display())?;
            return Ok(true);
        }
        Command::Doctor => return async_main(doctor::run(config)),
        _ => {}
    }
    // Who serves is the sandbox's Stripe; others that work ask one of their own.
    let listener = match &command {
        Command::Worker | Command::Stripe(_) => SandboxDoor::bind(&mut config)?,
        Command::Campaign(command) if command.waits_for().is_some() => SandboxDoor::bind(&mut config)?,
        Command::Serve => SandboxDoor::bind_for_server(&mut config)?,
        _ => None,
    };
    let app = App::build(config, Clock::System, MadeBy::Serve)?;
    match command {
        Command::Worker => async_main(serve::worker(app, listener)),
        Command::Stripe(command) => async_main(stripe::run(app, listener, command)),
        Command::Staff(command) => staff::run(&app, command, &mut stdout()).map(|()| true),
        Command::Topic(command) => topic::run(&app, command, &mut stdout(), &mut stderr()),
        Command::Subscribers(command) => subscribers::run(&app, command, &mut stdout(), &mut stderr()),
        Command::Statement(command) => statement::run(&app, command, &mut stdout(), &mut stderr()),
        Command::Finance(command) => finance::run(&app, &command, &mut stdout()),
        Command::Journal(command) => journal::run(&app, command, &mut stdout(), &mut stderr()),
        Command::Campaign(command) => run_campaign(&app, listener, command),
        _ => async_main(serve::run(app, listener)),
    }
}

fn run_campaign(
    app: &Arc<App>,
    listener: Option<TcpListener>,
    command: campaign::CampaignCommand,
) -> anyhow::Result<bool> {
    let wait = command.waits_for();
    campaign::run(app, command, &mut stdout())?;
    match wait {
        Some(id) => async_main(wait::until_sent(app.clone(), listener, id)),
        None => Ok(true),
    }
}

fn migrate_now(config: &Config) -> anyhow::Result<bool> {
    let migrated = migrate::migrate(&config.database)?;
    match migrated.ran.as_slice() {
        [] => writeln!(stdout(), "{} is up to date", config.database.shown())?,
        ran => writeln!(stdout(), "{}: {} migrations ran ({})", config.database.shown(), ran.len(), ran.join(", "))?,
    }
    if let Some(copy) = migrated.copy {
        writeln!(stdout(), "a copy from before is kept in {}", copy.display())?;
    }
    Ok(true)
}

fn async_main(work: impl Future<Output = anyhow::Result<bool>>) -> anyhow::Result<bool> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
