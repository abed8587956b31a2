//! What readers and givers see.

use pledgepost::audit::Actor;
use pledgepost::donations::{DonationState, Gift, GiftRequest, PledgeState, checkout, switch};
use pledgepost::stripe::Interval;
use pledgepost::values::{DonorId, Expiry, Purpose};

use super::album::{album, follow};
use crate::browser::site::Running;
use crate::support::Backend;
use crate::support::gifts::mirrored_subscription;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn public_pages() {
    let site = Running::sample(Backend::Sqlite, 0).await;
    site.publish_first();
    let slug = site.content.analyses[0].details.slug.clone();
    let topic = site.topics[0].0.clone();
    let mut album = album(&site, "public").await;
    album.page("home", "/").await;
    album.page("home-ru", "/?lang=ru").await;
    album.page("analyses", "/analyses").await;
    album.page("analyses-topic-ru", &format!("/analyses?topic={topic}&lang=ru")).await;
    album.page("analyses-page-2", "/analyses?page=2").await;
    album.page("analysis", &format!("/analyses/{slug}")).await;
    album.page("analysis-ru", &format!("/analyses/{slug}?lang=ru")).await;
    album.page("analysis-gone", "/analyses/there-is-none").await;
    album.page("missing", "/there-is-no-such-page").await;
    album.page("subscribe", "/subscribe").await;
    album.page("subscribe-ru", "/subscribe?lang=ru").await;
    album.page("confirm-forged", "/confirm/forged").await;
    album.page("preferences-forged", "/preferences/forged").await;
    album.page("unsubscribe-forged", "/unsubscribe/forged").await;
    album.page("mail-forged", "/mail/forged").await;

    let browser = &album.browser;
    browser.open(&site.url("/subscribe")).await;
    browser.script("document.querySelector('main form').noValidate = true").await;
    browser.fill("#f-email", "not an address").await;
    browser.click("main form button[type=submit]").await;
    browser.wait_for("Please write an e-mail address").await;
    album.here("subscribe-refused").await;

    let browser = &album.browser;
    browser.open(&site.url("/subscribe")).await;
    browser.fill("#f-email", "looks@example.org").await;
    browser.click(&format!("main input[name=topics][value={topic}]")).await;
    browser.click("main form button[type=submit]").await;
    browser.wait_for("Please check your mailbox").await;
    album.here("subscribe-sent").await;
    let confirm = follow(&album, "looks", "/confirm/").await;
    album.mail("confirm-mail").await;
    album.page("confirm", &confirm).await;
    album.browser.click_button("Yes, I want that").await;
    album.browser.wait_for("Welcome").await;
    album.here("confirmed").await;
    album.page("confirm-again", &confirm).await;
    album.end().await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_for_who_gives() {
    let site = Running::sample(Backend::Sqlite, 0).await;
    let mut album = album(&site, "giving").await;
    album.page("donate", "/donate").await;
    album.page("donate-ru", "/donate?lang=ru&every=month&amount=7&back=1").await;
    album.page("donate-yen", "/donate?currency=JPY&every=month&amount=2000").await;
    album.page("thanks-too-old", "/donate/thanks?gift=old").await;
    album.page("manage-forged", "/donate/manage/forged").await;

    let browser = &album.browser;
    browser.open(&site.url("/donate")).await;
    browser.fill("#f-amount", "ten").await;
    browser.fill("#f-email", "not an address").await;
    browser.click("main form .actions button").await;
    browser.wait_for("Please write an e-mail address").await;
    album.here("donate-refused").await;

    use DonationState as S;
    for state in [S::Initiated, S::Processing, S::Paid, S::Failed, S::Cancelled] {
        let gift = begun_gift(&site, None, state);
        let path = format!("/donate/thanks?gift={}", gift.token(&site.app.root, site.app.clock.now()));
        album.page(&format!("thanks-{state}"), &path).await;
        if matches!(state, S::Processing | S::Paid | S::Failed) {
            album.page(&format!("thanks-{state}-ru"), &format!("{path}&lang=ru")).await;
        }
    }
    let Gift::Pledge(pledge) = begun_gift(&site, Some(Interval::Month), S::Paid) else { panic!("not a pledge") };
    let manage = format!("/donate/manage/{}", site.app.root.sign(Purpose::ManagePledge, pledge.0, Expiry::Never));
    let now = site.app.clock.now();
    site.write(|db| mirrored_subscription(db, "sub_looks", now, now + chrono::Duration::days(31)));
    album.page("manage", &manage).await;
    album.page("manage-ru", &format!("{manage}?lang=ru")).await;
    album.browser.open(&site.url(&format!("{manage}?lang=en"))).await;
    album.browser.click_button("End this gift").await;
    album.browser.wait_for("We are ending this gift").await;
    album.here("manage-ended").await;
    album.page("manage-ending", &manage).await;

    let now = site.app.clock.now();
    site.write(|db| switch::close(db, "a test", &Actor::program(), now));
    album.page("donate-closed", "/donate?from=c1").await;
    album.page("donate-closed-ru", "/donate?lang=ru").await;
    album.end().await;
    site.stop().await;
}

/// A gift that somebody began, and what Stripe made of it.
fn begun_gift(site: &Running, every: Option<Interval>, state: DonationState) -> Gift {
    use diesel::prelude::*;
    use pledgepost::db::schema::{donations, donors, pledges};
    let (app, now) = (site.app.clone(), site.app.clock.now());
    let request = GiftRequest {
        amount: "25".into(),
        currency: "EUR".into(),
        every,
        email: format!("{state}@example.org"),
        name: "Vera Giver".into(),
        ..GiftRequest::default()
    };
    site.write(|db| {
        let organisation = pledgepost::organisation::store::get(db, now)?;
        let link = |path: &str| app.config.web.link(path);
        let begun = checkout::begin(db, &request, &organisation, &app.root, &link, true, now)?;
        let donor: DonorId = diesel::insert_into(donors::table)
            .values((
                donors::email.eq(format!("{state}@example.org")),
                donors::email_key.eq(format!("{state} {every:?}")),
                donors::name.eq("Vera Giver"),
                donors::language.eq("en"),
                donors::created_at.eq(now),
                donors::updated_at.eq(now),
            ))
            .returning(donors::id)
            .get_result(db)?;
        match begun.gift {
            Gift::Donation(id) => diesel::update(donations::table.find(id))
                .set((
                    donations::state.eq(state),
                    donations::paid_at.eq(Some(now)),
                    donations::donor_id.eq(Some(donor)),
                ))
                .execute(db)?,
            Gift::Pledge(id) => diesel::update(pledges::table.find(id))
                .set((
                    pledges::state.eq(PledgeState::Active),
                    pledges::started_at.eq(Some(now)),
                    pledges::donor_id.eq(Some(donor)),
                    pledges::subscription.eq(Some("sub_looks")),
                ))
                .execute(db)?,
        };
        Ok(begun.gift)
    })
}
