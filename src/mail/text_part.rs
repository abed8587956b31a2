//! Markdown's events as plain text that reads well: underlined titles, marked lists, quotes behind `>`, aligned tables.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Tag, TagEnd};

/// A table wider than this is written as one line per cell.
const TABLE_WIDTH: usize = 72;

/// The text of the events.
pub(super) fn write<'a>(events: impl Iterator<Item = Event<'a>>) -> String {
    let mut writer = Writer::default();
    for event in events {
        writer.event(event);
    }
    writer.flush();
    format!("{}\n", writer.out.trim_end()).trim_start_matches('\n').to_owned()
}

#[derive(Default)]
struct Writer {
    out: String,
    /// The block that is being collected; `\n` where the author broke a line.
    block: String,
    /// The open lists: the next number, or none for bullets.
    lists: Vec<Option<u64>>,
    /// What the next line of a list begins with.
    marker: Option<String>,
    /// How many quotes are open.
    quotes: usize,
    /// The open links: address, and where their text begins in the block.
    links: Vec<(String, usize)>,
    /// The rows of the open table, the head first.
    table: Option<Vec<Vec<String>>>,
    /// Whether the open list has a line already (no empty lines within a list).
    in_list: bool,
}

impl Writer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) => self.block.push_str(&text),
            Event::SoftBreak => self.block.push(' '),
            Event::HardBreak => self.block.push('\n'),
            Event::Rule => {
                self.flush();
                self.block.push_str("* * *");
                self.flush();
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::Heading { .. } => self.flush(),
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => self.flush(),
            Tag::BlockQuote(_) => {
                self.flush();
                self.quotes += 1;
            }
            Tag::List(first) => {
                self.flush();
                self.lists.push(first);
                self.in_list &= self.lists.len() > 1;
            }
            Tag::Item => {
                self.flush();
                self.marker = Some(match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number = number.saturating_add(1);
                        format!("{}. ", number.saturating_sub(1))
                    }
                    _ => "- ".to_owned(),
                });
            }
            Tag::Table(_) => {
                self.flush();
                self.table = Some(Vec::new());
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(rows) = &mut self.table {
                    rows.push(Vec::new());
                }
            }
            Tag::Link { dest_url, .. } => self.links.push((dest_url.into_string(), self.block.len())),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => {
                let width = self.block.trim().chars().count().min(TABLE_WIDTH);
                let line = match level {
                    HeadingLevel::H1 => "=",
                    HeadingLevel::H2 => "-",
                    _ => "",
                };
                if !line.is_empty() && width > 0 {
                    self.block = format!("{}\n{}", self.block.trim(), line.repeat(width));
                }
                self.flush();
            }
            TagEnd::CodeBlock => {
                self.block = self.block.trim_end().lines().map(|line| format!("    {line}\n")).collect();
                self.flush();
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
                self.marker = None;
                self.in_list &= !self.lists.is_empty();
            }
            TagEnd::Paragraph | TagEnd::Item => self.flush(),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.block).split_whitespace().collect::<Vec<_>>().join(" ");
                if let Some(row) = self.table.as_mut().and_then(|rows| rows.last_mut()) {
                    row.push(cell);
                }
            }
            TagEnd::Table => {
                self.block = self.table.take().map(|rows| table(&rows)).unwrap_or_default();
                self.flush();
            }
            TagEnd::Link => {
                if let Some((address, from)) = self.links.pop() {
                    let shown = self.block.get(from..).unwrap_or_default().trim();
                    let bare = address.strip_prefix("mailto:").unwrap_or(&address);
                    if shown.is_empty() {
                        self.block.push_str(bare);
                    } else if shown != address && shown != bare {
                        self.block.push_str(&format!(" ({bare})"));
                    }
                }
            }
            _ => {}
        }
    }

    /// Writes the collected block.
    fn flush(&mut self) {
        let block = std::mem::take(&mut self.block);
        let block = block.trim_end().trim_start_matches('\n');
        if block.trim().is_empty() {
            return;
        }
        if !self.out.is_empty() && !self.in_list {
            self.out.push('\n');
        }
        let depth = self.lists.len();
        for line in block.lines() {
            let indent = match self.marker.take() {
                Some(marker) => format!("{}{marker}", "  ".repeat(depth.saturating_sub(1))),
                None => "  ".repeat(depth),
            };
            let line = format!("{}{indent}{}", "> ".repeat(self.quotes), line.trim_end());
            self.out.push_str(line.trim_end());
            self.out.push('\n');
        }
        self.in_list = depth > 0;
    }
}

fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let total = widths.iter().sum::<usize>() + columns.saturating_sub(1) * 3;
    let Some((head, body)) = rows.split_first() else { return String::new() };
    if total > TABLE_WIDTH {
        let named = |row: &Vec<String>| {
            let cells = head.iter().zip(row).map(|(name, cell)| format!("{name}: {cell}\n"));
            cells.collect::<String>()
        };
        return body.iter().map(named).collect::<Vec<_>>().join("\n");
    }
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join(" | ").trim_end().to_owned()
    };
    let rule = widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join("-+-");
    let mut lines = vec![line(head), rule];
    lines.extend(body.iter().map(line));
    lines.join("\n")
}
