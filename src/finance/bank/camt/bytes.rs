//! From a file's bytes to text: what the file is, when it is no XML, and how its letters are written.

use std::borrow::Cow;

use super::{FILE_MAX, Flaw};

/// What every refusal of another kind of file ends with.
const NEEDED: &str = "Ask the bank for account statements in CAMT.053 (XML)";

/// The text of an XML file.
///
/// # Errors
/// When the file is empty, too large, obviously something else, or written in letters that are not known here.
pub(super) fn text(file: &[u8]) -> Result<Cow<'_, str>, Flaw> {
    if file.len() > FILE_MAX {
        let words = format!("the file is larger than {} MB; ask the bank for shorter periods", FILE_MAX / 1024 / 1024);
        return Err(Flaw::new(1, words));
    }
    let file = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
    if file.trim_ascii().is_empty() {
        return Err(Flaw::new(1, "the file is empty"));
    }
    if let Some(kind) = kind(file) {
        return Err(Flaw::new(1, format!("this is {kind}, not a CAMT.053 statement. {NEEDED}")));
    }
    match declared(file).as_deref() {
        None | Some("utf-8" | "utf8" | "us-ascii" | "ascii") => utf8(file).map(Cow::Borrowed),
        Some("iso-8859-1" | "latin1" | "iso8859-1") => Ok(Cow::Owned(latin1(file)?)),
        Some(other) => {
            Err(Flaw::new(1, format!("the file says that it is written in {other:?}; UTF-8 or ISO-8859-1 is needed")))
        }
    }
}

/// What a file that cannot be CAMT seems to be.
fn kind(file: &[u8]) -> Option<&'static str> {
    let begin = file.trim_ascii_start();
    let head: Vec<u8> = begin.iter().take(2000).map(u8::to_ascii_lowercase).collect();
    let has = |what: &[u8]| head.windows(what.len()).any(|window| window == what);
    if begin.starts_with(b"%PDF") {
        return Some("a PDF file");
    }
    if begin.starts_with(b"PK\x03\x04") {
        return Some("a ZIP archive or an office document (if it is a ZIP archive, unpack it first)");
    }
    if begin.starts_with(&[0x1F, 0x8B]) {
        return Some("a packed file (unpack it first)");
    }
    if file.starts_with(&[0xFF, 0xFE]) || file.starts_with(&[0xFE, 0xFF]) || file.iter().take(4).any(|byte| *byte == 0)
    {
        return Some("a file in UTF-16 or a binary file");
    }
    if has(b"<!doctype html") || has(b"<html") {
        return Some("a web page (HTML)");
    }
    if begin.starts_with(b"<") {
        return None;
    }
    if has(b":20:") && (has(b":25:") || has(b":60f:") || has(b":60m:") || has(b":61:")) {
        return Some("an MT940 file (SWIFT text)");
    }
    if begin.starts_with(b"OFXHEADER") {
        return Some("an OFX file");
    }
    if begin.starts_with(b"{") || begin.starts_with(b"[") {
        return Some("a JSON file");
    }
    let first: Vec<u8> = begin.iter().copied().take_while(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    if [b';', b',', b'\t'].iter().any(|separator| first.iter().filter(|byte| *byte == separator).count() >= 2) {
        return Some("a table (CSV)");
    }
    Some("no XML file")
}

/// The encoding that the XML declaration names, in small letters.
fn declared(file: &[u8]) -> Option<String> {
    let declaration = file.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = declaration.windows(2).take(500).position(|pair| pair == b"?>")?;
    let declaration = String::from_utf8_lossy(declaration.get(..end)?).into_owned();
    let (_, after) = declaration.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Some(value.get(1..)?.split(quote).next()?.trim().to_ascii_lowercase())
}

fn utf8(file: &[u8]) -> Result<&str, Flaw> {
    std::str::from_utf8(file).map_err(|error| {
        let good = file.get(..error.valid_up_to()).unwrap_or_default();
        let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
        match error.error_len() {
            None => Flaw::new(line, "the file ends within a letter: it seems to be cut off"),
            Some(_) => Flaw::new(line, "a letter here is not UTF-8, as the file should be; it may be damaged"),
        }
    })
}

/// Each byte is the letter of that number.
fn latin1(file: &[u8]) -> Result<String, Flaw> {
    let text: String = file.iter().map(|byte| char::from(*byte)).collect();
    match text.chars().any(|c| matches!(c, '\u{80}'..='\u{9f}')) {
        true => Err(Flaw::new(1, "the file says that it is ISO-8859-1, but has letters that are not in it")),
        false => Ok(text),
    }
}
