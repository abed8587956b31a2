//! What a block that is all of a paragraph, an item or a heading leaves behind when it is not shown: nothing.

use super::html::Walker;
use super::{Piece, literals};

/// How a kind of text has its paragraphs.
pub(super) struct Kind {
    /// If what stands between the two is all of a paragraph: where that begins in the first text, and how much of the
    /// second text belongs to it.
    edges: fn(&str, &str) -> Option<(usize, usize)>,
    /// If a loop goes round a whole list: what opens and closes the list, as lengths at both ends of the loop.
    list: fn(&[Piece]) -> Option<(usize, usize)>,
}

pub(super) const HTML: Kind = Kind { edges: element, list: list_element };
pub(super) const TEXT: Kind = Kind { edges: line, list: list_lines };

pub(super) fn tidy(pieces: Vec<Piece>, kind: &Kind) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let mut coming = pieces.into_iter().peekable();
    while let Some(piece) = coming.next() {
        match piece {
            Piece::If { when, then, otherwise } => {
                let (mut then, mut otherwise) = (tidy(then, kind), tidy(otherwise, kind));
                if let (true, Some(Piece::Literal(before)), Some(Piece::Literal(after))) =
                    (then.is_empty() != otherwise.is_empty(), out.last_mut(), coming.peek_mut())
                    && let Some((from, until)) = (kind.edges)(before, after)
                {
                    let (open, close) = (before.split_off(from), after.drain(..until).collect::<String>());
                    let shown = if then.is_empty() { &mut otherwise } else { &mut then };
                    shown.insert(0, Piece::Literal(open));
                    shown.push(Piece::Literal(close));
                }
                out.push(Piece::If { when, then: joined(then), otherwise: joined(otherwise) });
            }
            Piece::EachTopic(each) => {
                let mut each = tidy(each, kind);
                let (mut open, mut close) = (String::new(), String::new());
                if let Some((from, until)) = (kind.list)(&each) {
                    if let Some(Piece::Literal(first)) = each.first_mut() {
                        open = first.drain(..from).collect();
                    }
                    if let Some(Piece::Literal(last)) = each.last_mut() {
                        close = last.split_off(last.len().saturating_sub(until));
                    }
                }
                out.push(Piece::Literal(open));
                out.push(Piece::EachTopic(joined(each)));
                out.push(Piece::Literal(close));
            }
            other => out.push(other),
        }
    }
    joined(out)
}

/// Without empty literals and without two in a row.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match (out.last_mut(), piece) {
            (_, Piece::Literal(text)) if text.is_empty() => {}
            (Some(Piece::Literal(before)), Piece::Literal(text)) => before.push_str(&text),
            (_, piece) => out.push(piece),
        }
    }
    out
}

fn element(before: &str, after: &str) -> Option<(usize, usize)> {
    let from = before.rfind('<').filter(|_| before.ends_with('>'))?;
    let name = before.get(from + 1..)?.split([' ', '>']).next()?;
    if !["p", "li", "h1", "h2", "h3", "h4", "h5", "h6"].contains(&name) {
        return None;
    }
    let behind = after.strip_prefix(&format!("</{name}>"))?;
    Some((from, after.len() - behind.strip_prefix('\n').unwrap_or(behind).len()))
}

fn line(before: &str, after: &str) -> Option<(usize, usize)> {
    let from = before.rfind('\n')? + 1;
    let marker = before.get(from..)?.trim_start_matches([' ', '>']);
    let number = marker.strip_suffix(". ").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let mut behind = after.strip_prefix('\n')?;
    if marker == "- " || number {
        return Some((from, after.len() - behind.len()));
    }
    // The line under a heading, and the empty one behind the paragraph.
    let (under, rest) = behind.split_once('\n').unwrap_or((behind, ""));
    if !under.is_empty() && (under.bytes().all(|b| b == b'=') || under.bytes().all(|b| b == b'-')) {
        behind = rest;
    }
    behind = behind.strip_prefix('\n').unwrap_or(behind);
    marker.is_empty().then_some((from, after.len() - behind.len()))
}

fn list_element(each: &[Piece]) -> Option<(usize, usize)> {
    let (Some(Piece::Literal(first)), Some(Piece::Literal(last))) = (each.first(), each.last()) else { return None };
    let open = first.find('>')? + 1;
    let tag = first.get(..open)?;
    let end = if tag.starts_with("<ul") {
        "</ul>"
    } else if tag.starts_with("<ol") {
        "</ol>"
    } else {
        return None;
    };
    let open = open + usize::from(first.get(open..)?.starts_with('\n'));
    let close = last.trim_end().strip_suffix(end)?.len();
    // It must be one list, and not the first of several.
    let mut all = String::new();
    literals(each, &mut |text| all.push_str(text));
    let mut walker = Walker::default();
    walker.walk(tag);
    walker.least = walker.depth;
    walker.walk(all.get(open..all.trim_end().len() - end.len())?);
    (walker.depth == 1 && walker.least == 1).then_some((open, last.len() - close))
}

fn list_lines(each: &[Piece]) -> Option<(usize, usize)> {
    let (Some(Piece::Literal(first)), Some(Piece::Literal(last))) = (each.first(), each.last()) else { return None };
    let marker = first.trim_start_matches(' ');
    let is_item = marker.starts_with("- ") || marker.starts_with("1. ");
    (is_item && last.ends_with("\n\n")).then_some((0, 1))
}
