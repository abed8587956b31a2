//! A language tag, as far as the product uses it: `en`, `ru`, `pt-BR`.

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;

use super::text_value::text_value;

/// A BCP 47 tag of a language and perhaps a script or region, in canonical case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Language(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a language is written as a short tag, such as en, ru or pt-BR")]
pub struct InvalidLanguage;

impl Language {
    /// # Errors
    /// When the text is not a language of two or three letters with at most two subtags.
    pub fn parse(input: &str) -> Result<Self, InvalidLanguage> {
        let mut parts = input.trim().split(['-', '_']);
        let first = parts.next().unwrap_or("");
        if !(2..=3).contains(&first.len()) || !first.bytes().all(|b| b.is_ascii_alphabetic()) {
            return Err(InvalidLanguage);
        }
        let mut tag = first.to_ascii_lowercase();
        for (index, part) in parts.enumerate() {
            if index > 1 || !(2..=4).contains(&part.len()) || !part.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return Err(InvalidLanguage);
            }
            tag.push('-');
            match part.len() {
                4 => tag.extend(part.chars().enumerate().map(|(i, c)| match i {
                    0 => c.to_ascii_uppercase(),
                    _ => c.to_ascii_lowercase(),
                })),
                _ => tag.push_str(&part.to_ascii_uppercase()),
            }
        }
        Ok(Self(tag))
    }
    pub fn english() -> Self {
        Self("en".into())
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The language without script and region.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or("en")
    }
    /// `rtl` for the languages written from right to left, else `ltr`.
    pub fn dir(&self) -> &'static str {
        match self.primary() {
            "ar" | "fa" | "he" | "ur" | "ps" | "ckb" | "dv" | "yi" | "ug" => "rtl",
            _ => "ltr",
        }
    }
    /// The language's name in itself, for language switches; unknown ones show their tag.
    pub fn own_name(&self) -> &str {
        match self.primary() {
            "en" => "English",
            "ru" => "Русский",
            "kk" => "Қазақша",
            "fr" => "Français",
            "es" => "Español",
            "de" => "Deutsch",
            "ar" => "العربية",
            "fa" => "فارسی",
            "pt" => "Português",
            "tr" => "Türkçe",
            "uk" => "Українська",
            _ => &self.0,
        }
    }
}

impl Default for Language {
    fn default() -> Self {
        Self::english()
    }
}
text_value!(Language, InvalidLanguage);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_case() {
        assert_eq!(Language::parse("PT_br").unwrap().as_str(), "pt-BR");
        assert_eq!(Language::parse("uz-latn-uz").unwrap().as_str(), "uz-Latn-UZ");
        assert!(Language::parse("english").is_err());
        assert!(Language::parse("").is_err());
        assert_eq!(Language::parse("ar").unwrap().dir(), "rtl");
    }
}
