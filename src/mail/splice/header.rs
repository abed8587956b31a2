//! Header fields: folded, and encoded where they are not plain ASCII (RFC 5322 section 2.2.3, RFC 2047).

use std::borrow::Cow;

use data_encoding::BASE64;

/// Characters that a line of a header should not exceed.
const LINE: usize = 76;
/// A longer word may not fit into a line, so it is encoded, in pieces.
const WORD: usize = 60;
/// Bytes of an encoded word: 60 characters, and 12 around them.
const CHUNK: usize = 45;

/// A header ends at a line break; whatever else is invisible has no place in one either.
pub fn one_line(text: &str) -> Cow<'_, str> {
    let visible = |c: char| !c.is_control() && c != '\u{2028}' && c != '\u{2029}';
    if text.chars().all(visible) {
        return Cow::Borrowed(text.trim());
    }
    let parts = text.split(|c| !visible(c)).map(str::trim).filter(|part| !part.is_empty());
    Cow::Owned(parts.collect::<Vec<_>>().join(" "))
}

/// `Name: value`, with the line end.
pub fn text(out: &mut Vec<u8>, name: &str, value: &str) {
    let value = one_line(value);
    let mut line = Line::begin(out, name);
    match is_plain(&value, |_| true) {
        true => line.words(&value),
        false => line.encoded(&value),
    }
    out.extend_from_slice(b"\r\n");
}

/// `Name: somebody <address>`, with the line end.
pub fn mailbox(out: &mut Vec<u8>, name: &str, display: Option<&str>, address: &str) {
    let display = display.map(one_line).filter(|display| !display.is_empty());
    let mut line = Line::begin(out, name);
    let Some(display) = display else {
        line.out.extend_from_slice(b" ");
        line.out.extend_from_slice(address.as_bytes());
        return out.extend_from_slice(b"\r\n");
    };
    // RFC 5322 section 3.2.3.
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b" !#$%&'*+-/=?^_`{|}~".contains(&byte);
    if is_plain(&display, atom) {
        line.words(&display);
    } else if quoted_len(&display) <= WORD && is_plain(&display, |_| true) {
        line.quoted(&display);
    } else {
        line.encoded(&display);
    }
    let fold = line.column + address.len() + 3 > LINE;
    out.extend_from_slice(if fold { b"\r\n <" } else { b" <" });
    out.extend_from_slice(address.as_bytes());
    out.extend_from_slice(b">\r\n");
}

/// Bytes between the quotes: two of them get a backslash.
fn quoted_len(value: &str) -> usize {
    value.len() + value.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count()
}

/// Whether it may stand there as it is: visible ASCII, and folding at its spaces does not change it.
fn is_plain(value: &str, fits: impl Fn(u8) -> bool) -> bool {
    value.bytes().all(|byte| (0x20..0x7f).contains(&byte) && fits(byte))
        && !value.contains("=?")
        && value.split(' ').all(|word| (1..=WORD).contains(&word.len()))
}

struct Line<'a> {
    out: &'a mut Vec<u8>,
    column: usize,
}

impl<'a> Line<'a> {
    fn begin(out: &'a mut Vec<u8>, name: &str) -> Self {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        Self { out, column: name.len() + 1 }
    }

    /// A word with the space before it, on a line of its own if it does not fit.
    fn word(&mut self, word: &[u8]) {
        if self.column + 1 + word.len() > LINE {
            self.out.extend_from_slice(b"\r\n");
            self.column = 0;
        }
        self.out.push(b' ');
        self.out.extend_from_slice(word);
        self.column += 1 + word.len();
    }

    fn words(&mut self, value: &str) {
        for word in value.split(' ') {
            self.word(word.as_bytes());
        }
    }

    fn quoted(&mut self, value: &str) {
        self.out.extend_from_slice(b" \"");
        for byte in value.bytes() {
            if byte == b'"' || byte == b'\\' {
                self.out.push(b'\\');
            }
            self.out.push(byte);
        }
        self.out.push(b'"');
        self.column += quoted_len(value) + 3;
    }

    /// As encoded words, each of whole characters; the white space between them is no part of the value.
    fn encoded(&mut self, value: &str) {
        let mut rest = value;
        while !rest.is_empty() {
            // What fits behind the field's name, 13 characters being the space and the word's clothes.
            let room = LINE.saturating_sub(self.column + 13) / 4 * 3;
            let end = whole_characters(rest, if self.column > 0 && room >= 12 { room.min(CHUNK) } else { CHUNK });
            let (chunk, after) = rest.split_at(end);
            let mut characters = [0; CHUNK / 3 * 4];
            let length = BASE64.encode_len(chunk.len());
            if let Some(characters) = characters.get_mut(..length) {
                BASE64.encode_mut(chunk.as_bytes(), characters);
                if self.column + 13 + length > LINE {
                    self.out.extend_from_slice(b"\r\n");
                    self.column = 0;
                }
                self.out.extend_from_slice(b" =?utf-8?b?");
                self.out.extend_from_slice(characters);
                self.out.extend_from_slice(b"?=");
                self.column += 13 + length;
            }
            rest = after;
        }
    }
}

/// The longest beginning of at most so many bytes that ends between characters.
fn whole_characters(text: &str, most: usize) -> usize {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}
