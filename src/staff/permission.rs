//! Roles, and what each may do: the whole table in one place.

use crate::text_enum;

text_enum! {
    /// What a staff member is there for.
    pub enum Role {
        Admin => "admin",
        Campaigner => "campaigner",
        Finance => "finance",
        Viewer => "viewer",
    }
}

/// What a page or an action asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Pages without readers' personal data.
    Read,
    Analyses,
    Campaigns,
    /// Changes subscribers, topics, imports.
    Subscribers,
    /// Sees addresses.
    SubscribersRead,
    /// Sees gifts, who gave them, and what Stripe said.
    GiftsRead,
    /// Pays back, ends pledges, changes funds, closes giving, tries payment events again.
    Gifts,
    Organisation,
    StaffAdmin,
    Audit,
}

impl Role {
    pub fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Self::Admin => true,
            Self::Campaigner => {
                matches!(permission, P::Read | P::Analyses | P::Campaigns | P::Subscribers | P::SubscribersRead)
            }
            // Readers' addresses are for those who write to them, givers' for those who keep the books.
            Self::Finance => matches!(permission, P::Read | P::GiftsRead | P::Gifts),
            Self::Viewer => matches!(permission, P::Read),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_for_admin_and_campaigner() {
        let may =
            |permission| Role::ALL.iter().filter(|role| role.may(permission)).map(|r| r.as_str()).collect::<Vec<_>>();
        assert_eq!(may(Permission::SubscribersRead), ["admin", "campaigner"]);
        assert_eq!(may(Permission::GiftsRead), ["admin", "finance"]);
        assert_eq!(may(Permission::Gifts), ["admin", "finance"]);
        assert_eq!(may(Permission::StaffAdmin), ["admin"]);
        assert_eq!(may(Permission::Read).len(), 4);
    }
}
