//! Cuts finished texts at their tokens, and makes a tree of the blocks.

use super::html::Walker;
use super::tidy;
use super::tokens::{Mark, Tokens};
use super::{Piece, Place, Slot};
use crate::campaigns::placeholders::{Block, BrokenPlaceholder, Kind};

/// What was cut, and the lines of the blocks that were found in it.
pub(super) struct Cut {
    pub pieces: Vec<Piece>,
    pub lines: Vec<usize>,
}

impl Tokens {
    /// Cuts a subject or a text part.
    pub fn cut_text(&self, text: &str) -> Vec<Piece> {
        let mut cutter = Cutter::default();
        let (mut rest, mut line_begins) = (text, true);
        while let Some((at, mark, after)) = self.next(rest) {
            let before = rest.get(..at).unwrap_or_default();
            if let Mark::Fill(slot) = mark {
                cutter.push(before);
                rest = cutter.put(slot, Place::Plain, after);
                line_begins = false;
                continue;
            }
            let blank_before = match before.rsplit_once('\n') {
                Some((_, line)) => line.trim().is_empty(),
                None => line_begins && before.trim().is_empty(),
            };
            // Alone on its line it takes the line with it, and the empty one behind it.
            if blank_before && (after.is_empty() || after.starts_with('\n')) {
                cutter.push(before.trim_end_matches(' '));
                rest = after.strip_prefix("\n\n").or_else(|| after.strip_prefix('\n')).unwrap_or(after);
                line_begins = true;
            } else {
                cutter.push(before);
                rest = after;
                line_begins = if before.is_empty() { line_begins } else { before.ends_with('\n') };
            }
            cutter.mark(&mark);
        }
        cutter.push(rest);
        tidy::tidy(cutter.finish(), &tidy::TEXT)
    }

    /// Cuts HTML as our sanitiser and MJML write it: attributes in quotes.
    ///
    /// # Errors
    /// Every block that does not hold whole elements, with its line.
    pub fn cut_html(&self, html: &str) -> Result<Vec<Piece>, Vec<BrokenPlaceholder>> {
        self.cut(html).map(|cut| cut.pieces)
    }

    pub(super) fn cut(&self, html: &str) -> Result<Cut, Vec<BrokenPlaceholder>> {
        let (mut cutter, mut walker) = (Cutter::default(), Walker::default());
        let (mut broken, mut lines) = (Vec::new(), Vec::new());
        let mut rest = html;
        while let Some((at, mark, after)) = self.next(rest) {
            let before = rest.get(..at).unwrap_or_default();
            if let Mark::Fill(slot) = mark {
                walker.walk(before);
                cutter.push(before);
                let place = walker.place(slot);
                walker.filled();
                rest = cutter.put(slot, place, after);
                continue;
            }
            let (before, after) = without_paragraph(before, after);
            walker.walk(before);
            cutter.push(before);
            rest = after;
            if let Mark::Open(block) = mark {
                lines.push(block.line);
            } else if let Some(frame) = cutter.frames.last() {
                if walker.depth != frame.depth || walker.least < frame.depth {
                    broken.push(
                        frame.broken(
                            "begins and ends in different places: within one paragraph, or both alone on a line",
                        ),
                    );
                }
                walker.least = if mark == Mark::Close { walker.least.min(frame.least) } else { walker.depth };
            }
            cutter.mark(&mark);
            if let (Mark::Open(_), Some(frame)) = (&mark, cutter.frames.last_mut()) {
                (frame.depth, frame.least) = (walker.depth, walker.least);
                walker.least = walker.depth;
            }
            if let (false, Some(frame)) = (walker.is_in_text(), cutter.frames.last()) {
                broken.push(frame.broken("cannot stand in the address of a link: put it around the whole link"));
            }
        }
        cutter.push(rest);
        broken.extend(cutter.frames.iter().map(|frame| frame.broken("has lost its end")));
        broken.dedup();
        match broken.is_empty() {
            true => Ok(Cut { pieces: tidy::tidy(cutter.finish(), &tidy::HTML), lines }),
            false => Err(broken),
        }
    }
}

/// A paragraph with nothing in it but the end of a block is none.
fn without_paragraph<'a>(before: &'a str, after: &'a str) -> (&'a str, &'a str) {
    let opened = before.rfind('<').filter(|at| {
        let tag = before.get(*at..).unwrap_or_default();
        tag.ends_with('>') && (tag.starts_with("<p ") || tag == "<p>")
    });
    match (opened.and_then(|at| before.get(..at)), after.strip_prefix("</p>")) {
        (Some(before), Some(after)) => (before, after.strip_prefix('\n').unwrap_or(after)),
        _ => (before, after),
    }
}

#[derive(Default)]
struct Cutter {
    frames: Vec<Frame>,
    pieces: Vec<Piece>,
    literal: String,
}

/// A block that is open.
struct Frame {
    block: Block,
    /// What stands before it.
    outside: Vec<Piece>,
    /// The first branch, when the second has begun.
    then: Option<Vec<Piece>>,
    depth: i64,
    least: i64,
}

impl Frame {
    fn broken(&self, what: &str) -> BrokenPlaceholder {
        BrokenPlaceholder { line: self.block.line, what: format!("{{{{#{}}}}} {what}", self.block.kind.word()) }
    }
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
        self.end_literal();
        self.pieces.push(Piece::Fill(slot, place));
        rest
    }

    fn end_literal(&mut self) {
        if !self.literal.is_empty() {
            self.pieces.push(Piece::Literal(std::mem::take(&mut self.literal)));
        }
    }

    fn mark(&mut self, mark: &Mark<'_>) {
        match mark {
            Mark::Fill(_) => {}
            Mark::Open(block) => {
                self.end_literal();
                let outside = std::mem::take(&mut self.pieces);
                self.frames.push(Frame { block: (*block).clone(), outside, then: None, depth: 0, least: 0 });
            }
            Mark::Else => {
                self.end_literal();
                let then = std::mem::take(&mut self.pieces);
                if let Some(frame) = self.frames.last_mut() {
                    frame.then = Some(then);
                }
            }
            Mark::Close => {
                self.end_literal();
                let Some(frame) = self.frames.pop() else { return };
                let last = std::mem::replace(&mut self.pieces, frame.outside);
                let (then, otherwise) = match frame.then {
                    Some(then) => (then, last),
                    None => (last, Vec::new()),
                };
                self.pieces.push(match frame.block.kind {
                    Kind::If(when) => Piece::If { when, then, otherwise },
                    Kind::Unless(when) => Piece::If { when, then: otherwise, otherwise: then },
                    Kind::EachTopic => Piece::EachTopic(then),
                });
            }
        }
    }

    fn finish(mut self) -> Vec<Piece> {
        self.end_literal();
        self.pieces
    }
}
