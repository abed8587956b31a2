//! A campaign, its variants, and the states that it goes through.

use diesel::prelude::*;

use crate::db::MultiBackend;
use crate::db::schema::{campaigns, variants};
use crate::error::Error;
use crate::text_enum;
use crate::values::{AnalysisId, At, CampaignId, Language, VariantId};

text_enum! {
    /// Where a campaign is on its way.
    pub enum CampaignState {
        /// Is being written.
        Draft => "draft",
        /// Begins at its time, by itself.
        Scheduled => "scheduled",
        /// Its audience is fixed; mails leave.
        Sending => "sending",
        /// Stopped for now, by staff or by the program.
        Paused => "paused",
        /// Every delivery has its final state.
        Sent => "sent",
        /// Stopped for good.
        Cancelled => "cancelled",
    }
}

text_enum! {
    /// What happens to a mail that may or may not have left (design, section 6).
    pub enum Doubt {
        /// It is sent again with the same Message-ID.
        Resend => "resend",
        /// It is held as `unknown`, and staff decide.
        Hold => "hold",
    }
}

text_enum! {
    /// When a campaign's mails may go out.
    pub enum Hours {
        /// At any time.
        Any => "any",
        /// In the organisation's sending hours.
        Organisation => "organisation",
        /// In those hours where the reader is.
        Reader => "reader",
    }
}

impl Hours {
    /// As it stands in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Hours::Any => "at any time",
            Hours::Organisation => "in the organisation’s sending hours",
            Hours::Reader => "in those hours where the reader is",
        }
    }
}

/// What may be done with a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Schedule,
    Unschedule,
    Start,
    Pause,
    Resume,
    Cancel,
    Finish,
    /// Deliveries are to be sent again, or there are new ones, though the campaign may be over.
    Reopen,
}

impl Step {
    pub const ALL: &'static [Step] = &[
        Step::Schedule,
        Step::Unschedule,
        Step::Start,
        Step::Pause,
        Step::Resume,
        Step::Cancel,
        Step::Finish,
        Step::Reopen,
    ];

    fn words(self) -> &'static str {
        match self {
            Step::Schedule => "be sent",
            Step::Unschedule => "go back to draft",
            Step::Start => "be started",
            Step::Pause => "be paused",
            Step::Resume => "be resumed",
            Step::Cancel => "be cancelled",
            Step::Finish => "be finished",
            Step::Reopen => "be sent to anybody else or again",
        }
    }
}

impl CampaignState {
    /// The state after a step.
    ///
    /// # Errors
    /// `Conflict`, in words, when the step cannot be taken from here.
    pub fn after(self, step: Step) -> Result<Self, Error> {
        use CampaignState::{Cancelled, Draft, Paused, Scheduled, Sending, Sent};
        match (self, step) {
            (Draft | Scheduled, Step::Schedule) => Ok(Scheduled),
            (Scheduled, Step::Unschedule) => Ok(Draft),
            (Scheduled, Step::Start) | (Paused, Step::Resume) => Ok(Sending),
            (Sending, Step::Pause) => Ok(Paused),
            (Scheduled | Sending | Paused, Step::Cancel) => Ok(Cancelled),
            (Sending, Step::Finish) => Ok(Sent),
            (Sending | Sent, Step::Reopen) => Ok(Sending),
            (Paused, Step::Reopen) => Ok(Paused),
            (state, step) => {
                Err(Error::conflict(format!("This campaign {}, so it cannot {}.", state.words(), step.words())))
            }
        }
    }

    /// `is being sent`, for sentences.
    pub fn words(self) -> &'static str {
        match self {
            CampaignState::Draft => "is a draft",
            CampaignState::Scheduled => "is scheduled",
            CampaignState::Sending => "is being sent",
            CampaignState::Paused => "is paused",
            CampaignState::Sent => "has been sent",
            CampaignState::Cancelled => "was cancelled",
        }
    }

    /// Whether nothing more will happen by itself.
    pub fn is_over(self) -> bool {
        matches!(self, CampaignState::Sent | CampaignState::Cancelled)
    }

    /// Whether content and audience may still change.
    pub fn is_open_for_writing(self) -> bool {
        self == CampaignState::Draft
    }
}

