//! Who is on the staff: adding, roles, disabling.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};

use super::{FormPage, field_errors};
use crate::app::App;
use crate::error::{Error as FeatureError, Problems};
use crate::staff::members::{self, NewMember};
use crate::staff::{Member, Role, store};
use crate::values::{At, EmailAddress, StaffId};
use crate::web::extract::{Form, Staff, permit};
use crate::web::staff::moment;
use crate::web::{Answer, Error, Notice};

type Admin = Staff<permit::StaffAdmin>;

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct MemberForm {
    email: String,
    name: String,
    role: String,
}

#[derive(Debug, Deserialize)]
pub struct RoleForm {
    role: String,
}

#[derive(Serialize)]
struct Row {
    href: String,
    name: String,
    email: String,
    role: Role,
    state: &'static str,
    state_kind: &'static str,
    last_login: String,
    disabled: bool,
    invited: bool,
    own: bool,
}

#[derive(Serialize)]
struct Choice {
    value: &'static str,
    label: &'static str,
}

#[derive(Serialize)]
struct ListPage {
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct NewPage {
    #[serde(flatten)]
    page: FormPage<MemberForm>,
    roles: Vec<Choice>,
}

#[derive(Serialize)]
struct ShowPage {
    member: Row,
    roles: Vec<Choice>,
}

/// `GET /staff/members`
pub async fn list(staff: Admin) -> Answer {
    let members = staff.app.db.read(|db| Ok::<_, FeatureError>(store::list(db)?)).await?;
    let rows = members.into_iter().map(|member| row(&staff, member)).collect();
    staff.render("staff/members/list", "Staff", &ListPage { rows })
}

/// `GET /staff/members/new`
pub async fn new(staff: Admin) -> Answer {
    let form = MemberForm { role: Role::Viewer.to_string(), ..MemberForm::default() };
    staff.render("staff/members/new", "New staff member", &NewPage { page: FormPage::new(form), roles: roles() })
}

/// `POST /staff/members`
pub async fn create(staff: Admin, app: Data<App>, form: Form<MemberForm>) -> Answer {
    let form = form.into_inner();
    match add(&staff, app, &form).await {
        Ok(email) => staff.redirect("/staff/members", Notice::ok(format!("An invitation is on its way to {email}."))),
        Err(error) => {
            let page = NewPage { page: FormPage::wrong(form, field_errors(error)?), roles: roles() };
            staff.render_with(StatusCode::UNPROCESSABLE_ENTITY, "staff/members/new", "New staff member", &page)
        }
    }
}

async fn add(staff: &Admin, app: Data<App>, form: &MemberForm) -> Result<EmailAddress, FeatureError> {
    let mut problems = Problems::default();
    let email = problems.take("email", EmailAddress::parse(&form.email));
    let role = problems.take("role", form.role.parse::<Role>());
    problems.check()?;
    let (email, role) = email.zip(role).ok_or_else(|| FeatureError::invalid("email", "an address is needed"))?;
    let (actor, now, name, address) = (staff.actor(), app.clock.now(), form.name.clone(), email.clone());
    let link = app.clone();
    let work = app.db.write(move |db| {
        let new = NewMember { email: &address, name: &name, role };
        members::add(db, &new, None, true, |path| link.config.web.link(path), &actor, now)
    });
    work.await?;
    Ok(email)
}

/// `GET /staff/members/{id}`
pub async fn show(staff: Admin, id: Path<i64>) -> Answer {
    let id = StaffId(id.into_inner());
    let member = staff.app.db.read(move |db| Ok::<_, FeatureError>(store::find(db, id)?)).await?;
    let member = row(&staff, member.ok_or_else(|| Error::not_found("staff member"))?);
    let title = member.name.clone();
    staff.render("staff/members/show", &title, &ShowPage { member, roles: roles() })
}

/// `POST /staff/members/{id}/role`
pub async fn change_role(staff: Admin, id: Path<i64>, form: Form<RoleForm>) -> Answer {
    let (id, actor, now) = (StaffId(id.into_inner()), staff.actor(), staff.app.clock.now());
    let role: Role = form.role.parse().map_err(|error| FeatureError::invalid("role", error))?;
    let done = staff.app.db.write(move |db| members::change_role(db, id, role, &actor, now)).await;
    back(&staff, id, done, "The role is changed.")
}

/// `POST /staff/members/{id}/disable`
pub async fn disable(staff: Admin, id: Path<i64>) -> Answer {
    let (id, actor, now) = (StaffId(id.into_inner()), staff.actor(), staff.app.clock.now());
    let done = staff.app.db.write(move |db| members::disable(db, id, &actor, now)).await;
    back(&staff, id, done, "The member is disabled and logged out everywhere.")
}

/// `POST /staff/members/{id}/enable`
pub async fn enable(staff: Admin, id: Path<i64>) -> Answer {
    let (id, actor, now) = (StaffId(id.into_inner()), staff.actor(), staff.app.clock.now());
    let done = staff.app.db.write(move |db| members::enable(db, id, &actor, now)).await;
    back(&staff, id, done, "The member may log in again.")
}

/// `POST /staff/members/{id}/invite`
pub async fn invite(staff: Admin, app: Data<App>, id: Path<i64>) -> Answer {
    let (id, actor, now) = (StaffId(id.into_inner()), staff.actor(), app.clock.now());
    let link = app.clone();
    let work = app.db.write(move |db| members::invite_again(db, id, |path| link.config.web.link(path), &actor, now));
    back(&staff, id, work.await, "A new invitation is on its way; the older link is void.")
}

/// What cannot be done now is said on the member's page.
fn back(staff: &Admin, id: StaffId, done: Result<(), FeatureError>, words: &str) -> Answer {
    let notice = match done {
        Ok(()) => Notice::ok(words),
        Err(FeatureError::Conflict(reason)) => Notice::danger(capital(&reason)),
        Err(other) => return Err(other.into()),
    };
    staff.redirect(&format!("/staff/members/{id}"), notice)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).chain(['.']).collect()).unwrap_or_default()
}

fn row(staff: &Admin, member: Member) -> Row {
    let (state, state_kind) = match (member.disabled_at, &member.password_hash) {
        (Some(_), _) => ("Disabled", "danger"),
        (None, None) => ("Invited", "info"),
        (None, Some(_)) => ("Active", "ok"),
    };
    let time = |at: At| moment(at, staff.zone());
    Row {
        href: format!("/staff/members/{}", member.id),
        name: if member.name.is_empty() { member.email.to_string() } else { member.name },
        email: member.email.to_string(),
        role: member.role,
        state,
        state_kind,
        last_login: member.last_login_at.map_or_else(|| "Never".to_owned(), time),
        disabled: member.disabled_at.is_some(),
        invited: member.disabled_at.is_none() && member.password_hash.is_none(),
        own: member.id == staff.id,
    }
}

fn roles() -> Vec<Choice> {
    let label = |role| match role {
        Role::Admin => "Admin: everything, with settings and staff",
        Role::Campaigner => "Campaigner: analyses, campaigns and subscribers",
        Role::Finance => "Finance: gifts and reports, no readers' addresses",
        Role::Viewer => "Viewer: sees results, no readers' addresses",
    };
    Role::ALL.iter().map(|role| Choice { value: role.as_str(), label: label(*role) }).collect()
}
