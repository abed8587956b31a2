//! Opens pages, takes their pictures, and gathers what is wrong with them.

use std::collections::BTreeSet;

use crate::browser::axe::{Rules, barriers, barriers_of_mail};
use crate::browser::site::Running;
use crate::support::browser::{Browser, DESK, PHONE, screenshots};

/// What is wrong with the page in the browser, in words; an empty list when nothing is.
const RULES: &str = r"
const wrong = [];
const root = document.documentElement;
const name = (el) => el.tagName.toLowerCase() + (el.id ? '#' + el.id : '') + (el.name ? '[name=' + el.name + ']' : '')
    + (typeof el.className === 'string' && el.className ? '.' + el.className.split(' ').join('.') : '');
const [wide, refusal] = arguments;
const status = performance.getEntriesByType('navigation')[0].responseStatus;
if ((status >= 400) !== refusal) wrong.push('answered with ' + status);
if (root.scrollWidth > wide) {
    const out = [...document.querySelectorAll('body *')].filter((el) => el.getBoundingClientRect().right > wide + 1
        && !el.closest('.table-wrap, pre, .prose table'));
    wrong.push('wider than the screen: ' + root.scrollWidth + ' > ' + wide + ': ' + out.slice(-3).map(name).join(', '));
}
if (wide >= 1280) for (const el of document.querySelectorAll('.table-wrap'))
    if (el.scrollWidth > el.clientWidth + 1) wrong.push('a table that is cut: ' + el.scrollWidth + ' > ' + el.clientWidth);
const headings = document.querySelectorAll('h1').length;
if (headings !== 1) wrong.push(headings + ' h1');
if (!root.lang) wrong.push('no lang');
if (!document.title.trim()) wrong.push('no title');
if (document.querySelectorAll('main').length !== 1) wrong.push('not one main');
for (const el of document.querySelectorAll('input, select, textarea, progress')) {
    if (['hidden', 'submit', 'button'].includes(el.type)) continue;
    const labelled = (el.labels && el.labels.length) || el.getAttribute('aria-label') || el.getAttribute('aria-labelledby');
    if (!labelled) wrong.push('no label: ' + name(el));
}
for (const el of document.querySelectorAll('button, a[href]'))
    if (!el.textContent.trim() && !el.getAttribute('aria-label')) wrong.push('no words: ' + name(el));
for (const el of document.querySelectorAll('img:not([alt])')) wrong.push('no alt: ' + el.src);
for (const el of document.querySelectorAll('iframe:not([title])')) wrong.push('no title: ' + el.src);
for (const el of document.querySelectorAll('[style]')) wrong.push('style=: ' + name(el));
for (const el of document.querySelectorAll('body *')) for (const at of el.attributes)
    if (at.name.startsWith('on')) wrong.push(at.name + '=: ' + name(el));
const ids = [...document.querySelectorAll('[id]')].map((el) => el.id);
for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) wrong.push('two elements with id ' + id);
for (const at of ['aria-describedby', 'aria-labelledby', 'aria-controls'])
    for (const el of document.querySelectorAll('[' + at + ']')) for (const id of el.getAttribute(at).split(/\s+/))
        if (!document.getElementById(id)) wrong.push(at + ' names nothing: ' + id);
for (const el of document.querySelectorAll('label[for]'))
    if (!document.getElementById(el.htmlFor)) wrong.push('label for nothing: ' + el.htmlFor);
