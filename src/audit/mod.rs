//! Who did what: entries written in the transaction that did it.

pub mod store;

pub use store::{AuditEntry, list, of_subject, record};

use crate::values::StaffId;

/// Who acts: a staff member, or the program itself (a command, the scheduler).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub staff: Option<StaffId>,
    /// An e-mail address of a staff member, or `command line`, `scheduler`.
    pub name: String,
}

impl Actor {
    pub fn staff(id: StaffId, email: impl Into<String>) -> Self {
        Self { staff: Some(id), name: email.into() }
    }
    pub fn command_line() -> Self {
        Self { staff: None, name: "command line".into() }
    }
    pub fn program() -> Self {
        Self { staff: None, name: "Pledgepost".into() }
    }
}
