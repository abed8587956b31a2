//! `pledgepost doctor`: says of each part whether it works, and what to do where it does not.

use std::io::{Write, stdout};

use crate::app;
use crate::config::{Config, Mode};
use crate::db::{Database, Db, PoolSizes, dialect};
use crate::error::Error;
use crate::installation;
use crate::mail::{Connection, Signer};
use crate::outbox::limits::Warmup;
use crate::outbox::{Server, servers};
use crate::payments;
use crate::stripe::{Failure, Listing, Live, StripeApi};
use crate::values::{At, Clock};

/// One line per check; `true` when none failed.
pub async fn run(config: Config) -> anyhow::Result<bool> {
    let mut report = Report::default();
    let mode = match config.mode {
        Mode::Sandbox => "sandbox: nothing leaves this machine",
        Mode::Rehearsal => "rehearsal: real mail, no real gifts",
        Mode::Live => "live",
    };
    report.say(true, "settings", mode)?;
    if config.mode == Mode::Live && !config.web.is_https() {
        report.say(false, "public address", "links in mails would not be https: set PLEDGEPOST_PUBLIC_URL")?;
    } else {
        report.say(true, "public address", config.web.public_url.as_str())?;
    }
    database(&config, &mut report)?;
    mail_servers(&config, &mut report).await?;
    dkim(&config, &mut report)?;
    stripe(&config, &mut report).await?;
    writeln!(stdout(), "not checked: DNS records (SPF, DKIM, DMARC), the machine's clock")?;
    Ok(report.failed == 0)
}

#[derive(Default)]
struct Report {
    failed: usize,
}

impl Report {
    fn say(&mut self, good: bool, what: &str, words: &str) -> std::io::Result<()> {
        self.failed += usize::from(!good);
        writeln!(stdout(), "{} {what}: {words}", if good { "ok  " } else { "FAIL" })
    }
}

fn database(config: &Config, report: &mut Report) -> anyhow::Result<()> {
    let shown = config.database.shown();
    // A look only: an SQLite file that is not there is not made.
    if config.database.file().is_some_and(|file| !file.exists()) {
        return Ok(report.say(
            true,
            "database",
            &format!("{shown} is not there yet; it is made on the first start"),
        )?);
    }
    let found = Database::connect(config.database.clone(), PoolSizes::default()).and_then(|db| {
        Ok(db.read_here(|db: &mut Db| -> Result<_, Error> {
            let made = dialect::table_exists(db, "mail_servers")?;
            let stamped = if made { Some(installation::look(db, config)) } else { None };
            let gifts = config.stripe.is_some() && dialect::table_exists(db, "payment_events")?;
            let ends = if gifts { Some(payments::store::ends(db)?) } else { None };
            Ok((stamped, if made { servers::failing(db)? } else { Vec::new() }, ends))
        })?)
    });
    match found {
        Ok((stamped, failing, ends)) => {
            report.say(true, "database", &format!("{shown}{}", if stamped.is_some() { "" } else { " (empty)" }))?;
            match stamped {
                None => {}
                Some(Ok(None)) => report.say(true, "stamp and key", "not marked yet; the first start does it")?,
                Some(Ok(Some(mode))) => {
                    report.say(true, "stamp and key", &format!("marked {mode}, and the key opens it"))?;
                }
                Some(Err(error)) => report.say(false, "stamp and key", &format!("{error:#}"))?,
            }
            if let Some(ends) = ends {
                payment_events(ends, report)?;
            }
            for server in failing {
                let reason = server.reason.unwrap_or_default();
                let paused = server.paused_until.filter(|until| *until > Clock::System.now());
                let paused = paused.map(|until| format!(", is paused until {}", until.rfc3339())).unwrap_or_default();
                let words = format!("{} failed {} times{paused}: {reason}", server.name, server.failures);
                report.say(false, "delivery", &words)?;
            }
        }
        Err(error) => report.say(false, "database", &format!("{error:#}"))?,
    }
    Ok(())
}

/// What waits in the inbox of payment events, and when Stripe was last heard of.
fn payment_events((oldest, newest): (Option<At>, Option<At>), report: &mut Report) -> anyhow::Result<()> {
    let now = Clock::System.now();
    let ago = |at: At| match (now - at).num_minutes() {
        minutes @ ..120 => format!("{minutes} minutes"),
        minutes @ 120..2880 => format!("{} hours", minutes / 60),
        minutes => format!("{} days", minutes / 1440),
    };
    match oldest {
        Some(at) if now - at > chrono::Duration::minutes(15) => {
            let words = format!("one waits for {}: does `serve` or a worker run?", ago(at));
            report.say(false, "payment events", &words)?;
        }
        Some(_) => report.say(true, "payment events", "some wait, none for long")?,
        None => report.say(true, "payment events", "none wait")?,
    }
    let heard = newest.map_or_else(|| "none came yet".to_owned(), |at| format!("{} ago", ago(at)));
    Ok(report.say(true, "last event from Stripe", &heard)?)
}

