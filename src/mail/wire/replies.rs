//! Reads replies (RFC 5321 section 4.2): split over packets, several in one, of many lines, or no SMTP at all.

use std::ops::Range;

use memchr::memchr;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::failure::{Failure, Loss};
use crate::mail::reply::Reply;

/// More than any honest server says at once, in bytes.
const MAX_REPLY: usize = 16 * 1024;
/// What is kept of a reply, in bytes: it goes beside the mail into the database.
const MAX_TEXT: usize = 2 * 1024;

/// What the server said and we did not look at yet, in one buffer for the life of the connection.
#[derive(Debug)]
pub(super) struct Inbox {
    buffer: Vec<u8>,
    /// Where the unread part begins.
    start: usize,
    /// The reply that was read last; good until the next is read.
    last: Range<usize>,
    code: u16,
}

impl Inbox {
    pub fn new() -> Self {
        Self { buffer: Vec::with_capacity(4096), start: 0, last: 0..0, code: 0 }
    }

    /// Waits for one whole reply; gives its code.
    pub async fn next<R: AsyncRead + Unpin>(&mut self, from: &mut R) -> Result<u16, Failure> {
        loop {
            let unread = self.unread();
            if let Some((code, length)) = parse(unread)? {
                self.last = self.start..self.start + length;
                self.start += length;
                self.code = code;
                return Ok(code);
            }
            if unread.len() > MAX_REPLY {
                return Err(Failure::garbled("it answers without end"));
            }
            self.forget();
            if from.read_buf(&mut self.buffer).await? == 0 {
                return Err(Failure::Lost(Loss::Closed, "the connection was closed".into()));
            }
        }
    }

    /// The reply that was read last, in the form that is kept.
    pub fn reply(&self) -> Reply {
        let mut text = Vec::with_capacity(self.last.len());
        let mut enhanced = None;
        for line in self.lines() {
            // Each line may begin with the same enhanced code; once is enough.
            let words = match enhanced {
                None => {
                    enhanced = Some(first_word(line));
                    line
                }
                Some(code) if is_enhanced(code) && first_word(line) == code => {
                    line.get(code.len() + 1..).unwrap_or_default()
                }
                Some(_) => line,
            };
            if !text.is_empty() && !words.is_empty() {
                text.push(b' ');
            }
            text.extend_from_slice(words);
        }
        text.truncate(MAX_TEXT);
        // Replies are ASCII; a server that answers in an old code page is readable still, and no database keeps a NUL.
        text.iter_mut().filter(|byte| !byte.is_ascii() || **byte == 0).for_each(|byte| *byte = b'?');
        Reply { code: self.code, text: String::from_utf8(text).unwrap_or_default() }
    }

    /// The lines of the last reply, without code and line end.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let raw = self.buffer.get(self.last.clone()).unwrap_or_default();
        raw.split_inclusive(|byte| *byte == b'\n').map(|line| trimmed(line).get(4..).unwrap_or_default())
    }

    /// Whether more came than we asked for.
    pub fn has_more(&self) -> bool {
        !self.unread().is_empty()
    }

    fn unread(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    fn forget(&mut self) {
        self.buffer.drain(..self.start.min(self.buffer.len()));
        self.start = 0;
        self.last = 0..0;
        self.buffer.reserve(512);
    }
}

/// Code and length of the reply in front; None while its last line (`250 …`, not `250-…`) is not there.
fn parse(bytes: &[u8]) -> Result<Option<(u16, usize)>, Failure> {
    let (mut rest, mut length, mut code) = (bytes, 0, None);
    while let Some(end) = memchr(b'\n', rest) {
        let (line, after) = rest.split_at_checked(end + 1).unwrap_or((rest, &[]));
        let Some((this, last)) = head(trimmed(line)).filter(|(this, _)| code.is_none_or(|code| code == *this)) else {
            let shown: String = String::from_utf8_lossy(trimmed(line)).chars().take(80).map(visible).collect();
            return Err(Failure::garbled(format!("it does not speak SMTP: {shown}")));
        };
        length += line.len();
        if last {
            return Ok(Some((this, length)));
        }
        (code, rest) = (Some(this), after);
    }
    Ok(None)
}

/// The code of a line, and whether the reply ends with it.
fn head(line: &[u8]) -> Option<(u16, bool)> {
    let digits = line.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    let last = match line.get(3) {
        None | Some(b' ') => true,
        Some(b'-') => false,
        Some(_) => return None,
    };
    (200..=599).contains(&code).then_some((code, last))
}

fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn first_word(line: &[u8]) -> &[u8] {
    line.split(|byte| *byte == b' ').next().unwrap_or_default()
}

fn is_enhanced(word: &[u8]) -> bool {
    word.len() >= 5
        && word.split(|byte| *byte == b'.').count() == 3
        && word.iter().all(|b| b.is_ascii_digit() || *b == b'.')
}

fn visible(c: char) -> char {
    if c.is_ascii() && !c.is_control() { c } else { '?' }
}

#[cfg(test)]
#[path = "replies_tests.rs"]
mod tests;
