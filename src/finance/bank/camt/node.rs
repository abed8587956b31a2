//! One element with all that stands in it, for the small pieces of which a statement is made.

use super::Flaw;
use super::xml::{Tag, Token, Xml};

/// The most elements of one piece: an entry with thousands of transactions fits, a trap does not.
const PIECE_MAX: usize = 200_000;

#[derive(Debug, Clone)]
pub(super) struct Node {
    pub tag: Tag,
    /// Its own text, white space around it left out.
    pub text: String,
    pub children: Vec<Node>,
}

impl Node {
    fn new(tag: Tag) -> Self {
        Self { tag, text: String::new(), children: Vec::new() }
    }

    /// The element that `tag` opens, to its end.
    pub(super) fn read(xml: &mut Xml<'_>, tag: Tag) -> Result<Self, Flaw> {
        let mut open = vec![Self::new(tag)];
        let mut count = 0_usize;
        loop {
            match xml.next()? {
                Token::Open(tag) => {
                    count += 1;
                    if count > PIECE_MAX {
                        return Err(Flaw::new(tag.line, "one entry has more parts than a statement ever has"));
                    }
                    open.push(Self::new(tag));
                }
                Token::Text(text) => {
                    if let Some(node) = open.last_mut() {
                        node.text.push_str(&text);
                    }
                }
                // The stream ends with an error while something is open.
                Token::Close | Token::End => {
                    let Some(mut done) = open.pop() else {
                        return Err(Flaw::new(xml.line(), "the file ends in the middle of the statement"));
                    };
                    done.text = done.text.trim().to_owned();
                    match open.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => return Ok(done),
                    }
                }
            }
        }
    }

    pub(super) fn line(&self) -> usize {
        self.tag.line
    }

    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.tag.name == name)
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.children.iter().filter(move |child| child.tag.name == name)
    }

    /// Down a path: `Acct/Id/IBAN`.
    pub(super) fn at(&self, path: &str) -> Option<&Node> {
        path.split('/').try_fold(self, |node, name| node.child(name))
    }

    /// The text at the end of a path, unless it is empty.
    pub(super) fn text_at(&self, path: &str) -> Option<&str> {
        self.at(path).map(|node| node.text.as_str()).filter(|text| !text.is_empty())
    }
}
