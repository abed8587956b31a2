//! Reading comma-separated files from anywhere: pure, streaming, in bounded memory.
//!
//! Not the `csv` crate's reader: it keeps a whole record in memory however long it is, does not say that a quote stayed
//! open, and counts blank lines to the record behind them, so that staff would look for a mistake in the wrong line.

use std::io::{self, BufRead, Read};

/// The longest field, in bytes.
pub const FIELD_MAX: usize = 64 * 1024;
/// The longest record, in bytes, and the most fields of one.
const RECORD_MAX: usize = 4 * FIELD_MAX;
const FIELDS_MAX: usize = 500;

/// One record of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it begins; the first line of the file is 1.
    pub line: u64,
    /// What stands in it, or why it cannot be taken.
    pub fields: Result<Vec<String>, Flaw>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("a field is longer than {} KB", FIELD_MAX / 1024)]
    FieldTooLong,
    #[error("the row is too long")]
    RecordTooLong,
    #[error("the row is not UTF-8 (save the file as CSV UTF-8)")]
    NotUtf8,
    #[error("the row has a NUL character")]
    Nul,
    #[error("a quotation mark is opened here and never closed; nothing behind it was read")]
    OpenQuote,
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("the file is empty")]
    Empty,
    #[error("the file is UTF-16; save it as CSV UTF-8")]
    Utf16,
    #[error("the first line cannot be read: {0}")]
    Header(Flaw),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A file whose header was read.
pub struct Csv<R> {
    /// The header's fields, as written.
    pub header: Vec<String>,
    records: Records<io::Chain<io::Cursor<Vec<u8>>, R>>,
}

impl<R: BufRead> Csv<R> {
    /// Skips a byte-order mark, finds out what separates the fields (comma, semicolon or tab: what the first line has
    /// most of outside quotes) and reads the header.
    ///
    /// # Errors
    /// When there is no header to be read.
    pub fn open(mut input: R) -> Result<Self, Unreadable> {
        let mut start = Vec::new();
        (&mut input).take(FIELD_MAX as u64).read_until(b'\n', &mut start)?;
        if start.starts_with(&[0xFF, 0xFE]) || start.starts_with(&[0xFE, 0xFF]) {
            return Err(Unreadable::Utf16);
        }
        if start.starts_with(b"\xEF\xBB\xBF") {
            start.drain(..3);
        }
        let separator = sniff(&start);
        let mut records = Records::new(io::Cursor::new(start).chain(input), separator);
        let first = records.next_record()?.ok_or(Unreadable::Empty)?;
        Ok(Self { header: first.fields.map_err(Unreadable::Header)?, records })
    }

    /// The next record that is not blank; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read on.
    pub fn next_record(&mut self) -> io::Result<Option<Record>> {
        self.records.next_record()
    }
}

fn sniff(line: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in line {
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'\r' | b'\n' => break,
            byte => counts.iter_mut().filter(|(separator, _)| separator == byte).for_each(|(_, n)| *n += 1),
        }
    }
    // The first of equals is the comma.
    counts.iter().rev().max_by_key(|(_, n)| *n).map_or(b',', |(separator, _)| *separator)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    /// After a quotation mark in a quoted field: its end, or the first half of a doubled one.
    MaybeEnd,
}

struct Records<R> {
    input: R,
    separator: u8,
    /// The line of the byte that comes next.
    line: u64,
    /// The last byte was a carriage return that ended a record: a line feed behind it belongs to it.
    after_return: bool,
}

/// A record while it is read.
#[derive(Default)]
struct Partial {
    fields: Vec<Vec<u8>>,
    field: Vec<u8>,
    length: usize,
    flaw: Option<Flaw>,
}

impl Partial {
    fn push(&mut self, byte: u8) {
        self.length += 1;
        if self.field.len() >= FIELD_MAX {
            self.flaw.get_or_insert(Flaw::FieldTooLong);
        } else if self.length > RECORD_MAX {
            self.flaw.get_or_insert(Flaw::RecordTooLong);
        } else {
            self.field.push(byte);
        }
    }
    fn end_field(&mut self) {
        let field = std::mem::take(&mut self.field);
        match self.fields.len() < FIELDS_MAX {
            true => self.fields.push(field),
            false => {
                self.flaw.get_or_insert(Flaw::RecordTooLong);
            }
        }
    }
    fn is_blank(&self) -> bool {
        self.flaw.is_none() && self.fields.len() == 1 && self.length == 0
    }
    fn finish(self) -> Result<Vec<String>, Flaw> {
        if let Some(flaw) = self.flaw {
            return Err(flaw);
        }
        self.fields
            .into_iter()
            .map(|field| match String::from_utf8(field) {
                Ok(text) if text.contains('\0') => Err(Flaw::Nul),
                Ok(text) => Ok(text),
                Err(_) => Err(Flaw::NotUtf8),
            })
            .collect()
    }
}

impl<R: BufRead> Records<R> {
    fn new(input: R, separator: u8) -> Self {
        Self { input, separator, line: 1, after_return: false }
    }

