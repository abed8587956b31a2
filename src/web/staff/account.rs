//! The member's own account: name and password.

use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{FormPage, field_errors};
use crate::error::{Error as FeatureError, FieldError, Problems};
use crate::staff::password::{self, Password};
use crate::staff::{members, store};
use crate::values::EmailAddress;
use crate::web::extract::{Form, Staff, permit};
use crate::web::{Answer, Notice};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NameForm {
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PasswordForm {
    current: String,
    password: String,
    again: String,
}

#[derive(Debug, Serialize)]
struct Typed {
    name: String,
    email: String,
}

/// `GET /staff/account`
pub async fn show(staff: Staff<permit::Read>) -> Answer {
    let typed = Typed { name: staff.name.clone(), email: staff.email.clone() };
    staff.render("staff/account", "My account", &FormPage::new(typed))
}

/// `POST /staff/account`
pub async fn rename(staff: Staff<permit::Read>, form: Form<NameForm>) -> Answer {
    let (id, now, name) = (staff.id, staff.app.clock.now(), form.name.clone());
    match staff.app.db.write(move |db| members::rename(db, id, &name, now)).await {
        Ok(()) => staff.redirect("/staff/account", Notice::ok("Your name is saved.")),
        Err(error) => wrong(&staff, form.into_inner().name, field_errors(error)?),
    }
}

/// `POST /staff/account/password`: other sessions end, this one goes on under a new key.
pub async fn change_password(staff: Staff<permit::Read>, form: Form<PasswordForm>) -> Answer {
    let hash = match check(&staff, form.into_inner()).await {
        Ok(hash) => hash,
        Err(error) => return wrong(&staff, staff.name.clone(), field_errors(error)?),
    };
    let (id, now) = (staff.id, staff.app.clock.now());
    staff.app.db.write(move |db| members::change_password(db, id, &hash, now)).await?;
    staff.renew_session()?;
    staff.redirect("/staff/account", Notice::ok("Your password is changed. Everywhere else you are logged out."))
}

async fn check(staff: &Staff<permit::Read>, form: PasswordForm) -> Result<String, FeatureError> {
    let id = staff.id;
    let member = staff.app.db.read(move |db| Ok::<_, FeatureError>(store::find(db, id)?)).await?;
    let kept = member.and_then(|member| member.password_hash);
    let mut problems = Problems::default();
    if !password::verify(form.current, kept).await? {
        problems.add("current", "this is not your present password");
    }
    let email = problems.take("password", EmailAddress::parse(&staff.email));
    let new =
        email.and_then(|email| problems.take("password", Password::parse_twice(&form.password, &form.again, &email)));
    problems.check()?;
    let new = new.ok_or_else(|| FeatureError::invalid("password", "a password is needed"))?;
    Ok(new.hashed().await?)
}

fn wrong(staff: &Staff<permit::Read>, name: String, errors: Vec<FieldError>) -> Answer {
    let page = FormPage::wrong(Typed { name, email: staff.email.clone() }, errors);
    staff.render_with(StatusCode::UNPROCESSABLE_ENTITY, "staff/account", "My account", &page)
}
