use proptest::prelude::*;

use super::*;
use crate::campaigns::placeholders;

fn values(name: &str) -> Values {
    Values {
        name: name.into(),
        email: "a+b@c.example".into(),
        web_url: "https://org.example/mail/x?a=1&b=2".into(),
        unsubscribe_url: "https://org.example/unsubscribe/y".into(),
        ..Values::default()
    }
}

fn html(source: &str, name: &str) -> String {
    let segments = placeholders::parse(source).unwrap();
    let mut tokens = Tokens::unlike(&[source]);
    let put = tokens.put_into(&segments);
    fill(&tokens.cut_html(&put).unwrap(), &values(name))
}

#[test]
fn a_value_is_written_for_its_place() {
    assert_eq!(
        html("<p>Dear {{subscriber.name}},</p>", "<b>&\"'{{web_url}}*x*"),
        "<p>Dear &lt;b&gt;&amp;&quot;&#39;{{web_url}}*x*,</p>"
    );
    assert_eq!(
        html("<a title=\"x > y\" href=\"{{web_url}}\">{{web_url}}</a>", ""),
        "<a title=\"x > y\" href=\"https://org.example/mail/x?a=1&amp;b=2\">https://org.example/mail/x?a=1&amp;b=2</a>"
    );
    assert_eq!(
        html("<a href=\"https://o.example/?e={{subscriber.email}}&amp;u={{web_url}}\">", ""),
        "<a href=\"https://o.example/?e=a%2Bb@c.example&amp;u=https%3A%2F%2Forg.example%2Fmail%2Fx%3Fa%3D1%26b%3D2\">"
    );
    assert_eq!(
        html("<a href=\"{{subscriber.name}}\">", "javascript:alert(1)"),
        "<a href=\"javascript%3Aalert%281%29\">"
    );
    assert_eq!(html("<a href=\"{{web_url}}#top\">", ""), "<a href=\"https://org.example/mail/x?a=1&amp;b=2#top\">");
    assert_eq!(
        html("<!--[if mso]><a title=\"<![endif]--><img alt='{{subscriber.name}}'>", "o'b"),
        "<!--[if mso]><a title=\"<![endif]--><img alt='o&#39;b'>"
    );
}

#[test]
fn tokens_are_not_what_somebody_wrote() {
    let source = "pqz0q1z {{subscriber.name}}";
    let mut tokens = Tokens::unlike(&[source]);
    let put = tokens.put_into(&placeholders::parse(source).unwrap());
    let cut = tokens.cut_text(&put);
    assert_eq!(fill(&cut, &values("Anna")), "pqz0q1z Anna");
}

/// A body as a reader gets it: HTML without styles, and text.
fn both(source: &str, values: &Values) -> (String, String) {
    check(source).unwrap();
    let mut tokens = Tokens::unlike(&[source]);
    let put = tokens.put_into(&placeholders::parse(source).unwrap());
    let html = fill(&tokens.cut_html(&content::mail_html(&put)).unwrap(), values);
    let mut plain = String::new();
    let mut rest = html.as_str();
    while let Some((before, after)) = rest.split_once(" style=\"") {
        plain.push_str(before);
        rest = after.split_once('"').unwrap().1;
    }
    (plain + rest, fill(&tokens.cut_text(&content::text(&put)), values))
}

fn reader(name: &str, language: &str, topics: &[&str]) -> Values {
    let topic = |slug: &&str| ChosenTopic { slug: Slug::parse(slug).unwrap(), name: slug.to_uppercase() };
    Values {
        name: if name.is_empty() { "friend".into() } else { name.into() },
        name_is_known: !name.is_empty(),
        language: language.into(),
        topics: topics.iter().map(topic).collect(),
        ..Values::default()
    }
}

#[test]
fn conditions_within_a_paragraph() {
    let source = "Dear {{#if subscriber.name}}**{{subscriber.name}}**{{else}}all{{/if}}, {{#unless subscriber.topics.law}}no\
        {{/unless}} law{{#if subscriber.language.pt}}{{#if subscriber.topics.law}}, ola{{/if}}{{/if}}.";
    let anna = both(source, &reader("Anna", "pt-br", &["law"]));
    assert_eq!(anna, ("<p>Dear <strong>Anna</strong>,  law, ola.</p>\n".into(), "Dear Anna,  law, ola.\n".into()));
    let other = both(source, &reader("", "en", &["aid"]));
    assert_eq!(other, ("<p>Dear all, no law.</p>\n".into(), "Dear all, no law.\n".into()));
}

