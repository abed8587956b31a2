//! The placeholders that campaign staff may write: `{{subscriber.name}}` and six more, conditions, and a loop. Pure.
//!
//! A parser of our own instead of a template engine: what staff write is content, not a program, and what readers call
//! themselves is neither.

use std::fmt;

pub use super::blocks::{Block, Condition, Kind};
use super::blocks::{Nesting, Word};

/// What may stand between `{{` and `}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Placeholder {
    Name,
    Email,
    Language,
    UnsubscribeUrl,
    PreferencesUrl,
    WebUrl,
    DonateUrl,
}

impl Placeholder {
    pub const ALL: &'static [Placeholder] = &[
        Placeholder::Name,
        Placeholder::Email,
        Placeholder::Language,
        Placeholder::UnsubscribeUrl,
        Placeholder::PreferencesUrl,
        Placeholder::WebUrl,
        Placeholder::DonateUrl,
    ];

    /// As it is written between the braces.
    pub fn word(self) -> &'static str {
        match self {
            Placeholder::Name => "subscriber.name",
            Placeholder::Email => "subscriber.email",
            Placeholder::Language => "subscriber.language",
            Placeholder::UnsubscribeUrl => "unsubscribe_url",
            Placeholder::PreferencesUrl => "preferences_url",
            Placeholder::WebUrl => "web_url",
            Placeholder::DonateUrl => "donate_url",
        }
    }

    /// What it stands for, for the list beside the editor.
    pub fn meaning(self) -> &'static str {
        match self {
            Placeholder::Name => "The reader’s name, or a polite word when it is not known",
            Placeholder::Email => "The reader’s address",
            Placeholder::Language => "The tag of the reader’s language, such as en",
            Placeholder::UnsubscribeUrl => "The page to leave (the foot of every mail has it already)",
            Placeholder::PreferencesUrl => "The page to choose topics and language",
            Placeholder::WebUrl => "This mail on the web",
            Placeholder::DonateUrl => "The page for gifts; what is given there counts for this campaign",
        }
    }

    /// Whether its value is a whole web address.
    pub fn is_url(self) -> bool {
        !matches!(self, Placeholder::Name | Placeholder::Email | Placeholder::Language)
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|placeholder| placeholder.word() == word)
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{{}}}}}", self.word())
    }
}

/// A piece of what staff wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    Literal(String),
    Placeholder(Placeholder),
    /// `{{this.name}}`: the name of the topic whose turn it is.
    TopicName,
    Open(Block),
    /// Alone on its line, or not.
    Else(bool),
    Close(bool),
}

/// Something in double braces that cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenPlaceholder {
    /// From 1.
    pub line: usize,
    pub what: String,
}

impl fmt::Display for BrokenPlaceholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// Cuts a text at its placeholders. Joining what the segments show gives the text again, except for spaces inside braces.
///
/// # Errors
/// Every placeholder and block that is unknown or broken, with its line.
pub fn parse(text: &str) -> Result<Vec<Segment>, Vec<BrokenPlaceholder>> {
    let (mut segments, mut broken) = (Vec::new(), Vec::new());
    let mut nesting = Nesting::default();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let mut note = |what: String| broken.push(BrokenPlaceholder { line: index + 1, what });
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("{{") {
            literal(&mut segments, before, &mut note);
            let inside = after.split_once("}}").filter(|(inside, _)| !inside.contains("{{"));
            let Some((inside, behind)) = inside else {
                note(format!("“{{{{{}” has no closing }}}}", excerpt(after)));
                rest = after.strip_prefix('{').unwrap_or(after);
                continue;
            };
            // Alone on its line it stands around paragraphs.
            let alone = rest.len() == line.len() && before.trim().is_empty() && behind.trim().is_empty();
            match Placeholder::parse(inside.trim()) {
                Some(placeholder) => segments.push(Segment::Placeholder(placeholder)),
                None => match Word::parse(inside.trim(), index + 1, alone) {
                    Ok(Some(word)) => match nesting.take(word, index + 1, alone) {
                        Ok(segment) => segments.push(segment),
                        Err(what) => note(what),
                    },
                    Ok(None) => note(format!("there is no placeholder {{{{{}}}}}", excerpt(inside))),
                    Err(what) => note(what),
                },
            }
            rest = behind;
        }
        literal(&mut segments, rest, &mut note);
    }
    broken.extend(nesting.unclosed());
    if broken.is_empty() { Ok(segments) } else { Err(broken) }
}

