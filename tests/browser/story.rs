//! The story of the product as its users live it: a reader signs up, an analysis is published, a campaign reaches its
//! readers, one of them leaves.

use fantoccini::key::Key;
use pledgepost::staff::Role;

use super::site::Running;
use crate::support::Backend;
use crate::support::browser::{Browser, DESK, PHONE};

const READER: &str = "dilnoza@example.org";
const SUBJECT: &str = "What Kazakhstan’s new law changes";
const SUBJECT_RU: &str = "Что меняет новый закон Казахстана";
const READERS: usize = 150;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_in_a_browser() {
    let site = Running::sample(Backend::Sqlite, READERS).await;
    let mut phone = Browser::start(PHONE).await;
    sign_up_on_a_phone(&site, &phone).await;
    confirm(&site, &mut phone).await;

    let desk = Browser::start(DESK).await;
    publish_an_analysis(&site, &desk).await;
    let campaign = draft_a_campaign(&site, &desk).await;
    send_it(&site, &desk, &campaign).await;
    look_at_deliveries(&site, &desk).await;

    read_and_leave(&site, &phone).await;
    leave_by_one_click(&site, &desk).await;
    phone.end().await;
    desk.end().await;
    site.stop().await;
}

async fn sign_up_on_a_phone(site: &Running, phone: &Browser) {
    phone.open(&site.url("/")).await;
    phone.shot("story-01-home-phone").await;
    phone.open(&site.url("/analyses")).await;
    phone.click("main h2 a, main h3 a").await;
    phone.wait_for("Leave this page").await;
    assert!(phone.path().await.starts_with("/analyses/"), "{}", phone.path().await);
    phone.shot("story-02-analysis-phone").await;
    phone.picture("phone", PHONE.1).await;

    phone.fill("#signup-email", READER).await;
    phone.fill("#signup-name", "Dilnoza Karimova").await;
    phone.click(&format!("#signup-topic-{}", site.topics[0].0)).await;
    phone.click("#signup button").await;
    phone.wait_for("Please check your mailbox").await;
    phone.shot("story-03-check-your-mailbox").await;
    phone.no_complaints().await;
}

async fn confirm(site: &Running, phone: &mut Browser) {
    phone.open(&site.url("/sandbox/mail")).await;
    phone.wait_for("Please confirm your sign-up").await;
    phone.click_link("Please confirm your sign-up with Equal Ground").await;
    phone.wait_for("As a mail program shows it").await;
    assert!(phone.words().await.contains(READER));
    phone.shot("story-04-mail-phone").await;
    phone.resize(DESK).await;
    phone.picture("mailbox", 900).await;
    phone.resize(PHONE).await;
    phone.no_complaints().await;

    open_link(phone, "/confirm/").await;
    phone.wait_for("Please confirm").await;
    phone.shot("story-05-confirm").await;
    phone.click_button("Yes, I want that").await;
    phone.wait_for("Welcome").await;
    phone.wait_for("You will hear from us about").await;
    phone.shot("story-06-welcome").await;
    phone.no_complaints().await;
}

async fn publish_an_analysis(site: &Running, desk: &Browser) {
    let ours = &site.content.analyses[0];
    let ((_, english), (_, russian)) = (&ours.translations[0], &ours.translations[1]);
    site.log_in(desk, Role::Campaigner).await;
    desk.wait_for("Aida Bekova").await;
    desk.shot("story-07-staff").await;
    desk.open(&site.url("/staff/analyses")).await;
    desk.click_link("New analysis").await;
    desk.fill("#f-title", &english.title).await;
    desk.paste("#f-summary", &english.summary).await;
    desk.paste("#f-body", &english.body).await;
    desk.wait_for("Preview").await;
    desk.until("the preview shows the text", async || desk.has("#preview .prose h2").await).await;
    desk.paste("#f-slug", &ours.details.slug).await;
    desk.paste("#f-date", &ours.details.date).await;
    desk.fill("#f-countries", &ours.details.countries).await;
    desk.click(&format!("input[name=topics][value={}]", site.topics[0].0)).await;
    desk.shot("story-08-new-analysis").await;
    desk.click_button("Save draft").await;
    desk.click_link("Русский").await;
    desk.fill("#f-title", &russian.title).await;
    desk.paste("#f-summary", &russian.summary).await;
    desk.paste("#f-body", &russian.body).await;
    desk.click_button("Save").await;
    desk.wait_for(&russian.title).await;
    desk.click_link("Publish").await;
    desk.shot("story-09-publish").await;
    desk.click("main form button[type=submit]").await;
    desk.wait_for("Draft a campaign from it").await;
    desk.shot("story-10-published").await;
    desk.no_complaints().await;

    desk.open(&site.url(&format!("/analyses/{}", ours.details.slug))).await;
    assert_eq!(desk.text_of("h1").await, english.title);
    desk.shot("story-11-analysis").await;
    desk.picture("analysis", 900).await;
    desk.click_link("Русский").await;
    desk.wait_for(&russian.title).await;
    desk.no_complaints().await;
}

