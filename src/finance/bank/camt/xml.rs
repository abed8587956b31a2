//! XML as a stream of what matters here, each with its line. No document type is read, so there are no entities but the five
//! that XML has by itself, and nothing outside the file is ever looked at.

use quick_xml::Reader;
use quick_xml::errors::{Error, IllFormedError};
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::Flaw;

/// How deep elements may stand in one another. CAMT needs about fifteen.
const DEPTH_MAX: usize = 40;
const NAME_MAX: usize = 128;

/// One thing of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Open(Tag),
    Text(String),
    Close,
    End,
}

/// The beginning of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    /// Without the prefix of its namespace.
    pub name: String,
    pub line: usize,
    /// The namespace that it is in, if it says so itself.
    pub namespace: Option<String>,
    /// Of an amount.
    pub currency: Option<String>,
}

pub(super) struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    text: &'a str,
    /// Up to which byte lines were counted, and how many.
    counted: usize,
    line: usize,
    depth: usize,
}

impl<'a> Xml<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        // An element that closes itself is opened and closed.
        reader.config_mut().expand_empty_elements = true;
        Self { reader, text, counted: 0, line: 1, depth: 0 }
    }

    /// The line of what was read last.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    fn count_to(&mut self, position: u64) {
        let position = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len());
        let passed = self.text.as_bytes().get(self.counted..position).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.counted = self.counted.max(position);
    }

    fn flaw(&self, words: impl Into<String>) -> Flaw {
        Flaw::new(self.line, words)
    }

    /// What comes next; comments and instructions to programs are passed over.
    pub(super) fn next(&mut self) -> Result<Token, Flaw> {
        loop {
            self.count_to(self.reader.buffer_position());
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(error) => return Err(self.broken(&error)),
            };
            match event {
                Event::Start(start) | Event::Empty(start) => {
                    let tag = self.tag(&start)?;
                    self.depth += 1;
                    if self.depth > DEPTH_MAX {
                        return Err(self.flaw("elements stand in one another deeper than a statement ever has them"));
                    }
                    return Ok(Token::Open(tag));
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Token::Close);
                }
                Event::Text(text) => {
                    if self.depth == 0 && !text.trim().is_empty() {
                        return Err(self.flaw("there is text outside of the statement; the file may be damaged"));
                    }
                    return Ok(Token::Text(text.xml10_content().into_owned()));
                }
                Event::CData(text) => return Ok(Token::Text(text.xml10_content().into_owned())),
                Event::GeneralRef(reference) => return self.reference(&reference).map(Token::Text),
                Event::DocType(_) => return Err(self.doctype()),
                Event::Eof if self.depth > 0 => return Err(self.cut_off()),
                Event::Eof => return Ok(Token::End),
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
            }
        }
    }

    fn tag(&self, start: &BytesStart<'_>) -> Result<Tag, Flaw> {
        let name = start.name();
        let prefix = name.prefix().map(|prefix| prefix.as_ref().to_owned());
        let mut tag =
            Tag { name: start.local_name().as_ref().to_owned(), line: self.line, namespace: None, currency: None };
        if tag.name.len() > NAME_MAX {
            return Err(self.flaw("an element has a name that no statement has"));
        }
        let declares = prefix.map_or_else(|| "xmlns".to_owned(), |prefix| format!("xmlns:{prefix}"));
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| self.flaw(format!("<{}> is written wrongly", tag.name)))?;
            let value = || attribute.value.trim().to_owned();
            if attribute.key.as_ref() == declares {
                tag.namespace = Some(value());
            } else if attribute.key.as_ref() == "Ccy" {
                tag.currency = Some(value());
            }
        }
        Ok(tag)
    }

    fn reference(&self, reference: &BytesRef<'_>) -> Result<String, Flaw> {
        let name: &str = reference;
        let letter = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ if reference.is_char_ref() => reference.resolve_char_ref().ok().flatten().filter(|c| allowed(*c)),
            _ => None,
        };
        let name: String = name.chars().take(40).collect();
        letter.map(String::from).ok_or_else(|| self.flaw(format!("\"&{name};\" stands for nothing that is known here")))
    }

    fn doctype(&self) -> Flaw {
        self.flaw(
            "the file has a document type (<!DOCTYPE>). Statements of banks have none, and it is not read, for safety",
        )
    }

    fn cut_off(&self) -> Flaw {
        self.flaw("the file ends in the middle of the statement: it seems to be cut off. Download it again")
    }

    fn broken(&mut self, error: &Error) -> Flaw {
        let rest = self.text.get(self.counted..).unwrap_or_default().trim_start();
        if rest.get(..9).is_some_and(|begin| begin.eq_ignore_ascii_case("<!DOCTYPE")) {
            return self.doctype();
        }
        self.count_to(self.reader.error_position());
        match error {
            Error::Syntax(_) => self.cut_off(),
            Error::IllFormed(IllFormedError::MissingEndTag(_)) => self.cut_off(),
            Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
                self.flaw(format!("</{found}> stands where </{expected}> should; the file is damaged"))
            }
            Error::IllFormed(IllFormedError::UnmatchedEndTag(found)) => {
                self.flaw(format!("</{found}> closes nothing; the file is damaged"))
            }
            Error::IllFormed(IllFormedError::UnclosedReference) => {
                self.flaw("a lone \"&\" stands here; the file is damaged")
            }
            _ => self.flaw("this is not well-formed XML; the file is damaged"),
        }
    }
}

/// Letters that a character reference may name: no control characters.
fn allowed(letter: char) -> bool {
    !letter.is_control() || matches!(letter, '\t' | '\n' | '\r')
}
