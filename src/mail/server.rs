//! Where mail goes: what `PLEDGEPOST_SMTP_URL` says.

use std::net::IpAddr;
use std::sync::Arc;

use secrecy::SecretString;
use url::{Host, Url};

use super::wire::Pipelining;

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Never.
    None,
    /// With STARTTLS when the server offers it. Without a password any certificate will do: it keeps out who only listens.
    Opportunistic,
    /// With STARTTLS and a valid certificate, or not at all.
    Required,
    /// From the first byte, with a valid certificate (`smtps://`).
    Implicit,
}

/// A mail server and how to speak to it.
#[derive(Debug, Clone)]
pub struct MailServer {
    host: String,
    port: u16,
    tls: Tls,
    /// `SecretString` prints nothing of itself.
    credentials: Option<(String, SecretString)>,
    /// Shared by all clones: what this process learnt of how the server takes commands.
    pipelining: Arc<Pipelining>,
}

/// Never repeats the URL, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("PLEDGEPOST_SMTP_URL: {0}")]
pub struct InvalidMailServer(String);

impl InvalidMailServer {
    /// `why` must not repeat the address.
    pub fn of(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// Takes a parameter behind the `?` that this module does not know: whether it is one, or what is wrong with it.
pub type OtherParameter<'a> = dyn FnMut(&str, &str) -> Result<bool, String> + 'a;

impl MailServer {
    /// Reads `smtp://[user:password@]host[:port][?tls=none|opportunistic|required]` or `smtps://…`;
    /// `?pipelining=off` sends one command at a time whatever the server offers.
    ///
    /// # Errors
    /// Says which part is wrong.
    pub fn parse(input: &str) -> Result<Self, InvalidMailServer> {
        Self::parse_with(input, &mut |_, _| Ok(false))
    }

    /// [`MailServer::parse`] for an address that may say more than how to speak to the server.
    ///
    /// # Errors
    /// Says which part is wrong.
    pub fn parse_with(input: &str, other: &mut OtherParameter<'_>) -> Result<Self, InvalidMailServer> {
        let wrong = |message: &str| Err(InvalidMailServer(message.to_owned()));
        let Ok(url) = Url::parse(input.trim()) else {
            return wrong("not an address of the form smtp://user:password@host:587");
        };
        let implicit = match url.scheme() {
            "smtp" => false,
            "smtps" => true,
            _ => return wrong("begins with neither smtp:// nor smtps://"),
        };
        if url.fragment().is_some() {
            return wrong("a # in the user name or password is written %23");
        }
        if !matches!(url.path(), "" | "/") {
            return wrong("has a path; a / in the user name or password is written %2F");
        }
        let host = match url.host() {
            Some(Host::Domain(name)) if !name.is_empty() => match idna::domain_to_ascii(&decoded(name)) {
                Ok(name) if !name.is_empty() => name,
                _ => return wrong("the host is not a name"),
            },
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            _ => return wrong("names no host"),
        };
        let credentials = match (decoded(url.username()), url.password()) {
            (user, None) if user.is_empty() => None,
            (user, Some(password)) if !user.is_empty() => Some((user, SecretString::from(decoded(password)))),
            _ => return wrong("has a user name without a password, or the other way round"),
        };
        let mut tls = if implicit { Tls::Implicit } else { Tls::Opportunistic };
        let mut pipelining = Pipelining::default();
        for (key, value) in url.query_pairs() {
            match (key.as_ref(), value.as_ref()) {
                ("tls", _) if implicit => return wrong("smtps:// is always encrypted; leave ?tls= away"),
                ("tls", "none") => tls = Tls::None,
                ("tls", "opportunistic") => tls = Tls::Opportunistic,
                ("tls", "required") => tls = Tls::Required,
                ("tls", _) => return wrong("tls is none, opportunistic or required"),
                ("pipelining", "on") => {}
                ("pipelining", "off") => pipelining = Pipelining::off(),
                ("pipelining", _) => return wrong("pipelining is on or off"),
                (key, value) => match other(key, value) {
                    Ok(true) => {}
                    // A ? in a password is taken for the beginning of these: nothing that may be one is repeated.
                    Ok(false)
                        if key.len() <= 20 && key.bytes().all(|b| b.is_ascii_lowercase()) && !value.is_empty() =>
                    {
                        return wrong(&format!("there is no parameter {key}="));
                    }
                    Ok(false) => return wrong("has a parameter that is not known; a ? in a password is written %3F"),
                    Err(why) => return wrong(&why),
                },
            }
        }
        if tls == Tls::None && credentials.is_some() {
            return wrong("a password is never sent without encryption; leave tls=none away");
        }
        let usual = match (implicit, credentials.is_some()) {
            (true, _) => 465,
            (false, true) => 587,
            (false, false) => 25,
        };
        Ok(Self { host, port: url.port().unwrap_or(usual), tls, credentials, pipelining: Arc::new(pipelining) })
    }

    pub fn host(&self) -> &str {
        &self.host
    }
    pub fn port(&self) -> u16 {
        self.port
    }
    pub fn tls(&self) -> Tls {
        self.tls
    }
    /// `host:port`, for people.
    pub fn name(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
    pub(super) fn credentials(&self) -> Option<&(String, SecretString)> {
        self.credentials.as_ref()
    }
    pub(super) fn pipelining(&self) -> &Arc<Pipelining> {
        &self.pipelining
    }
    /// Whether the server is this machine, so that nobody can listen in between.
    pub(super) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
    /// Whether a certificate must be valid. A relay on this machine often has a home-made one.
    pub(super) fn verifies(&self) -> bool {
        self.tls != Tls::Opportunistic || (self.credentials.is_some() && !self.is_loopback())
    }
}

/// `%40` → `@`. What is not valid UTF-8 afterwards was no text.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match (first, hex.and_then(|two| u8::from_str_radix(two, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (url, name, tls) in [
            ("smtp://localhost", "localhost:25", Tls::Opportunistic),
            ("smtp://127.0.0.1:2525?tls=none", "127.0.0.1:2525", Tls::None),
            ("smtp://u:p@smtp.example", "smtp.example:587", Tls::Opportunistic),
            ("smtp://u:p@SMTP.example:25/?tls=required", "smtp.example:25", Tls::Required),
            ("smtps://u:p@smtp.example", "smtp.example:465", Tls::Implicit),
            ("smtp://[::1]:2525", "[::1]:2525", Tls::Opportunistic),
        ] {
            let server = MailServer::parse(url).unwrap();
            assert_eq!((server.name().as_str(), server.tls()), (name, tls), "{url}");
        }
        let server = MailServer::parse("smtp://anna%40org.example:p%40s%2Fs%23+%25@smtp.example").unwrap();
        let (user, password) = server.credentials().unwrap();
        assert_eq!((user.as_str(), password.expose_secret()), ("anna@org.example", "p@s/s#+%"));
        assert!(!format!("{server:?}").contains("p@s"));
        assert!(server.verifies() && !MailServer::parse("smtp://smtp.example").unwrap().verifies());
    }

    #[test]
    fn refuses_the_rest_without_repeating_it() {
        for bad in [
            "",
            "localhost:25",
            "http://localhost",
            "smtp://",
            "smtp://u:secret@host?tls=none",
            "smtp://u@host",
            "smtp://:secret@host",
            "smtp://host?tls=maybe",
            "smtp://host?timeout=5",
            "smtp://host?pipelining=perhaps",
            "smtps://host?tls=none",
            "smtp://host/path",
            "smtp://u:sec#ret@host",
            "smtp://u:sec/ret@host",
        ] {
            let error = MailServer::parse(bad).unwrap_err().to_string();
            assert!(error.starts_with("PLEDGEPOST_SMTP_URL: ") && !error.contains("sec"), "{bad}: {error}");
        }
    }
}
