//! The forms in which DKIM looks at a mail: relaxed header fields and the relaxed body (RFC 6376 section 3.4).
//!
//! Nothing is copied but the few header fields that are signed: the body goes to the hash in the longest pieces that the
//! relaxed form leaves as they are.

use memchr::memmem::Finder;
use memchr::{memchr, memmem};

/// Where the body begins and the head with its last line end is over.
pub(super) fn split(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memmem::find(message, b"\r\n\r\n")?;
    let (head, rest) = message.split_at_checked(at + 2)?;
    Some((head, rest.get(2..).unwrap_or_default()))
}

/// The fields of a head, each with its name; folded lines stay with their field.
pub(super) fn fields(head: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = head;
    std::iter::from_fn(move || {
        let mut end = 0;
        loop {
            let tail = rest.get(end..)?;
            end += memchr(b'\n', tail).map_or(tail.len(), |at| at + 1);
            if !matches!(rest.get(end), Some(b' ' | b'\t')) {
                break;
            }
        }
        let (field, after) = rest.split_at(end);
        rest = after;
        let name = field.get(..memchr(b':', field)?).unwrap_or_default();
        Some((name, field))
    })
}

/// Appends RFC 6376 section 3.4.2, without the line end.
pub(super) fn relaxed_field(field: &[u8], out: &mut Vec<u8>) {
    let colon = memchr(b':', field).unwrap_or(field.len());
    let (name, value) = field.split_at(colon);
    out.extend(name.trim_ascii_end().iter().map(u8::to_ascii_lowercase));
    out.push(b':');
    let mut words =
        value.get(1..).unwrap_or_default().split(|byte| b" \t\r\n".contains(byte)).filter(|w| !w.is_empty());
    out.extend_from_slice(words.next().unwrap_or_default());
    for word in words {
        out.push(b' ');
        out.extend_from_slice(word);
    }
}

/// Gives RFC 6376 section 3.4.4 to `take`, piece by piece. The body's lines end with CRLF.
pub(super) fn relaxed_body(body: &[u8], mut take: impl FnMut(&[u8])) {
    // Empty lines at the end, and white space at the end of the last line.
    let end = body.iter().rposition(|byte| !b" \t\r\n".contains(byte)).map_or(0, |at| at + 1);
    let Some(body) = body.get(..end).filter(|body| !body.is_empty()) else { return };
    // White space changes only in runs, at the end of a line, and where it is a tab.
    let mut hunts = [b"  ".as_slice(), b" \t", b" \r\n", b"\t"].map(|pattern| Hunt::new(body, pattern));
    let mut from = 0;
    while let Some(at) = hunts.iter_mut().filter_map(|hunt| hunt.next(from)).min() {
        take(body.get(from..at).unwrap_or_default());
        let rest = body.get(at..).unwrap_or_default();
        let space = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        from = at + space;
        if !body.get(from..).unwrap_or_default().starts_with(b"\r\n") {
            take(b" ");
        }
    }
    take(body.get(from..).unwrap_or_default());
    take(b"\r\n");
}

/// Looks for one pattern, and not again before what it found has been passed.
struct Hunt<'a> {
    body: &'a [u8],
    finder: Finder<'static>,
    found: Option<usize>,
}

impl<'a> Hunt<'a> {
    fn new(body: &'a [u8], pattern: &'static [u8]) -> Self {
        let finder = Finder::new(pattern);
        let found = finder.find(body);
        Self { body, finder, found }
    }

    fn next(&mut self, from: usize) -> Option<usize> {
        if self.found? < from {
            self.found = self.finder.find(self.body.get(from..)?).map(|at| at + from);
        }
        self.found
    }
}
