//! The mails to staff: the variables of their templates. (`organisation` is added by the outbox.)

use serde::Serialize;

use super::{Member, Role};
use crate::db::Db;
use crate::error::Error;
use crate::outbox::{self, NewDelivery};
use crate::values::{At, Language};

/// `email-templates/staff_invitation`.
#[derive(Debug, Serialize)]
struct Invitation<'a> {
    setup_url: &'a str,
    role: Role,
    valid_days: i64,
}

/// `email-templates/staff_reset`.
#[derive(Debug, Serialize)]
struct Reset<'a> {
    reset_url: &'a str,
    valid_minutes: i64,
}

pub(super) fn invite(db: &mut Db, to: &Member, setup_url: &str, valid_days: i64, now: At) -> Result<(), Error> {
    send(db, "staff_invitation", to, &Invitation { setup_url, role: to.role, valid_days }, now)
}

pub(super) fn reset(db: &mut Db, to: &Member, reset_url: &str, valid_minutes: i64, now: At) -> Result<(), Error> {
    send(db, "staff_reset", to, &Reset { reset_url, valid_minutes }, now)
}

fn send(db: &mut Db, mail: &str, to: &Member, data: &impl Serialize, now: At) -> Result<(), Error> {
    // Staff pages are in English, and so are their mails.
    let delivery = NewDelivery::system(mail, to.email.clone(), Language::english(), data)?;
    outbox::enqueue(db, &delivery, now)?;
    Ok(())
}