/// A row of `campaigns`.
#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = campaigns)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Campaign {
    pub id: CampaignId,
    pub name: String,
    pub state: CampaignState,
    pub analysis_id: Option<AnalysisId>,
    /// Comma-separated; empty for readers of every language.
    pub audience_languages: String,
    pub doubt: Doubt,
    /// At most so many mails a minute.
    pub per_minute: Option<i64>,
    pub hours: Hours,
    /// How many deliveries the audience became; 0 until it starts.
    pub total: i64,
    /// Why it is paused or ended as it did, for staff.
    pub reason: Option<String>,
    pub scheduled_at: Option<At>,
    pub started_at: Option<At>,
    pub finished_at: Option<At>,
    pub created_at: At,
    pub updated_at: At,
}

impl Campaign {
    pub fn languages(&self) -> Vec<Language> {
        self.audience_languages.split(',').filter_map(|tag| Language::parse(tag).ok()).collect()
    }

    /// # Errors
    /// `Conflict` when content and audience are frozen.
    pub fn must_be_draft(&self) -> Result<(), Error> {
        match self.state {
            CampaignState::Draft => Ok(()),
            CampaignState::Scheduled => {
                Err(Error::conflict("This campaign is scheduled. Take it back to draft before you change it."))
            }
            state => Err(Error::conflict(format!(
                "This campaign {}: what it says and whom it goes to do not change any more.",
                state.words()
            ))),
        }
    }
}

/// A row of `variants`: a campaign in one language.
#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = variants)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Variant {
    pub id: VariantId,
    pub campaign_id: CampaignId,
    pub language: Language,
    pub subject: String,
    /// Markdown with placeholders.
    pub body: String,
    pub updated_at: At,
}

/// What a reader of `language` gets: exactly that, else the same without region, else the organisation's first language,
/// else the first variant. The statement that fixes the audience chooses the same way.
pub fn variant_for<'a>(variants: &'a [Variant], language: &Language, first: &Language) -> Option<&'a Variant> {
    let of = |tag: &str| variants.iter().find(|variant| variant.language.as_str() == tag);
    of(language.as_str()).or_else(|| of(language.primary())).or_else(|| default_variant(variants, first))
}

/// What a reader gets in whose language nothing was written.
pub fn default_variant<'a>(variants: &'a [Variant], first: &Language) -> Option<&'a Variant> {
    let of = |tag: &str| variants.iter().find(|variant| variant.language.as_str() == tag);
    of(first.as_str()).or_else(|| of(first.primary())).or_else(|| variants.iter().min_by_key(|variant| variant.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_states() {
        use CampaignState::{Cancelled, Draft, Paused, Scheduled, Sending, Sent};
        let allowed = [
            (Draft, Step::Schedule, Scheduled),
            (Scheduled, Step::Schedule, Scheduled),
            (Scheduled, Step::Unschedule, Draft),
            (Scheduled, Step::Start, Sending),
            (Scheduled, Step::Cancel, Cancelled),
            (Sending, Step::Pause, Paused),
            (Sending, Step::Cancel, Cancelled),
            (Sending, Step::Finish, Sent),
            (Sending, Step::Reopen, Sending),
            (Paused, Step::Resume, Sending),
            (Paused, Step::Cancel, Cancelled),
            (Paused, Step::Reopen, Paused),
            (Sent, Step::Reopen, Sending),
        ];
        for state in CampaignState::ALL {
            for step in Step::ALL {
                let expected = allowed.iter().find(|(from, by, _)| from == state && by == step).map(|(_, _, to)| *to);
                match state.after(*step) {
                    Ok(to) => assert_eq!(Some(to), expected, "{state} {step:?}"),
                    Err(Error::Conflict(words)) => {
                        assert_eq!(expected, None, "{state} {step:?}");
                        assert!(words.contains(state.words()), "{words}");
                    }
                    Err(other) => panic!("{other}"),
                }
            }
        }
    }
}
