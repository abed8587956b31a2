//! The readable part of an address: `kazakhstan-domestic-violence-2024`.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;

/// Lower-case ASCII letters, digits and single hyphens; 1 to 100 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow, serde::Serialize)]
#[diesel(sql_type = Text)]
#[serde(transparent)]
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

impl std::fmt::Display for Slug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::str::FromStr for Slug {
    type Err = InvalidSlug;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::parse(s)
    }
}
impl<DB: Backend> FromSql<Text, DB> for Slug
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        String::from_sql(bytes).map(Slug)
    }
}
impl<DB: Backend> ToSql<Text, DB> for Slug
where
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.as_str().to_sql(out)
    }
}

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
