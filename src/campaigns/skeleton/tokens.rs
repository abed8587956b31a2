//! Words that stand for values and for the ends of blocks while Markdown and templates are rendered.

use super::Slot;
use crate::campaigns::placeholders::{Block, Placeholder, Segment};

/// What a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark<'a> {
    Fill(Slot),
    Open(&'a Block),
    Else,
    Close,
}

#[derive(Debug, Clone)]
pub struct Tokens {
    prefix: String,
    /// The blocks that were put in, by number.
    blocks: Vec<Block>,
}

/// The numbers behind those of the placeholders.
const REASON: usize = Placeholder::ALL.len();
const TOPIC_NAME: usize = REASON + 1;
const ELSE: usize = REASON + 2;
const CLOSE: usize = REASON + 3;
const FIRST_BLOCK: usize = REASON + 4;

impl Tokens {
    /// Tokens that do not occur in any of the texts.
    pub fn unlike(texts: &[&str]) -> Self {
        let mut number = 0_u32;
        loop {
            let prefix = format!("pqz{number}q");
            if !texts.iter().any(|text| text.contains(&prefix)) {
                return Self { prefix, blocks: Vec::new() };
            }
            number += 1;
        }
    }

    /// What stands for the value. A web address gets a token that is one, so that links keep it.
    pub fn token(&self, slot: Slot) -> String {
        let number = match slot {
            Slot::Placeholder(wanted) => Placeholder::ALL.iter().position(|p| *p == wanted).unwrap_or_default(),
            Slot::Reason => REASON,
            Slot::TopicName => TOPIC_NAME,
        };
        let word = self.word(number);
        if slot.is_url() { format!("https://{word}.invalid") } else { word }
    }

    fn word(&self, number: usize) -> String {
        format!("{}{number}z", self.prefix)
    }

    /// The text with tokens for its placeholders and blocks. What stands alone on its line becomes a paragraph.
    pub fn put_into(&mut self, segments: &[Segment]) -> String {
        let mut out = String::new();
        for segment in segments {
            let (number, alone) = match segment {
                Segment::Literal(text) => {
                    out.push_str(text);
                    continue;
                }
                Segment::Placeholder(placeholder) => {
                    out.push_str(&self.token(Slot::Placeholder(*placeholder)));
                    continue;
                }
                Segment::TopicName => (TOPIC_NAME, false),
                Segment::Else(alone) => (ELSE, *alone),
                Segment::Close(alone) => (CLOSE, *alone),
                Segment::Open(block) => {
                    self.blocks.push(block.clone());
                    (FIRST_BLOCK + self.blocks.len() - 1, block.alone)
                }
            };
            let word = self.word(number);
            if alone {
                let indent = out.len() - out.trim_end_matches([' ', '\t']).len();
                let indent = out.split_off(out.len() - indent);
                out.push_str(&format!("\n{indent}{word}\n"));
            } else {
                out.push_str(&word);
            }
        }
        out
    }

    /// The next token: where, what for, and what comes behind it.
    pub(super) fn next<'a>(&self, text: &'a str) -> Option<(usize, Mark<'_>, &'a str)> {
        let at = text.find(&self.prefix)?;
        let after = text.get(at + self.prefix.len()..)?;
        let (number, behind) = after.split_once('z')?;
        let number: usize = number.parse().ok()?;
        let mark = match number {
            REASON => Mark::Fill(Slot::Reason),
            TOPIC_NAME => Mark::Fill(Slot::TopicName),
            ELSE => Mark::Else,
            CLOSE => Mark::Close,
            below if below < REASON => Mark::Fill(Slot::Placeholder(*Placeholder::ALL.get(below)?)),
            block => Mark::Open(self.blocks.get(block - FIRST_BLOCK)?),
        };
        Some((at, mark, behind))
    }

    /// The first words of a text, at most so many characters; whole words only, because a token is one. Blocks that are
    /// open at the end are closed.
    pub fn beginning(&self, text: &str, characters: usize) -> String {
        let mut line = String::new();
        let (mut length, mut open) = (0, 0_usize);
        for word in text.split_whitespace() {
            let (mut depth, mut tokens) = (open, 0);
            let mut rest = word;
            while let Some((_, mark, behind)) = self.next(rest) {
                match mark {
                    Mark::Open(_) => depth += 1,
                    Mark::Close => depth = depth.saturating_sub(1),
                    Mark::Else | Mark::Fill(_) => {}
                }
                // What ends or divides a block takes no room.
                tokens += if matches!(mark, Mark::Fill(_)) { 0 } else { self.prefix.len() + 3 };
                rest = behind;
            }
            let shown = word.chars().count().saturating_sub(tokens);
            if length + shown >= characters {
                break;
            }
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
            (length, open) = (length + shown + 1, depth);
        }
        line.push_str(&self.word(CLOSE).repeat(open));
        line
    }
}
