//! What finance staff see and do about gifts, and what others do not.

use diesel::prelude::*;
use pledgepost::campaigns::draft;
use pledgepost::db::schema;
use pledgepost::payments::Command;
use pledgepost::staff::Role;
use pledgepost::stripe::RefundStatus;

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::gifts::Giver;

fn amounts(text: &str) -> bool {
    text.contains("€25.00")
}

on_both! {
    async fn the_list_its_filters_and_sums(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Finance).await;
        app.get("/staff/donations").await.is(200).shows("No gifts yet");
        let giver = Giver::new(&app.app);
        giver.paid("Anna Braun", "25", None);
        let second = giver.paid("Boris Ley", "40", None);
        giver.abandoned("Cora Diaz", "60");
        giver.odd("Dan Ek", "30", 2000);
        giver.refund(second, "10", RefundStatus::Succeeded);
        let all = app.get("/staff/donations").await;
        all.is(200).shows("Anna Braun").shows("anna.braun@example.org").shows("4 gifts").shows("€65.00").shows("€10.00 given back");
        all.shows("Needs a look").shows("€30.00 from Dan Ek");
        let paid = app.get("/staff/donations?state=paid").await;
        paid.is(200).shows("Anna Braun").shows("2 gifts");
        assert!(!paid.text.contains("Cora Diaz") && !paid.text.contains("Needs a look"));
        let boris = app.get("/staff/donations?q=BORIS&from=2026-03-01&to=2026-03-01&currency=EUR").await;
        boris.is(200).shows("Boris Ley").shows("1 gift");
        assert!(!amounts(&boris.text));
        app.get("/staff/donations?to=2026-02-28").await.is(200).shows("No gift is found");
        app.get("/staff/donations?page=oops&state=nonsense&fund=none").await.is(200);
    }

    async fn the_export_is_complete_safe_and_audited(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Finance).await;
        let giver = Giver::new(&app.app);
        giver.paid("=cmd", "25", None);
        giver.abandoned("Cora Diaz", "60");
        let file = app.get("/staff/donations.csv?state=paid").await;
        file.is(200);
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
        let mut reader = csv::Reader::from_reader(file.text.as_bytes());
        let names = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 1);
        let cell = |name: &str| rows[0].get(names.iter().position(|n| n == name).unwrap()).unwrap().to_owned();
        assert_eq!((cell("amount"), cell("fee"), cell("net")), ("25.00".into(), "0.62".into(), "24.38".into()));
        assert_eq!((cell("donor_name"), cell("receipt"), cell("test")), ("'=cmd".into(), "TEST-2026-000001".into(), "yes".into()));
        assert_eq!((cell("payment"), cell("charge")), ("pi_donation_1".into(), "ch_pi_donation_1".into()));
        app.log_in_as(Role::Admin).await;
        app.get("/staff/audit").await.is(200).shows("Exported donations");
    }

    async fn a_gift_its_receipt_and_a_copy(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Finance).await;
        let giver = Giver::new(&app.app);
        let id = giver.paid("Anna Braun", "25", None);
        giver.paid("Anna Braun", "40", None);
        let page = format!("/staff/donations/{id}");
        app.get(&page).await.is(200).shows("€25.00 from Anna Braun").shows("pi_donation_1").shows("€0.62").shows("€24.38")
            .shows("TEST-2026-000001").shows("Other gifts of this donor").shows("€40.00").shows("No real money moves");
        app.get(&format!("{page}/receipt")).await.is(200).shows("TEST-2026-000001").shows("€25.00").shows("Copy").shows(">Test<");
        app.get(&format!("{page}/receipt/send")).await.is(200).shows("marked as a copy");
        app.post_form(&format!("{page}/receipt/send"), &[]).await.leads_to(&page);
        let mails = app.mails();
        let (_, to, last) = mails.last().unwrap();
        assert_eq!((to.as_str(), &last["copy"]), ("anna.braun@example.org", &true.into()));
        app.post_form(&format!("{page}/receipt/send"), &[]).await.leads_to(&page);
        app.get(&page).await.shows("Please wait five minutes").shows("Receipt mailed again");
        app.get("/staff/donations/999").await.is(404);
    }

    async fn money_is_given_back_by_a_command(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Finance).await;
        let giver = Giver::new(&app.app);
        let id = giver.paid("Anna Braun", "25", None);
        let (page, refund) = (format!("/staff/donations/{id}"), format!("/staff/donations/{id}/refund"));
        app.get(&refund).await.is(200).shows("Stripe keeps its fee of €0.62").shows("cannot be taken back");
        app.post_form(&refund, &[("amount", "5"), ("reason", " ")]).await.is(422).shows("say why");
        app.post_form(&refund, &[("amount", "26"), ("reason", "twice")]).await.is(422).shows("at most").shows("twice");
        app.post_form(&refund, &[("amount", "5"), ("reason", "given twice")]).await.leads_to(&page);
        let Command::Refund(command) = giver.newest_command() else { panic!() };
        assert_eq!((command.payment.as_str(), command.amount_minor), ("pi_donation_1", 500));
        app.get(&page).await.is(200).shows("Asked for").shows("€5.00").shows("given twice");
        giver.refund(id, "", RefundStatus::Failed);
        app.get(&page).await.is(200).shows("The refund failed").shows("expired_or_canceled_card");
        app.get("/staff").await.is(200).shows(&format!("The refund of gift {id} failed"));
        giver.refund(id, "20", RefundStatus::Pending);
        app.get(&refund).await.leads_to(&page);
    }

    async fn a_question_is_answered(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Finance).await;
        let giver = Giver::new(&app.app);
        let id = giver.odd("Dan Ek", "30", 2000);
        let page = format!("/staff/donations/{id}");
        app.get("/staff").await.is(200).shows("1 gift with a question");
        app.get(&page).await.is(200).shows("Is this gift right?").shows("€20.00").shows("Book what was paid");
        app.post_form(&format!("{page}/accept"), &[]).await.leads_to(&page);
        let after = app.get(&page).await;
        after.is(200).shows("€20.00 from Dan Ek").shows("TEST-2026-000001");
        assert!(!after.text.contains("Is this gift right?"));
    }

    async fn a_pledge_is_ended(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Finance).await;
        app.get("/staff/pledges").await.is(200).shows("No pledges yet");
        let giver = Giver::new(&app.app);
        let id = giver.pledge("Anna Braun", "10");
        app.get("/staff/pledges?state=active").await.is(200).shows("Anna Braun").shows("€10.00 a month").shows("1 pledge");
        let page = format!("/staff/pledges/{id}");
        app.get(&page).await.is(200).shows("€10.00 a month from Anna Braun").shows("sub_pledge_1").shows("Paid");
        app.get(&format!("{page}/end")).await.is(200).shows("no further payments");
        app.post_form(&format!("{page}/end"), &[]).await.leads_to(&page);
        assert_eq!(giver.newest_command(), Command::EndSubscription { subscription: "sub_pledge_1".into() });
        app.get(&page).await.is(200).shows("It is being ended").shows("Asked to end it");
        app.get("/staff/donations").await.is(200).shows("Monthly");
    }

    async fn funds_are_added_closed_and_made_the_default(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Finance).await;
        Giver::new(&app.app).paid("Anna Braun", "25", None);
        app.get("/staff/funds").await.is(200).shows("Default").shows("€25.00");
        let form = |slug, name| [("slug", slug), ("language", "en"), ("name", name), ("description", "For court cases.")];
        app.get("/staff/funds/new").await.is(200);
        app.post_form("/staff/funds", &form("No Slug", "")).await.is(422).shows("No Slug");
        app.post_form("/staff/funds", &form("legal-aid", "Legal aid")).await.leads_to("/staff/funds");
        app.get("/staff/funds").await.is(200).shows("Legal aid").shows("For court cases.");
        let id: pledgepost::values::FundId = app.read(|db| {
            use schema::funds as f;
            Ok(f::table.filter(f::slug.eq("legal-aid")).select(f::id).first(db)?)
        }).unwrap();
        let page = format!("/staff/funds/{id}");
        app.get(&page).await.is(200).shows("Close this fund");
        app.post_form(&page, &form("", "Aid at court")).await.leads_to("/staff/funds");
        app.post_form(&format!("{page}/close"), &[]).await.leads_to("/staff/funds");
        app.get(&page).await.is(200).shows("Open it again");
        app.post_form(&format!("{page}/reopen"), &[]).await.leads_to("/staff/funds");
        app.post_form(&format!("{page}/default"), &[]).await.leads_to("/staff/funds");
        app.post_form(&format!("{page}/close"), &[]).await.leads_to("/staff/funds");
        app.get(&page).await.is(200).shows("make another fund the default first").shows("Aid at court");
    }

    async fn giving_is_closed_and_opened(backend) {
        let app = TestApp::start(backend).await;
        app.log_in_as(Role::Finance).await;
        Giver::new(&app.app).paid("Anna Braun", "25", None);
        app.get("/staff/giving").await.is(200).shows("Open").shows("Test mode").shows("tries stolen cards");
        app.post_form("/staff/giving/close", &[("reason", "")]).await.is(422);
        app.post_form("/staff/giving/close", &[("reason", "Cards are being tested")]).await.leads_to("/staff/giving");
        app.get("/staff/giving").await.is(200).shows("Closed by finance@example.org").shows("Cards are being tested");
        app.get("/staff").await.shows("Giving is closed. Cards are being tested");
        app.post_form("/staff/giving/open", &[]).await.leads_to("/staff/giving");
        app.get("/staff/giving").await.is(200).shows("Close giving now");
    }

    async fn no_keys_is_said(backend) {
        let app = TestApp::start_with(backend, |config| config.stripe = None).await;
        app.log_in_as(Role::Finance).await;
        app.get("/staff/giving").await.is(200).shows("There are no Stripe keys");
    }

    async fn others_see_sums_alone(backend) {
        let app = TestApp::start(backend).await;
        let now = app.app.clock.now();
        let actor = pledgepost::audit::Actor::program();
        let id = app.write(|db| draft::create(db, "Spring", &actor, now)).unwrap();
        app.write(|db| {
            use schema::campaigns as c;
            Ok(diesel::update(c::table).set((c::state.eq("sent"), c::finished_at.eq(now))).execute(db)?)
        }).unwrap();
        Giver::new(&app.app).paid("Anna Braun", "25", Some(id));
        let page = format!("/staff/campaigns/{id}");
        for role in [Role::Viewer, Role::Campaigner] {
            app.log_in_as(role).await;
            for path in ["/staff", page.as_str()] {
                let shown = app.get(path).await;
                shown.is(200).shows("€25.00").shows("1 gift");
                assert!(!shown.text.contains("Anna Braun") && !shown.text.contains("/staff/donations"), "{role} {path}");
            }
        }
        app.log_in_as(Role::Finance).await;
        app.get(&page).await.is(200).shows("Look at these gifts");
        app.get(&format!("/staff/donations?campaign={id}")).await.is(200).shows("Anna Braun").shows("through Spring");
    }
}
