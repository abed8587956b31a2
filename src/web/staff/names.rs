//! The part of a form that asks for names and descriptions per language (`partials/names`): topics, funds.

use serde::{Deserialize, Serialize};

use crate::error::FieldError;
use crate::organisation::NameText;
use crate::values::Language;

/// A slug and three lists of the same length: one entry per language.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NamesForm {
    pub slug: String,
    language: Vec<String>,
    name: Vec<String>,
    description: Vec<String>,
}

impl NamesForm {
    pub fn texts(&self) -> Vec<NameText> {
        let part = |list: &[String], index: usize| list.get(index).cloned().unwrap_or_default();
        let text = |(index, language): (usize, &String)| NameText {
            language: language.clone(),
            name: part(&self.name, index),
            description: part(&self.description, index),
        };
        self.language.iter().enumerate().map(text).collect()
    }
}

/// One language's fields as the template shows them.
#[derive(Serialize)]
pub struct NameFields {
    language: String,
    language_name: String,
    dir: &'static str,
    name: String,
    description: String,
    name_id: String,
    description_id: String,
    name_error: Option<String>,
    description_error: Option<String>,
    needed: bool,
}

/// The fields of all languages; a name is needed in `first`.
pub fn fields(texts: Vec<NameText>, first: &Language, errors: &[FieldError]) -> Vec<NameFields> {
    let error = |field: String| errors.iter().find(|error| error.field == field).map(|error| error.message.clone());
    let one = |text: NameText| {
        let language = Language::parse(&text.language).unwrap_or_default();
        NameFields {
            language_name: language.own_name().to_owned(),
            dir: language.dir(),
            name_id: format!("f-name-{language}"),
            description_id: format!("f-description-{language}"),
            name_error: error(format!("name-{language}")),
            description_error: error(format!("description-{language}")),
            needed: language == *first,
            language: text.language,
            name: text.name,
            description: text.description,
        }
    };
    texts.into_iter().map(one).collect()
}