let level = 0;
for (const el of document.querySelectorAll('main h1, main h2, main h3, main h4')) {
    const now = Number(el.tagName[1]);
    if (level && now > level + 1) wrong.push('from h' + level + ' to ' + name(el) + ' ' + el.textContent.slice(0, 40));
    level = now;
}
for (const use of document.querySelectorAll('svg use')) {
    const box = use.getBoundingClientRect();
    if (use.closest('svg').getBoundingClientRect().width > 0 && box.width === 0)
        wrong.push('an icon that is not there: ' + use.getAttribute('href'));
}
if (/\{\{|\[object|undefined|Unknown localization/.test(document.body.innerText.replace(/\{\{[#\/]?(subscriber|unsub|pref|web|donate|if|else|unless|each|this)/g, '')))
    wrong.push('raw words on the page');
return wrong;
";

/// Looks at pages and remembers what is wrong with them.
pub struct Album<'a> {
    pub site: &'a Running,
    pub browser: Browser,
    group: &'static str,
    seen: BTreeSet<String>,
    wrong: Vec<String>,
}

impl Album<'_> {
    pub async fn page(&mut self, name: &str, path: &str) {
        self.browser.resize(DESK).await;
        self.browser.open(&self.site.url(path)).await;
        self.here(name).await;
    }

    /// Looks at what the browser shows now.
    pub async fn here(&mut self, name: &str) {
        let path = self.browser.path().await;
        let refusal = ["forged", "gone", "missing", "forbidden", "refused"].iter().any(|word| name.ends_with(word));
        assert!(self.seen.insert(name.to_owned()), "{name} twice");
        // axe costs more than all the rest, so each page is held to it in two of its four looks. They alternate from page
        // to page: what stands on every page is judged in all four, and no page goes without a desk, a phone, light, dark.
        let desk_is_dark = self.seen.len().is_multiple_of(2);
        for (size, width, rules, dark) in
            [(DESK, "desk", Rules::All, desk_is_dark), (PHONE, "phone", Rules::Width, !desk_is_dark)]
        {
            self.browser.resize(size).await;
            let arguments = vec![size.0.into(), refusal.into()];
            let found = self.browser.client.execute(RULES, arguments).await.unwrap();
            let found = found.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned());
            self.wrong.extend(found.map(|text| format!("{} {name} ({path}), {width}: {text}", self.group)));
            self.browser.dark(dark).await;
            let found = barriers(&self.browser, rules).await;
            let place = format!("{} {name} ({path}), {width}, {}", self.group, if dark { "dark" } else { "light" });
            self.wrong.extend(found.into_iter().map(|text| format!("{place}: {text}")));
            self.pictures(name, width).await;
        }
        self.browser.dark(false).await;
        self.browser.resize(DESK).await;
        let complaints = self.browser.complaints().await;
        self.wrong.extend(complaints.into_iter().map(|text| format!("{} {name} ({path}): {text}", self.group)));
    }

    /// Looks at the mail that the browser shows in the sandbox's mailbox.
    pub async fn mail(&mut self, name: &str) {
        self.here(name).await;
        let address = format!("{}/html", self.browser.address().await);
        self.browser.open(&address).await;
        for (size, width) in [(DESK, "desk"), (PHONE, "phone")] {
            self.browser.resize(size).await;
            self.pictures(&format!("{name}-part"), width).await;
        }
        self.browser.dark(false).await;
        self.browser.resize(DESK).await;
        let html = reqwest::get(&address).await.unwrap().text().await.unwrap();
        let found = barriers_of_mail(&self.browser, &html).await;
        self.wrong.extend(found.into_iter().map(|text| format!("{} {name}, the mail: {text}", self.group)));
    }

    /// The page as it is now, in light and dark, if pictures are wanted.
    async fn pictures(&self, name: &str, width: &str) {
        if screenshots().is_none() {
            return;
        }
        for (dark, colours) in [(false, "light"), (true, "dark")] {
            self.browser.dark(dark).await;
            self.browser.shot(&format!("looks/{}/{name}-{width}-{colours}", self.group)).await;
        }
    }

    pub async fn end(self) {
        self.browser.end().await;
        assert!(self.wrong.is_empty(), "{} things are wrong:\n{}", self.wrong.len(), self.wrong.join("\n"));
    }
}

pub async fn album<'a>(site: &'a Running, group: &'static str) -> Album<'a> {
    Album { site, browser: Browser::start(DESK).await, group, seen: BTreeSet::new(), wrong: Vec::new() }
}

/// The path behind the first link with `part` in the newest mail to `recipient`.
pub async fn follow(album: &Album<'_>, recipient: &str, part: &str) -> String {
    let browser = &album.browser;
    browser.open(&album.site.url(&format!("/sandbox/mail?q={recipient}"))).await;
    browser.click("main tbody th a").await;
    browser.wait_for("As a mail program shows it").await;
    let find = format!("return [...document.links].find(a => a.href.includes('{part}'))?.href || ''");
    let href = browser.script(&find).await;
    let path = href.as_str().unwrap().strip_prefix(&album.site.base);
    path.unwrap_or_else(|| panic!("no link with {part} in the mail")).to_owned()
}
