//! Rows of `analyses` and `translations`, and which step may follow which.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::MultiBackend;
use crate::db::schema::{analyses, translations};
use crate::error::Error;
use crate::text_enum;
use crate::values::{AnalysisId, At, Language, Slug};

text_enum! {
    /// A draft is seen by staff only.
    pub enum AnalysisState { Draft => "draft", Published => "published" }
}

/// What all translations share.
#[derive(HasQuery, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = analyses)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Analysis {
    pub id: AnalysisId,
    pub slug: Slug,
    pub state: AnalysisState,
    /// `YYYY-MM-DD`: the day printed on it, which is not always the day it went online.
    pub date: String,
    /// ISO 3166-1 alpha-2 codes, comma-separated.
    pub countries: String,
    /// When it was first published.
    pub published_at: Option<At>,
    pub created_at: At,
    /// When what all translations share was changed; each translation has its own.
    pub updated_at: At,
}

/// One language of an analysis.
#[derive(HasQuery, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = translations)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Translation {
    pub analysis_id: AnalysisId,
    pub language: Language,
    pub title: String,
    /// Plain text, one paragraph.
    pub summary: String,
    /// Markdown.
    pub body: String,
    pub updated_at: At,
}

impl Analysis {
    /// The printed day; the epoch if the column was written by hand and is none.
    pub fn day(&self) -> NaiveDate {
        self.date.parse().unwrap_or_default()
    }
    pub fn country_codes(&self) -> Vec<String> {
        self.countries.split(',').filter(|code| !code.is_empty()).map(str::to_owned).collect()
    }
    pub fn is_published(&self) -> bool {
        self.state == AnalysisState::Published
    }

    /// The state after publishing.
    ///
    /// # Errors
    /// `Conflict` when it is public already, or when no translation could be shown.
    pub fn publish(&self, translations: &[Translation]) -> Result<AnalysisState, Error> {
        if self.is_published() {
            return Err(Error::conflict("This analysis is published already."));
        }
        match translations.iter().any(Translation::is_complete) {
            true => Ok(AnalysisState::Published),
            false => Err(Error::conflict(
                "To be published, an analysis needs a title, a summary and a text in at least one language.",
            )),
        }
    }

    /// The state after it was taken back.
    ///
    /// # Errors
    /// `Conflict` when it is a draft.
    pub fn unpublish(&self) -> Result<AnalysisState, Error> {
        match self.state {
            AnalysisState::Published => Ok(AnalysisState::Draft),
            AnalysisState::Draft => Err(Error::conflict("This analysis is a draft already.")),
        }
    }

    /// # Errors
    /// `Conflict` while it is public: links to it are out there.
    pub fn may_be_deleted(&self) -> Result<(), Error> {
        match self.state {
            AnalysisState::Draft => Ok(()),
            AnalysisState::Published => {
                Err(Error::conflict("This analysis is public. Take it off the site first, then delete it."))
            }
        }
    }
}

impl Translation {
    /// Whether readers may see it.
    pub fn is_complete(&self) -> bool {
        !self.title.is_empty() && !self.summary.is_empty() && !self.body.is_empty()
    }
}
