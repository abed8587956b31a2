//! Pages for staff, in English.

pub mod account;
pub mod analyses;
pub mod audit;
pub mod campaigns;
pub mod deliveries;
pub mod donations;
pub mod finance;
pub mod funds;
pub(crate) mod gift_words;
pub mod giving;
pub mod home;
pub mod login;
pub mod members;
pub(crate) mod names;
pub mod nav;
pub mod organisation;
pub mod payments;
pub mod pledges;
pub mod sending;
pub mod set_password;
pub mod subscribers;
pub(crate) mod timeline_words;
pub mod topics;

use serde::Serialize;

use crate::error::{Error, FieldError};
use crate::i18n::Texts;
use crate::values::{At, Language};

/// Day and time. The zone is named once, in the foot of every staff page.
pub(crate) fn moment(at: At, zone: chrono_tz::Tz) -> String {
    let local = at.0.with_timezone(&zone);
    format!("{}, {}", Texts::get().date(&Language::english(), local.date_naive()), local.format("%H:%M"))
}

/// A form as it was typed, and what is wrong with it: the `d` of every form page.
#[derive(Debug, Serialize)]
pub struct FormPage<F> {
    pub form: F,
    pub errors: Vec<FieldError>,
}

impl<F> FormPage<F> {
    pub fn new(form: F) -> Self {
        Self { form, errors: Vec::new() }
    }
    pub fn wrong(form: F, errors: Vec<FieldError>) -> Self {
        Self { form, errors }
    }
}

/// What can be shown beside the fields; other errors go on.
pub(crate) fn field_errors(error: Error) -> Result<Vec<FieldError>, crate::web::Error> {
    match error {
        Error::Invalid(errors) => Ok(errors),
        other => Err(other.into()),
    }
}
