//! E-mail addresses: parsed once, kept as typed, compared by a normalised key.

use std::fmt;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;

use super::text_value::text_value;
use unicode_normalization::UnicodeNormalization;

/// An address that a mail server may be asked to deliver to (RFC 5321, section 4.1.2, without quoted
/// local parts, comments and address literals, which no newsletter reader has).
#[derive(Clone, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct EmailAddress(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmailAddress {
    #[error("an e-mail address is needed")]
    Empty,
    #[error("this does not look like an e-mail address (name@example.org)")]
    Malformed,
    #[error("this e-mail address is too long")]
    TooLong,
}

impl EmailAddress {
    /// Trims, brings to NFC, turns the domain to its ASCII form and checks the rest.
    ///
    /// # Errors
    /// Says what is wrong in words that a form can show.
    pub fn parse(input: &str) -> Result<Self, InvalidEmailAddress> {
        let text: String = input.trim().nfc().collect();
        if text.is_empty() {
            return Err(InvalidEmailAddress::Empty);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmailAddress::Malformed)?;
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| InvalidEmailAddress::Malformed)?;
        // RFC 5321 section 4.5.3.1: 64 octets before the @, 254 in all.
        if local.len() > 64 || local.len() + 1 + domain.len() > 254 {
            return Err(InvalidEmailAddress::TooLong);
        }
        if !local_part_is_dot_string(local) || !domain_is_host_name(&domain) {
            return Err(InvalidEmailAddress::Malformed);
        }
        Ok(Self(format!("{local}@{domain}")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// What two spellings of one mailbox share: compared and kept unique in the database.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
    /// The part behind the @, in ASCII and lower case.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
    /// Whether the part before the @ needs SMTPUTF8 (RFC 6531).
    pub fn needs_smtputf8(&self) -> bool {
        !self.0.is_ascii()
    }
    /// For logs: enough to recognise, too little to use.
    pub fn masked(&self) -> String {
        mask(&self.0)
    }
}

/// `anna@example.org` → `a…@example.org`; what has no @ becomes `…`.
pub fn mask(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}…@{domain}", local.chars().next().unwrap_or('…')),
        None => "…".into(),
    }
}

fn local_part_is_dot_string(local: &str) -> bool {
    local.split('.').all(|atom| {
        !atom.is_empty()
            && atom.chars().all(|c| {
                c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || (!c.is_ascii() && c.is_alphanumeric())
            })
    })
}

fn domain_is_host_name(domain: &str) -> bool {
    domain.contains('.')
        && !domain.ends_with('.')
        && domain.split('.').all(|label| !label.is_empty() && label.len() <= 63)
        && !domain.rsplit('.').next().unwrap_or("").chars().all(|c| c.is_ascii_digit())
}

text_value!(EmailAddress, InvalidEmailAddress);
/// Masked, because debug output ends in logs.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_people_have() {
        for good in ["a@b.example", "Anna.Petrova+news@mail.example.org", "o'neil@example.ie", "имя@пример.рф"]
        {
            assert!(EmailAddress::parse(good).is_ok(), "{good}");
        }
        let address = EmailAddress::parse("  Anna@BÜCHER.example ").unwrap();
        assert_eq!(address.as_str(), "Anna@xn--bcher-kva.example");
        assert_eq!(address.key(), "anna@xn--bcher-kva.example");
        assert_eq!(address.masked(), "A…@xn--bcher-kva.example");
    }

    #[test]
    fn refuses_what_no_server_would_take() {
        for bad in [
            "",
            "anna",
            "@b.example",
            "a@",
            "a@b",
            "a b@c.example",
            "a..b@c.example",
            "a@b..example",
            "a@1.2.3.4",
            "a@b.example\r\nBcc: c@d.example",
            "\"a\"@b.example",
            "a@b.example.",
            "a\0@b.example",
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(EmailAddress::parse(&format!("{}@b.example", "a".repeat(65))), Err(InvalidEmailAddress::TooLong));
    }
}
