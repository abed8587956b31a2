use serde_json::json;

use super::*;

fn organisation() -> Json {
    json!({
        "name": "Book & Letter <Society>",
        "postal_address_lines": ["Example Street 1", "10115 Berlin"],
        "imprint_url": "https://org.example/imprint",
        "privacy_url": null,
    })
}

fn sample(mail: &str) -> Json {
    let url = "https://org.example/x/AAAA-token_?a=b&c=d";
    let mut data = match mail {
        "confirm" => json!({ "topics": ["New analyses", "Events <soon>"], "confirm_url": url, "valid_days": 7 }),
        "preferences_link" => json!({ "preferences_url": url, "valid_hours": 1 }),
        "staff_invitation" => json!({ "setup_url": url, "role": "campaigner", "valid_days": 3 }),
        "staff_reset" => json!({ "reset_url": url, "valid_minutes": 30 }),
        "campaign_stopped" => {
            json!({ "campaign": "Monthly letter", "reason": "the mail server smtp.example:587 refused our password", "url": url })
        }
        "campaign" => json!({
            "subject": "A & B: what is new", "preheader": "In short <so to say>", "content_html": "<p>Trusted &amp; <b>bold</b></p>",
            "content_text": "Trusted & bold", "web_url": url, "preferences_url": url, "unsubscribe_url": url,
            "reason": "You get this because you chose: Monthly.", "test": true,
        }),
        "receipt" => json!({
            "number": "TEST-2026-000123", "amount": "€25.00", "date": "29 April 2026", "fund": "Legal aid <for all>",
            "donor_name": "Anna & Co", "donor_email": "anna@example.org", "legal_name": "Book & Letter <Society>",
            "address_lines": ["Example Street 1", "10115 Berlin"], "registration_number": "VR 12345",
            "tax_number": "27/123/45678", "every": "month", "manage_url": url, "test": true, "copy": false,
        }),
        "refund_confirmation" => json!({
            "amount": "€10.00", "gift_amount": "€25.00", "gift_date": "29 April 2026", "number": "2026-000123",
            "full": true, "website_url": url, "test": false,
        }),
        "pledge_ended" => json!({ "amount": "€10.00", "every": "month", "donate_url": url, "test": false }),
        "pledge_payment_failed" => json!({
            "amount": "€10.00", "every": "year", "next_try": "3 May 2026", "donate_url": url, "manage_url": url, "test": true,
        }),
        other => panic!("{other} has no sample data yet"),
    };
    data["organisation"] = organisation();
    data
}

#[test]
fn every_mail_in_every_language() {
    let templates = MailTemplates::load().unwrap();
    assert!(templates.mails().len() >= 6);
    for mail in templates.mails() {
        for language in Texts::get().languages() {
            let mail_of = templates.render(mail, &language, &sample(mail)).unwrap();
            let Rendered { subject, text, html, .. } = &mail_of;
            assert!(!subject.is_empty() && !subject.contains('\n'));
            assert!(html.contains(&format!("<html lang=\"{language}\" dir=\"ltr\"")), "{mail}: {}", &html[..300]);
            assert!(html.contains("content=\"light dark\"") && html.contains("prefers-color-scheme: dark"));
            assert!(html.len() < CLIPPED_ABOVE && !mail_of.may_be_clipped(), "{mail}: {} bytes", html.len());
            for bad in ["<mj-", "{{", "googleapis", "mail-", "src=", "&amp;lt;", "align=\"\""] {
                let found = html.replace("supported-color", "").find(bad);
                assert!(found.is_none(), "{mail}, {language}: {bad} in {}", &html[found.unwrap().saturating_sub(80)..]);
            }
            assert!(!html.contains("<Society>") && html.contains("Book &amp; Letter &lt;Society&gt;"));
            assert!(text.contains("Book & Letter <Society>") && text.contains("10115 Berlin"));
            assert!(text.contains("https://org.example/x/AAAA-token_?a=b&c=d"));
            assert!(html.contains("https://org.example/x/AAAA-token_?a&#x3D;b&amp;c&#x3D;d"));
            let snapshot = format!("Subject: {subject}\n\n{text}");
            insta::with_settings!({ prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(format!("{mail}.{language}"), snapshot);
            });
        }
    }
}

#[test]
fn a_missing_variable_is_an_error_in_conditions_too() {
    let templates = MailTemplates::load().unwrap();
    for mail in templates.mails() {
        let Json::Object(fields) = sample(mail) else { panic!() };
        for field in fields.keys() {
            let mut data = fields.clone();
            data.remove(field);
            let result = templates.render(mail, &Language::english(), &Json::Object(data));
            // Without content it is a frame in the frame's own language, but still an error.
            assert!(result.is_err(), "{mail} does not miss {field}");
        }
    }
    assert!(templates.render("no-such-mail", &Language::english(), &json!({})).is_err());
}

#[test]
fn falls_back_to_a_language_that_we_speak() {
    let templates = MailTemplates::load().unwrap();
    let render = |mail: &str, tag: &str| templates.render(mail, &Language::parse(tag).unwrap(), &sample(mail)).unwrap();
    assert_eq!(render("confirm", "ru-KZ").language.as_str(), "ru");
    assert_eq!(render("confirm", "ru-KZ").subject, render("confirm", "ru").subject);
    assert_eq!(render("confirm", "fr").language, Language::english());
    // A campaign brings its own words: they stay marked as what they are.
    let arabic = render("campaign", "ar");
    assert_eq!(arabic.language.as_str(), "ar");
    assert!(arabic.html.contains("<html lang=\"ar\" dir=\"rtl\"") && arabic.html.contains("text-align:right"));
}

#[test]
fn only_content_is_trusted() {
    let templates = MailTemplates::load().unwrap();
    let mut data = sample("campaign");
    for field in ["subject", "preheader", "reason"] {
        data[field] = "<script>alert(1)</script>".into();
    }
    let html = templates.render("campaign", &Language::english(), &data).unwrap().html;
    assert!(!html.contains("<script") && html.contains("<b>bold</b>"));
}
