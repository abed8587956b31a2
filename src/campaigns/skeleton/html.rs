//! Where in HTML a token stands, as our sanitiser and MJML write it: attributes in quotes.

use super::{Place, Slot};

/// Elements that have no end.
const VOID: [&str; 8] = ["br", "hr", "img", "meta", "link", "input", "col", "wbr"];

/// Where in the HTML we are.
#[derive(Default)]
pub(super) struct Walker {
    state: Where,
    /// The tag's text so far, or the attribute's value so far.
    seen: String,
    /// The name of the tag, and whether all of it was read.
    name: String,
    named: bool,
    /// How many elements are open.
    pub(super) depth: i64,
    /// The least of it since somebody last asked.
    pub(super) least: i64,
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
    pub(super) fn walk(&mut self, html: &str) {
        for c in html.chars() {
            match self.state {
                Where::Text if c == '<' => {
                    self.enter(Where::Tag);
                    self.name.clear();
                    self.named = false;
                }
                Where::Text => {}
                Where::Comment => {
                    self.seen.push(c);
                    if self.seen.ends_with("-->") {
                        self.enter(Where::Text);
                    }
                }
                Where::Tag => match c {
                    '>' => {
                        self.count();
                        self.enter(Where::Text);
                    }
                    '"' | '\'' => {
                        let name = self.seen.trim_end().trim_end_matches('=').trim_end();
                        let name = name.rsplit(char::is_whitespace).next().unwrap_or_default().to_ascii_lowercase();
                        let address = matches!(name.as_str(), "href" | "src" | "action" | "background" | "cite");
                        self.enter(Where::Attribute { quote: c, address });
                    }
                    c => {
                        self.named |= c.is_whitespace();
                        if !self.named {
                            self.name.push(c);
                        }
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
    /// A tag has ended: an element opens or closes.
    fn count(&mut self) {
        let name = self.name.trim_end_matches('/');
        if self.name.starts_with('/') {
            self.depth -= 1;
            self.least = self.least.min(self.depth);
        } else if !(name.starts_with(['!', '?']) || VOID.contains(&name)) {
            self.depth += 1;
        }
    }
    /// Whether text stands here, not a tag or an attribute.
    pub(super) fn is_in_text(&self) -> bool {
        self.state == Where::Text
    }
    fn enter(&mut self, state: Where) {
        self.state = state;
        self.seen.clear();
    }
    /// A value now stands here: what follows in the attribute is not its beginning any more.
    pub(super) fn filled(&mut self) {
        self.seen.push('x');
    }
    pub(super) fn place(&self, slot: Slot) -> Place {
        match self.state {
            Where::Attribute { address: true, .. } if slot.is_url() && matches!(self.seen.trim(), "" | "https://") => {
                Place::Address
            }
            Where::Attribute { address: true, .. } => Place::PartOfAddress,
            _ => Place::Html,
        }
    }
}
