//! The readers' pages of the analyses, over HTTP.

use pledgepost::analyses::publish::publish;
use pledgepost::analyses::write::{self, DetailsForm};
use pledgepost::audit::Actor;
use pledgepost::organisation::{self, OrganisationForm};
use pledgepost::values::At;

use crate::on_both;
use crate::support::analyses::{published, text, topic};
use crate::support::{Backend, Site};

fn now() -> At {
    At::from_micros(1_780_000_000_000_000)
}

/// English and Russian, two topics, thirteen analyses: `both` is the newest, `ru-only` the oldest.
async fn site(backend: Backend) -> Site {
    let site = Site::start(backend, now()).await;
    site.write(|db| {
        let mut form = OrganisationForm::from(&organisation::store::get(db, now())?);
        form.name = "Equal <Ground>".into();
        form.languages = "en, ru".into();
        organisation::store::save(db, &form.check(now())?)?;
        let (home, law) = (topic(db, "home", now()), topic(db, "law", now()));
        for n in 1..=11 {
            let topics = std::slice::from_ref(&law);
            published(
                db,
                &format!("a-{n}"),
                &format!("2024-01-{n:02}"),
                &[("en", &format!("Number {n}."))],
                topics,
                now(),
            );
        }
        published(db, "both", "2024-04-29", &[("en", "Home & law"), ("ru", "Дом и закон")], &[home, law], now());
        published(db, "ru-only", "2022-01-01", &[("ru", "Только по-русски")], &[], now());
        Ok(())
    });
    site
}

