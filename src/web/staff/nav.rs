//! The navigation of the staff pages: what a role may do, and nothing else.

use serde::Serialize;

use crate::config::Mode;
use crate::staff::{Permission, Role};

#[derive(Debug, Serialize)]
pub struct Group {
    pub title: &'static str,
    pub items: Vec<Item>,
}

#[derive(Debug, Serialize)]
pub struct Item {
    pub href: &'static str,
    pub label: &'static str,
    pub icon: &'static str,
    pub current: bool,
}

/// `(group, path, label, icon, permission)` in the order shown.
const ITEMS: [(&str, &str, &str, &str, Permission); 20] = [
    ("Overview", "/staff", "Start", "chart", Permission::Read),
    ("Publish", "/staff/analyses", "Analyses", "document", Permission::Read),
    ("Campaigns", "/staff/campaigns", "Campaigns", "mail", Permission::Read),
    ("Campaigns", "/staff/sending", "Sending", "upload", Permission::Read),
    ("Subscribers", "/staff/subscribers", "Subscribers", "people", Permission::SubscribersRead),
    ("Subscribers", "/staff/topics", "Topics", "menu", Permission::Subscribers),
    ("Giving", "/staff/donations", "Donations", "gift", Permission::GiftsRead),
    ("Giving", "/staff/pledges", "Pledges", "clock", Permission::GiftsRead),
    ("Giving", "/staff/funds", "Funds", "ledger", Permission::GiftsRead),
    ("Giving", "/staff/giving", "Donate page", "pause", Permission::GiftsRead),
    ("Giving", "/staff/payments/events", "Payment events", "feed", Permission::GiftsRead),
    ("Finance", "/staff/finance", "Overview", "chart", Permission::GiftsRead),
    ("Finance", "/staff/finance/payouts", "Payouts", "calendar", Permission::GiftsRead),
    ("Finance", "/staff/finance/bank", "Bank", "document", Permission::GiftsRead),
    ("Finance", "/staff/finance/journal", "Journal", "ledger", Permission::GiftsRead),
    ("Finance", "/staff/finance/checks", "Checks", "ok", Permission::GiftsRead),
    ("Settings", "/staff/organisation", "Organisation", "gear", Permission::Organisation),
    ("Settings", "/staff/members", "Staff", "person", Permission::StaffAdmin),
    ("Settings", "/staff/audit", "Audit", "ledger", Permission::Audit),
    ("Settings", "/staff/account", "My account", "person", Permission::Read),
];

/// The groups that `role` sees, with the page at `path` marked.
pub fn groups(role: Role, path: &str, mode: Mode) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (title, href, label, icon, permission) in ITEMS {
        if !role.may(permission) {
            continue;
        }
        let item = Item { href, label, icon, current: is_current(href, path) };
        match groups.last_mut().filter(|group| group.title == title) {
            Some(group) => group.items.push(item),
            None => groups.push(Group { title, items: vec![item] }),
        }
    }
    let link = |href, label, icon| Item { href, label, icon, current: false };
    let mailbox = mode.has_mailbox().then(|| link("/sandbox/mail", "Sandbox mailbox", "mail"));
    let stripe = (mode != Mode::Live).then(|| link("/sandbox/stripe", "Sandbox Stripe", "gift"));
    let bank = (mode != Mode::Live).then(|| link("/sandbox/bank", "Sandbox bank", "ledger"));
    let items: Vec<Item> = mailbox.into_iter().chain(stripe).chain(bank).collect();
    if !items.is_empty() {
        groups.push(Group { title: "Sandbox", items });
    }
    groups
}

fn is_current(href: &str, path: &str) -> bool {
    match href {
        "/staff" => path == "/staff",
        // The overview, and what is reached from it alone.
        "/staff/finance" => path == href || path.starts_with("/staff/finance/transactions"),
        // The accounts are the journal's.
        "/staff/finance/journal" if path.starts_with("/staff/finance/accounts") => true,
        _ => path.strip_prefix(href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}
