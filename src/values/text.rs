//! Free text from people: NFC, without NUL and other control characters that no reader can see.

use unicode_normalization::UnicodeNormalization;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    #[error("this is needed")]
    Empty,
    #[error("this is too long: at most {0} characters")]
    TooLong(usize),
    #[error("this has a character that cannot be kept (a control character)")]
    Control,
}

/// One line: outer white space gone, no control character at all, nor what turns or breaks the line; `max` counts characters.
///
/// # Errors
/// Too long, or with a control character. Empty is allowed: the caller knows whether it is needed.
pub fn clean_line(input: &str, max: usize) -> Result<String, InvalidText> {
    let text: String = input.trim().nfc().collect();
    if text.chars().any(|c| c.is_control() || breaks_its_line(c)) {
        return Err(InvalidText::Control);
    }
    match text.chars().count() > max {
        true => Err(InvalidText::TooLong(max)),
        false => Ok(text),
    }
}

/// Line and paragraph separators; and what turns the direction of all that follows (embeddings, overrides, isolates), so that
/// a name could rewrite the line of a list or a receipt in which it stands. The marks that names in right-to-left scripts
/// need (U+200C to U+200F) are none of these.
fn breaks_its_line(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Several lines: line ends become `\n`, tabs stay, other control characters are refused.
///
/// # Errors
/// As [`clean_line`].
pub fn clean_text(input: &str, max: usize) -> Result<String, InvalidText> {
    let text: String = input.replace("\r\n", "\n").replace('\r', "\n").trim().nfc().collect();
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(InvalidText::Control);
    }
    match text.chars().count() > max {
        true => Err(InvalidText::TooLong(max)),
        false => Ok(text),
    }
}

/// A cell for a file that people open in a spreadsheet: an apostrophe keeps it from running what strangers wrote there
/// (`=HYPERLINK(…)`, also behind blanks).
pub fn spreadsheet_cell(cell: &str) -> String {
    let runs = cell.starts_with(['\t', '\r', '\n'])
        || cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if runs { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_line() {
        for bad in ["a\u{202e}b", "a\u{2028}b", "a\u{2066}b", "a\u{0}b", "a\r\nb"] {
            assert_eq!(clean_line(bad, 9), Err(InvalidText::Control), "{bad:?}");
        }
        for good in ["\u{645}\u{6cc}\u{200c}\u{62e}", "\u{5d0}\u{200f}", "Ana\u{301}"] {
            clean_line(good, 9).unwrap();
        }
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_text() {
        for bad in ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "＝1"] {
            assert_eq!(spreadsheet_cell(bad), format!("'{bad}"));
        }
        for good in ["", "Anna", "250 2.0.0 ok", "a=b"] {
            assert_eq!(spreadsheet_cell(good), good);
        }
    }
}
