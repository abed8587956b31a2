//! One line of an SMTP client, understood (RFC 5321 section 4.1.1). Pure: what may follow what is known to `session`.

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Ehlo,
    Helo,
    /// `from` is empty for a bounce (`<>`).
    Mail {
        from: String,
        size: Option<u64>,
        utf8: bool,
    },
    Rcpt {
        to: String,
    },
    Data,
    Rset,
    Noop,
    Vrfy,
    Help,
    Quit,
}

/// Why a line is no command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadCommand {
    TooLong,
    NotText,
    Unknown,
    /// Known, but this server does not do it (and does not offer it).
    NotOffered,
    /// Says what was expected.
    Syntax(&'static str),
    /// A parameter of MAIL or RCPT that this server does not know.
    Parameter,
}

/// RFC 5321 section 4.5.3.1.3, counting the angle brackets.
const MAX_PATH: usize = 256;

/// Reads one line, with or without its line end.
///
/// # Errors
/// Says why it is no command.
pub fn parse(line: &[u8]) -> Result<Command, BadCommand> {
    // Outside addresses everything is ASCII, so bytes that are not UTF-8 can only be a mistake.
    let line = std::str::from_utf8(line).map_err(|_| BadCommand::NotText)?;
    let line = line.trim_end_matches(['\r', '\n', ' ', '\t']);
    let (verb, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    let rest = rest.trim();
    match verb.to_ascii_uppercase().as_str() {
        "EHLO" => named(rest, Command::Ehlo),
        "HELO" => named(rest, Command::Helo),
        "MAIL" => mail(rest),
        "RCPT" => rcpt(rest),
        "DATA" => bare(rest, Command::Data),
        "RSET" => bare(rest, Command::Rset),
        "QUIT" => bare(rest, Command::Quit),
        "NOOP" => Ok(Command::Noop),
        "HELP" => Ok(Command::Help),
        "VRFY" if rest.is_empty() => Err(BadCommand::Syntax("VRFY name")),
        "VRFY" => Ok(Command::Vrfy),
        "AUTH" | "STARTTLS" | "BDAT" | "EXPN" | "ETRN" | "TURN" | "SEND" | "SOML" | "SAML" => {
            Err(BadCommand::NotOffered)
        }
        _ => Err(BadCommand::Unknown),
    }
}

fn named(name: &str, command: Command) -> Result<Command, BadCommand> {
    match name.is_empty() {
        true => Err(BadCommand::Syntax("EHLO host.name")),
        false => Ok(command),
    }
}

fn bare(rest: &str, command: Command) -> Result<Command, BadCommand> {
    match rest.is_empty() {
        true => Ok(command),
        false => Err(BadCommand::Syntax("this command stands alone")),
    }
}

fn mail(rest: &str) -> Result<Command, BadCommand> {
    const SYNTAX: BadCommand = BadCommand::Syntax("MAIL FROM:<address> [parameters]");
    let (from, parameters) = path(rest, "FROM:").ok_or(SYNTAX)?;
    if !from.is_empty() && !is_mailbox(&from) {
        return Err(SYNTAX);
    }
    let (mut size, mut utf8) = (None, false);
    for parameter in parameters.split_ascii_whitespace() {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match key.to_ascii_uppercase().as_str() {
            "SIZE" => size = Some(value.parse().map_err(|_| BadCommand::Syntax("SIZE=number"))?),
            "BODY" if ["7BIT", "8BITMIME"].iter().any(|known| value.eq_ignore_ascii_case(known)) => {}
            "BODY" => return Err(BadCommand::Syntax("BODY=7BIT or BODY=8BITMIME")),
            "SMTPUTF8" if value.is_empty() => utf8 = true,
            _ => return Err(BadCommand::Parameter),
        }
    }
    Ok(Command::Mail { from, size, utf8 })
}

fn rcpt(rest: &str) -> Result<Command, BadCommand> {
    const SYNTAX: BadCommand = BadCommand::Syntax("RCPT TO:<address>");
    let (to, parameters) = path(rest, "TO:").ok_or(SYNTAX)?;
    if !is_mailbox(&to) && !to.eq_ignore_ascii_case("postmaster") {
        return Err(SYNTAX);
    }
    match parameters.is_empty() {
        true => Ok(Command::Rcpt { to }),
        false => Err(BadCommand::Parameter),
    }
}

/// `FROM:<@relay:anna@example.org> rest` → `anna@example.org`, `rest`. A source route is dropped, as section 3.6.1 asks.
fn path<'a>(text: &'a str, keyword: &str) -> Option<(String, &'a str)> {
    let (head, inner) = (text.get(..keyword.len())?, text.get(keyword.len()..)?);
    let inner = head.eq_ignore_ascii_case(keyword).then_some(inner)?.trim_start().strip_prefix('<')?;
    let end = closing_bracket(inner)?;
    let (inside, behind) = (inner.get(..end)?, inner.get(end + 1..)?);
    if inside.len() + 2 > MAX_PATH || !(behind.is_empty() || behind.starts_with([' ', '\t'])) {
        return None;
    }
    let mailbox = match inside.starts_with('@') {
        true => inside.split_once(':')?.1,
        false => inside,
    };
    Some((mailbox.to_owned(), behind.trim()))
}

