//! Every page, on a desk and on a phone, in light and dark: saved as pictures to look at, and held to the rules that a
//! machine can check.

use std::collections::BTreeSet;

use pledgepost::audit::Actor;
use pledgepost::campaigns::{draft, send};
use pledgepost::donations::{DonationState, Gift, GiftRequest, PledgeState, checkout, switch};
use pledgepost::staff::Role;
use pledgepost::stripe::{Interval, RefundStatus};
use pledgepost::values::{AnalysisId, CampaignId, DonorId, Expiry, Purpose};

use super::site::Running;
use crate::support::Backend;
use crate::support::browser::{Browser, DESK, PHONE};
use crate::support::gifts::{Giver, mirrored_subscription};
use crate::support::sandbox_stripe::session;

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
if (/\{\{|\[object|undefined|Unknown localization/.test(document.body.innerText.replace(/\{\{(subscriber|unsub|pref|web|donate)/g, '')))
    wrong.push('raw words on the page');
return wrong;
";

/// Looks at pages and remembers what is wrong with them.
struct Album<'a> {
    site: &'a Running,
    browser: Browser,
    group: &'static str,
    seen: BTreeSet<String>,
    wrong: Vec<String>,
}

impl Album<'_> {
    async fn page(&mut self, name: &str, path: &str) {
        self.browser.resize(DESK).await;
        self.browser.open(&self.site.url(path)).await;
        self.here(name).await;
    }

    /// Looks at what the browser shows now.
    async fn here(&mut self, name: &str) {
        let path = self.browser.path().await;
        let refusal = ["forged", "gone", "missing", "forbidden", "refused"].iter().any(|word| name.ends_with(word));
        assert!(self.seen.insert(name.to_owned()), "{name} twice");
        for (size, width) in [(DESK, "desk"), (PHONE, "phone")] {
            self.browser.resize(size).await;
            let arguments = vec![size.0.into(), refusal.into()];
            let found = self.browser.client.execute(RULES, arguments).await.unwrap();
            let found = found.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned());
            self.wrong.extend(found.map(|text| format!("{} {name} ({path}), {width}: {text}", self.group)));
            for (dark, colours) in [(false, "light"), (true, "dark")] {
                self.browser.dark(dark).await;
                self.browser.shot(&format!("looks/{}/{name}-{width}-{colours}", self.group)).await;
            }
            self.browser.dark(false).await;
        }
        self.browser.resize(DESK).await;
        let complaints = self.browser.complaints().await;
        self.wrong.extend(complaints.into_iter().map(|text| format!("{} {name} ({path}): {text}", self.group)));
    }

    async fn end(self) {
        self.browser.end().await;
        assert!(self.wrong.is_empty(), "{} things are wrong:\n{}", self.wrong.len(), self.wrong.join("\n"));
    }
}

async fn album<'a>(site: &'a Running, group: &'static str) -> Album<'a> {
    Album { site, browser: Browser::start(DESK).await, group, seen: BTreeSet::new(), wrong: Vec::new() }
}

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
    browser.click("main form button[type=submit]").await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_pages_with_rows() {
    let site = Running::sample(Backend::Sqlite, 55).await;
    site.publish_first();
    let mut album = album(&site, "staff").await;
    album.page("login", "/staff/login").await;
    album.browser.click_button("Log in").await;
    album.here("login-refused").await;
    album.page("reset", "/staff/reset").await;
    album.page("reset-forged", "/staff/reset/forged").await;
    album.page("setup-forged", "/staff/setup/forged").await;
    site.log_in(&album.browser, Role::Admin).await;
    let draft = draft(&site);
    let sent = draft_and_send(&site);
    wait_until_sent(&album.browser, &site, &sent).await;
    for (name, path) in [
        ("home", "/staff".to_owned()),
        ("account", "/staff/account".into()),
        ("organisation", "/staff/organisation".into()),
        ("members", "/staff/members".into()),
        ("members-new", "/staff/members/new".into()),
        ("member", "/staff/members/2".into()),
        ("audit", "/staff/audit".into()),
        ("missing", "/staff/there-is-no-such-page".into()),
        ("analyses", "/staff/analyses".into()),
        ("analyses-none-found", "/staff/analyses?q=nothinglikethis".into()),
        ("analysis-new", "/staff/analyses/new".into()),
        ("analysis", "/staff/analyses/1".into()),
        ("analysis-details", "/staff/analyses/1/details".into()),
        ("analysis-text", "/staff/analyses/1/text/en".into()),
        ("analysis-unpublish", "/staff/analyses/1/unpublish".into()),
        ("campaigns", "/staff/campaigns".into()),
        ("campaigns-none-found", "/staff/campaigns?q=nothinglikethis".into()),
        ("campaign-new", "/staff/campaigns/new".into()),
        ("campaign-draft", draft.clone()),
        ("campaign-text", format!("{draft}/text/en")),
        ("campaign-text-ru", format!("{draft}/text/ru")),
        ("campaign-text-remove", format!("{draft}/text/ru/remove")),
        ("campaign-preview", format!("{draft}/preview/en")),
        ("campaign-preview-found", format!("{draft}/preview/en?q=reader")),
        ("campaign-send", format!("{draft}/send")),
        ("campaign-schedule", format!("{draft}/send?when=later&date=2031-01-01&time=09%3A00")),
        ("campaign-schedule-refused", format!("{draft}/send?when=later&date=&time=")),
        ("campaign-sent", sent.clone()),
        ("campaign-deliveries", format!("{sent}/deliveries")),
        ("campaign-deliveries-none-found", format!("{sent}/deliveries?q=nothinglikethis")),
        ("subscribers", "/staff/subscribers".into()),
        ("subscribers-none-found", "/staff/subscribers?q=nothinglikethis".into()),
        ("subscriber", "/staff/subscribers/1".into()),
        ("subscriber-suppress", "/staff/subscribers/1/suppress".into()),
        ("subscriber-erase", "/staff/subscribers/1/erase".into()),
        ("topics", "/staff/topics".into()),
        ("topics-new", "/staff/topics/new".into()),
        ("topic", "/staff/topics/1".into()),
    ] {
        album.page(name, &path).await;
    }
    album.browser.open(&site.url("/staff/analyses/new")).await;
    album.browser.click_button("Save draft").await;
    album.here("analysis-new-refused").await;
    album.browser.open(&site.url("/staff/organisation")).await;
    album.browser.fill("#f-name", "").await;
    album.browser.click("main form button[type=submit]").await;
    album.here("organisation-refused").await;
    album.end().await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_an_empty_installation() {
    let site = Running::empty(Backend::Sqlite).await;
    let mut album = album(&site, "empty").await;
    for (name, path) in
        [("home", "/"), ("analyses", "/analyses"), ("subscribe", "/subscribe"), ("mailbox", "/sandbox/mail")]
    {
        album.page(name, path).await;
    }
    site.log_in(&album.browser, Role::Admin).await;
    for (name, path) in [
        ("staff-home", "/staff"),
        ("staff-organisation", "/staff/organisation"),
        ("staff-members", "/staff/members"),
        ("staff-audit", "/staff/audit"),
        ("staff-analyses", "/staff/analyses"),
        ("staff-analysis-new", "/staff/analyses/new"),
        ("staff-campaigns", "/staff/campaigns"),
        ("staff-campaign-new", "/staff/campaigns/new"),
        ("staff-subscribers", "/staff/subscribers"),
        ("staff-topics", "/staff/topics"),
    ] {
        album.page(name, path).await;
    }
    album.end().await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_other_roles_and_the_mailbox() {
    let site = Running::sample(Backend::Sqlite, 3).await;
    site.publish_first();
    let mut album = album(&site, "roles").await;
    let sent = draft_and_send(&site);
    site.log_in(&album.browser, Role::Admin).await;
    wait_until_sent(&album.browser, &site, &sent).await;
    album.browser.click_button("Log out").await;
    album.browser.wait_for_path("/staff/login").await;
    for role in [Role::Viewer, Role::Finance, Role::Campaigner] {
        site.log_in(&album.browser, role).await;
        for (name, path) in [
            ("home", "/staff".to_owned()),
            ("analyses", "/staff/analyses".into()),
            ("campaign", sent.clone()),
            ("forbidden", "/staff/members".into()),
        ] {
            album.page(&format!("{role}-{name}"), &path).await;
        }
        album.browser.open(&site.url("/staff")).await;
        album.browser.click_button("Log out").await;
        album.browser.wait_for_path("/staff/login").await;
    }
    album.page("mailbox", "/sandbox/mail").await;
    album.page("mailbox-none-found", "/sandbox/mail?q=nothinglikethis").await;
    album.page("mailbox-delete", "/sandbox/mail/delete").await;
    album.page("mail", "/sandbox/mail/1").await;
    let unsubscribe = follow(&album, "reader0", "/unsubscribe/").await;
    album.page("unsubscribe", &unsubscribe).await;
    album.browser.click_button("Leave everything").await;
    album.browser.wait_for("You will get no more mails").await;
    album.here("unsubscribed").await;
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
        album.here(&format!("mail-{name}")).await;
        let html = format!("{}/html", album.browser.path().await);
        album.browser.open(&site.url(&html)).await;
        for (size, width) in [(DESK, "desk"), (PHONE, "phone")] {
            album.browser.resize(size).await;
            for (dark, colours) in [(false, "light"), (true, "dark")] {
                album.browser.dark(dark).await;
                album.browser.shot(&format!("looks/giving-staff/mail-{name}-part-{width}-{colours}")).await;
            }
            album.browser.dark(false).await;
        }
        album.browser.resize(DESK).await;
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

/// The path behind the first link with `part` in the newest mail to `recipient`.
async fn follow(album: &Album<'_>, recipient: &str, part: &str) -> String {
    let browser = &album.browser;
    browser.open(&album.site.url(&format!("/sandbox/mail?q={recipient}"))).await;
    browser.click("main tbody th a").await;
    browser.wait_for("As a mail program shows it").await;
    let find = format!("return [...document.links].find(a => a.href.includes('{part}'))?.href || ''");
    let href = browser.script(&find).await;
    let path = href.as_str().unwrap().strip_prefix(&album.site.base);
    path.unwrap_or_else(|| panic!("no link with {part} in the mail")).to_owned()
}

/// A campaign drafted from the first analysis; answers the path of its page.
fn draft(site: &Running) -> String {
    let (app, now) = (site.app.clone(), site.app.clock.now());
    let slug = site.content.analyses[0].details.slug.clone();
    let id = site.write(|db| {
        use diesel::prelude::*;
        use pledgepost::db::schema::analyses;
        let analysis: AnalysisId = analyses::table.filter(analyses::slug.eq(slug)).select(analyses::id).first(db)?;
        draft::from_analysis(db, analysis, |path| app.config.web.link(path), &Actor::program(), now)
    });
    format!("/staff/campaigns/{id}")
}

/// The same, and lets it go.
fn draft_and_send(site: &Running) -> String {
    let path = draft(site);
    let id = CampaignId(path.rsplit('/').next().unwrap().parse().unwrap());
    let now = site.app.clock.now();
    site.write(|db| send::schedule(db, id, None, &Actor::program(), now));
    site.app.ring();
    path
}

async fn wait_until_sent(browser: &Browser, site: &Running, campaign: &str) {
    browser.open(&site.url(campaign)).await;
    browser
        .until("the campaign is sent", async || {
            browser.client.refresh().await.unwrap();
            browser.text_of("h1").await.contains("Sent")
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_the_sandboxs_stripe() {
    let site = Running::sample(Backend::Sqlite, 0).await;
    let api = site.url("/sandbox/stripe/api");
    let back = [("success_url", site.url("/?paid={CHECKOUT_SESSION_ID}")), ("cancel_url", site.url("/"))];
    let back: Vec<(&str, &str)> = back.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let one = session(&api, "2500", "eur", None, &[&back[..], &[("submit_type", "donate")]].concat()).await;
    let large = session(&api, "99999999", "jpy", Some("month"), &[&back[..], &[("locale", "ru")]].concat()).await;
    let checkout = |id: &str| format!("/sandbox/stripe/checkout/{id}");
    let mut album = album(&site, "stripe").await;
    album.page("dashboard-empty", "/sandbox/stripe").await;
    album.page("pay", &checkout(&one)).await;
    album.page("pay-monthly", &checkout(&large)).await;
    album.browser.click_button("Card is declined").await;
    album.browser.wait_for("Your card was declined").await;
    album.here("pay-declined").await;
    album.browser.open(&site.url(&checkout(&one))).await;
    // With the keyboard alone: Enter in a field presses the first button, the one that pays.
    album.browser.click("#f-card").await;
    album.browser.press(&[fantoccini::key::Key::Enter]).await;
    album.browser.wait_for_path(&format!("/?paid={one}")).await;
    album.page("paid", &checkout(&one)).await;
    album.browser.open(&site.url(&checkout(&large))).await;
    album.browser.click_button("Go back").await;
    album.browser.until("the browser is back", async || album.browser.path().await == "/").await;
    album.browser.open(&site.url(&checkout(&large))).await;
    album.browser.click_button("Pay by bank debit").await;
    album.browser.wait_for_path("/?paid=").await;
    album.page("debit", &checkout(&large)).await;
    let late = session(&api, "2500", "eur", None, &back).await;
    album.browser.open(&site.url("/sandbox/stripe")).await;
    album.browser.click_button("7 days on").await;
    album.browser.wait_for("clock was moved").await;
    album.page("expired", &checkout(&late)).await;
    album.page("dashboard", "/sandbox/stripe").await;
    album.page("session", &format!("/sandbox/stripe/objects/{one}")).await;
    album.page("payments", "/sandbox/stripe/objects?kind=payment_intent").await;
    album.page("events", "/sandbox/stripe/objects?kind=event").await;
    album.browser.click_link("checkout.session.completed").await;
    album.browser.wait_for("Send again").await;
    album.here("event").await;
    album.end().await;
    site.stop().await;
}
