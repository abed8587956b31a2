//! What staff see of giving.

use pledgepost::staff::Role;
use pledgepost::stripe::RefundStatus;
use pledgepost::values::CampaignId;

use super::album::album;
use super::campaigns::{draft_and_send, wait_until_sent};
use crate::browser::site::Running;
use crate::support::Backend;
use crate::support::gifts::Giver;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_pages_of_giving() {
    let site = Running::sample(Backend::Sqlite, 3).await;
    site.publish_first();
    let sent = draft_and_send(&site);
    let campaign = sent.rsplit('/').next().unwrap().parse().ok().map(CampaignId);
    let mut album = album(&site, "giving-staff").await;
    site.log_in(&album.browser, Role::Finance).await;
    for (name, path) in [("none", "donations"), ("pledges-none", "pledges"), ("funds-none", "funds")] {
        album.page(name, &format!("/staff/{path}")).await;
    }
    let giver = Giver::new(&site.app);
    let first = giver.paid("Anna Braun", "25", campaign);
    giver.paid("Anna Braun", "1250", campaign);
    let back = giver.paid("Boris Leyendecker-Oppenheimer", "40", None);
    giver.refund(back, "10", RefundStatus::Succeeded);
    giver.refund(back, "5", RefundStatus::Failed);
    let void = giver.paid("Eva Lind", "60", None);
    giver.refund(void, "", RefundStatus::Succeeded);
    giver.abandoned("Cora Diaz", "60");
    let odd = giver.odd("Dan Ek", "30", 2000);
    let long = giver.paid("Bartholomew-Ferdinand von Hohenlohe-Waldenburg-Schillingsfürst", "19999.99", campaign);
    let pledge = giver.pledge("Fatou Ndiaye", "10");
    wait_until_sent(&album.browser, &site, &sent).await;
    for (name, path) in [
        ("home", "/staff".to_owned()),
        ("campaign", sent.clone()),
        ("donations", "/staff/donations".into()),
        ("donations-filtered", "/staff/donations?state=paid&currency=EUR".into()),
        ("donations-none-found", "/staff/donations?q=nothinglikethis".into()),
        ("donation", format!("/staff/donations/{first}")),
        ("donation-long", format!("/staff/donations/{long}")),
        ("donation-refunded", format!("/staff/donations/{back}")),
        ("donation-question", format!("/staff/donations/{odd}")),
        ("refund", format!("/staff/donations/{first}/refund")),
        ("receipt", format!("/staff/donations/{first}/receipt")),
        ("receipt-void", format!("/staff/donations/{void}/receipt")),
        ("receipt-send", format!("/staff/donations/{first}/receipt/send")),
        ("pledges", "/staff/pledges".into()),
        ("pledge", format!("/staff/pledges/{pledge}")),
        ("pledge-end", format!("/staff/pledges/{pledge}/end")),
        ("funds", "/staff/funds".into()),
        ("fund-new", "/staff/funds/new".into()),
        ("fund", "/staff/funds/1".into()),
        ("giving", "/staff/giving".into()),
        ("events", "/staff/payments/events".into()),
    ] {
        album.page(name, &path).await;
    }
    album.browser.open(&site.url(&format!("/staff/donations/{void}/receipt"))).await;
    album.browser.paper(true).await;
    album.browser.shot("looks/giving-staff/receipt-void-paper").await;
    album.browser.paper(false).await;
    album.browser.open(&site.url("/staff/giving")).await;
    album.browser.fill("#f-reason", "Cards are being tested").await;
    album.browser.click_button("Close giving now").await;
    album.browser.wait_for("Cards are being tested").await;
    album.here("giving-closed").await;

    let browser = &album.browser;
    browser.open(&site.url(&format!("/staff/donations/{first}/refund"))).await;
    browser.fill("#f-amount", "1000").await;
    browser.click_button("Give the money back").await;
    browser.wait_for("Something needs your attention").await;
    album.here("refund-refused").await;
    for (giver, name) in [("anna.braun", "receipt"), ("boris", "refund")] {
        album.browser.open(&site.url(&format!("/sandbox/mail?q={giver}"))).await;
        album.browser.click("main tbody th a").await;
        album.browser.wait_for("As a mail program shows it").await;
        album.mail(&format!("mail-{name}")).await;
    }
    for role in [Role::Admin, Role::Campaigner, Role::Viewer] {
        album.browser.open(&site.url("/staff")).await;
        album.browser.click_button("Log out").await;
        album.browser.wait_for_path("/staff/login").await;
        site.log_in(&album.browser, role).await;
        album.page(&format!("{role}-home"), "/staff").await;
        album.page(&format!("{role}-campaign"), &sent).await;
    }
    album.end().await;
    site.stop().await;
}