#[test]
fn blocks_around_paragraphs_leave_nothing_behind() {
    let source = "One\n\n{{#if subscriber.topics.law}}\n## Law\n\n- a\n- b\n{{else}}\nNo *law*\n{{/if}}\nTwo\n\n\
        {{#if subscriber.name}}Known{{/if}}\n\n- x\n- {{#unless subscriber.name}}unknown{{/unless}}\n- y\n\n\
        ## {{#if subscriber.name}}Hello{{/if}}\n\nEnd";
    let (html, text) = both(source, &reader("Anna", "en", &["law"]));
    assert_eq!(
        html,
        "<p>One</p>\n<h2>Law</h2>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n<p>Two</p>\n<p>Known</p>\n\
         <ul>\n<li>x</li>\n<li>y</li>\n</ul>\n<h2>Hello</h2>\n<p>End</p>\n"
    );
    assert!(text.starts_with("One\n\nLaw\n---\n\n- a\n- b\n\nTwo\n\nKnown\n\n- x\n- y\n\nHello\n-"), "{text}");
    let (html, text) = both(source, &reader("", "en", &[]));
    assert_eq!(
        html,
        "<p>One</p>\n<p>No <em>law</em></p>\n<p>Two</p>\n<ul>\n<li>x</li>\n<li>unknown</li>\n<li>y</li>\n</ul>\n<p>End</p>\n"
    );
    assert_eq!(text, "One\n\nNo law\n\nTwo\n\n- x\n- unknown\n- y\n\nEnd\n");
}

#[test]
fn a_loop_round_a_list_is_one_list() {
    let source = "Yours:\n\n{{#each subscriber.topics}}\n- *{{this.name}}*\n{{/each}}\n\nIn short: \
        {{#each subscriber.topics}}{{this.name}} {{/each}}";
    let (html, text) = both(source, &reader("", "en", &["law", "aid"]));
    let list = "<ul>\n<li><em>LAW</em></li>\n<li><em>AID</em></li>\n</ul>\n";
    assert_eq!(html, format!("<p>Yours:</p>\n{list}<p>In short: LAW AID </p>\n"));
    assert_eq!(text, "Yours:\n\n- LAW\n- AID\n\nIn short: LAW AID \n");
}

#[test]
fn blocks_that_cross_elements_are_refused_with_their_line() {
    for (source, line) in [
        ("a\n\nb {{#if subscriber.name}}c\n\nd{{/if}}", 3),
        ("**a {{#if subscriber.name}}b** c{{/if}}", 1),
        ("a\n{{#if subscriber.name}}\nb {{/if}}", 2),
        ("x\n\n[a]({{#if subscriber.name}}{{web_url}}{{else}}{{donate_url}}{{/if}})", 3),
        ("- a\n\n  {{#if subscriber.name}}\n\nb\n\n{{/if}}", 3),
    ] {
        let broken = check(source).unwrap_err();
        assert_eq!(broken[0].line, line, "{source}: {broken:?}");
    }
    assert!(check("[{{#if subscriber.name}}a{{else}}b{{/if}}]({{web_url}})").is_ok());
}

#[test]
fn the_beginning_closes_its_blocks() {
    let source = "{{#if subscriber.name}}Dear {{subscriber.name}}, {{#unless subscriber.topics.law}}no {{/unless}}law and \
        many more words{{/if}}";
    let mut tokens = Tokens::unlike(&[source]);
    let put = tokens.put_into(&placeholders::parse(source).unwrap());
    let cut = tokens.cut_text(&tokens.beginning(&put, 24));
    assert_eq!(fill(&cut, &reader("", "en", &[])), "");
    assert!(fill(&cut, &reader("Anna", "en", &[])).starts_with("Dear Anna, no"));
}

proptest! {
    #[test]
    fn values_stay_values(name in "(?s).{0,40}|[<>\"'&{}\\r\\n*_\\[\\]()a-z]{0,40}") {
        let clean: String = name.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect();
        let shown = html("<p title=\"{{subscriber.name}}\">{{subscriber.name}}</p>", &name);
        let inner = shown.strip_prefix("<p title=\"").unwrap().strip_suffix("</p>").unwrap();
        let (attribute, text) = inner.split_once("\">").unwrap();
        prop_assert_eq!(attribute, text);
        prop_assert!(!text.contains(['<', '>', '"', '\'']));
        let back = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&");
        prop_assert_eq!(&back, &clean);
        let url = html("<a href=\"https://o.example/{{subscriber.name}}\">", &name);
        let part = url.strip_prefix("<a href=\"https://o.example/").unwrap().strip_suffix("\">").unwrap();
        prop_assert!(part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~@%".contains(&b)));
        let source = "Dear {{subscriber.name}}!";
        let mut tokens = Tokens::unlike(&[source]);
        let put = tokens.put_into(&placeholders::parse(source).unwrap());
        let subject = fill(&tokens.cut_text(&put), &values(&name));
        prop_assert!(!subject.contains(['\r', '\n', '\0']));
        prop_assert_eq!(subject, format!("Dear {clean}!"));
    }
}