fn literal(segments: &mut Vec<Segment>, text: &str, note: &mut impl FnMut(String)) {
    if text.contains("}}") {
        note("}} stands without {{ before it".into());
    }
    match segments.last_mut() {
        _ if text.is_empty() => {}
        Some(Segment::Literal(last)) => last.push_str(text),
        _ => segments.push(Segment::Literal(text.to_owned())),
    }
}

/// Enough of it to be found in the text.
pub(super) fn excerpt(text: &str) -> String {
    let line = text.trim();
    match line.chars().count() > 40 {
        true => format!("{}…", line.chars().take(40).collect::<String>()),
        false => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(segments: &[Segment]) -> String {
        segments
            .iter()
            .map(|segment| match segment {
                Segment::Literal(text) => text.clone(),
                Segment::Placeholder(placeholder) => placeholder.to_string(),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn finds_them_and_names_what_is_broken() {
        let segments = parse("Dear {{ subscriber.name }},\n[leave]({{unsubscribe_url}})").unwrap();
        assert_eq!(shown(&segments), "Dear {{subscriber.name}},\n[leave]({{unsubscribe_url}})");
        let text = "one\n{{subscriber.nam}} and {{web_url\nthree }} {{{web_url}}}\n{{#if x}}{{}}";
        let broken: Vec<String> = parse(text).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(
            broken,
            [
                "line 2: there is no placeholder {{subscriber.nam}}",
                "line 2: “{{web_url” has no closing }}",
                "line 3: }} stands without {{ before it",
                "line 3: there is no placeholder {{{web_url}}",
                "line 4: {{#if x}} asks for something that is not known; it can ask for subscriber.name, subscriber.topics.SLUG or subscriber.language.TAG",
                "line 4: there is no placeholder {{}}",
            ]
        );
        assert_eq!(parse("a { b } c").unwrap(), [Segment::Literal("a { b } c".into())]);
    }

    #[test]
    fn blocks_are_closed_in_order() {
        let broken = |text: &str| parse(text).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>();
        let fine = "{{#if subscriber.topics.law}}a{{#unless subscriber.name}}b{{else}}c{{/unless}}{{/if}}\n\
            {{#each subscriber.topics}}\n- {{this.name}}\n{{/each}}";
        let blocks = parse(fine).unwrap();
        let alone: Vec<bool> = blocks
            .iter()
            .filter_map(|segment| match segment {
                Segment::Open(block) => Some(block.alone),
                Segment::Else(alone) | Segment::Close(alone) => Some(*alone),
                _ => None,
            })
            .collect();
        assert_eq!(alone, [false, false, false, false, false, true, true]);
        assert_eq!(broken("a\n{{#if subscriber.name}}"), ["line 2: {{#if}} is not closed: {{/if}} is missing"]);
        assert_eq!(broken("{{/if}}{{else}}{{this.name}}").len(), 3);
        assert_eq!(
            broken("{{#if subscriber.name}}\n{{#each subscriber.topics}}{{/if}}{{/each}}"),
            [
                "line 2: {{/if}} stands where {{/each}} is expected",
                "line 2: {{/each}} stands where {{/if}} is expected"
            ]
        );
        assert_eq!(broken("{{#if subscriber.name}}{{else}}{{else}}{{/if}}"), ["line 1: a second {{else}}"]);
        assert_eq!(broken("{{#each subscriber.topics}}{{else}}{{/each}}").len(), 1);
        assert!(broken("{{#with x}}{{/with}}")[0].contains("there is no {{#with x}}"));
        assert!(broken("{{#each donors}}{{/each}}")[0].contains("subscriber.topics"));
    }

    proptest! {
        #[test]
        fn never_panics(text in "(?s)[{}#/a-z_.\\n é]{0,60}|.{0,60}") {
            let _ = parse(&text);
        }

        #[test]
        fn goes_round(parts in prop::collection::vec(prop_oneof![
            "[^{}]{0,12}".prop_map(Ok), (0..Placeholder::ALL.len()).prop_map(Err)
        ], 0..12)) {
            let text: String = parts.iter().map(|part| match part {
                Ok(literal) => literal.clone(),
                Err(index) => Placeholder::ALL[*index].to_string(),
            }).collect();
            let segments = parse(&text).unwrap();
            prop_assert_eq!(shown(&segments), text);
            let known = parts.iter().filter(|part| part.is_err()).count();
            prop_assert_eq!(segments.iter().filter(|s| matches!(s, Segment::Placeholder(_))).count(), known);
        }
    }
}
