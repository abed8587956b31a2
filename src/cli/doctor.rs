//! `pledgepost doctor`: says of each part whether it works, and what to do where it does not.

use std::io::{Write, stdout};

use secrecy::ExposeSecret;

use crate::config::{Config, Mode};
use crate::db::{Database, Db, PoolSizes, dialect};
use crate::error::Error;
use crate::installation;
use crate::mail::{Connection, MailServer, Signer};
use crate::outbox::servers;

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
    mail_server(&config, &mut report).await?;
    dkim(&config, &mut report)?;
    writeln!(stdout(), "not checked: DNS records (SPF, DKIM, DMARC), Stripe, the machine's clock")?;
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
            Ok((stamped, if made { servers::failing(db)? } else { Vec::new() }))
        })?)
    });
    match found {
        Ok((stamped, failing)) => {
            report.say(true, "database", &format!("{shown}{}", if stamped.is_some() { "" } else { " (empty)" }))?;
            match stamped {
                None => {}
                Some(Ok(None)) => report.say(true, "stamp and key", "not marked yet; the first start does it")?,
                Some(Ok(Some(mode))) => {
                    report.say(true, "stamp and key", &format!("marked {mode}, and the key opens it"))?;
                }
                Some(Err(error)) => report.say(false, "stamp and key", &format!("{error:#}"))?,
            }
            for server in failing {
                let reason = server.reason.unwrap_or_default();
                report.say(
                    false,
                    "delivery",
                    &format!("{} failed {} times: {reason}", server.name, server.failures),
                )?;
            }
        }
        Err(error) => report.say(false, "database", &format!("{error:#}"))?,
    }
    Ok(())
}

async fn mail_server(config: &Config, report: &mut Report) -> anyhow::Result<()> {
    let Some(url) = &config.mail.smtp_url else {
        return Ok(report.say(true, "mail server", "the sandbox's own mailbox (/sandbox/mail)")?);
    };
    let server = match MailServer::parse(url.expose_secret()) {
        Ok(server) => server,
        Err(error) => return Ok(report.say(false, "mail server", &format!("PLEDGEPOST_SMTP_URL: {error}"))?),
    };
    match Connection::open(&server, config.web.host()).await {
        Ok(connection) => {
            connection.quit().await;
            report.say(true, "mail server", &format!("{} answers", server.name()))?;
        }
        Err(fault) => report.say(false, "mail server", &fault.to_string())?,
    }
    Ok(())
}

fn dkim(config: &Config, report: &mut Report) -> anyhow::Result<()> {
    let Some(dkim) = &config.mail.dkim else {
        return Ok(report.say(true, "DKIM", "left to the mail server")?);
    };
    match Signer::from_file(&dkim.domain, &dkim.selector, &dkim.key_file) {
        Ok(signer) => {
            report.say(true, "DKIM", &format!("publish as TXT record of {}:", signer.record_name()))?;
            writeln!(stdout(), "     {}", signer.record_value())?;
        }
        Err(error) => report.say(false, "DKIM", &format!("{error:#}"))?,
    }
    Ok(())
}
