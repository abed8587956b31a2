//! The pages behind one-time links: the first admin, an invitation, a reset.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use serde::{Deserialize, Serialize};

use super::{FormPage, field_errors};
use crate::error::{Error as FeatureError, FieldError, Problems};
use crate::staff::Password;
use crate::staff::links::{self, Invited};
use crate::values::EmailAddress;
use crate::web::extract::{Form, StaffDoor};
use crate::web::{Answer, Notice};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SetPasswordForm {
    email: String,
    name: String,
    password: String,
    again: String,
}

/// What the page shows again; never the password.
#[derive(Debug, Serialize)]
struct Typed {
    action: String,
    /// The address is asked for: there is no staff yet.
    first: bool,
    /// Nothing but the password is asked for.
    reset: bool,
    email: String,
    name: String,
}

const TEMPLATE: &str = "staff/set-password";

/// `GET /staff/setup/{token}`
pub async fn setup(door: StaffDoor, token: Path<String>) -> Answer {
    show(door, token.into_inner(), false).await
}

/// `GET /staff/reset/{token}`
pub async fn reset(door: StaffDoor, token: Path<String>) -> Answer {
    show(door, token.into_inner(), true).await
}

/// `POST /staff/setup/{token}`
pub async fn submit_setup(door: StaffDoor, token: Path<String>, form: Form<SetPasswordForm>) -> Answer {
    submit(door, token.into_inner(), form.into_inner(), false).await
}

/// `POST /staff/reset/{token}`
pub async fn submit_reset(door: StaffDoor, token: Path<String>, form: Form<SetPasswordForm>) -> Answer {
    submit(door, token.into_inner(), form.into_inner(), true).await
}

async fn show(door: StaffDoor, token: String, reset: bool) -> Answer {
    match invited(&door, token.clone()).await {
        Ok(invited) => {
            let typed = typed(&invited, &token, reset, &SetPasswordForm::default());
            door.render(StatusCode::OK, TEMPLATE, title(reset), &FormPage::new(typed))
        }
        Err(FeatureError::NotFound(_)) => gone(&door),
        Err(other) => Err(other.into()),
    }
}

async fn submit(door: StaffDoor, token: String, form: SetPasswordForm, reset: bool) -> Answer {
    let invited = match invited(&door, token.clone()).await {
        Err(FeatureError::NotFound(_)) => return gone(&door),
        other => other?,
    };
    let typed = typed(&invited, &token, reset, &form);
    let (email, password) = match check(&invited, &form) {
        Ok(checked) => checked,
        Err(error) => return wrong(&door, typed, field_errors(error)?, reset),
    };
    let hash = password.hashed().await?;
    let (root, now) = (door.app.root.clone(), door.app.clock.now());
    let used = door.app.db.write(move |db| links::use_up(db, &root, &token, (&email, &form.name), &hash, now));
    match used.await {
        Ok(id) => door.open(id, "/staff", Some(Notice::ok("Your password is set. You are logged in."))),
        Err(FeatureError::NotFound(_)) => gone(&door),
        Err(error) => wrong(&door, typed, field_errors(error)?, reset),
    }
}

async fn invited(door: &StaffDoor, token: String) -> Result<Invited, FeatureError> {
    let (root, now) = (door.app.root.clone(), door.app.clock.now());
    door.app.db.read(move |db| links::find(db, &root, &token, now)).await
}

fn check(invited: &Invited, form: &SetPasswordForm) -> Result<(EmailAddress, Password), FeatureError> {
    let mut problems = Problems::default();
    let email = match invited {
        Invited::Member(member) => Some(member.email.clone()),
        Invited::FirstAdmin => problems.take("email", EmailAddress::parse(&form.email)),
    };
    let password = email
        .as_ref()
        .and_then(|email| problems.take("password", Password::parse_twice(&form.password, &form.again, email)));
    problems.check()?;
    email.zip(password).ok_or_else(|| FeatureError::invalid("password", "a password is needed"))
}

fn typed(invited: &Invited, token: &str, reset: bool, form: &SetPasswordForm) -> Typed {
    let (email, name) = match invited {
        Invited::FirstAdmin => (form.email.clone(), form.name.clone()),
        Invited::Member(member) if form.name.is_empty() => (member.email.to_string(), member.name.clone()),
        Invited::Member(member) => (member.email.to_string(), form.name.clone()),
    };
    let folder = if reset { "reset" } else { "setup" };
    let first = matches!(invited, Invited::FirstAdmin);
    Typed { action: format!("/staff/{folder}/{token}"), first, reset, email, name }
}

fn title(reset: bool) -> &'static str {
    if reset { "New password" } else { "Set up your account" }
}

fn wrong(door: &StaffDoor, typed: Typed, errors: Vec<FieldError>, reset: bool) -> Answer {
    door.render(StatusCode::UNPROCESSABLE_ENTITY, TEMPLATE, title(reset), &FormPage::wrong(typed, errors))
}

#[derive(Serialize)]
struct Nothing {}

fn gone(door: &StaffDoor) -> Answer {
    door.render(StatusCode::NOT_FOUND, "staff/link-gone", "This link does not work any more", &Nothing {})
}
