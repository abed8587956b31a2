//! `pledgepost topic add`.

use std::io::Write;

use clap::Subcommand;

use crate::app::App;
use crate::audit::Actor;
use crate::error::Error;
use crate::organisation;
use crate::organisation::NameText;
use crate::subscribers::topics;

#[derive(Debug, Subcommand)]
pub enum TopicCommand {
    /// Add a topic that readers can choose.
    Add {
        /// The name that forms, files and commands use: small letters, digits and hyphens.
        #[arg(long)]
        slug: String,
        /// What readers see, in the organisation's first language; other languages are set on the staff pages.
        #[arg(long)]
        name: String,
        #[arg(long, default_value = "")]
        description: String,
    },
}

/// Runs the command; answers whether it succeeded.
///
/// # Errors
/// What keeps it from being done, in words.
pub fn run(app: &App, command: TopicCommand, out: &mut dyn Write, err: &mut dyn Write) -> anyhow::Result<bool> {
    let TopicCommand::Add { slug, name, description } = command;
    let now = app.clock.now();
    let added = app.db.write_here(|db| {
        let language = organisation::store::get(db, now)?.first_language().to_string();
        let text = NameText { language, name: name.clone(), description: description.clone() };
        topics::add(db, &slug, &[text], &Actor::command_line(), now)
    });
    match added.map_err(topics::without_language) {
        Ok(_) => {
            writeln!(out, "Topic {} added.", slug.trim())?;
            Ok(true)
        }
        Err(Error::Invalid(errors)) => {
            for error in errors {
                writeln!(err, "--{}: {}", error.field, error.message)?;
            }
            Ok(false)
        }
        Err(other) => Err(other.into()),
    }
}
