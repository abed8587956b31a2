//! `pledgepost statement import`: what the bank says.

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;

use crate::app::App;
use crate::audit::Actor;
use crate::error::Error;
use crate::finance::bank::{self, Account, Imported};

#[derive(Debug, Subcommand)]
pub enum StatementCommand {
    /// Import account statements (CAMT.053). A file is taken whole or not at all; one that is here already changes nothing.
    Import {
        file: PathBuf,
        /// The bank account, as you call it. A new name makes an account from the statement.
        #[arg(long, value_name = "NAME")]
        account: String,
        /// Print the summary as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command; answers whether the file was taken or known. Warnings go to `err`, the summary to `out`.
///
/// # Errors
/// What keeps the file from being taken; nothing was changed then.
pub fn run(app: &App, command: StatementCommand, out: &mut dyn Write, err: &mut dyn Write) -> anyhow::Result<bool> {
    let StatementCommand::Import { file, account, json } = command;
    let content = read(&file)?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (livemode, now) = (app.livemode(), app.clock.now());
    let imported = app.db.write_here(|db| {
        bank::import(db, &content, &name, Account::Named(&account), livemode, &Actor::command_line(), now)
    });
    let imported = match imported {
        Ok(imported) => imported,
        Err(Error::Invalid(problems)) => {
            for problem in problems {
                let of = if problem.field == "account" { "--account".into() } else { file.display().to_string() };
                writeln!(err, "{of}: {}", problem.message)?;
            }
            writeln!(err, "Nothing was changed.")?;
            return Ok(false);
        }
        Err(error) => return Err(error.into()),
    };
    for warning in &imported.warnings {
        writeln!(err, "warning: {warning}")?;
    }
    match json {
        true => writeln!(out, "{}", summary(&imported))?,
        false => print(&imported, out)?,
    }
    Ok(true)
}

/// No more than a file may have, and a byte that shows that it has more.
fn read(file: &PathBuf) -> anyhow::Result<Vec<u8>> {
    let input = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    let mut content = Vec::new();
    let most = bank::camt::FILE_MAX as u64 + 1;
    input.take(most).read_to_end(&mut content).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(content)
}

fn summary(imported: &Imported) -> serde_json::Value {
    serde_json::json!({
        "account": {
            "id": imported.account.id,
            "name": imported.account.name,
            "identification": imported.account.identification,
            "currency": imported.account.currency.as_str(),
            "new": imported.account_is_new,
        },
        "statements": imported.statements,
        "known": imported.known,
        "warnings": imported.warnings,
    })
}

fn print(imported: &Imported, out: &mut dyn Write) -> std::io::Result<()> {
    let account = &imported.account;
    if imported.account_is_new {
        let (name, id) = (&account.name, &account.identification);
        writeln!(out, "The account {name} ({id}, {}) was made from the statement.", account.currency)?;
    }
    for taken in &imported.statements {
        writeln!(
            out,
            "{}: {} to {}, {} lines, {} matched with payouts, {} set aside.",
            taken.reference, taken.opens_on, taken.closes_on, taken.lines, taken.matched, taken.set_aside
        )?;
    }
    for reference in &imported.known {
        writeln!(out, "{reference}: is here already.")?;
    }
    if imported.statements.is_empty() {
        writeln!(out, "Nothing was changed.")?;
    }
    Ok(())
}
