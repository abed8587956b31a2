//! The readable part of an address: `kazakhstan-domestic-violence-2024`.

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;

use super::text_value::text_value;

/// Lower-case ASCII letters, digits and single hyphens; 1 to 100 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Slug(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a slug has small letters, digits and single hyphens, at most 100 (for example kazakhstan-2024)")]
pub struct InvalidSlug;

impl Slug {
    /// # Errors
    /// When another character, a doubled or an outer hyphen stands in it.
    pub fn parse(input: &str) -> Result<Self, InvalidSlug> {
        let text = input.trim();
        let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        match !text.is_empty() && text.len() <= 100 && text.split('-').all(word) {
            true => Ok(Self(text.to_owned())),
            false => Err(InvalidSlug),
        }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_value!(Slug, InvalidSlug);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        assert!(Slug::parse("kazakhstan-2024").is_ok());
        for bad in ["", "-a", "a-", "a--b", "A", "é", "a b", "a/b"] {
            assert!(Slug::parse(bad).is_err(), "{bad:?}");
        }
    }
}
