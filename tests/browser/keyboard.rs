//! With the keyboard alone: everything can be reached and pressed, in the order of the page, and one sees where one is.

use fantoccini::key::Key;
use pledgepost::staff::Role;
use serde_json::Value;

use super::looks::campaigns::draft;
use super::site::{PASSWORD, Running};
use crate::support::Backend;
use crate::support::browser::{Browser, DESK, PHONE};

/// More steps than any page here has; who needs more is in a trap.
const MOST: usize = 150;

/// What is wrong with where the focus is. It answers null when the focus has left the page.
const STOP: &str = r"
const at = document.activeElement;
if (!at || at === document.body) return null;
const name = at.tagName.toLowerCase() + (at.id ? '#' + at.id : '') + ' ' + (at.name || at.textContent.trim().slice(0, 40));
// A field for a date has several stops, each with a mark of the browser's own.
if (window.stop === at) return [name];
const wrong = [];
const style = getComputedStyle(at);
if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) wrong.push('no ring');
const box = at.getBoundingClientRect();
if (box.width < 2 || box.height < 2) wrong.push('no size');
if (box.bottom < 1 || box.top > innerHeight - 1 || box.right < 1 || box.left > innerWidth - 1) wrong.push('off the screen');
// Something that floats may cover a part of it, but not all (WCAG 2.2, 2.4.11).
const points = [[.5, .5], [.1, .1], [.9, .1], [.1, .9], [.9, .9]].map(([x, y]) =>
    document.elementFromPoint(box.left + box.width * x, box.top + box.height * y));
if (!points.some((seen) => seen && (at.contains(seen) || seen.contains(at)))) wrong.push('covered');
if (window.stop && !(window.stop.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_FOLLOWING)) wrong.push('goes back');
window.stop = at;
(window.stops ||= new Set()).add(at);
return [name, ...wrong];
";

/// What can be seen and pressed, and was never reached.
const MISSED: &str = r"
const seen = window.stops || new Set();
const can = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex], audio[controls]';
return [...document.querySelectorAll(can)].filter((el) => {
    if (el.disabled || el.tabIndex < 0 || seen.has(el) || !el.checkVisibility({ visibilityProperty: true })) return false;
    // Of the choices of one group Tab reaches one; arrow keys reach the others.
    return !(el.type === 'radio' && [...seen].some((other) => other.type === 'radio' && other.name === el.name));
}).map((el) => el.tagName.toLowerCase() + '#' + el.id + ' ' + el.textContent.trim().slice(0, 40));
";

/// Goes through the whole page with Tab.
async fn walk(browser: &Browser, name: &str, address: &str) {
    browser.open(address).await;
    browser.script("window.stops = new Set(); window.stop = null").await;
    let mut wrong = Vec::new();
    let mut steps = 0;
    loop {
        browser.press(&[Key::Tab]).await;
        match browser.script(STOP).await {
            Value::Array(stop) => {
                steps += 1;
                if stop.len() > 1 {
                    wrong.push(format!("{stop:?}"));
                }
            }
            _ => break,
        }
        assert!(steps < MOST, "{name}: Tab never leaves the page: {wrong:#?}");
    }
    let missed = browser.script(MISSED).await;
    wrong.extend(missed.as_array().unwrap().iter().map(|text| format!("not reached: {text}")));
    assert!(steps > 3, "{name}: Tab goes nowhere");
    assert!(wrong.is_empty(), "{name}, {} wide: {wrong:#?}", browser.width);
}

/// Presses Tab until the focus is there.
async fn tab_to(browser: &Browser, css: &str) {
    let there = format!("return document.activeElement.matches({css:?})");
    for _ in 0..MOST {
        browser.press(&[Key::Tab]).await;
        if browser.script(&there).await == true {
            return;
        }
    }
    panic!("Tab does not reach {css} on {}", browser.address().await);
}