/// Answers the path of the campaign.
async fn draft_a_campaign(site: &Running, desk: &Browser) -> String {
    desk.open(&site.url("/staff/analyses")).await;
    desk.click_link(&site.content.analyses[0].translations[0].1.title).await;
    desk.click_link("Draft a campaign from it").await;
    desk.shot("story-12-new-campaign").await;
    desk.click_button("Create draft").await;
    desk.wait_for("Who gets it").await;
    let campaign = desk.path().await;
    desk.shot("story-13-draft").await;

    for (language, subject) in [("en", SUBJECT), ("ru", SUBJECT_RU)] {
        desk.open(&site.url(&format!("{campaign}/text/{language}"))).await;
        desk.fill("#f-subject", subject).await;
        let letter = site.content.campaign.iter().find(|(one, _)| one.as_str() == language).unwrap().1;
        let link = site.url(&format!("/analyses/{}", site.content.analyses[0].details.slug));
        desk.paste("#f-body", &letter.body.replace("ANALYSIS_URL", &link)).await;
        desk.click_button("Save and preview").await;
        desk.wait_for(subject).await;
    }
    desk.shot("story-14-preview").await;

    // As one of the readers sees it.
    desk.open(&site.url(&format!("{campaign}/preview/en"))).await;
    desk.fill("#f-q", "dilnoza").await;
    desk.click_button("Search").await;
    desk.click_link(READER).await;
    desk.wait_for("Dear Dilnoza Karimova").await;
    desk.shot("story-15-preview-as-a-reader").await;
    desk.click_button("Send a test").await;
    desk.wait_for("A test is on its way to").await;
    desk.no_complaints().await;
    campaign
}

async fn send_it(site: &Running, desk: &Browser, campaign: &str) {
    desk.open(&site.url(campaign)).await;
    let button = format!("Send to {} readers", READERS + 1);
    desk.click_link(&button).await;
    desk.wait_for("cannot be changed any more").await;
    desk.shot("story-16-send").await;
    desk.click_button(&button).await;
    desk.wait_for("Sending").await;
    desk.until("some are sent", async || {
        let done = desk.script("return document.querySelector('progress')?.value || 0").await;
        done.as_f64().unwrap() >= 8.0
    })
    .await;
    desk.shot("story-17-sending").await;
    desk.picture("campaign", 560).await;
    // The page goes on by itself and loads afresh when all is done.
    desk.until("the campaign is sent", async || desk.text_of("h1").await.contains("Sent")).await;
    desk.shot("story-18-sent").await;
    desk.no_complaints().await;
}

async fn look_at_deliveries(site: &Running, desk: &Browser) {
    let here = desk.path().await;
    desk.open(&site.url(&format!("{here}/deliveries"))).await;
    desk.wait_for(&format!("{} deliveries", READERS + 1)).await;
    desk.shot("story-19-deliveries").await;
    desk.picture("deliveries", 760).await;
    desk.fill("#f-q", "dilnoza").await;
    desk.click("form.filters button").await;
    desk.wait_for("1 delivery").await;
    desk.click_link(READER).await;
    desk.wait_for("Taken over by the mail server").await;
    desk.shot("story-19-delivery").await;
    desk.no_complaints().await;
    desk.click_link("Look at this subscriber").await;
    desk.wait_for("Consent").await;
    desk.wait_for("Dilnoza Karimova").await;
    desk.shot("story-20-subscriber").await;
    desk.picture("subscriber", 760).await;
    desk.no_complaints().await;
}

async fn read_and_leave(site: &Running, phone: &Browser) {
    phone.open(&site.url("/sandbox/mail?q=dilnoza")).await;
    phone.click_link(SUBJECT).await;
    phone.wait_for("As a mail program shows it").await;
    phone.shot("story-21-campaign-mail-phone").await;
    let mail = phone.address().await;
    open_link(phone, "/mail/").await;
    phone.wait_for("Dear Dilnoza Karimova").await;
    phone.shot("story-22-web-version-phone").await;
    phone.no_complaints().await;

    phone.open(&mail).await;
    open_link(phone, "/unsubscribe/").await;
    phone.wait_for("Leave the newsletter").await;
    phone.shot("story-23-leave").await;
    phone.click_button("Leave everything").await;
    phone.wait_for("You will get no more mails").await;
    phone.shot("story-24-left").await;
    phone.no_complaints().await;
}

