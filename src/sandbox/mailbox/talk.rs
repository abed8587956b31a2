//! What a client and the mailbox have agreed so far, and the answer to each command. Pure; `session` does the reading and writing.

use super::command::{BadCommand, Command};
use super::session::Limits;

/// What has been agreed so far.
#[derive(Default)]
pub struct Talk {
    greeted: bool,
    pub mail: Option<Envelope>,
    /// Since the last whole mail.
    pub mistakes: u32,
}

pub struct Envelope {
    pub sender: String,
    pub recipients: Vec<String>,
    utf8: bool,
}

const OK: &str = "250 2.0.0 OK";

impl Talk {
    /// The answer to a command that needs no more input.
    pub fn turn(&mut self, command: Command, limits: &Limits) -> &'static str {
        let reply = self.reply(command, limits);
        // Too large and too many may be asked in good faith; a wrong order is a mistake.
        self.mistakes += u32::from(reply.starts_with("503") || reply.starts_with("554"));
        reply
    }

    fn reply(&mut self, command: Command, limits: &Limits) -> &'static str {
        match command {
            Command::Ehlo | Command::Helo => {
                (self.greeted, self.mail) = (true, None);
                match command {
                    Command::Helo => "250 sandbox.pledgepost",
                    _ => EHLO,
                }
            }
            Command::Mail { .. } if !self.greeted => "503 5.5.1 Say EHLO first",
            Command::Mail { .. } if self.mail.is_some() => "503 5.5.1 A mail is already begun",
            Command::Mail { size: Some(size), .. } if size > limits.mail_bytes as u64 => TOO_BIG,
            Command::Mail { from, utf8, .. } if !utf8 && !from.is_ascii() => NEEDS_UTF8,
            Command::Mail { from, utf8, .. } => {
                self.mail = Some(Envelope { sender: from, recipients: Vec::new(), utf8 });
                "250 2.1.0 OK"
            }
            Command::Rcpt { to } => match &mut self.mail {
                None => "503 5.5.1 MAIL comes first",
                Some(mail) if !mail.utf8 && !to.is_ascii() => NEEDS_UTF8,
                Some(mail) if mail.recipients.len() >= limits.recipients => "452 4.5.3 Too many recipients",
                Some(mail) => {
                    mail.recipients.push(to);
                    "250 2.1.5 OK"
                }
            },
            Command::Rset => {
                self.mail = None;
                OK
            }
            Command::Vrfy => "252 2.1.5 Every address is taken here",
            Command::Help => "214 2.0.0 EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT",
            // Only asked when it is too early: see `ready`.
            Command::Data if self.mail.is_none() => "503 5.5.1 MAIL comes first",
            Command::Data => "554 5.5.1 No recipient was accepted",
            Command::Noop | Command::Quit => OK,
        }
    }

    /// Whether a mail may follow DATA.
    pub fn ready(&self) -> bool {
        self.mail.as_ref().is_some_and(|mail| !mail.recipients.is_empty())
    }

    /// The answer to what is no command.
    pub fn mistake(&mut self, bad: BadCommand) -> String {
        self.mistakes += 1;
        match bad {
            BadCommand::TooLong => "500 5.5.2 The line is too long".into(),
            BadCommand::NotText => "500 5.5.2 The line is not UTF-8".into(),
            BadCommand::Unknown => "500 5.5.1 This command is not known".into(),
            BadCommand::NotOffered => "502 5.5.1 This command is not offered".into(),
            BadCommand::Syntax(expected) => format!("501 5.5.4 Syntax: {expected}"),
            BadCommand::Parameter => "555 5.5.4 This parameter is not known".into(),
        }
    }
}

pub const TOO_BIG: &str = "552 5.3.4 The mail is larger than 10 MB";
const NEEDS_UTF8: &str = "553 5.6.7 This address needs SMTPUTF8";
/// SIZE is `Limits::mail_bytes` of every real server; tests with a smaller limit do not read it.
const EHLO: &str = "250-sandbox.pledgepost\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE 10485760\r\n\
                    250-ENHANCEDSTATUSCODES\r\n250 HELP";
