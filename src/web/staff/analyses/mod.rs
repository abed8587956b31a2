//! Writing and publishing analyses.

mod details;
mod list;
mod new;
mod publish;
mod show;
mod text;

pub use details::{details, save_details};
pub use list::list;
pub use new::{create, new, preview};
pub use publish::{
    delete, delete_text, publish, sure_delete, sure_delete_text, sure_publish, sure_unpublish, unpublish,
};
pub use show::show;
pub use text::{save_text, text};

use serde::Serialize;

use crate::analyses::{Analysis, Translation, store, write};
use crate::db::Db;
use crate::error::Error;
use crate::subscribers::topics::{self, Topic};
use crate::values::{AnalysisId, Language, TopicId};

/// An analysis as staff see it, with its topics' numbers and all topics there are.
struct Whole {
    analysis: Analysis,
    translations: Vec<Translation>,
    own_topics: Vec<TopicId>,
    topics: Vec<Topic>,
}

impl Whole {
    fn load(db: &mut Db, id: i64) -> Result<Self, Error> {
        let analysis = write::find(db, AnalysisId(id))?;
        Ok(Self {
            translations: store::translations(db, analysis.id)?,
            own_topics: store::topics(db, &[analysis.id])?.into_iter().map(|(_, topic)| topic).collect(),
            topics: topics::list(db, &Language::english())?,
            analysis,
        })
    }
    /// The first language's, for headings.
    fn title(&self) -> &str {
        self.translations.first().map_or(self.analysis.slug.as_str(), |text| &text.title)
    }
    fn path(&self) -> String {
        path(self.analysis.id.0)
    }
    fn text(&self, language: &Language) -> Option<&Translation> {
        self.translations.iter().find(|text| text.language == *language)
    }
}

fn path(id: i64) -> String {
    format!("/staff/analyses/{id}")
}

/// Slugs and numbers, as `DetailsForm::check` wants them.
fn known(topics: &[Topic]) -> Vec<(String, TopicId)> {
    topics.iter().map(|topic| (topic.slug.to_string(), topic.id)).collect()
}

#[derive(Debug, Serialize)]
struct Crumb {
    label: String,
    href: Option<String>,
}

fn crumbs(whole: &Whole, here: &str) -> Vec<Crumb> {
    vec![
        Crumb { label: "Analyses".into(), href: Some("/staff/analyses".into()) },
        Crumb { label: whole.title().to_owned(), href: Some(whole.path()) },
        Crumb { label: here.to_owned(), href: None },
    ]
}

/// A line of `partials/definitions`.
#[derive(Debug, Serialize)]
struct Fact {
    term: &'static str,
    value: String,
}

/// A checkbox or an option of a select.
#[derive(Debug, Serialize)]
struct Choice {
    value: String,
    label: String,
    checked: bool,
}

fn topic_choices(topics: &[Topic], ticked: &[String]) -> Vec<Choice> {
    let choice = |topic: &Topic| Choice {
        value: topic.slug.to_string(),
        label: topic.name.clone(),
        checked: ticked.iter().any(|slug| slug == topic.slug.as_str()),
    };
    topics.iter().map(choice).collect()
}

fn language_choices(languages: &[Language]) -> Vec<Choice> {
    let choice = |l: &Language| Choice { value: l.to_string(), label: l.own_name().to_owned(), checked: false };
    languages.iter().map(choice).collect()
}

fn names(languages: impl IntoIterator<Item = Language>) -> String {
    languages.into_iter().map(|language| language.own_name().to_owned()).collect::<Vec<_>>().join(", ")
}
