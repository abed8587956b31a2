//! A mail server as the engine uses it: `PLEDGEPOST_SMTP_URL` names one or several.

use crate::mail::{InvalidMailServer, MailServer};
use crate::outbox::limits::Warmup;
use crate::values::Day;

/// Mails a minute that `?rate=` may say.
const MOST_PER_MINUTE: i64 = 6_000_000;

/// One of the servers that mail may go through.
#[derive(Debug, Clone)]
pub struct Server {
    /// `host:port` unless the settings say otherwise; stands beside every delivery that it took.
    pub name: String,
    pub address: MailServer,
    /// Its share of the mails, against the weights of the others.
    pub weight: u32,
    /// Connections of each process.
    pub connections: u32,
    /// Mails a minute over all nodes.
    pub per_minute: Option<i64>,
    /// Only used while every other one fails.
    pub backup: bool,
    /// Begins with few mails a day and doubles daily.
    pub warmup: Option<Warmup>,
}

impl Server {
    /// A server of which nothing else is known.
    pub fn plain(address: MailServer, connections: u32) -> Self {
        let name = address.name();
        Self { name, address, weight: 1, connections, per_minute: None, backup: false, warmup: None }
    }

    /// Reads an address with what follows its `?`: `name`, `weight`, `rate` (mails a minute), `connections`, `backup=yes`
    /// and `warmup=2026-12-01` (the first day), beside what [`MailServer`] knows. `connections` is for a server that says
    /// nothing of it.
    ///
    /// # Errors
    /// Names the parameter that is wrong.
    pub fn parse(input: &str, connections: u32) -> Result<Self, InvalidMailServer> {
        let mut taken: Vec<(String, String)> = Vec::new();
        let address = MailServer::parse_with(input, &mut |key, value| {
            let known = matches!(key, "name" | "weight" | "rate" | "connections" | "backup" | "warmup");
            if known && taken.iter().any(|(earlier, _)| earlier == key) {
                return Err(format!("{key}= stands there twice"));
            }
            if known {
                taken.push((key.to_owned(), value.to_owned()));
            }
            Ok(known)
        })?;
        let mut server = Self::plain(address, connections);
        for (key, value) in &taken {
            server
                .set(key, value)
                .map_err(|why| InvalidMailServer::of(format!("{} of {}", why, server.address.name())))?;
        }
        Ok(server)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let number = |from: i64, to: i64| match value.parse::<i64>() {
            Ok(number) if (from..=to).contains(&number) => Ok(number),
            _ => Err(format!("{key}= is a number from {from} to {to}, not {value:?}: the setting")),
        };
        match key {
            "name" => self.name = checked_name(value)?,
            "weight" => self.weight = u32::try_from(number(1, 1000)?).unwrap_or(1),
            "connections" => self.connections = u32::try_from(number(1, 500)?).unwrap_or(1),
            "rate" => self.per_minute = Some(number(1, MOST_PER_MINUTE)?),
            "backup" => {
                self.backup = match value {
                    "yes" => true,
                    "no" => false,
                    _ => return Err(format!("backup= is yes or no, not {value:?}: the setting")),
                };
            }
            _ => {
                let first_day = Day::parse(value)
                    .map_err(|_| format!("warmup= is a day such as 2026-12-01, not {value:?}: the setting"))?;
                self.warmup = Some(Warmup { first_day });
            }
        }
        Ok(())
    }

    /// All that the setting names. At least one must be there, not every one a backup, and each has a name of its own.
    ///
    /// # Errors
    /// Names the address (without its password) and the parameter.
    pub fn parse_all<'a>(
        inputs: impl IntoIterator<Item = &'a str>,
        connections: u32,
    ) -> Result<Vec<Self>, InvalidMailServer> {
        let mut servers: Vec<Self> = Vec::new();
        for input in inputs {
            let server = Self::parse(input, connections)?;
            if servers.iter().any(|other| other.name == server.name) {
                let name = &server.name;
                return Err(InvalidMailServer::of(format!("two servers are called {name}; give one another ?name=")));
            }
            servers.push(server);
        }
        if !servers.is_empty() && servers.iter().all(|server| server.backup) {
            return Err(InvalidMailServer::of("backup=yes at every server: one of them must be the usual one"));
        }
        Ok(servers)
    }
}

fn checked_name(value: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    match (1..=60).contains(&value.len()) && value.chars().all(plain) {
        true => Ok(value.to_owned()),
        false => Err("name= is 1 to 60 letters, digits, dots, dashes: the setting".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_follows_the_address() {
        let url = "smtp://u:p@mx.example?name=main&weight=3&rate=600&connections=4&warmup=2026-12-01&tls=required";
        let server = Server::parse(url, 10).unwrap();
        assert_eq!((server.name.as_str(), server.weight, server.connections), ("main", 3, 4));
        assert_eq!((server.per_minute, server.backup), (Some(600), false));
        assert_eq!(server.warmup.unwrap().first_day, Day::parse("2026-12-01").unwrap());
        let plain = Server::parse("smtp://mx.example", 10).unwrap();
        assert_eq!(
            (plain.name.as_str(), plain.weight, plain.connections, plain.per_minute),
            ("mx.example:25", 1, 10, None)
        );
    }

    #[test]
    fn a_wrong_parameter_is_named_with_its_server() {
        for (query, word) in [
            ("weight=0", "weight="),
            ("weight=heavy", "weight="),
            ("rate=-1", "rate="),
            ("connections=501", "connections="),
            ("backup=maybe", "backup="),
            ("warmup=tomorrow", "warmup="),
            ("warmup=2026-02-30", "warmup="),
            ("name=", "name="),
            ("name=a%20b", "name="),
            ("rate=1&rate=2", "rate="),
            ("speed=5", "speed"),
        ] {
            let error = Server::parse(&format!("smtp://u:secret@mx.example?{query}"), 10).unwrap_err().to_string();
            assert!(error.starts_with("PLEDGEPOST_SMTP_URL: ") && error.contains(word), "{query}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_list_has_names_and_somebody_who_works() {
        let all = |urls: &[&str]| Server::parse_all(urls.iter().copied(), 10);
        assert_eq!(all(&["smtp://a.example", "smtp://b.example?backup=yes"]).unwrap().len(), 2);
        assert!(all(&["smtp://a.example", "smtp://a.example:25"]).unwrap_err().to_string().contains("?name="));
        assert!(all(&["smtp://a.example", "smtp://a.example?name=second"]).is_ok());
        assert!(all(&["smtp://a.example?backup=yes"]).unwrap_err().to_string().contains("backup"));
    }
}
