//! The head of a campaign's mail, and what stands around its parts.

use super::header;
use crate::mail::Sender;
use crate::mail::email::checked_for_brackets;
use crate::values::{EmailAddress, Language};

/// The header fields that are the same for all readers of a text.
#[derive(Debug, Clone)]
pub struct Head {
    from: Vec<u8>,
    rest: Vec<u8>,
}

/// The header fields of one reader.
#[derive(Debug, Clone, Copy)]
pub struct Personal<'a> {
    pub to: &'a EmailAddress,
    pub to_name: Option<&'a str>,
    pub subject: Subject<'a>,
    /// As the header has it.
    pub date: &'a str,
    /// Without angle brackets.
    pub message_id: &'a str,
    pub unsubscribe_url: &'a str,
}

#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// The finished field with its line end: the same for all.
    Field(&'a [u8]),
    Text(&'a str),
}

impl Head {
    /// `list_id` is `Name <topic.host>` (RFC 2919).
    pub fn new(from: &Sender, language: &Language, list_id: &str, boundary: &str) -> Self {
        let mut sender = Vec::with_capacity(128);
        header::mailbox(&mut sender, "From", Some(&from.name), from.address.as_str());
        let mut rest = Vec::with_capacity(512);
        header::text(&mut rest, "Content-Language", language.as_str());
        let (name, id) = list_id.rsplit_once('<').map_or(("", list_id), |(name, id)| (name.trim(), id));
        header::mailbox(&mut rest, "List-Id", Some(name), id.trim_end_matches('>'));
        rest.extend_from_slice(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nMIME-Version: 1.0\r\n");
        let kind = format!("Content-Type: multipart/alternative;\r\n boundary=\"{boundary}\"\r\n\r\n");
        rest.extend_from_slice(kind.as_bytes());
        Self { from: sender, rest }
    }

    /// Appends the head and the empty line behind it.
    ///
    /// # Errors
    /// When the Message-ID or the unsubscribe URL cannot stand in a header.
    pub fn write(&self, out: &mut Vec<u8>, personal: &Personal<'_>) -> anyhow::Result<()> {
        let message_id = checked_for_brackets(personal.message_id)?;
        let unsubscribe_url = checked_for_brackets(personal.unsubscribe_url)?;
        out.extend_from_slice(&self.from);
        header::mailbox(out, "To", personal.to_name, personal.to.as_str());
        match personal.subject {
            Subject::Field(field) => out.extend_from_slice(field),
            Subject::Text(text) => header::text(out, "Subject", text),
        }
        // As they are: some servers do not find a folded Message-ID or List-Unsubscribe.
        let verbatim = [
            "Date: ",
            personal.date,
            "\r\nMessage-ID: <",
            message_id,
            ">\r\nList-Unsubscribe: <",
            unsubscribe_url,
            ">\r\n",
        ];
        for text in verbatim {
            out.extend_from_slice(text.as_bytes());
        }
        out.extend_from_slice(&self.rest);
        Ok(())
    }
}

/// A boundary for a mail's parts. It begins with `=_`, which neither transfer encoding can produce (RFC 2045 section
/// 6.7), so that it may be the same for all readers and still occurs in no part.
pub fn boundary(of: &str) -> String {
    let hash: String = crate::values::sha256_hex(of).chars().take(24).collect();
    format!("=_{hash}")
}

/// What stands before a part: the first one, or one behind another.
pub fn before_part(boundary: &str, first: bool, kind: &str, encoding: &str) -> Vec<u8> {
    let line_end = if first { "" } else { "\r\n" };
    format!(
        "{line_end}--{boundary}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    .into_bytes()
}

/// What stands behind the last part.
pub fn after_parts(boundary: &str) -> Vec<u8> {
    format!("\r\n--{boundary}--\r\n").into_bytes()
}
