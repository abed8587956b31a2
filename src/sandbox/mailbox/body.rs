//! The text behind DATA, taken from packets that are cut anywhere: removes dot-stuffing and finds the end.
//!
//! Only CR LF ends a line: a server that also takes a bare LF lets one mail smuggle in a second.

use std::io::BufRead;

/// A mail while it comes in.
pub struct Body {
    bytes: Vec<u8>,
    /// Where the line that is coming in begins in `bytes`.
    line_start: usize,
    /// Whether the line before ended with CR LF (before the first line: yes).
    after_crlf: bool,
    /// Part of the present line was thrown away, so it cannot be the final dot.
    cut: bool,
    over: bool,
    max: usize,
}

/// The mail did not fit; it was read to its end and forgotten.
#[derive(Debug, PartialEq, Eq)]
pub struct TooBig;

impl Body {
    pub fn new(max: usize) -> Self {
        Self { bytes: Vec::new(), line_start: 0, after_crlf: true, cut: false, over: false, max }
    }

    /// Takes a packet: how many bytes of it belong to this mail, and whether it is complete.
    pub fn take(&mut self, packet: &[u8]) -> (usize, bool) {
        let mut rest = packet;
        // Reading from a slice cannot fail; it is used because it searches with the optimised memchr of std.
        while let Ok(1..) = rest.read_until(b'\n', &mut self.bytes) {
            if self.bytes.last() == Some(&b'\n') && self.end_of_line() {
                return (packet.len() - rest.len(), true);
            }
        }
        // The final dot itself does not count.
        if self.bytes.len() > self.max + b".\r\n".len() {
            self.forget();
        }
        (packet.len(), false)
    }

    /// The mail as it was written.
    ///
    /// # Errors
    /// When it was larger than allowed.
    pub fn finish(self) -> Result<Vec<u8>, TooBig> {
        match self.over {
            true => Err(TooBig),
            false => Ok(self.bytes),
        }
    }

    /// Says whether this line was the final dot.
    fn end_of_line(&mut self) -> bool {
        let line = self.bytes.get(self.line_start..).unwrap_or_default();
        if self.after_crlf && !self.cut && line.first() == Some(&b'.') {
            if line == b".\r\n" {
                self.bytes.truncate(self.line_start);
                self.over |= self.bytes.len() > self.max;
                return true;
            }
            self.bytes.remove(self.line_start);
        }
        self.after_crlf = self.bytes.ends_with(b"\r\n");
        self.cut = false;
        self.line_start = self.bytes.len();
        if self.line_start > self.max {
            self.forget();
        }
        false
    }

    /// Too large: from here only what finding the end needs is kept.
    fn forget(&mut self) {
        self.over = true;
        let line_length = self.bytes.len() - self.line_start;
        // A line of up to three bytes may still become the final dot.
        let keep = if line_length > 3 { 1 } else { line_length };
        self.cut |= line_length > 3;
        self.bytes.drain(..self.bytes.len() - keep);
        self.line_start = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Mail = Result<Vec<u8>, TooBig>;

    /// Feeds packets of `step` bytes; gives the mail and what was left behind it.
    fn read(input: &[u8], step: usize, max: usize) -> Option<(Mail, Vec<u8>)> {
        let mut body = Body::new(max);
        let mut at = 0;
        while at < input.len() {
            let (used, done) = body.take(&input[at..(at + step).min(input.len())]);
            at += used;
            if done {
                return Some((body.finish(), input[at..].to_vec()));
            }
        }
        None
    }

    #[test]
    fn ends_only_at_a_dot_between_two_crlf() {
        for step in 1..20 {
            let got = read(b"..a\r\n.b\r\nc\n.\r\nd\r\n..\r\n.\r\nQUIT\r\n", step, 100);
            assert_eq!(got, Some((Ok(b".a\r\nb\r\nc\n.\r\nd\r\n.\r\n".to_vec()), b"QUIT\r\n".to_vec())), "{step}");
            assert_eq!(read(b".\r\n", step, 100), Some((Ok(vec![]), vec![])));
            assert_eq!(read(b"a\r\n.\n", step, 100), None);
            assert_eq!(read(b"a\r\n.\r", step, 100), None);
        }
    }

    #[test]
    fn reads_past_what_is_too_large_and_forgets_it() {
        let long_line = [b"x".repeat(50), b".\r\n.\r\nNOOP\r\n".to_vec()].concat();
        let many_lines = [b"ab\r\n".repeat(20), b".\r\nNOOP\r\n".to_vec()].concat();
        for (input, step) in [&long_line, &many_lines].into_iter().flat_map(|i| (1..70).map(move |s| (i, s))) {
            assert_eq!(read(input, step, 20), Some((Err(TooBig), b"NOOP\r\n".to_vec())), "{step}");
        }
        assert_eq!(read(b"12345678\r\n.\r\n", 4, 10), Some((Ok(b"12345678\r\n".to_vec()), vec![])));
        assert_eq!(read(b"123456789\r\n.\r\n", 4, 10), Some((Err(TooBig), vec![])));
    }

    proptest! {
        #[test]
        fn gives_back_what_was_stuffed(lines in proptest::collection::vec("[.a\\r\\n ]{0,5}", 0..12), step in 1usize..30) {
            let text: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            let mut stuffed = String::new();
            for line in text.split_inclusive("\r\n") {
                stuffed.push_str(if line.starts_with('.') { "." } else { "" });
                stuffed.push_str(line);
            }
            stuffed.push_str(".\r\n");
            prop_assert_eq!(read(stuffed.as_bytes(), step, 1000), Some((Ok(text.into_bytes()), vec![])));
        }
    }
}
