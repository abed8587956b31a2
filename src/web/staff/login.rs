//! Log-in, log-out, and asking for a reset link.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde::{Deserialize, Serialize};

use super::FormPage;
use crate::error::{Error as FeatureError, FieldError};
use crate::staff::log_in::{self, Begun};
use crate::staff::{links, password};
use crate::values::EmailAddress;
use crate::web::Answer;
use crate::web::extract::{Form, Query, StaffDoor};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LogInForm {
    email: String,
    password: String,
    next: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LogInQuery {
    next: String,
}

/// The form without the password, which is never written back.
#[derive(Debug, Serialize)]
struct Typed {
    email: String,
    next: String,
}

const TITLE: &str = "Log in";

/// `GET /staff/login`
pub async fn show(door: StaffDoor, query: Query<LogInQuery>) -> Answer {
    let typed = Typed { email: String::new(), next: own_path(&query.next) };
    door.render(StatusCode::OK, "staff/login", TITLE, &FormPage::new(typed))
}

/// `POST /staff/login`
pub async fn submit(door: StaffDoor, form: Form<LogInForm>) -> Answer {
    let LogInForm { email, password, next } = form.into_inner();
    let typed = Typed { email: email.clone(), next: own_path(&next) };
    let refuse = |status, typed, field: &str, message: String| {
        let errors = vec![FieldError { field: field.into(), message }];
        door.render(status, "staff/login", TITLE, &FormPage::wrong(typed, errors))
    };
    let email = match EmailAddress::parse(&email) {
        Ok(email) => email,
        Err(error) => return refuse(StatusCode::UNPROCESSABLE_ENTITY, typed, "email", error.to_string()),
    };
    let (app, now) = (door.app.clone(), door.app.clock.now());
    let root = app.root.clone();
    let member = match app.db.write(move |db| log_in::begin(db, &root, &email, now)).await? {
        Begun::Compare(member) => member,
        Begun::Wait(wait) => {
            let minutes = wait.num_minutes() + 1;
            let words = format!("Too many wrong tries with this address. Try again in {minutes} min.");
            return refuse(StatusCode::TOO_MANY_REQUESTS, typed, "email", words);
        }
    };
    let hash = member.as_ref().and_then(|member| member.password_hash.clone());
    let right = password::verify(password, hash).await?;
    let Some(member) = member.filter(|_| right) else {
        let words = "The address or the password is not right.".to_owned();
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, typed, "password", words);
    };
    let root = app.root.clone();
    let member = app.db.write(move |db| log_in::succeed(db, &root, member.id, now)).await?;
    door.open(member.id, &typed.next, None)
}

/// `POST /staff/logout`
pub async fn log_out(door: StaffDoor) -> Answer {
    door.close();
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, "/staff/login")).finish())
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ResetForm {
    email: String,
}

#[derive(Serialize)]
struct Asked {
    minutes: i64,
}

/// `GET /staff/reset`
pub async fn ask_reset(door: StaffDoor) -> Answer {
    door.render(StatusCode::OK, "staff/reset", "Forgotten password", &FormPage::new(ResetForm::default()))
}

/// `POST /staff/reset`: the same answer for known and unknown addresses.
pub async fn send_reset(door: StaffDoor, form: Form<ResetForm>) -> Answer {
    let email = match EmailAddress::parse(&form.email) {
        Ok(email) => email,
        Err(error) => {
            let errors = vec![FieldError { field: "email".into(), message: error.to_string() }];
            let page = FormPage::wrong(form.into_inner(), errors);
            return door.render(StatusCode::UNPROCESSABLE_ENTITY, "staff/reset", "Forgotten password", &page);
        }
    };
    let (app, now) = (door.app.clone(), door.app.clock.now());
    let work = door.app.db.write(move |db| {
        links::request_reset(db, &email, |path| app.config.web.link(path), now)?;
        Ok::<_, FeatureError>(())
    });
    work.await?;
    door.render(StatusCode::OK, "staff/reset-sent", "Look into your mailbox", &Asked { minutes: links::RESET_MINUTES })
}

/// Where to go after the log-in: a staff page of ours and nothing else.
fn own_path(next: &str) -> String {
    let plain = next.starts_with("/staff")
        && !next.contains(|c: char| c == '\\' || c.is_control())
        && !next.starts_with("/staff/log");
    let path = next.split('?').next().unwrap_or("");
    match plain && crate::web::paths::is_staff(path) {
        true => next.to_owned(),
        false => "/staff".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_stays_at_home() {
        assert_eq!(own_path("/staff/audit?page=2"), "/staff/audit?page=2");
        for bad in [
            "https://evil.example/",
            "//evil.example/staff",
            "/staffing",
            "/staff/logout",
            "/\\evil",
            "/staff/\u{1}",
            "",
        ] {
            assert_eq!(own_path(bad), "/staff", "{bad}");
        }
    }
}