/// The first stop of the page leads past what every page repeats.
async fn skip(browser: &Browser, address: &str) {
    browser.open(address).await;
    browser.press(&[Key::Tab]).await;
    assert_eq!(browser.script("return document.activeElement.className").await, "skip", "{address}");
    browser.press(&[Key::Enter]).await;
    assert_eq!(browser.script("return document.activeElement.id").await, "main", "{address}");
    browser.press(&[Key::Tab]).await;
    assert_eq!(browser.script("return !!document.activeElement.closest('main')").await, true, "{address}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_with_the_keyboard_alone() {
    let site = Running::sample(Backend::Sqlite, 0).await;
    let mut browser = Browser::start(DESK).await;
    for (name, path) in [("home", "/"), ("sign-up", "/subscribe"), ("gift", "/donate"), ("analyses", "/analyses")] {
        walk(&browser, name, &site.url(path)).await;
    }
    browser.resize(PHONE).await;
    walk(&browser, "gift", &site.url("/donate")).await;
    walk(&browser, "sign-up", &site.url("/subscribe")).await;
    browser.resize(DESK).await;
    skip(&browser, &site.url("/donate")).await;

    browser.open(&site.url("/subscribe")).await;
    tab_to(&browser, "main #f-email").await;
    browser.type_here("keys@example.org").await;
    tab_to(&browser, "main input[name=topics]").await;
    browser.type_here(" ").await;
    assert_eq!(browser.script("return document.activeElement.checked").await, true);
    tab_to(&browser, "main form button[type=submit]").await;
    browser.press(&[Key::Enter]).await;
    browser.wait_for("Please check your mailbox").await;

    // A choice by its arrow keys, a button by Space, and Enter in a field, which is the last button's, not the first one's.
    browser.open(&site.url("/donate")).await;
    tab_to(&browser, "button[name=other_every][value=month]").await;
    browser.type_here(" ").await;
    browser.find("button[name=other_every][value=month][aria-pressed=true]").await;
    tab_to(&browser, "input[name=suggested]").await;
    browser.press(&[Key::Right]).await;
    tab_to(&browser, "main #f-email").await;
    browser.type_here("keys@example.org").await;
    browser.press(&[Key::Enter]).await;
    browser.wait_for("Sandbox: no money moves").await;

    browser.open(&site.url("/donate")).await;
    tab_to(&browser, "[data-leave]").await;
    browser.press(&[Key::Enter]).await;
    browser.until("the neutral page", async || browser.address().await == site.neutral).await;
    browser.no_complaints().await;
    browser.end().await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_with_the_keyboard_alone() {
    let site = Running::sample(Backend::Sqlite, 4).await;
    site.publish_first();
    let draft = draft(&site);
    let mut browser = Browser::start(DESK).await;
    walk(&browser, "log-in", &site.url("/staff/login")).await;
    tab_to(&browser, "#f-email").await;
    browser.type_here(&format!("{}@example.org", Role::Admin)).await;
    tab_to(&browser, "#f-password").await;
    browser.type_here(PASSWORD).await;
    browser.press(&[Key::Enter]).await;
    browser.until("the start page of the staff", async || browser.path().await == "/staff").await;

    let subscribers = site.url("/staff/subscribers");
    walk(&browser, "subscribers", &subscribers).await;
    walk(&browser, "draft", &site.url(&draft)).await;
    skip(&browser, &subscribers).await;
    tab_to(&browser, "main input[type=search]").await;
    browser.type_here("reader2").await;
    browser.press(&[Key::Enter]).await;
    browser.wait_for_path("/staff/subscribers?q=reader2").await;
    tab_to(&browser, "main tbody th a").await;
    browser.press(&[Key::Enter]).await;
    browser.wait_for_path("/staff/subscribers/").await;

    browser.open(&site.url(&draft)).await;
    tab_to(&browser, "main input[name=languages]").await;
    browser.type_here(" ").await;
    tab_to(&browser, "main form[action$='/audience'] button").await;
    browser.press(&[Key::Enter]).await;
    browser.wait_for("Send to 3 readers").await;

    browser.resize(PHONE).await;
    walk(&browser, "draft", &site.url(&draft)).await;
    tab_to(&browser, "[data-menu]").await;
    browser.press(&[Key::Enter]).await;
    tab_to(&browser, "#staff-nav a[href='/staff/topics']").await;
    browser.press(&[Key::Enter]).await;
    browser.wait_for_path("/staff/topics").await;
    browser.no_complaints().await;
    browser.end().await;
    site.stop().await;
}
