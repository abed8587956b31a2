//! Quoted-printable (RFC 2045 section 6.7), piece by piece: each piece is encoded as if it stood at the beginning of a
//! line, and between two pieces stands a soft line break where the first did not end its line.

use super::Sink;

/// Characters of a line. 76 are allowed; the rest is for a soft break, or for a space at the end of a part.
const LINE: usize = 73;
const HEX: &[u8; 16] = b"0123456789ABCDEF";
const SOFT_BREAK: &[u8] = b"=\r\n";

/// A text, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    bytes: Vec<u8>,
    /// Its last line is not ended.
    open: bool,
}

impl Literal {
    pub fn new(text: &str) -> Self {
        let mut bytes = Vec::with_capacity(text.len() + text.len() / 8);
        let open = encode(text, &mut bytes);
        Self { bytes, open }
    }

    /// Bytes on the wire.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Writes a part. The buffer must be at the beginning of a line.
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
    open: bool,
}

impl<'a> Writer<'a> {
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, open: false }
    }

    fn soft_break(&mut self) {
        if self.open {
            self.out.extend_from_slice(SOFT_BREAK);
        }
    }

    /// A space at the very end would be lost on its way.
    pub fn finish(self) {
        protect_space(self.out);
    }
}

impl Sink for Writer<'_> {
    type Literal = Literal;

    fn literal(&mut self, literal: &Literal) {
        if !literal.is_empty() {
            self.soft_break();
            self.out.extend_from_slice(&literal.bytes);
            self.open = literal.open;
        }
    }

    fn value(&mut self, value: &str) {
        if !value.is_empty() {
            self.soft_break();
            self.open = encode(value, self.out);
        }
    }
}

/// Appends a text that begins a line. Answers whether its last line is not ended.
fn encode(text: &str, out: &mut Vec<u8>) -> bool {
    let bytes = text.as_bytes();
    let (mut index, mut column) = (0, 0);
    let mut open = false;
    while let Some(&byte) = bytes.get(index) {
        let rest = bytes.get(index..).unwrap_or_default();
        if byte == b'\n' || byte == b'\r' {
            if column > 0 {
                protect_space(out);
            }
            out.extend_from_slice(b"\r\n");
            index += if rest.starts_with(b"\r\n") { 2 } else { 1 };
            (column, open) = (0, false);
            continue;
        }
        open = true;
        if column + 3 > LINE {
            out.extend_from_slice(SOFT_BREAK);
            column = 0;
        }
        // A dot alone would end the mail, and one at a line's beginning has to be doubled on the way. Of `From ` some
        // programs make `>From `, and the signature does not hold any more.
        let hide = column == 0 && (byte == b'.' || rest.starts_with(b"From "));
        let room = LINE - 2 - column;
        let run = rest.iter().take(if hide { 0 } else { room }).take_while(|byte| stays(**byte)).count();
        if run > 0 {
            out.extend_from_slice(rest.get(..run).unwrap_or_default());
            index += run;
            column += run;
        } else {
            push_hex(out, byte);
            index += 1;
            column += 3;
        }
    }
    open
}

fn stays(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t') && byte != b'='
}

fn push_hex(out: &mut Vec<u8>, byte: u8) {
    let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
    out.extend_from_slice(&[b'=', digit(byte >> 4), digit(byte & 15)]);
}

/// White space at the end of a line is taken away on the way, so it is written as what it is.
fn protect_space(out: &mut Vec<u8>) {
    if let Some(space @ (b' ' | b'\t')) = out.last().copied() {
        out.pop();
        push_hex(out, space);
    }
}
