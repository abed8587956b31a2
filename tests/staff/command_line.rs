//! `pledgepost staff add` and `pledgepost staff reset`.

use pledgepost::cli::staff::{StaffCommand, run};
use pledgepost::staff::Role;
use pledgepost::values::EmailAddress;

use crate::on_both;
use crate::support::app::{PASSWORD, TestApp};

fn command(app: &TestApp, command: StaffCommand) -> Result<String, String> {
    let mut out = Vec::new();
    run(&app.app, command, &mut out).map_err(|error| format!("{error:#}"))?;
    Ok(String::from_utf8(out).unwrap().trim_end().to_owned())
}

on_both! {
    async fn links_are_printed(backend) {
        let app = TestApp::start(backend).await;
        let email = EmailAddress::parse("anna@example.org").unwrap();
        let add = || StaffCommand::Add { email: email.clone(), role: Role::Admin, name: "Anna".into(), password_stdin: false };
        let link = command(&app, add()).unwrap();
        let path = link.strip_prefix(&app.base).unwrap();
        app.get(path).await.is(200).shows("anna@example.org");
        let fields = [("name", "Anna"), ("password", PASSWORD), ("again", PASSWORD)];
        app.post_form(path, &fields).await.leads_to("/staff");
        app.get("/staff/audit").await.shows("command line").shows("anna@example.org as admin");
        assert!(command(&app, add()).unwrap_err().contains("is on the staff already"));
        assert!(app.mails().is_empty(), "whoever runs the command hands the link over");

        let link = command(&app, StaffCommand::Reset { email }).unwrap();
        app.get(link.strip_prefix(&app.base).unwrap()).await.is(200).shows("New password");
        let unknown = EmailAddress::parse("nobody@example.org").unwrap();
        assert!(command(&app, StaffCommand::Reset { email: unknown }).unwrap_err().contains("no such staff member"));
    }
}