on_both! {
    async fn the_list_is_paged_and_filtered(backend) {
        let site = site(backend).await;
        let first = site.get("/analyses").await;
        assert_eq!(first.status, 200);
        first.says("Home &amp; law").says("29 April 2024").says("Kazakhstan").says("13 analyses").says("About law");
        first.says("href=\"/analyses?page=2\"").lacks("Number 1.").lacks("Только");
        let second = site.get("/analyses?page=2").await;
        second.says("Number 1.").says("Только по-русски").says("lang=\"ru\"").says("<title>Analyses, page 2");

        let home = site.get("/analyses?topic=home").await;
        home.says("1 analysis").says("<h1>About home").says("aria-current=\"true\">About home").lacks("Number");
        let unknown = site.get("/analyses?topic=unknown").await;
        assert_eq!(unknown.status, 200);
        unknown.says("Nothing here yet").says("Show all analyses");
        site.get("/analyses?page=99").await.says("Nothing here yet");
        assert_eq!(site.get("/analyses?page=x&lang=zz&topic=%20").await.status, 200, "odd values are no reason to fail");

        let russian = site.get("/analyses?lang=ru").await;
        russian.says("Дом и закон").says("29 апреля 2024").says("2 материала").says("Казахстан").lacks("Number");
        russian.says("/analyses/both?lang=ru").says("all=1");
        site.get("/analyses?lang=ru&all=1").await.says("Number 11.").says("13 материалов");
    }

    async fn the_first_page_shows_what_is_new(backend) {
        let site = site(backend).await;
        let home = site.get("/").await;
        assert_eq!(home.status, 200);
        home.says("Home &amp; law").says("Number 11.").says("Equal &lt;Ground&gt;").lacks("Number 5.").says("href=\"/analyses\"");
        site.get_with("/", &[("accept-language", "ru-KZ, en;q=0.5")]).await.says("Дом и закон").says("lang=\"ru\"");
    }

    async fn an_empty_site_says_so(backend) {
        let site = Site::start(backend, now()).await;
        site.get("/").await.says("Nothing is published yet");
        site.get("/analyses").await.says("Nothing here yet").says("0 analyses");
        let feed = site.get("/analyses.atom").await;
        assert_eq!(feed.status, 200);
        feed.says("<updated>").lacks("<entry");
    }

    async fn an_analysis_is_read_in_the_readers_language(backend) {
        let site = site(backend).await;
        let page = site.get("/analyses/both").await;
        assert_eq!(page.status, 200);
        page.says("Home &amp; law</h1>").says("A <strong>strong</strong> word").says("hreflang=\"ru\"");
        page.says(&format!("<link rel=\"canonical\" href=\"{}/analyses/both?lang=en\">", site.address));
        page.says("<meta name=\"description\" content=\"Summary of Home &amp; law.\">").says("Explore more resources");
        site.get("/analyses/both?lang=ru").await.says("Дом и закон</h1>").says("<html lang=\"ru\"");
        let foreign = site.get("/analyses/ru-only?lang=en").await;
        foreign.says("Только по-русски</h1>").says("We do not have this text in English yet").says("<div class=\"prose\" lang=\"ru\"");
    }

    async fn drafts_and_unknown_addresses_look_the_same(backend) {
        let site = site(backend).await;
        site.write(|db| {
            let form = DetailsForm { slug: "secret".into(), date: "2026-01-01".into(), ..DetailsForm::default() };
            write::create(db, &form.check(&[])?, &text("en", "Secret", "x"), &Actor::program(), now())?;
            Ok(())
        });
        let (draft, unknown) = (site.get("/analyses/secret").await, site.get("/analyses/nothing").await);
        assert_eq!((draft.status, unknown.status), (404, 404));
        assert_eq!(draft.body.replace("secret", "nothing"), unknown.body);
        draft.says("There is no analysis at this address").says("href=\"/analyses\"");
        site.get("/analyses").await.lacks("Secret");
    }

    async fn hostile_markdown_is_harmless(backend) {
        let site = Site::start(backend, now()).await;
        site.write(|db| {
            let form = DetailsForm { slug: "evil".into(), date: "2026-01-01".into(), ..DetailsForm::default() };
            let body = "<script>alert(1)</script>\n\n[a](javascript:alert(2)) ![x](x\" onerror=\"alert(3))\n\n\
                        <img src=x onerror=alert(4)>\n\n<a href=\"java\nscript:alert(5)\">b</a> [c](data:text/html,x)";
            let evil = text("en", "<img src=x onerror=alert(6)>", body);
            let id = write::create(db, &form.check(&[])?, &evil, &Actor::program(), now())?;
            publish(db, id, &Actor::program(), now())?;
            Ok(())
        });
        let page = site.get("/analyses/evil").await;
        assert_eq!(page.status, 200);
        let small = page.body.to_lowercase();
        let tags: Vec<&str> = small.split('<').skip(1).filter_map(|rest| rest.split('>').next()).collect();
        // The description holds the summary as text.
        let tags: Vec<&str> = tags.into_iter().filter(|tag| !tag.starts_with("meta name=\"description\"")).collect();
        for bad in ["img", "onerror", "javascript", "data:text", "java\n"] {
            assert!(!tags.iter().any(|tag| tag.contains(bad)), "{bad} in {tags:?}");
        }
        assert!(!small.contains("<script>"));
        assert!(page.header("content-security-policy").contains("default-src 'self'"));
        for path in ["/", "/analyses", "/analyses.atom"] {
            site.get(path).await.lacks("<img").lacks("<IMG").says("&lt;img");
        }
    }

    async fn the_feed_is_valid_and_cached(backend) {
        let site = site(backend).await;
        let feed = site.get("/analyses.atom").await;
        assert_eq!((feed.status, feed.header("content-type")), (200, "application/atom+xml; charset=utf-8"));
        let (entries, ids) = atom(&feed.body);
        assert_eq!(entries, 13);
        assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), 14, "every id is another");
        feed.says("<title>Equal &lt;Ground&gt;</title>").says("xml:lang=\"ru\"").says("<category term=\"law\" label=\"About law\"/>");
        feed.says(&format!("href=\"{}/analyses/both?lang=en\"", site.address)).says("<summary>Summary of Home &amp; law.</summary>");
        let russian = site.get("/analyses.atom?lang=ru").await;
        assert_eq!(atom(&russian.body).0, 2);
        russian.says(&format!("<id>{}/analyses.atom?lang=ru</id>", site.address)).lacks("Number");

        let tag = feed.header("etag").to_owned();
        let again = site.get_with("/analyses.atom", &[("if-none-match", &tag)]).await;
        assert_eq!((again.status, again.body.as_str()), (304, ""));
        assert_eq!(site.get_with("/analyses.atom", &[("if-none-match", "\"other\"")]).await.status, 200);
        let since = feed.header("last-modified").to_owned();
        assert_eq!(site.get_with("/analyses.atom", &[("if-modified-since", &since)]).await.status, 304);
        let earlier = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(site.get_with("/analyses.atom", &[("if-modified-since", earlier)]).await.status, 200);
    }
}

/// How many entries there are, and all ids; panics where RFC 4287 is not kept.
fn atom(xml: &str) -> (usize, Vec<String>) {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(xml);
    let (mut path, mut ids, mut entries): (Vec<String>, Vec<String>, usize) = Default::default();
    let mut inside: Vec<String> = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                let name = tag.name().as_ref().to_owned();
                inside.push(name.clone());
                path.push(name);
            }
            Event::End(tag) => {
                let name = tag.name().as_ref().to_owned();
                assert_eq!(path.pop().unwrap(), name);
                if name == "entry" {
                    entries += 1;
                    for needed in ["id", "title", "updated", "published", "summary"] {
                        assert_eq!(inside.iter().filter(|tag| *tag == needed).count(), 1, "{needed}");
                    }
                    inside.clear();
                } else if name == "author" {
                    inside.clear();
                }
            }
            Event::Text(text) => match path.last().map(String::as_str) {
                Some("id") => ids.push((*text).to_owned()),
                Some("updated" | "published") => {
                    chrono::DateTime::parse_from_rfc3339(&text).unwrap();
                }
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(path.is_empty());
    (entries, ids)
}