    fn next_record(&mut self) -> io::Result<Option<Record>> {
        loop {
            let line = self.line;
            let Some(partial) = self.read_one()? else { return Ok(None) };
            if !partial.is_blank() {
                // A line feed of "\r\n" that still waits belongs to the record before; it was counted there.
                return Ok(Some(Record { line, fields: partial.finish() }));
            }
        }
    }

    /// Reads up to the end of a record; `None` when nothing is left.
    fn read_one(&mut self) -> io::Result<Option<Partial>> {
        let mut partial = Partial::default();
        let mut state = State::FieldStart;
        let mut any = false;
        loop {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                if state == State::Quoted {
                    partial.flaw = Some(Flaw::OpenQuote);
                }
                partial.end_field();
                return Ok(any.then_some(partial));
            }
            let mut used = 0;
            let mut ended = false;
            for &byte in chunk {
                used += 1;
                if std::mem::take(&mut self.after_return) && byte == b'\n' {
                    continue;
                }
                any = true;
                if byte == b'\n' || (byte == b'\r' && state != State::Quoted) {
                    self.line += 1;
                    self.after_return = byte == b'\r';
                    ended = state != State::Quoted;
                    if ended {
                        break;
                    }
                }
                state = step(&mut partial, state, byte, self.separator);
            }
            self.input.consume(used);
            if ended {
                partial.end_field();
                return Ok(Some(partial));
            }
        }
    }
}

/// Takes one byte that does not end the record.
fn step(partial: &mut Partial, state: State, byte: u8, separator: u8) -> State {
    match state {
        State::Quoted if byte == b'"' => State::MaybeEnd,
        State::Quoted => {
            partial.push(byte);
            State::Quoted
        }
        State::MaybeEnd if byte == b'"' => {
            partial.push(byte);
            State::Quoted
        }
        _ if byte == separator => {
            partial.end_field();
            // So that a line of separators alone is not taken for a blank one.
            partial.length += 1;
            State::FieldStart
        }
        State::FieldStart if byte == b'"' => {
            partial.length += 1;
            State::Quoted
        }
        _ => {
            partial.push(byte);
            State::Plain
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> (Vec<String>, Vec<Record>) {
        let mut csv = Csv::open(text).unwrap();
        let mut records = Vec::new();
        while let Some(record) = csv.next_record().unwrap() {
            records.push(record);
        }
        (csv.header, records)
    }
    fn taken(line: u64, fields: &[&str]) -> Record {
        Record { line, fields: Ok(fields.iter().map(|f| (*f).to_owned()).collect()) }
    }

    #[test]
    fn separators_line_ends_and_marks() {
        let (header, rows) = read(b"\xEF\xBB\xBFemail;name\r\na@b.example;\"A; \"\"B\"\"\r\nC\"\r\n\r\nd@b.example;D");
        assert_eq!(header, ["email", "name"]);
        assert_eq!(rows, [taken(2, &["a@b.example", "A; \"B\"\r\nC"]), taken(5, &["d@b.example", "D"])]);
        assert_eq!(read(b"email\tname\ra\tb\r").1, [taken(2, &["a", "b"])]);
        assert_eq!(read(b"email\n\n\nx\n,\n").1, [taken(4, &["x"]), taken(5, &["", ""])]);
        assert_eq!(read(b"a,\"b;c;d\"\n1,2").1, [taken(2, &["1", "2"])]);
    }

    #[test]
    fn each_flaw_has_its_line_and_the_rest_is_read() {
        let mut file = b"email,name\n".to_vec();
        file.extend(b"a,\xFF\n");
        file.extend(b"b,x\0y\n");
        file.extend(b"c,");
        file.extend(vec![b'x'; 1_000_000]);
        file.extend(b"\nd,ok\ne,\"never closed\nf,g\n");
        let (_, rows) = read(&file);
        let flaws: Vec<_> = rows.iter().map(|r| (r.line, r.fields.clone().err())).collect();
        assert_eq!(
            flaws,
            [
                (2, Some(Flaw::NotUtf8)),
                (3, Some(Flaw::Nul)),
                (4, Some(Flaw::FieldTooLong)),
                (5, None),
                (6, Some(Flaw::OpenQuote))
            ]
        );
    }

    #[test]
    fn a_million_fields_and_a_wide_row_stay_small() {
        let mut file = b"email\n".to_vec();
        file.extend(vec![b','; 1_000_000]);
        file.push(b'\n');
        for _ in 0..10 {
            file.extend(vec![b'y'; FIELD_MAX]);
            file.push(b',');
        }
        let (_, rows) = read(&file);
        assert!(rows.iter().all(|row| row.fields == Err(Flaw::RecordTooLong)), "{}", rows.len());
    }

    #[test]
    fn what_is_no_table() {
        assert!(matches!(Csv::open(&b""[..]), Err(Unreadable::Empty)));
        assert!(matches!(Csv::open(&b"\xFF\xFEe\0m\0"[..]), Err(Unreadable::Utf16)));
        assert!(matches!(Csv::open(&b"\xFFemail\n"[..]), Err(Unreadable::Header(Flaw::NotUtf8))));
    }
}
