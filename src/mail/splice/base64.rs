//! Base64 (RFC 2045 section 6.8), piece by piece. Three bytes become four characters, so what a piece looks like depends
//! on how many bytes of what stood before it are still open: none, one or two. Each piece is kept in all three forms.

use data_encoding::BASE64;

use super::Sink;

/// Characters of a line.
const LINE: usize = 76;
/// Shorter ones are encoded on the spot, so that lines do not get short for nothing.
const WORTH_KEEPING: usize = 90;

/// A text, encoded for every number of open bytes before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    raw: Vec<u8>,
    /// Whole groups in lines, for 0, 1 and 2 open bytes; what is before and behind them is taken from `raw`.
    groups: [Vec<u8>; 3],
}

impl Literal {
    pub fn new(text: &str) -> Self {
        let raw: Vec<u8> = crate::mail::email::crlf(text).into_owned().into_bytes();
        let groups = [0, 1, 2].map(|carried| {
            let (_, middle, _) = split(&raw, carried);
            let encoded = BASE64.encode(middle);
            encoded.as_bytes().chunks(LINE).collect::<Vec<_>>().join(b"\r\n".as_slice())
        });
        Self { raw, groups }
    }

    /// Bytes on the wire, about.
    pub fn len(&self) -> usize {
        self.raw.len() * 3 / 2
    }

    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }
}

/// What completes the open group, whole groups, and what opens the next one.
fn split(raw: &[u8], carried: usize) -> (&[u8], &[u8], &[u8]) {
    let (head, rest) = raw.split_at(((3 - carried) % 3).min(raw.len()));
    let (middle, tail) = rest.split_at(rest.len() / 3 * 3);
    (head, middle, tail)
}

/// Writes a part. The buffer must be at the beginning of a line.
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
    /// Bytes of a group that is not whole yet.
    open: [u8; 2],
    carried: usize,
    column: usize,
}

impl<'a> Writer<'a> {
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, open: [0; 2], carried: 0, column: 0 }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match self.open.get_mut(self.carried) {
                Some(free) => {
                    *free = byte;
                    self.carried += 1;
                }
                None => {
                    let [first, second] = self.open;
                    self.carried = 0;
                    self.group(&[first, second, byte]);
                }
            }
        }
    }

    fn group(&mut self, bytes: &[u8]) {
        if self.column + 4 > LINE {
            self.out.extend_from_slice(b"\r\n");
            self.column = 0;
        }
        let mut characters = [0; 4];
        BASE64.encode_mut(bytes, &mut characters);
        self.out.extend_from_slice(&characters);
        self.column += 4;
    }

    /// Ends the last group.
    pub fn finish(mut self) {
        let open = self.open;
        if let Some(rest @ [_, ..]) = open.get(..self.carried) {
            self.group(rest);
        }
    }
}

impl Sink for Writer<'_> {
    type Literal = Literal;

    fn literal(&mut self, literal: &Literal) {
        let groups = literal.groups.get(self.carried).map(Vec::as_slice).unwrap_or_default();
        if literal.raw.len() < WORTH_KEEPING || groups.is_empty() {
            return self.bytes(&literal.raw);
        }
        let (head, _, tail) = split(&literal.raw, self.carried);
        self.bytes(head);
        if self.column > 0 {
            self.out.extend_from_slice(b"\r\n");
        }
        self.out.extend_from_slice(groups);
        // Each whole line has a line end of two behind it.
        self.column = groups.len() % (LINE + 2);
        self.bytes(tail);
    }

    fn value(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }
}
