//! The system mails of this feature: one struct per mail, its fields are the template's variables.

use serde::Serialize;

use super::Subscriber;
use crate::db::Db;
use crate::error::Error;
use crate::outbox::{self, NewDelivery};
use crate::values::{At, DeliveryId, Language, SignupId};

/// Asks whether a sign-up was meant (`email-templates/confirm`).
#[derive(Debug, Clone, Serialize)]
pub struct ConfirmMail {
    /// The names of the topics, in the mail's language.
    pub topics: Vec<String>,
    pub confirm_url: String,
    pub valid_days: i64,
}

impl ConfirmMail {
    /// Puts the mail into the outbox, once per sign-up.
    ///
    /// # Errors
    /// The database's.
    pub fn enqueue(
        &self,
        db: &mut Db,
        to: &Subscriber,
        language: &Language,
        signup: SignupId,
        now: At,
    ) -> Result<(), Error> {
        let mail = NewDelivery::system("confirm", to.email.clone(), language.clone(), self)?
            .to_subscriber(to.id)
            .once(format!("confirm:{signup}"));
        outbox::enqueue(db, &mail, now)?;
        Ok(())
    }
}

/// Brings a fresh link to the preference page (`email-templates/preferences_link`).
#[derive(Debug, Clone, Serialize)]
pub struct PreferencesLinkMail {
    pub preferences_url: String,
    pub valid_hours: i64,
}

impl PreferencesLinkMail {
    /// The template's name, by which the cool-down finds earlier ones.
    pub const NAME: &'static str = "preferences_link";

    /// Puts the mail into the outbox.
    ///
    /// # Errors
    /// The database's.
    pub fn enqueue(&self, db: &mut Db, to: &Subscriber, now: At) -> Result<DeliveryId, Error> {
        let mail = NewDelivery::system(Self::NAME, to.email.clone(), to.language.clone(), self)?.to_subscriber(to.id);
        Ok(outbox::enqueue(db, &mail, now)?)
    }
}