async fn leave_by_one_click(site: &Running, desk: &Browser) {
    desk.open(&site.url("/sandbox/mail?q=reader1%40")).await;
    desk.click_link(SUBJECT).await;
    desk.click_button("One-click unsubscribe").await;
    desk.wait_for("Done.").await;

    // Neither of the two who left is in the next audience.
    desk.open(&site.url("/staff/campaigns/new")).await;
    desk.fill("#f-name", "The next one").await;
    desk.click_button("Create draft").await;
    desk.click(&format!("input[name=topics][value={}]", site.topics[0].0)).await;
    desk.click_button("Save audience").await;
    desk.wait_for(&format!("{}", READERS - 1)).await;
    desk.shot("story-25-next-audience").await;
    desk.no_complaints().await;
}

/// Follows the first link of the mail on the screen whose address has `part` in it.
async fn open_link(browser: &Browser, part: &str) {
    let find = format!("const a = [...document.links].find(a => a.href.includes('{part}')); return a ? a.href : ''");
    let href = browser.script(&find).await;
    let href = href.as_str().unwrap();
    assert!(!href.is_empty(), "no link with {part}:\n{}", browser.words().await);
    browser.open(href).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaving_the_page_leaves_nothing_behind() {
    let site = Running::sample(Backend::Sqlite, 0).await;
    let browser = Browser::start(PHONE).await;
    for way in ["click", "keys"] {
        browser.open(&site.url("/")).await;
        browser.open(&site.url("/analyses")).await;
        match way {
            "click" => browser.click_link("Leave this page").await,
            _ => browser.press(&[Key::Shift, Key::Shift, Key::Shift]).await,
        }
        browser.until("the neutral page", async || browser.address().await == site.neutral).await;
        assert_eq!(browser.client.title().await.unwrap(), "Weather");
        // The page that was left is not in the history: back goes to the one before.
        browser.client.back().await.unwrap();
        browser.until("the page before", async || browser.path().await == "/").await;
    }
    browser.end().await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keyboard_is_enough_to_sign_up() {
    let site = Running::sample(Backend::Sqlite, 0).await;
    let browser = Browser::start(DESK).await;
    browser.open(&site.url("/analyses")).await;
    browser.press(&[Key::Tab]).await;
    assert_eq!(browser.focus().await, "a.Skip to the content");
    browser.press(&[Key::Enter]).await;
    for step in 0.. {
        assert!(step < 200, "Tab never reaches the form");
        browser.press(&[Key::Tab]).await;
        if browser.focus().await == "input#signup-email" {
            break;
        }
    }
    browser.type_here("keys@example.org").await;
    browser.press(&[Key::Tab, Key::Tab]).await;
    browser.press(&[Key::Space]).await;
    assert_eq!(browser.script("return document.activeElement.checked").await, true);
    browser.press(&[Key::Enter]).await;
    browser.wait_for("Please check your mailbox").await;
    browser.end().await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_works_with_scripts_off() {
    let site = Running::sample(Backend::Sqlite, 0).await;
    let browser = Browser::start(PHONE).await;
    browser.scripts(false).await;
    browser.open(&site.url("/analyses")).await;
    assert!(!browser.has("html.js").await, "scripts run");
    browser.fill("#signup-email", "plain@example.org").await;
    browser.click(&format!("#signup-topic-{}", site.topics[0].0)).await;
    browser.click("#signup button").await;
    browser.wait_for("Please check your mailbox").await;
    browser.click_link("Leave this page").await;
    browser.until("the neutral page", async || browser.address().await == site.neutral).await;

    site.log_in(&browser, Role::Campaigner).await;
    // The menu of a phone is below the page, and its button a link to it.
    browser.click("[data-menu]").await;
    browser.click_path("//nav[@id='staff-nav']//a[normalize-space(.)='Analyses']").await;
    browser.wait_for_path("/staff/analyses").await;
    browser.click_link("New analysis").await;
    browser.fill("#f-title", "Without scripts").await;
    browser.fill("#f-body", "**Bold** words").await;
    browser.click_button("Preview").await;
    browser.until("the preview", async || browser.has("#preview strong").await).await;
    browser.shot("no-script-preview-phone").await;
    browser.end().await;
    site.stop().await;
}
