//! What a server says it can do, in its answer to EHLO.

/// The extensions that we use or look at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Extensions {
    /// RFC 2920.
    pub pipelining: bool,
    /// RFC 6152.
    pub eight_bit: bool,
    /// RFC 6531.
    pub smtputf8: bool,
    /// RFC 3207.
    pub start_tls: bool,
    /// RFC 1870: offered at all.
    pub size: bool,
    /// RFC 1870: the largest mail in bytes, if there is a limit.
    pub largest: Option<usize>,
    /// RFC 4954, with the mechanism of RFC 4616.
    pub auth_plain: bool,
    /// The older way to say the same.
    pub auth_login: bool,
    /// RFC 2034. Enhanced codes are recognised without it too: many servers send them and do not say so.
    pub enhanced: bool,
}

impl Extensions {
    /// Reads the lines of an answer, without their codes. The first one is the server's name.
    pub fn read<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut found = Self::default();
        for line in lines.skip(1) {
            let line = String::from_utf8_lossy(line).to_ascii_uppercase();
            // `AUTH=LOGIN` is how some old servers say it.
            let mut words = line.split([' ', '\t', '=']).filter(|word| !word.is_empty());
            match words.next().unwrap_or_default() {
                "PIPELINING" => found.pipelining = true,
                "8BITMIME" => found.eight_bit = true,
                "SMTPUTF8" => found.smtputf8 = true,
                "STARTTLS" => found.start_tls = true,
                "ENHANCEDSTATUSCODES" => found.enhanced = true,
                "SIZE" => {
                    found.size = true;
                    // 0 means that there is no fixed limit.
                    found.largest = words.next().and_then(|number| number.parse().ok()).filter(|size| *size > 0);
                }
                "AUTH" => words.for_each(|mechanism| match mechanism {
                    "PLAIN" => found.auth_plain = true,
                    "LOGIN" => found.auth_login = true,
                    _ => {}
                }),
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_read_in_any_case_and_order() {
        let lines =
            "starttls.example greets you\npipelining\r\nSize 35882577\nAuth LOGIN cram-md5 Plain\n8bitmime\nSMTPUTF8";
        let read = Extensions::read(lines.lines().map(str::as_bytes));
        let expected = Extensions {
            pipelining: true,
            eight_bit: true,
            smtputf8: true,
            size: true,
            largest: Some(35_882_577),
            auth_plain: true,
            auth_login: true,
            ..Extensions::default()
        };
        assert_eq!(read, expected, "the name of the server is no extension");
        let read = Extensions::read(["x", "AUTH=LOGIN", "SIZE 0", "STARTTLS"].map(str::as_bytes).into_iter());
        assert_eq!((read.auth_login, read.auth_plain, read.size, read.largest), (true, false, true, None));
        assert!(read.start_tls);
        for odd in ["SIZE", "SIZE many", "SIZE 99999999999999999999999", "\u{0}", ""] {
            assert_eq!(Extensions::read(["x", odd].map(str::as_bytes).into_iter()).largest, None, "{odd:?}");
        }
    }
}
