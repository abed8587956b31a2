//! The sandbox's inbox in the browser.

use chrono::Duration;
use pledgepost::config::Mode;
use pledgepost::sandbox::mailbox::store::{self, NewMail};
use pledgepost::values::At;

use crate::on_both;
use crate::support::Site;

fn now() -> At {
    At::from_micros(1_780_000_000_000_000)
}

fn raw(site: &Site, subject: &str) -> Vec<u8> {
    let link = format!("{}/unsubscribe/token", site.address);
    format!(
        "From: Equal Ground <news@a.example>\r\nTo: Reader <reader@b.example>\r\nSubject: {subject}\r\n\
         List-Unsubscribe: <{link}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         Please confirm: {link}/text?a=1&b=2 <b>\r\n--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
         <html><head><title>T</title></head><body><script>alert(1)</script><a href=\"{link}\">go</a></body></html>\r\n--x--\r\n"
    )
    .into_bytes()
}

fn put(site: &Site, recipient: &str, subject: &str) {
    let raw = raw(site, subject);
    let mail = NewMail {
        at: now() + Duration::seconds(1),
        sender: "news@a.example",
        recipient,
        recipient_key: recipient.to_lowercase(),
        subject,
        message_id: "1@a.example",
        raw: &raw,
    };
    site.write(|db| Ok(store::insert(db, &[mail])?));
}

on_both! {
    async fn mails_are_listed_searched_and_shown(backend) {
        let site = Site::start(backend, now()).await;
        site.get("/sandbox/mail").await.says("No mail yet").says("data-live=\"/sandbox/mail/live\"");
        put(&site, "Reader@b.example", "Confirm <now>");
        for n in 0..51 {
            put(&site, &format!("r{n}@b.example"), "News");
        }
        let list = site.get("/sandbox/mail").await;
        list.says("52 messages").says("r50@b.example").lacks("Confirm").says("href=\"/sandbox/mail?page=2\"");
        site.get("/sandbox/mail?q=reader").await.says("Confirm &lt;now&gt;").says("1 message").lacks("r50@");
        site.get("/sandbox/mail?q=nobody").await.says("Nothing found");
        let live = site.get("/sandbox/mail/live?q=confirm").await;
        live.says("Reader@b.example").lacks("<h1").lacks("<html");

        let mail = site.get("/sandbox/mail/1").await;
        mail.says("Confirm &lt;now&gt;").says("Reader &lt;reader@b.example&gt;").says("List-Unsubscribe-Post");
        mail.says("<iframe").says("sandbox=").says("/sandbox/mail/1/html").lacks("<script>alert");
        mail.says(&format!("<a href=\"{}/unsubscribe/token/text?a", site.address)).says("Open the unsubscribe page");
        mail.says("action=\"/unsubscribe/token\"").says("name=\"List-Unsubscribe\" value=\"One-Click\"");
        let html = site.get("/sandbox/mail/1/html").await;
        html.says("<head><base target=\"_blank\">").says(">go</a>");
        let policy = html.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("sandbox") && !policy.contains("allow-scripts"));
        let source = site.get("/sandbox/mail/1/source").await;
        source.says("Subject: Confirm <now>");
        assert_eq!(source.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(site.get("/sandbox/mail/999").await.status, 404);

        site.get("/sandbox/mail/delete").await.says("Delete 52 messages");
        let done = site.post("/sandbox/mail/delete", "", &[]).await;
        assert_eq!((done.status, done.header("location")), (303, "/sandbox/mail"));
        site.get("/sandbox/mail").await.says("No mail yet");
    }

    async fn it_opens_only_to_this_machine(backend) {
        let site = Site::start(backend, now()).await;
        put(&site, "reader@b.example", "Secret");
        for path in ["/sandbox/mail", "/sandbox/mail/live", "/sandbox/mail/1", "/sandbox/mail/1/html", "/sandbox/mail/1/source", "/sandbox/mail/delete"] {
            assert_eq!(site.get(path).await.status, 200, "{path}");
            let strange = site.get_with(path, &[("x-forwarded-for", "203.0.113.9")]).await;
            assert_eq!(strange.status, 404, "{path}");
            strange.lacks("Secret");
        }
    }

    async fn a_live_installation_has_none(backend) {
        let site = Site::with(backend, now(), |config| config.mode = Mode::Rehearsal).await;
        put(&site, "reader@b.example", "Secret");
        for path in ["/sandbox/mail", "/sandbox/mail/live", "/sandbox/mail/1", "/sandbox/mail/1/html", "/sandbox/mail/1/source", "/sandbox/mail/delete"] {
            assert_eq!(site.get(path).await.status, 404, "{path}");
        }
        assert_eq!(site.post("/sandbox/mail/delete", "", &[]).await.status, 404);
    }
}
