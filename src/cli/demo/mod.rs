//! `pledgepost demo`: a fresh database with sample content, and the story of the product played on it.

pub mod content;

use std::path::PathBuf;

#[derive(clap::Args, Debug, Clone)]
pub struct DemoArgs {
    /// The port of the web pages; 8080 if it is free.
    #[arg(long)]
    pub port: Option<u16>,
    /// A folder for the database, kept afterwards; a temporary one otherwise. DATABASE_URL beats it.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Ends after the story: 0 if every step held.
    #[arg(long)]
    pub exit: bool,
}

pub async fn run(_args: DemoArgs) -> anyhow::Result<bool> {
    anyhow::bail!("not yet")
}
