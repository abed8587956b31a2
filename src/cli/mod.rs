//! The command line: one file per command. Logs go to stderr, results to stdout, progress only to a terminal.
//! Exit codes: 0 done, 1 failed, 2 bad usage (clap's).

pub mod campaign;
pub mod demo;
mod serve;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::app::App;
use crate::config::Config;
use crate::installation::MadeBy;
use crate::values::Clock;

/// A newsletter and donation manager for organisations that publish research and live from gifts.
#[derive(Parser)]
#[command(name = "pledgepost", version)]
struct Cli {
    /// The settings file; the environment beats it.
    #[arg(long, global = true, default_value = "pledgepost.toml")]
    config: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Web pages, scheduler and delivery in one process (the default).
    Serve,
    /// Delivery and jobs only.
    Worker,
    /// Brings the database to this program's schema.
    Migrate,
    /// Copies an SQLite database into FILE, also while it is in use.
    Backup { file: PathBuf },
}

/// Runs the program; the exit code is the answer.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "pledgepost: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<bool> {
    let config = Config::load(&cli.config)?;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => async_main(serve::run(open(config)?)),
        Command::Worker => async_main(serve::worker(open(config)?)),
        Command::Migrate => {
            let migrated = crate::db::migrate::migrate(&config.database)?;
            writeln!(std::io::stdout(), "{} migrations ran", migrated.ran.len())?;
            Ok(true)
        }
        Command::Backup { file } => {
            let mut db = crate::db::open(&config.database)?;
            crate::db::dialect::copy_into(&mut db, &file)?;
            Ok(true)
        }
    }
}

fn open(config: Config) -> anyhow::Result<Arc<App>> {
    App::build(config, Clock::System, MadeBy::Serve)
}

fn async_main(work: impl Future<Output = anyhow::Result<bool>>) -> anyhow::Result<bool> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
