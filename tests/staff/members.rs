//! Adding, changing and disabling members.

use pledgepost::staff::Role;

use crate::on_both;
use crate::support::app::{PASSWORD, TestApp};

on_both! {
    async fn invited_by_mail(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Admin).await;
        app.get("/staff/members/new").await.is(200);
        let wrong = app.post_form("/staff/members", &[("email", "olga"), ("role", "boss"), ("name", "Olga")]).await;
        wrong.is(422).shows("does not look like an e-mail address").shows("value=\"Olga\"");
        let fields = [("email", "olga@example.org"), ("role", "campaigner"), ("name", "Olga")];
        app.post_form("/staff/members", &fields).await.leads_to("/staff/members");
        app.get("/staff/members").await.shows("An invitation is on its way").shows("Olga").shows("Invited");
        app.post_form("/staff/members", &fields).await.is(422).shows("is on the staff already");

        app.post_form("/staff/members/2/invite", &[]).await.leads_to("/staff/members/2");
        let mails = app.mails();
        assert_eq!(mails.len(), 2);
        assert_eq!((mails[1].0.as_str(), mails[1].1.as_str()), ("staff_invitation", "olga@example.org"));
        assert_eq!(mails[1].2["role"], "campaigner");
        app.forget_cookies();
        app.get(&app.path_of(&mails[0].2["setup_url"])).await.is(404);
        let link = app.path_of(&mails[1].2["setup_url"]);
        app.get(&link).await.is(200).shows("Set up your account").shows("olga@example.org");
        let password = [("name", "Olga P."), ("password", PASSWORD), ("again", PASSWORD)];
        app.post_form(&link, &password).await.leads_to("/staff");
        app.get("/staff").await.is(200).shows("Olga P.").shows("campaigner");
    }

    async fn roles_and_doors_change_at_once(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Campaigner).await;
        let olga = app.swap_cookies(Default::default());
        app.log_in_as(Role::Admin).await;
        let admin = app.swap_cookies(olga.clone());
        app.get("/staff").await.is(200);

        app.swap_cookies(admin.clone());
        app.post_form("/staff/members/1/role", &[("role", "viewer")]).await.leads_to("/staff/members/1");
        app.get("/staff/members/1").await.shows("The role is changed.");
        app.swap_cookies(olga);
        app.get("/staff").await.leads_to("/staff/login?next=%2Fstaff");
        app.log_in("campaigner@example.org", PASSWORD).await.leads_to("/staff");
        let olga = app.swap_cookies(admin.clone());

        app.post_form("/staff/members/1/disable", &[]).await.leads_to("/staff/members/1");
        app.swap_cookies(olga);
        app.get("/staff").await.leads_to("/staff/login?next=%2Fstaff");
        app.log_in("campaigner@example.org", PASSWORD).await.is(422);

        app.swap_cookies(admin);
        app.post_form("/staff/members/1/enable", &[]).await.leads_to("/staff/members/1");
        app.post_form("/staff/members/1/role", &[("role", "admin")]).await.leads_to("/staff/members/1");
        let audit = app.get("/staff/audit").await;
        for deed in ["Added staff 1", "Changed the role of staff 1", "Disabled staff 1", "Enabled staff 1", "Logged in staff"] {
            audit.shows(deed);
        }
    }

    async fn the_last_admin_stays(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Admin).await;
        app.post_form("/staff/members/1/disable", &[]).await.leads_to("/staff/members/1");
        app.get("/staff/members/1").await.is(200).shows("This is the last admin who can log in");
        app.post_form("/staff/members/1/role", &[("role", "viewer")]).await.leads_to("/staff/members/1");
        app.get("/staff/members/1").await.is(200).shows("This is the last admin who can log in").shows("Active");
        app.get("/staff/members/99").await.is(404);
    }
}
