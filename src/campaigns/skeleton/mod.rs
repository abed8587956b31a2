//! A campaign's mail without its reader: literal pieces and the places between them. Pure.
//!
//! Markdown and the frame are rendered once per variant, with a token in the place of each value and at each end of a
//! condition. The tokens come through Markdown, sanitising and the frame as words and web addresses do. Then the result is
//! cut at them; filling it for a reader is copying.
//! A value is escaped for the place where it stands and never interpreted: Markdown or `{{` in a name stays what it is.

mod cut;
mod html;
mod tidy;
mod tokens;

use std::sync::Arc;

use super::placeholders::{BrokenPlaceholder, Condition, Placeholder, Segment};
use crate::mail::content;
use crate::mail::splice::Sink;
use crate::values::Slug;

pub use tokens::Tokens;

/// What is filled in per reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    Placeholder(Placeholder),
    /// Why this reader gets the mail.
    Reason,
    /// The topic whose turn it is in a loop.
    TopicName,
}

impl Slot {
    fn is_url(self) -> bool {
        matches!(self, Slot::Placeholder(placeholder) if placeholder.is_url())
    }
}

/// How a value must be written where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A subject or a text part: as it is.
    Plain,
    /// HTML text or an attribute.
    Html,
    /// A link's whole address, or its beginning.
    Address,
    /// A part of a link's address.
    PartOfAddress,
}

/// A piece of a text. Literals are text, or encoded for the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<L = String> {
    Literal(L),
    Fill(Slot, Place),
    If {
        when: Condition,
        then: Vec<Piece<L>>,
        otherwise: Vec<Piece<L>>,
    },
    /// Once for each topic of the reader.
    EachTopic(Vec<Piece<L>>),
}

impl Piece<String> {
    /// The same tree with other literals.
    pub fn map<L>(&self, literal: &impl Fn(&str) -> L) -> Piece<L> {
        let all = |pieces: &[Self]| pieces.iter().map(|piece| piece.map(literal)).collect();
        match self {
            Piece::Literal(text) => Piece::Literal(literal(text)),
            Piece::Fill(slot, place) => Piece::Fill(*slot, *place),
            Piece::If { when, then, otherwise } => {
                Piece::If { when: when.clone(), then: all(then), otherwise: all(otherwise) }
            }
            Piece::EachTopic(each) => Piece::EachTopic(all(each)),
        }
    }
}

/// Every literal of a tree, in order.
pub fn literals<'a>(pieces: &'a [Piece], take: &mut impl FnMut(&'a str)) {
    for piece in pieces {
        match piece {
            Piece::Literal(text) => take(text),
            Piece::Fill(..) => {}
            Piece::If { then, otherwise, .. } => {
                literals(then, take);
                literals(otherwise, take);
            }
            Piece::EachTopic(each) => literals(each, take),
        }
    }
}

/// The three texts of a mail, ready to be filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skeleton {
    pub subject: Vec<Piece>,
    pub html: Vec<Piece>,
    pub text: Vec<Piece>,
}

/// A topic that a reader has chosen, named in the mail's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenTopic {
    pub slug: Slug,
    pub name: String,
}

/// One reader's values. Control characters in them become spaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    pub name: String,
    /// It is theirs, not the polite word for those whose name is not known.
    pub name_is_known: bool,
    pub email: String,
    pub language: String,
    pub unsubscribe_url: String,
    pub preferences_url: String,
    pub web_url: String,
    pub donate_url: Arc<str>,
    pub reason: Arc<str>,
    /// In the order of the organisation's topics.
    pub topics: Arc<[ChosenTopic]>,
}

impl Values {
    fn get(&self, slot: Slot) -> &str {
        match slot {
            Slot::Placeholder(Placeholder::Name) => &self.name,
            Slot::Placeholder(Placeholder::Email) => &self.email,
            Slot::Placeholder(Placeholder::Language) => &self.language,
            Slot::Placeholder(Placeholder::UnsubscribeUrl) => &self.unsubscribe_url,
            Slot::Placeholder(Placeholder::PreferencesUrl) => &self.preferences_url,
            Slot::Placeholder(Placeholder::WebUrl) => &self.web_url,
            Slot::Placeholder(Placeholder::DonateUrl) => &self.donate_url,
            Slot::Reason => &self.reason,
            Slot::TopicName => "",
        }
    }

    fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Name => self.name_is_known,
            Condition::Topic(slug) => self.topics.iter().any(|topic| topic.slug == *slug),
            Condition::Language(wanted) => {
                let behind = self.language.strip_prefix(wanted.as_str());
                behind.is_some_and(|behind| behind.is_empty() || behind.starts_with('-'))
            }
        }
    }
}

/// The pieces with one reader's values in their places.
pub fn fill(pieces: &[Piece], values: &Values) -> String {
    let mut out = String::new();
    pour(pieces, values, &mut out);
    out
}

/// Gives the pieces to a sink, with one reader's values in their places.
pub fn pour<S: Sink>(pieces: &[Piece<S::Literal>], values: &Values, sink: &mut S) {
    pour_for(pieces, values, "", &mut String::new(), sink);
}

fn pour_for<S: Sink>(pieces: &[Piece<S::Literal>], values: &Values, topic: &str, scratch: &mut String, sink: &mut S) {
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => sink.literal(literal),
            Piece::Fill(slot, place) => {
                let value = if *slot == Slot::TopicName { topic } else { values.get(*slot) };
                if may_stand(value, *place) {
                    sink.value(value);
                } else {
                    scratch.clear();
                    write_value(scratch, value, *place);
                    sink.value(scratch);
                }
            }
            Piece::If { when, then, otherwise } => {
                let branch = if values.holds(when) { then } else { otherwise };
                pour_for(branch, values, topic, scratch, sink);
            }
            Piece::EachTopic(each) => {
                for topic in values.topics.iter() {
                    pour_for(each, values, &topic.name, scratch, sink);
                }
            }
        }
    }
}

/// Whether a value is written as it is: most are, and need no copy.
fn may_stand(value: &str, place: Place) -> bool {
    value.bytes().all(|byte| match byte {
        0..0x20 | 0x7f.. => false,
        b'&' | b'<' | b'>' | b'"' | b'\'' => place == Place::Plain,
        byte => place != Place::PartOfAddress || stays_in_address(byte),
    })
}

fn stays_in_address(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte)
}

fn write_value(out: &mut String, value: &str, place: Place) {
    for c in value.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }) {
        match (place, c) {
            (Place::Plain, c) => out.push(c),
            (Place::PartOfAddress, c) if !u8::try_from(c).is_ok_and(stays_in_address) => percent(out, c),
            (_, c) => push_escaped(out, c),
        }
    }
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        c => out.push(c),
    }
}

/// RFC 3986, section 2.1.
fn percent(out: &mut String, c: char) {
    let mut bytes = [0; 4];
    for byte in c.encode_utf8(&mut bytes).bytes() {
        out.push_str(&format!("%{byte:02X}"));
    }
}

/// Whether each block of a body holds whole paragraphs, or a part of one.
///
/// # Errors
/// Every placeholder and block that cannot be filled in, with its line.
pub fn check(body: &str) -> Result<(), Vec<BrokenPlaceholder>> {
    let segments = super::placeholders::parse(body)?;
    let mut tokens = Tokens::unlike(&[body]);
    let body = tokens.put_into(&segments);
    let lines = tokens.cut(&content::mail_html(&body))?.lines;
    let lost = segments.iter().filter_map(|segment| match segment {
        Segment::Open(block) if !lines.contains(&block.line) => Some(BrokenPlaceholder {
            line: block.line,
            what: format!("{{{{#{}}}}} cannot stand here: put it around the whole link or picture", block.kind.word()),
        }),
        _ => None,
    });
    let lost: Vec<_> = lost.collect();
    if lost.is_empty() { Ok(()) } else { Err(lost) }
}

#[cfg(test)]
mod tests;