/// Where the path ends: a quoted local part may hold a `>` itself.
fn closing_bracket(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// Wide on purpose: real servers differ in what they take, and only nonsense must not get in.
fn is_mailbox(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let plain = !local.is_empty() && !local.contains([' ', '"', '<', '>', '@', ',', ';', ':']);
    (quoted || plain)
        && local.len() <= 64
        && !domain.is_empty()
        && !domain.contains([' ', '<', '>', '"', ',', ';'])
        && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mail_from(from: &str, size: Option<u64>, utf8: bool) -> Result<Command, BadCommand> {
        Ok(Command::Mail { from: from.into(), size, utf8 })
    }

    #[test]
    fn reads_what_clients_write() {
        assert_eq!(parse(b"EHLO [127.0.0.1]\r\n"), Ok(Command::Ehlo));
        assert_eq!(parse(b"mail from:<a@b.org>\r\n"), mail_from("a@b.org", None, false));
        assert_eq!(
            parse("MAIL FROM: <ä@b.org> SIZE=12 BODY=8BITMIME SMTPUTF8\n".as_bytes()),
            mail_from("ä@b.org", Some(12), true)
        );
        assert_eq!(parse(b"MAIL FROM:<>"), mail_from("", None, false));
        for (line, to) in [
            ("RCPT TO:<@relay.org,@b.org:anna@c.org>", "anna@c.org"),
            ("RCPT TO:<\"a>b\\\" c\"@d.org>", "\"a>b\\\" c\"@d.org"),
            ("rcpt to:<Postmaster>", "Postmaster"),
        ] {
            assert_eq!(parse(line.as_bytes()), Ok(Command::Rcpt { to: to.into() }), "{line}");
        }
        assert_eq!(parse(b"noop anything"), Ok(Command::Noop));
    }

    #[test]
    fn says_what_is_wrong() {
        for line in ["MAIL", "MAIL FROM:a@b.org", "MAIL FROM:<a@b.org", "MAIL FROM:<a>", "MAIL FROM:<a@b.org>SIZE=1"] {
            assert!(matches!(parse(line.as_bytes()), Err(BadCommand::Syntax(_))), "{line}");
        }
        for line in ["RCPT TO:<>", "RCPT TO:<a b@c.org>", "RCPT TO:<a\0@c.org>", "DATA now", "EHLO", "VRFY", "RCPT T€:"]
        {
            assert!(matches!(parse(line.as_bytes()), Err(BadCommand::Syntax(_))), "{line}");
        }
        let long = format!("RCPT TO:<a@{}.org>", "b".repeat(300));
        assert!(matches!(parse(long.as_bytes()), Err(BadCommand::Syntax(_))));
        assert!(matches!(parse(b"MAIL FROM:<a@b.org> SIZE=big"), Err(BadCommand::Syntax(_))));
        assert_eq!(parse(b"MAIL FROM:<a@b.org> RET=FULL"), Err(BadCommand::Parameter));
        assert_eq!(parse(b"RCPT TO:<a@b.org> NOTIFY=NEVER"), Err(BadCommand::Parameter));
        assert_eq!(parse(b"AUTH PLAIN AAAA"), Err(BadCommand::NotOffered));
        assert_eq!(parse(b"\r\n"), Err(BadCommand::Unknown));
        assert_eq!(parse(b"\xff\xfe"), Err(BadCommand::NotText));
    }

    proptest! {
        #[test]
        fn survives_garbage(line in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse(&line);
        }
        #[test]
        fn survives_almost_commands(line in "(MAIL FROM:|RCPT TO:|mail from: )[<@:a-z\"\\\\> =€]{0,40}") {
            match parse(line.as_bytes()) {
                Ok(Command::Mail { from, .. }) => prop_assert!(from.is_empty() || from.contains('@')),
                Ok(Command::Rcpt { to }) => prop_assert!(to.contains('@')),
                _ => {}
            }
        }
        #[test]
        fn takes_every_plain_address(address in "[a-z0-9.+_-]{1,30}@[a-z0-9-]{1,20}\\.[a-z]{2,5}") {
            let line = format!("RCPT TO:<{address}>\r\n");
            prop_assert_eq!(parse(line.as_bytes()), Ok(Command::Rcpt { to: address }));
        }
    }
}
