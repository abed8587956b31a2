//! What a thing is called in each of the organisation's languages: topics, funds.

use serde::{Deserialize, Serialize};

use super::store;
use crate::db::Db;
use crate::error::{Error, Problems};
use crate::values::{At, Language, clean_line, clean_text};

/// Name and description in one language, as typed. In the first language of the organisation the name is needed; elsewhere
/// an empty name means that readers get the first language's texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NameText {
    pub language: String,
    pub name: String,
    pub description: String,
}

impl NameText {
    fn blank(language: &Language) -> Self {
        Self { language: language.to_string(), ..Self::default() }
    }
}

/// An empty entry per language of the organisation, for a new thing's form.
///
/// # Errors
/// The database's.
pub fn blank(db: &mut Db, now: At) -> Result<Vec<NameText>, Error> {
    Ok(store::get(db, now)?.languages().iter().map(NameText::blank).collect())
}

/// What is stored as a form shows it: one entry per language of the organisation, in its order.
///
/// # Errors
/// The database's.
pub fn for_form(db: &mut Db, stored: &[NameText], now: At) -> Result<Vec<NameText>, Error> {
    let found = |language: &Language| stored.iter().find(|text| text.language == language.as_str()).cloned();
    let languages = store::get(db, now)?.languages();
    Ok(languages.iter().map(|language| found(language).unwrap_or_else(|| NameText::blank(language))).collect())
}

/// Checks what was typed for a `what` ("topic", "fund"); fields are called `name-en`, `description-en`.
///
/// # Errors
/// The database's. What is wrong with the texts is noted in `problems`.
pub fn check(
    db: &mut Db,
    what: &str,
    texts: &[NameText],
    now: At,
    problems: &mut Problems,
) -> Result<Vec<NameText>, Error> {
    let first = store::get(db, now)?.first_language();
    let mut out = Vec::new();
    for text in texts {
        let Some(language) = problems.take("language", Language::parse(&text.language)) else { continue };
        let field = |part: &str| format!("{part}-{language}");
        let name = problems.take(&field("name"), clean_line(&text.name, 100)).unwrap_or_default();
        let description = problems.take(&field("description"), clean_text(&text.description, 500)).unwrap_or_default();
        if !name.is_empty() {
            out.push(NameText { language: language.to_string(), name, description });
        } else if !description.is_empty() {
            problems.add(&field("name"), "a description needs a name beside it");
        }
    }
    let name_field = format!("name-{first}");
    if !out.iter().any(|text| text.language == first.as_str()) && !problems.fields().any(|field| field == name_field) {
        problems.add(&name_field, format!("the {what} needs a name in the organisation's first language"));
    }
    Ok(out)
}

/// What stays of the stored texts beside the typed ones: those in a language that the organisation gave up for a while are
/// not in the form.
pub fn unseen(stored: Vec<NameText>, typed: &[NameText]) -> Vec<NameText> {
    stored.into_iter().filter(|old| !typed.iter().any(|new| new.language == old.language)).collect()
}

/// Chooses names for a reader.
pub struct Chooser {
    wanted: Language,
    first: Language,
}

impl Chooser {
    /// # Errors
    /// The database's.
    pub fn load(db: &mut Db, wanted: &Language) -> diesel::QueryResult<Self> {
        // The time only stamps an organisation that is not stored yet; its languages do not depend on it.
        let first = store::get(db, At::from_micros(0))?.first_language();
        Ok(Self { wanted: wanted.clone(), first })
    }
    /// Name and description in the wanted language; where there is none, in the organisation's first, else in any. A thing
    /// without any name is called by its slug.
    pub fn choose<'a>(&self, texts: impl Iterator<Item = &'a NameText>, slug: &str) -> (String, String) {
        let rank = |text: &&NameText| match Language::parse(&text.language).unwrap_or_default() {
            l if l == self.wanted => 0,
            l if l.primary() == self.wanted.primary() => 1,
            l if l == self.first => 2,
            _ => 3,
        };
        match texts.min_by_key(rank) {
            Some(text) => (text.name.clone(), text.description.clone()),
            None => (slug.to_owned(), String::new()),
        }
    }
}
