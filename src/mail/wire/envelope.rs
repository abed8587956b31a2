//! Who a mail is from and for, as the server is told.

use std::io::Write;

use super::extensions::Extensions;
use super::failure::Failure;
use super::{Connection, Outgoing};
use crate::mail::reply::{Outcome, Phase};
use crate::values::EmailAddress;

/// The mail whose envelope the server was given ahead. Its strings are used again for each mail.
#[derive(Debug, Default)]
pub(super) struct Open {
    open: bool,
    from: String,
    to: String,
    size: usize,
}

impl Open {
    pub fn is_open(&self) -> bool {
        self.open
    }
    pub fn set(&mut self, mail: &Outgoing<'_>) {
        self.open = true;
        self.from.clear();
        self.from.push_str(mail.from.as_str());
        self.to.clear();
        self.to.push_str(mail.to.as_str());
        self.size = mail.bytes.len();
    }
    pub fn forget(&mut self) {
        self.open = false;
    }
    /// Whether the open envelope is that of `mail`; None if none is open. It is open no more then.
    pub fn take(&mut self, mail: &Outgoing<'_>) -> Option<bool> {
        let fits = self.from == mail.from.as_str() && self.to == mail.to.as_str() && self.size == mail.bytes.len();
        std::mem::take(&mut self.open).then_some(fits)
    }
}

impl Connection {
    /// What is wrong with a mail before the server is asked.
    pub(super) fn check(&self, mail: &Outgoing<'_>) -> Result<(), Box<Outcome>> {
        if !is_path(mail.from) {
            let why = Failure::ours(format!("the address {} cannot be mailed from", mail.from.masked()));
            return Err(Box::new(Outcome::ServerFault(why.fault(&self.server, Phase::Mail))));
        }
        if !is_path(mail.to) {
            let reply = format!("553 5.1.3 the address {} cannot be mailed", mail.to.masked());
            return Err(Box::new(Outcome::RecipientFailed { code: 553, reply }));
        }
        if mail.from.needs_smtputf8() && !self.offered.smtputf8 {
            // Nobody would get it: no reader's fault.
            let why = Failure::ours("it cannot take our sender address, which has letters beyond ASCII (SMTPUTF8)");
            return Err(Box::new(Outcome::ServerFault(why.fault(&self.server, Phase::Mail))));
        }
        if needs_smtputf8(mail) && !self.offered.smtputf8 {
            // RFC 6531 section 3.5 gives 553 and X.6.7 for this.
            let reply = format!(
                "553 5.6.7 not sent: the mail server {} cannot take addresses with letters beyond ASCII (SMTPUTF8)",
                self.server
            );
            return Err(Box::new(Outcome::RecipientFailed { code: 553, reply }));
        }
        let size = size(mail);
        if let Some(largest) = self.offered.largest.filter(|largest| size > *largest) {
            // What the server would say itself (RFC 1870 section 6.1).
            let reply = format!(
                "552 5.3.4 not sent: the mail has {size} bytes, and the mail server {} takes {largest} at most",
                self.server
            );
            return Err(Box::new(Outcome::MessageRefused { code: 552, reply }));
        }
        Ok(())
    }
}

/// MAIL, RCPT and DATA.
pub(super) fn write(out: &mut Vec<u8>, mail: &Outgoing<'_>, offered: &Extensions) {
    write_mail(out, mail, offered);
    write_rcpt(out, mail);
    out.extend_from_slice(b"DATA\r\n");
}

pub(super) fn write_mail(out: &mut Vec<u8>, mail: &Outgoing<'_>, offered: &Extensions) {
    out.extend_from_slice(b"MAIL FROM:<");
    out.extend_from_slice(mail.from.as_str().as_bytes());
    out.push(b'>');
    if offered.size {
        // Writing to memory does not fail.
        let _ = write!(out, " SIZE={}", size(mail));
    }
    if needs_smtputf8(mail) {
        out.extend_from_slice(b" SMTPUTF8");
    }
    if offered.eight_bit && !mail.bytes.is_ascii() {
        out.extend_from_slice(b" BODY=8BITMIME");
    }
    out.extend_from_slice(b"\r\n");
}

pub(super) fn write_rcpt(out: &mut Vec<u8>, mail: &Outgoing<'_>) {
    out.extend_from_slice(b"RCPT TO:<");
    out.extend_from_slice(mail.to.as_str().as_bytes());
    out.extend_from_slice(b">\r\n");
}

fn needs_smtputf8(mail: &Outgoing<'_>) -> bool {
    mail.to.needs_smtputf8() || mail.from.needs_smtputf8()
}

/// In bytes, without the dots that go over the line only (RFC 1870 section 3).
fn size(mail: &Outgoing<'_>) -> usize {
    mail.bytes.len() + if mail.bytes.is_empty() || mail.bytes.ends_with(b"\r\n") { 0 } else { 2 }
}

/// Addresses are checked when they are read; here once more for what would let one become a command of its own.
fn is_path(address: &EmailAddress) -> bool {
    let text = address.as_str().as_bytes();
    text.contains(&b'@') && !text.iter().any(|b| b.is_ascii_control() || matches!(b, b' ' | b'<' | b'>'))
}
