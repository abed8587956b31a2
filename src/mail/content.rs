//! What people write in Markdown, as HTML that can be trusted and as plain text; both from the same events.
//!
//! A link whose whole address is a placeholder (`[leave]({{unsubscribe_url}})`) keeps it, so that it can be filled in
//! per reader later. Raw HTML is shown as it was typed, not obeyed. Pictures are left out; their description stays.

use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};

use super::text_part;

/// Stands for `{{` in an address while the HTML is cleaned, because no address may begin with a brace.
const PLACEHOLDER: &str = "https://placeholder.invalid/";

/// HTML for a page: plain elements without classes or styles. Links within the site may be relative.
pub fn html(markdown: &str) -> String {
    static BUILDER: LazyLock<Builder<'static>> = LazyLock::new(|| builder(UrlRelative::PassThrough));
    // A table that is wider than a phone scrolls, and who has only a keyboard must get there.
    clean(&BUILDER, markdown).replace("<table>", "<table tabindex=\"0\">")
}

/// HTML for a mail: whole addresses only, and with the style attributes that mail clients need.
pub fn mail_html(markdown: &str) -> String {
    static BUILDER: LazyLock<Builder<'static>> = LazyLock::new(|| builder(UrlRelative::Deny));
    // What was cleaned has no `<` but those of its tags, so a tag can be found by its text.
    STYLES.iter().fold(clean(&BUILDER, markdown), |html, (tag, style)| {
        html.replace(&format!("<{tag}>"), &format!("<{tag} style=\"{style}\">"))
            .replace(&format!("<{tag} "), &format!("<{tag} style=\"{style}\" "))
    })
}

/// Plain text for the text part: no hard wrapping, links as `text (address)`.
pub fn text(markdown: &str) -> String {
    text_part::write(events(markdown))
}

const STYLES: [(&str, &str); 15] = [
    ("h1", "margin:0 0 12px;font-size:26px;line-height:1.25;font-weight:600"),
    ("h2", "margin:28px 0 10px;font-size:21px;line-height:1.3;font-weight:600"),
    ("h3", "margin:24px 0 8px;font-size:18px;line-height:1.35;font-weight:600"),
    ("h4", "margin:20px 0 8px;font-size:16px;line-height:1.4;font-weight:600"),
    ("h5", "margin:20px 0 8px;font-size:16px;line-height:1.4;font-weight:600"),
    ("h6", "margin:20px 0 8px;font-size:16px;line-height:1.4;font-weight:600"),
    ("p", "margin:0 0 16px"),
    ("ul", "margin:0 0 16px;padding:0 24px"),
    ("ol", "margin:0 0 16px;padding:0 24px"),
    ("blockquote", "margin:0 0 16px;padding:0 16px;border:0 solid #dcd8d0;border-inline-start-width:3px;color:#5c5866"),
    ("table", "border-collapse:collapse;margin:0 0 16px"),
    ("th", "padding:6px 10px;border-bottom:2px solid #dcd8d0"),
    ("td", "padding:6px 10px;border-bottom:1px solid #dcd8d0;vertical-align:top"),
    ("pre", "margin:0 0 16px;padding:12px;background:#fbfaf7;white-space:pre-wrap"),
    ("a", "color:#5b2a86"),
];

fn builder(relative: UrlRelative<'static>) -> Builder<'static> {
    let mut builder = Builder::empty();
    builder
        .add_tags([
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "p",
            "br",
            "hr",
            "em",
            "strong",
            "del",
            "a",
            "ul",
            "ol",
            "li",
            "blockquote",
            "pre",
            "code",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
        ])
        .add_tag_attributes("a", ["href", "title"])
        .add_tag_attributes("ol", ["start"])
        .add_tag_attribute_values("th", "align", ["left", "center", "right"])
        .add_tag_attribute_values("td", "align", ["left", "center", "right"])
        .url_schemes(["http", "https", "mailto"].into())
        .url_relative(relative)
        .link_rel(Some("noopener"));
    builder
}

fn clean(builder: &Builder<'_>, markdown: &str) -> String {
    let mut raw = String::with_capacity(markdown.len() * 3 / 2);
    pulldown_cmark::html::push_html(&mut raw, events(markdown).map(hide_placeholder));
    // As attributes: a strict content security policy refuses styles, and text cannot contain a tag.
    for (cell, side) in
        [("th", "left"), ("th", "center"), ("th", "right"), ("td", "left"), ("td", "center"), ("td", "right")]
    {
        raw = raw.replace(&format!("<{cell} style=\"text-align: {side}\">"), &format!("<{cell} align=\"{side}\">"));
    }
    show_placeholders(&builder.clean(&raw).to_string())
}

/// The events of a text, without what no reader of ours gets.
fn events(markdown: &str) -> impl Iterator<Item = Event<'_>> {
    Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH).filter_map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Some(Event::Text(html)),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        other => Some(other),
    })
}

/// The name, if the whole address is `{{name}}`.
fn placeholder(address: &str) -> Option<&str> {
    let name = address.strip_prefix("{{")?.strip_suffix("}}")?;
    let fits = |b: u8| b.is_ascii_lowercase() || b == b'_' || b == b'.';
    (!name.is_empty() && name.bytes().all(fits)).then_some(name)
}

fn hide_placeholder(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = match placeholder(&dest_url) {
                Some(name) => CowStr::from(format!("{PLACEHOLDER}{name}")),
                None => dest_url,
            };
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        other => other,
    }
}

fn show_placeholders(html: &str) -> String {
    let needle = format!("href=\"{PLACEHOLDER}");
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once(&needle) {
        let (name, after) = after.split_once('"').unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(&format!("href=\"{{{{{name}}}}}\""));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
#[path = "content_tests.rs"]
mod tests;
