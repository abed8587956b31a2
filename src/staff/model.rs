//! A row of `staff`.

use diesel::prelude::*;

use super::Role;
use crate::db::MultiBackend;
use crate::db::schema::staff;
use crate::values::{At, EmailAddress, StaffId};

/// A staff member.
#[derive(HasQuery, Debug, Clone)]
#[diesel(table_name = staff)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Member {
    pub id: StaffId,
    pub email: EmailAddress,
    pub email_key: String,
    pub name: String,
    pub role: Role,
    /// Argon2id in PHC form; none until the first password is set.
    pub password_hash: Option<String>,
    pub disabled_at: Option<At>,
    pub last_login_at: Option<At>,
    pub created_at: At,
}

impl Member {
    pub fn may_log_in(&self) -> bool {
        self.disabled_at.is_none() && self.password_hash.is_some()
    }
}