async fn stripe(config: &Config, report: &mut Report) -> anyhow::Result<()> {
    let Some(stripe) = &config.stripe else {
        return Ok(report.say(true, "Stripe", "giving is not set up (PLEDGEPOST_STRIPE_SECRET_KEY)")?);
    };
    if config.mode != Mode::Live && stripe.api_base.is_none() {
        return Ok(report.say(true, "Stripe", "the sandbox's own (/sandbox/stripe)")?);
    }
    let money = if stripe.livemode { "moves real money" } else { "test mode: receipts are marked as tests" };
    match Live::new(stripe) {
        Ok(live) => match live.account().await {
            Ok(account) => {
                report.say(true, "Stripe", &format!("takes our key for {account}; {money}"))?;
                match reads_balance(&live).await {
                    Ok(()) => report.say(true, "Stripe's balance", "our key may read it, and the payouts")?,
                    Err(failure) => report.say(false, "Stripe's balance", &failure.to_string())?,
                }
            }
            Err(failure) => report.say(false, "Stripe", &failure.to_string())?,
        },
        Err(error) => report.say(false, "Stripe", &format!("{error:#}"))?,
    }
    let secrets = stripe.webhook_secrets.len();
    let words = format!("{secrets} known; the endpoint's address is {}", config.web.link("/webhooks/stripe"));
    Ok(report.say(secrets > 0 || config.mode != Mode::Live, "webhook secrets", &words)?)
}

/// What finance needs, which a restricted key may not be allowed.
async fn reads_balance(live: &Live) -> Result<(), Failure> {
    let one = Listing { limit: 1, ..Listing::default() };
    live.balance().await?;
    live.balance_transactions(&one, None).await?;
    live.payouts(&one).await.map(drop)
}

/// Each of the mail servers by itself: one that answers must not hide one that does not.
async fn mail_servers(config: &Config, report: &mut Report) -> anyhow::Result<()> {
    if config.mail.smtp_urls.is_empty() {
        return Ok(report.say(true, "mail server", "the sandbox's own mailbox (/sandbox/mail)")?);
    }
    let servers = match app::mail_servers(config) {
        Ok(servers) => servers,
        Err(error) => return Ok(report.say(false, "mail server", &error.to_string())?),
    };
    for server in servers {
        match Connection::open(&server.address, config.web.host()).await {
            Ok(connection) => {
                connection.quit().await;
                report.say(true, "mail server", &format!("{} answers{}", server.name, as_set(&server)))?;
            }
            Err(fault) if servers_differ(&server) => {
                report.say(false, "mail server", &format!("{}: {fault}", server.name))?;
            }
            Err(fault) => report.say(false, "mail server", &fault.to_string())?,
        }
    }
    Ok(())
}

/// What the settings say of it beside its address.
fn as_set(server: &Server) -> String {
    let weight = (server.weight != 1).then(|| format!("weight {}", server.weight));
    let rate = server.per_minute.map(|n| format!("{n} mails a minute"));
    let backup = server.backup.then(|| "backup".to_owned());
    let warmup = server.warmup.map(|warmup| match warmup.day(Clock::System.now()) {
        ..1 => format!("warm-up begins on {}", warmup.first_day),
        day if day > Warmup::DAYS => "warm-up is over".to_owned(),
        day => format!("day {day} of {} of its warm-up", Warmup::DAYS),
    });
    let all: Vec<String> = [weight, rate, backup, warmup].into_iter().flatten().collect();
    if all.is_empty() { String::new() } else { format!(" ({})", all.join(", ")) }
}

/// Whether the server's name does not stand in its faults already.
fn servers_differ(server: &Server) -> bool {
    server.name != server.address.name()
}

fn dkim(config: &Config, report: &mut Report) -> anyhow::Result<()> {
    let Some(dkim) = &config.mail.dkim else {
        return Ok(report.say(true, "DKIM", "left to the mail server")?);
    };
    match Signer::from_files(&dkim.domain, &dkim.keys) {
        Ok(signer) => {
            for (name, value) in signer.records() {
                report.say(true, "DKIM", &format!("publish as TXT record of {name}:"))?;
                writeln!(stdout(), "     {value}")?;
            }
        }
        Err(error) => report.say(false, "DKIM", &format!("{error:#}"))?,
    }
    Ok(())
}
