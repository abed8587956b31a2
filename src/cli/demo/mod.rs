//! `pledgepost demo`: a fresh database with sample content, and the story of the product played on it, through the same
//! HTTP and SMTP that browsers and mailboxes use.

pub mod content;
mod gifts;
mod ground;
mod money;
mod story;
mod visitor;

use std::io::{Write, stdout};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use tokio::sync::oneshot;

use crate::app::{App, Background};
use crate::cli::serve;
use crate::web;

#[derive(clap::Args, Debug, Clone)]
pub struct DemoArgs {
    /// The port of the web pages; 8080, or another if that is taken.
    #[arg(long)]
    pub port: Option<u16>,
    /// A folder for the database, kept afterwards; a temporary one otherwise. DATABASE_URL beats it.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Ends after the story: with 0 if every step held.
    #[arg(long)]
    pub exit: bool,
}

/// Plays the story; then serves until asked to end, or ends (`--exit`).
pub async fn run(args: DemoArgs) -> anyhow::Result<bool> {
    let listener = listen(args.port)?;
    let place = ground::place(args.data.as_deref())?;
    let app = ground::fresh(&place.url, listener.local_addr()?.port())?;
    say(&format!("Database: {}", app.config.database.shown()))?;
    let background = Background::start(&app).await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(web::server::serve(app.clone(), listener, async move {
        let _ = stopped.await;
    }));
    let held = play(&app).await;
    if let (Ok(()), false) = (&held, args.exit) {
        serve::end().await;
    }
    let _ = stop.send(());
    server.await.context("the web server")??;
    background.stop().await;
    drop(app);
    place.clear();
    held.map(|()| true)
}

async fn play(app: &Arc<App>) -> anyhow::Result<()> {
    let ready = ground::prepare(app).await?;
    story::play(app, &ready).await?;
    ground::say_where(app, &ready)
}

fn listen(port: Option<u16>) -> anyhow::Result<TcpListener> {
    match port {
        Some(port) => TcpListener::bind(("127.0.0.1", port)).with_context(|| format!("cannot listen on port {port}")),
        None => TcpListener::bind("127.0.0.1:8080").or_else(|_| TcpListener::bind("127.0.0.1:0")).map_err(Into::into),
    }
}

/// One line of the story. It is the command's result, so it goes to standard output.
fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(stdout(), "{line}")?)
}

/// A step of the story that did not hold.
fn must(held: bool, what: &str) -> anyhow::Result<()> {
    match held {
        true => Ok(()),
        false => bail!("a step of the story did not hold: {what}"),
    }
}
