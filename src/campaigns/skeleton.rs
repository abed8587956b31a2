//! A campaign's mail without its reader: literal pieces and the places between them. Pure.
//!
//! Markdown and the frame are rendered once per variant, with a token in the place of each value. The tokens come through
//! Markdown, sanitising and the frame as words and web addresses do. Then the result is cut at them; filling it for a reader is copying.
//! A value is escaped for the place where it stands and never interpreted: Markdown or `{{` in a name stays what it is.

use super::placeholders::{Placeholder, Segment};

/// What is filled in per reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    Placeholder(Placeholder),
    /// Why this reader gets the mail.
    Reason,
}

impl Slot {
    fn number(self) -> usize {
        match self {
            Slot::Placeholder(wanted) => Placeholder::ALL.iter().position(|p| *p == wanted).unwrap_or_default(),
            Slot::Reason => Placeholder::ALL.len(),
        }
    }
    fn of(number: usize) -> Option<Self> {
        match Placeholder::ALL.get(number) {
            Some(placeholder) => Some(Slot::Placeholder(*placeholder)),
            None => (number == Placeholder::ALL.len()).then_some(Slot::Reason),
        }
    }
    fn is_url(self) -> bool {
        matches!(self, Slot::Placeholder(placeholder) if placeholder.is_url())
    }
}

/// How a value must be written where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A subject or a text part: as it is.
    Plain,
    /// HTML text or an attribute.
    Html,
    /// A link's whole address, or its beginning.
    Address,
    /// A part of a link's address.
    PartOfAddress,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Literal(String),
    Fill(Slot, Place),
}

/// The three texts of a mail, ready to be filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skeleton {
    pub subject: Vec<Piece>,
    pub html: Vec<Piece>,
    pub text: Vec<Piece>,
}

/// One reader's values. Control characters in them become spaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    pub name: String,
    pub email: String,
    pub language: String,
    pub unsubscribe_url: String,
    pub preferences_url: String,
    pub web_url: String,
    pub donate_url: String,
    pub reason: String,
}

impl Values {
    fn get(&self, slot: Slot) -> &str {
        match slot {
            Slot::Placeholder(Placeholder::Name) => &self.name,
            Slot::Placeholder(Placeholder::Email) => &self.email,
            Slot::Placeholder(Placeholder::Language) => &self.language,
            Slot::Placeholder(Placeholder::UnsubscribeUrl) => &self.unsubscribe_url,
            Slot::Placeholder(Placeholder::PreferencesUrl) => &self.preferences_url,
            Slot::Placeholder(Placeholder::WebUrl) => &self.web_url,
            Slot::Placeholder(Placeholder::DonateUrl) => &self.donate_url,
            Slot::Reason => &self.reason,
        }
    }
}

/// The pieces with one reader's values in their places.
pub fn fill(pieces: &[Piece], values: &Values) -> String {
    let mut out =
        String::with_capacity(pieces.iter().map(|p| if let Piece::Literal(t) = p { t.len() } else { 80 }).sum());
    for piece in pieces {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Fill(slot, place) => write_value(&mut out, values.get(*slot), *place),
        }
    }
    out
}

fn write_value(out: &mut String, value: &str, place: Place) {
    for c in value.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }) {
        match (place, c) {
            (Place::Plain, c) => out.push(c),
            (Place::PartOfAddress, c) if !(c.is_ascii_alphanumeric() || "-._~@".contains(c)) => percent(out, c),
            (_, '&') => out.push_str("&amp;"),
            (_, '<') => out.push_str("&lt;"),
            (_, '>') => out.push_str("&gt;"),
            (_, '"') => out.push_str("&quot;"),
            (_, '\'') => out.push_str("&#39;"),
            (_, c) => out.push(c),
        }
    }
}

/// RFC 3986, section 2.1.
fn percent(out: &mut String, c: char) {
    let mut bytes = [0; 4];
    for byte in c.encode_utf8(&mut bytes).bytes() {
        out.push_str(&format!("%{byte:02X}"));
    }
}

/// Words that stand for values while Markdown and templates are rendered.
#[derive(Debug, Clone)]
pub struct Tokens {
    prefix: String,
}

impl Tokens {
    /// Tokens that do not occur in any of the texts.
    pub fn unlike(texts: &[&str]) -> Self {
        let mut number = 0_u32;
        loop {
            let prefix = format!("pqz{number}q");
            if !texts.iter().any(|text| text.contains(&prefix)) {
                return Self { prefix };
            }
            number += 1;
        }
    }

    /// What stands for the value. A web address gets a token that is one, so that links keep it.
    pub fn token(&self, slot: Slot) -> String {
        let word = format!("{}{}z", self.prefix, slot.number());
        if slot.is_url() { format!("https://{word}.invalid") } else { word }
    }

    /// The text with tokens for its placeholders.
    pub fn put_into(&self, segments: &[Segment]) -> String {
        segments
            .iter()
            .map(|segment| match segment {
                Segment::Literal(text) => text.clone(),
                Segment::Placeholder(placeholder) => self.token(Slot::Placeholder(*placeholder)),
            })
            .collect()
    }

