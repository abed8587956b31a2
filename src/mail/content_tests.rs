use proptest::prelude::*;

use super::*;

const SAMPLE: &str = "# One year\n\nA *careful* **word** with ~~old~~ [the law](https://law.example/a?b=c&d=e \"T\"), \
<https://bare.example> and `code`.  \nA new line -- \"quoted\".\n\n## What changed\n\n- first\n- second\n  1. inner\n  2. more\n\n\
> He said\n> this.\n\n| Country | Cases |\n| --- | ---: |\n| Kazakhstan | 1204 |\n| Other | 7 |\n\n---\n\n    let x = 1;\n\n\
![A map](https://evil.example/pixel.gif) [leave]({{unsubscribe_url}}) Hello {{subscriber.name}} <b>x</b>\n\n\
<script>alert(1)</script>\n";

#[test]
fn for_pages() {
    insta::assert_snapshot!("content_page", html(SAMPLE));
}

#[test]
fn for_the_text_part() {
    insta::assert_snapshot!("content_text", text(SAMPLE));
}

#[test]
fn for_mails() {
    let html = mail_html(SAMPLE);
    assert!(html.contains("<a style=\"color:#5b2a86\" href=\"https://law.example/a?b=c&amp;d=e\""), "{html}");
    assert!(html.contains("href=\"{{unsubscribe_url}}\"") && html.contains("{{subscriber.name}}"));
    assert!(html.contains("<p style=") && html.contains("<td style=") && !html.contains("<pre>"));
    assert!(!html.contains("evil.example"));
    assert!(!mail_html("[x](/relative)").contains("href"), "a mail has no address that relative links start from");
    assert!(super::html("[x](/relative)").contains("href=\"/relative\""));
}

#[test]
fn wide_tables_become_lines() {
    let wide = "w".repeat(50);
    let markdown = format!("| A | B |\n|---|---|\n| {wide} | {wide} |\n| c | d |\n");
    assert_eq!(text(&markdown), format!("A: {wide}\nB: {wide}\n\nA: c\nB: d\n"));
}

#[test]
fn a_placeholder_only_where_it_is_the_whole_address() {
    assert!(!super::html("[x]({{a\"b}})").contains("{{a\""));
    assert!(!super::html("[x](https://e.example/{{web_url}})").contains("href=\"{{"));
}

/// Every tag of a piece of HTML, in lower case.
fn tags(html: &str) -> Vec<String> {
    html.split('<').skip(1).map(|part| part.split('>').next().unwrap().to_lowercase()).collect()
}

fn is_safe(html: &str) {
    for tag in tags(html) {
        let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        assert!(
            !["script", "img", "iframe", "svg", "style", "form", "object", "meta"].contains(&name.as_str()),
            "{tag}"
        );
        // Values may say anything; what counts is the names of attributes and where a link leads.
        let mut names = String::new();
        for (index, part) in tag.split('"').enumerate() {
            if index % 2 == 0 {
                names.push_str(part);
            } else if names.ends_with("href=") {
                let fine = ["http://", "https://", "mailto:", "{{", "/", "#", "?", ".", ""];
                let scheme = part.split_once(':').map_or("", |(scheme, _)| scheme);
                assert!(fine.iter().any(|start| part.starts_with(start)));
                assert!(!["javascript", "data", "vbscript"].contains(&scheme.trim()), "{tag}");
            }
        }
        assert!(!names.split_whitespace().any(|word| word.starts_with("on")), "{tag}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_panics_and_never_lets_code_through(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("<script>"), Just("</script>"), Just("[x](javascript:alert(1))"), Just("<img src=x onerror=alert(1)>"),
                Just("[a](<java\nscript:x>)"), Just("<a href=\"javascript:x\" onclick='y'>"), Just("| a | b |\n|---|---|\n"),
                Just("\n\n"), Just("> "), Just("- "), Just("1. "), Just("```\n"), Just("`"), Just("**"), Just("~~"), Just("&#x6a;"),
                Just("[x](data:text/html,<b>)"), Just("![a](b \"c\")"), Just("\""), Just("<"), Just(">"), Just("{{unsubscribe_url}}"),
                Just("[p]({{unsubscribe_url}})"), Just("é—ж"), Just("\t"), Just("]("), Just(")"), Just("[x]: javascript:y\n"), Just("[x]"),
            ],
            0..40,
        ),
        noise in ".{0,60}",
    ) {
        let markdown = format!("{}{noise}{}", pieces.concat(), pieces.concat());
        is_safe(&super::html(&markdown));
        is_safe(&mail_html(&markdown));
        text(&markdown);
    }
}
