//! Every staff page against every role, read from the table of paths.

use pledgepost::staff::{Permission, Role};

use crate::on_both;
use crate::support::app::TestApp;

const ROUTES: &str = include_str!("../../src/web/routes.rs");

/// The longest beginning that fits decides; nothing means open to everybody.
const TABLE: [(&str, Option<Permission>); 35] = [
    ("/staff", Some(Permission::Read)),
    ("/staff/login", None),
    ("/staff/reset", None),
    ("/staff/setup", None),
    ("/staff/account", Some(Permission::Read)),
    // Everybody on the staff may read them, drafts too.
    ("/staff/analyses", Some(Permission::Read)),
    ("/staff/analyses/new", Some(Permission::Analyses)),
    ("/staff/analyses/preview", Some(Permission::Analyses)),
    ("/staff/analyses/1/details", Some(Permission::Analyses)),
    ("/staff/analyses/1/text", Some(Permission::Analyses)),
    ("/staff/analyses/1/publish", Some(Permission::Analyses)),
    ("/staff/analyses/1/unpublish", Some(Permission::Analyses)),
    ("/staff/analyses/1/delete", Some(Permission::Analyses)),
    ("/staff/campaigns", Some(Permission::Campaigns)),
    ("/staff/deliveries", Some(Permission::SubscribersRead)),
    ("/staff/sending", Some(Permission::Campaigns)),
    ("/staff/subscribers", Some(Permission::SubscribersRead)),
    ("/staff/subscribers.csv", Some(Permission::SubscribersRead)),
    ("/staff/topics", Some(Permission::Subscribers)),
    // Who gave is for those who keep the books.
    ("/staff/donations", Some(Permission::GiftsRead)),
    ("/staff/donations.csv", Some(Permission::GiftsRead)),
    ("/staff/pledges", Some(Permission::GiftsRead)),
    ("/staff/funds", Some(Permission::GiftsRead)),
    ("/staff/giving", Some(Permission::GiftsRead)),
    ("/staff/payments", Some(Permission::GiftsRead)),
    ("/staff/payments/events/1/1", Some(Permission::Gifts)),
    ("/staff/finance", Some(Permission::GiftsRead)),
    ("/staff/finance/transactions/1/explain", Some(Permission::Gifts)),
    ("/staff/finance/transactions/1/take-back", Some(Permission::Gifts)),
    ("/staff/finance/accounts/1", Some(Permission::Gifts)),
    ("/staff/finance/accounts/new", Some(Permission::Gifts)),
    ("/staff/finance/bank/import", Some(Permission::Gifts)),
    ("/staff/organisation", Some(Permission::Organisation)),
    ("/staff/members", Some(Permission::StaffAdmin)),
    ("/staff/audit", Some(Permission::Audit)),
];

/// Pages that everybody on the staff may look at, below which writing begins.
const OPEN_TO_ALL_ROLES: [&str; 7] = [
    "/staff/analyses",
    "/staff/analyses/1",
    "/staff/campaigns",
    "/staff/campaigns/1",
    "/staff/campaigns/1/progress",
    "/staff/campaigns/1/events",
    "/staff/sending",
];

fn permission(path: &str, method: &str) -> Option<Permission> {
    if method == "get()" && OPEN_TO_ALL_ROLES.contains(&path) {
        return Some(Permission::Read);
    }
    let fits = TABLE.iter().filter(|(start, _)| path == *start || path.starts_with(&format!("{start}/")));
    fits.max_by_key(|(start, _)| start.len()).unwrap().1
}

/// The path of every staff route of a method, parameters filled in.
fn routes(method: &str) -> Vec<String> {
    let line = |line: &str| {
        let rest = line.trim().strip_prefix(".route(\"")?;
        let (path, handler) = rest.split_once("\", ")?;
        (path.starts_with("/staff") && handler.starts_with(method)).then(|| {
            let part = |part: &str| if part.starts_with('{') { "1".to_owned() } else { part.to_owned() };
            path.split('/').map(part).collect::<Vec<_>>().join("/")
        })
    };
    ROUTES.lines().filter_map(line).collect()
}

on_both! {
    async fn every_page_for_every_role(backend) {
        let app = TestApp::start(backend).await;
        let pages = routes("get()");
        assert!(pages.len() > 8, "{pages:?}");
        for page in &pages {
            let answer = app.get(page).await;
            match permission(page, "get()") {
                None => assert!(matches!(answer.status, 200 | 404), "{page}: {}", answer.status),
                Some(_) => assert!(answer.header("location").starts_with("/staff/login?next="), "{page}"),
            }
        }
        for role in Role::ALL {
            app.log_in_as(*role).await;
            for page in &pages {
                let answer = app.get(page).await;
                match permission(page, "get()").is_none_or(|permission| role.may(permission)) {
                    true => assert!(matches!(answer.status, 200 | 404), "{role} {page}: {}", answer.status),
                    false => {
                        answer.is(403).shows("This is not open to you");
                    }
                }
            }
        }
    }

    async fn no_write_without_a_session_or_from_elsewhere(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Viewer).await;
        for path in routes("post()") {
            for headers in [&[][..], &[("origin", "https://evil.example")], &[("sec-fetch-site", "cross-site")]] {
                let answer = app.post_form_with(&path, &[], headers).await;
                answer.is(403).shows("This form came from another site");
            }
            if !matches!(permission(&path, "post()"), None | Some(Permission::Read)) {
                app.post_form(&path, &[("role", "admin")]).await.is(403);
            }
        }
        app.forget_cookies();
        app.post_form("/staff/organisation", &[("name", "x")]).await.leads_to("/staff/login");
    }
}