    /// Cuts a subject or a text part.
    pub fn cut_text(&self, text: &str) -> Vec<Piece> {
        let mut cutter = Cutter::default();
        let mut rest = text;
        while let Some((at, slot, after)) = self.next(rest) {
            cutter.push(rest.get(..at).unwrap_or_default());
            rest = cutter.put(slot, Place::Plain, after);
        }
        cutter.push(rest);
        cutter.finish()
    }

    /// Cuts HTML as our sanitiser and MJML write it: attributes in quotes.
    pub fn cut_html(&self, html: &str) -> Vec<Piece> {
        let (mut cutter, mut walker) = (Cutter::default(), Walker::default());
        let mut rest = html;
        while let Some((at, slot, after)) = self.next(rest) {
            let before = rest.get(..at).unwrap_or_default();
            walker.walk(before);
            cutter.push(before);
            let place = walker.place(slot);
            walker.filled();
            rest = cutter.put(slot, place, after);
        }
        cutter.push(rest);
        cutter.finish()
    }

    /// The next token: where, which, and what comes behind it.
    fn next<'a>(&self, text: &'a str) -> Option<(usize, Slot, &'a str)> {
        let at = text.find(&self.prefix)?;
        let after = text.get(at + self.prefix.len()..)?;
        let (number, behind) = after.split_once('z')?;
        Some((at, Slot::of(number.parse().ok()?)?, behind))
    }
}

#[derive(Default)]
struct Cutter {
    pieces: Vec<Piece>,
    literal: String,
}

impl Cutter {
    fn push(&mut self, text: &str) {
        self.literal.push_str(text);
    }
    /// Puts a value's place; takes the clothes of an address off the token. Answers what is left of the text.
    fn put<'a>(&mut self, slot: Slot, place: Place, after: &'a str) -> &'a str {
        let mut rest = after;
        if let (true, Some(bare)) = (slot.is_url(), after.strip_prefix(".invalid"))
            && self.literal.ends_with("https://")
        {
            self.literal.truncate(self.literal.len() - "https://".len());
            rest = bare;
        }
        if !self.literal.is_empty() {
            self.pieces.push(Piece::Literal(std::mem::take(&mut self.literal)));
        }
        self.pieces.push(Piece::Fill(slot, place));
        rest
    }
    fn finish(mut self) -> Vec<Piece> {
        if !self.literal.is_empty() {
            self.pieces.push(Piece::Literal(self.literal));
        }
        self.pieces
    }
}

/// Where in the HTML we are.
#[derive(Default)]
struct Walker {
    state: Where,
    /// The tag's text so far, or the attribute's value so far.
    seen: String,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum Where {
    #[default]
    Text,
    Comment,
    Tag,
    Attribute {
        quote: char,
        address: bool,
    },
}

impl Walker {
    fn walk(&mut self, html: &str) {
        for c in html.chars() {
            match self.state {
                Where::Text if c == '<' => self.enter(Where::Tag),
                Where::Text => {}
                Where::Comment => {
                    self.seen.push(c);
                    if self.seen.ends_with("-->") {
                        self.enter(Where::Text);
                    }
                }
                Where::Tag => match c {
                    '>' => self.enter(Where::Text),
                    '"' | '\'' => {
                        let name = self.seen.trim_end().trim_end_matches('=').trim_end();
                        let name = name.rsplit(char::is_whitespace).next().unwrap_or_default().to_ascii_lowercase();
                        let address = matches!(name.as_str(), "href" | "src" | "action" | "background" | "cite");
                        self.enter(Where::Attribute { quote: c, address });
                    }
                    c => {
                        self.seen.push(c);
                        if self.seen == "!--" {
                            self.enter(Where::Comment);
                        }
                    }
                },
                Where::Attribute { quote, .. } if c == quote => self.enter(Where::Tag),
                Where::Attribute { .. } => self.seen.push(c),
            }
        }
    }
    fn enter(&mut self, state: Where) {
        self.state = state;
        self.seen.clear();
    }
    /// A value now stands here: what follows in the attribute is not its beginning any more.
    fn filled(&mut self) {
        self.seen.push('x');
    }
    fn place(&self, slot: Slot) -> Place {
        match self.state {
            Where::Attribute { address: true, .. } if slot.is_url() && matches!(self.seen.trim(), "" | "https://") => {
                Place::Address
            }
            Where::Attribute { address: true, .. } => Place::PartOfAddress,
            _ => Place::Html,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::placeholders;
    use super::*;

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
        let tokens = Tokens::unlike(&[source]);
        fill(&tokens.cut_html(&tokens.put_into(&segments)), &values(name))
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
        let tokens = Tokens::unlike(&[source]);
        let cut = tokens.cut_text(&tokens.put_into(&placeholders::parse(source).unwrap()));
        assert_eq!(fill(&cut, &values("Anna")), "pqz0q1z Anna");
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
            let tokens = Tokens::unlike(&[source]);
            let subject = fill(&tokens.cut_text(&tokens.put_into(&placeholders::parse(source).unwrap())), &values(&name));
            prop_assert!(!subject.contains(['\r', '\n', '\0']));
            prop_assert_eq!(subject, format!("Dear {clean}!"));
        }
    }
}
