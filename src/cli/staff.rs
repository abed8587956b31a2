//! `pledgepost staff add` and `pledgepost staff reset`.

use std::io::Write;

use anyhow::Context;
use clap::Subcommand;

use crate::app::App;
use crate::audit::Actor;
use crate::staff::members::NewMember;
use crate::staff::{self, Password, Role};
use crate::values::EmailAddress;

#[derive(Debug, Subcommand)]
pub enum StaffCommand {
    /// Adds a staff member and prints the link on which the password is set.
    Add {
        #[arg(long)]
        email: EmailAddress,
        /// admin, campaigner, finance or viewer
        #[arg(long)]
        role: Role,
        #[arg(long, default_value = "")]
        name: String,
        /// Reads the password from standard input instead of printing a link.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Prints a link on which a staff member sets a new password; it holds for an hour.
    Reset {
        #[arg(long)]
        email: EmailAddress,
    },
}

/// # Errors
/// What cannot be taken (a short password, a known address), or the database's.
pub fn run(app: &App, command: StaffCommand, out: &mut dyn Write) -> anyhow::Result<()> {
    let (now, actor) = (app.clock.now(), Actor::command_line());
    let link = |path: &str| app.config.web.link(path);
    match command {
        StaffCommand::Add { email, role, name, password_stdin } => {
            let hash = password_stdin.then(|| password_from_stdin(&email)?.hash()).transpose()?;
            let new = NewMember { email: &email, name: &name, role };
            let url = app.db.write_here(|db| staff::add(db, &new, hash.as_deref(), false, link, &actor, now))?;
            match url {
                Some(url) => writeln!(out, "{url}")?,
                None => writeln!(out, "{email} was added as {role}")?,
            }
        }
        StaffCommand::Reset { email } => {
            let url = app.db.write_here(|db| staff::reset(db, &email, link, &actor, now))?;
            writeln!(out, "{url}")?;
        }
    }
    Ok(())
}

fn password_from_stdin(email: &EmailAddress) -> anyhow::Result<Password> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("the password cannot be read from standard input")?;
    Ok(Password::parse(line.trim_end_matches(['\r', '\n']), email)?)
}
