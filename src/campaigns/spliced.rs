//! A variant encoded for the wire once, and the mails that are spliced from it.

use std::sync::Arc;

use super::skeleton::{Piece, Skeleton, Values, fill, literals, pour};
use crate::mail::splice::head::{Head, Personal, Subject, after_parts, before_part, boundary};
use crate::mail::splice::{base64, header, is_smaller_in_base64, quoted_printable};
use crate::mail::{Message, Sender, Signer};
use crate::values::{At, EmailAddress, Language};

/// A part of a mail, in the transfer encoding that makes it smaller.
#[derive(Debug)]
enum Part {
    QuotedPrintable(Vec<Piece<quoted_printable::Literal>>),
    Base64(Vec<Piece<base64::Literal>>),
}

impl Part {
    fn new(pieces: &[Piece]) -> Self {
        let mut all = String::new();
        literals(pieces, &mut |text| all.push_str(text));
        match is_smaller_in_base64(&all) {
            true => Self::Base64(pieces.iter().map(|piece| piece.map(&base64::Literal::new)).collect()),
            false => Self::QuotedPrintable(pieces.iter().map(|p| p.map(&quoted_printable::Literal::new)).collect()),
        }
    }

    fn encoding(&self) -> &'static str {
        match self {
            Self::QuotedPrintable(_) => "quoted-printable",
            Self::Base64(_) => "base64",
        }
    }

    fn write(&self, values: &Values, out: &mut Vec<u8>) {
        match self {
            Self::QuotedPrintable(pieces) => {
                let mut writer = quoted_printable::Writer::new(out);
                pour(pieces, values, &mut writer);
                writer.finish();
            }
            Self::Base64(pieces) => {
                let mut writer = base64::Writer::new(out);
                pour(pieces, values, &mut writer);
                writer.finish();
            }
        }
    }
}

/// Everything of a campaign's mail that is the same for all its readers, as it goes over the wire.
#[derive(Debug)]
pub struct Wire {
    from: EmailAddress,
    head: Head,
    /// The finished field, when nothing in it is personal.
    subject: Option<Vec<u8>>,
    /// With what stands before each.
    parts: [(Vec<u8>, Part); 2],
    end: Vec<u8>,
    /// Bytes that a mail is likely to need.
    room: usize,
}

impl Wire {
    pub fn new(skeleton: &Skeleton, from: &Sender, language: &Language, list_id: &str) -> Self {
        let mut html = String::new();
        literals(&skeleton.html, &mut |text| html.push_str(text));
        let boundary = boundary(&html);
        let subject = match skeleton.subject.as_slice() {
            [] => Some(String::new()),
            [Piece::Literal(text)] => Some(text.clone()),
            _ => None,
        };
        let subject = subject.map(|text| {
            let mut field = Vec::new();
            header::text(&mut field, "Subject", &text);
            field
        });
        let part = |first: bool, kind: &str, pieces: &[Piece]| {
            let part = Part::new(pieces);
            (before_part(&boundary, first, kind, part.encoding()), part)
        };
        let mut wire = Self {
            from: from.address.clone(),
            head: Head::new(from, language, list_id, &boundary),
            subject,
            // The richest part comes last (RFC 2046 section 5.1.4).
            parts: [part(true, "text/plain", &skeleton.text), part(false, "text/html", &skeleton.html)],
            end: after_parts(&boundary),
            room: 0,
        };
        let mut sample = Vec::new();
        for (_, part) in &wire.parts {
            part.write(&Values::default(), &mut sample);
        }
        wire.room = sample.len() + sample.len() / 4 + 4096;
        wire
    }

    /// Appends a reader's mail.
    ///
    /// # Errors
    /// When the Message-ID or the unsubscribe URL cannot stand in a header.
    pub fn write(&self, skeleton: &Skeleton, mail: &Personalised, out: &mut Vec<u8>) -> anyhow::Result<()> {
        out.reserve(self.room);
        let filled;
        let subject = match &self.subject {
            Some(field) => Subject::Field(field),
            None => {
                filled = fill(&skeleton.subject, &mail.values);
                Subject::Text(&filled)
            }
        };
        let personal = Personal {
            to: &mail.to,
            to_name: mail.to_name.as_deref(),
            subject,
            date: &mail.date,
            message_id: &mail.message_id,
            unsubscribe_url: &mail.values.unsubscribe_url,
        };
        self.head.write(out, &personal)?;
        for (before, part) in &self.parts {
            out.extend_from_slice(before);
            part.write(&mail.values, out);
        }
        out.extend_from_slice(&self.end);
        Ok(())
    }
}

/// What one reader's mail has of its own.
#[derive(Debug, Clone)]
pub struct Personalised {
    pub to: EmailAddress,
    pub to_name: Option<String>,
    /// As the header has it.
    pub date: Arc<str>,
    /// Without angle brackets.
    pub message_id: String,
    pub values: Values,
}

/// A time as a mail's Date has it (RFC 5322 section 3.3).
pub fn mail_date(at: At) -> Arc<str> {
    at.0.to_rfc2822().into()
}

/// A variant, for looking at and for the wire.
#[derive(Debug)]
pub struct Kept {
    pub skeleton: Skeleton,
    pub wire: Wire,
}

/// A mail that is put together when its turn has come.
pub struct Spliced<F> {
    pub kept: Arc<Kept>,
    pub at: At,
    /// Makes what the reader's mail has of its own.
    pub personalise: F,
}

impl<F: FnOnce() -> Personalised + Send> Message for Spliced<F> {
    fn write(self: Box<Self>, signer: Option<&Signer>, out: &mut Vec<u8>) -> anyhow::Result<EmailAddress> {
        let Self { kept, at, personalise } = *self;
        let start = out.len();
        kept.wire.write(&kept.skeleton, &personalise(), out)?;
        if let Some(signer) = signer {
            signer.sign(out, start, at)?;
        }
        Ok(kept.wire.from.clone())
    }
}

#[cfg(test)]
#[path = "spliced_tests.rs"]
mod tests;
