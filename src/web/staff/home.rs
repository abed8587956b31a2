//! The start page: what needs attention, and where to go.

use serde::Serialize;

use super::nav;
use crate::staff::Permission;
use crate::web::extract::{Staff, permit};
use crate::web::{Answer, Notice};

#[derive(Serialize)]
struct HomePage {
    /// What somebody should look at; the kind is a notice's.
    attention: Vec<Notice>,
    groups: Vec<nav::Group>,
    first_steps: bool,
}

/// `GET /staff`
pub async fn show(staff: Staff<permit::Read>) -> Answer {
    let mut groups = nav::groups(staff.role, "", false);
    groups.retain(|group| group.title != "Overview");
    let fresh = staff.organisation.legal_name.is_empty() || staff.organisation.postal_address.is_empty();
    let page = HomePage { attention: Vec::new(), groups, first_steps: fresh && staff.may(Permission::Organisation) };
    staff.render("staff/home", "Start", &page)
}
