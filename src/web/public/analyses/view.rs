//! How analyses are shown to a reader: cards, topics, countries, links that keep the chosen language.

use serde::Serialize;

use crate::analyses::read::Listed;
use crate::i18n::Texts;
use crate::subscribers::topics::Topic;
use crate::values::{Language, TopicId};

/// Who reads.
pub struct Reader<'a> {
    pub language: &'a Language,
    /// All topics, in the reader's language.
    pub topics: &'a [Topic],
    /// Whether the address names the language: links on the page then name it too.
    pub chosen: bool,
}

/// An analysis in a list.
#[derive(Debug, Serialize)]
pub struct Card {
    pub href: String,
    pub title: String,
    pub summary: String,
    /// The language of title and summary where it is not the page's.
    pub lang: Option<Language>,
    pub dir: &'static str,
    /// That language's name in itself.
    pub only_in: Option<String>,
    /// `YYYY-MM-DD`.
    pub day: String,
    pub date: String,
    pub countries: Vec<String>,
    pub topics: Vec<TopicLink>,
}

/// A topic that leads to its analyses.
#[derive(Debug, Serialize)]
pub struct TopicLink {
    pub name: String,
    pub href: String,
    pub current: bool,
}

impl Reader<'_> {
    pub fn card(&self, listed: &Listed) -> Card {
        let foreign = listed.language != *self.language;
        Card {
            href: self.link(&format!("/analyses/{}", listed.analysis.slug), &[]),
            title: listed.title.clone(),
            summary: listed.summary.clone(),
            lang: foreign.then(|| listed.language.clone()),
            dir: listed.language.dir(),
            only_in: foreign.then(|| listed.language.own_name().to_owned()),
            day: listed.analysis.date.clone(),
            date: Texts::get().date(self.language, listed.analysis.day()),
            countries: countries(self.language, &listed.analysis.country_codes()),
            topics: self.topics(&listed.topics),
        }
    }

    pub fn cards(&self, listed: &[Listed]) -> Vec<Card> {
        listed.iter().map(|one| self.card(one)).collect()
    }

    /// In the order of the organisation's topics.
    pub fn topics(&self, of: &[TopicId]) -> Vec<TopicLink> {
        let link = |topic: &Topic| TopicLink {
            name: topic.name.clone(),
            href: self.link("/analyses", &[("topic", topic.slug.as_str())]),
            current: false,
        };
        self.topics.iter().filter(|topic| of.contains(&topic.id)).map(link).collect()
    }

    /// An address with these parameters, and the language where the reader chose it.
    pub fn link(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        match self.chosen {
            true => address(path, &[parameters, &[("lang", self.language.as_str())]].concat()),
            false => address(path, parameters),
        }
    }
}

/// `/path?a=b`, or the path alone.
pub fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    if parameters.is_empty() {
        return path.to_owned();
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{path}?{query}")
}

/// The names that the language has; a country without one is shown by its code.
pub fn countries(language: &Language, codes: &[String]) -> Vec<String> {
    let name = |code: &String| Texts::get().try_t(language, &format!("country-{code}"), &[]);
    codes.iter().map(|code| name(code).unwrap_or_else(|_| code.clone())).collect()
}
