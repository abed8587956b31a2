//! Conditions and the loop that campaign staff may write around a part of a text. Pure.

use super::placeholders::{BrokenPlaceholder, Segment, excerpt};
use crate::values::{Language, Slug};

/// What a condition asks about a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// They have told their name.
    Name,
    /// They have chosen the topic.
    Topic(Slug),
    /// Their language is this one, with or without a region.
    Language(Language),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    If(Condition),
    Unless(Condition),
    /// Once for each topic that the reader has chosen.
    EachTopic,
}

/// `{{#…}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub kind: Kind,
    /// From 1.
    pub line: usize,
    /// Alone on its line, it stands around whole paragraphs.
    pub alone: bool,
}

impl Kind {
    pub(super) fn word(&self) -> &'static str {
        match self {
            Kind::If(_) => "if",
            Kind::Unless(_) => "unless",
            Kind::EachTopic => "each",
        }
    }
}

/// What staff may write, and what it does, for the list beside the editor.
pub const EXPLAINED: [(&str, &str); 5] = [
    (
        "{{#if subscriber.name}} … {{else}} … {{/if}}",
        "The first text for readers whose name is known, the second for the others. {{else}} may be left out. Alone on \
         a line, {{#if …}} and {{/if}} can stand around paragraphs, lists and headings",
    ),
    (
        "{{#if subscriber.topics.SLUG}}",
        "Only for readers who have chosen this topic; its slug stands on the page of topics",
    ),
    ("{{#if subscriber.language.TAG}}", "Only for readers of this language, such as subscriber.language.en"),
    ("{{#unless …}} … {{/unless}}", "The opposite of {{#if …}}: for those of whom it is not true"),
    (
        "{{#each subscriber.topics}} {{this.name}} {{/each}}",
        "Once for each topic that the reader has chosen; {{this.name}} is its name",
    ),
];

/// A word of a block.
pub(super) enum Word {
    Open(Block),
    Else,
    Close(&'static str),
    TopicName,
}

impl Word {
    /// None when it is no word of a block.
    ///
    /// # Errors
    /// What is wrong, without the line.
    pub(super) fn parse(word: &str, line: usize, alone: bool) -> Result<Option<Self>, String> {
        match word {
            "else" => return Ok(Some(Word::Else)),
            "/if" => return Ok(Some(Word::Close("if"))),
            "/unless" => return Ok(Some(Word::Close("unless"))),
            "/each" => return Ok(Some(Word::Close("each"))),
            "this.name" => return Ok(Some(Word::TopicName)),
            _ => {}
        }
        let Some(opening) = word.strip_prefix('#') else { return Ok(None) };
        let (name, about) = opening.split_once(char::is_whitespace).unwrap_or((opening, ""));
        let about = about.trim();
        let condition = || {
            condition(about).ok_or_else(|| {
                format!(
                    "{{{{{}}}}} asks for something that is not known; it can ask for subscriber.name, \
                     subscriber.topics.SLUG or subscriber.language.TAG",
                    excerpt(word)
                )
            })
        };
        let kind = match name {
            "if" => Kind::If(condition()?),
            "unless" => Kind::Unless(condition()?),
            "each" if about == "subscriber.topics" => Kind::EachTopic,
            "each" => return Err("{{#each …}} goes through subscriber.topics and nothing else".into()),
            _ => return Err(format!("there is no {{{{{}}}}}: there are #if, #unless and #each", excerpt(word))),
        };
        Ok(Some(Word::Open(Block { kind, line, alone })))
    }
}

fn condition(about: &str) -> Option<Condition> {
    let about = about.strip_prefix("subscriber.")?;
    if about == "name" {
        return Some(Condition::Name);
    }
    if let Some(slug) = about.strip_prefix("topics.") {
        return Slug::parse(slug).ok().map(Condition::Topic);
    }
    Language::parse(about.strip_prefix("language.")?).ok().map(Condition::Language)
}

/// The blocks that are open, outermost first.
#[derive(Default)]
pub(super) struct Nesting {
    open: Vec<(Kind, usize, bool)>,
}

impl Nesting {
    /// # Errors
    /// What is wrong, without the line.
    pub(super) fn take(&mut self, word: Word, line: usize, alone: bool) -> Result<Segment, String> {
        match word {
            Word::Open(block) => {
                self.open.push((block.kind.clone(), line, false));
                Ok(Segment::Open(block))
            }
            Word::TopicName if self.open.iter().any(|(kind, ..)| *kind == Kind::EachTopic) => Ok(Segment::TopicName),
            Word::TopicName => Err("{{this.name}} stands outside of {{#each subscriber.topics}}".into()),
            Word::Else => match self.open.last_mut() {
                Some((Kind::If(_) | Kind::Unless(_), _, seen @ false)) => {
                    *seen = true;
                    Ok(Segment::Else(alone))
                }
                Some((Kind::If(_) | Kind::Unless(_), ..)) => Err("a second {{else}}".into()),
                _ => Err("{{else}} stands outside of {{#if}} and {{#unless}}".into()),
            },
            Word::Close(name) => match self.open.pop() {
                Some((kind, ..)) if kind.word() == name => Ok(Segment::Close(alone)),
                Some((kind, ..)) => Err(format!("{{{{/{name}}}}} stands where {{{{/{}}}}} is expected", kind.word())),
                None => Err(format!("{{{{/{name}}}}} closes nothing")),
            },
        }
    }

    pub(super) fn unclosed(self) -> impl Iterator<Item = BrokenPlaceholder> {
        self.open.into_iter().map(|(kind, line, _)| {
            let name = kind.word();
            BrokenPlaceholder { line, what: format!("{{{{#{name}}}}} is not closed: {{{{/{name}}}}} is missing") }
        })
    }
}
