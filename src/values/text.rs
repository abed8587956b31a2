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

/// One line: outer white space gone, no control character at all; `max` counts characters.
///
/// # Errors
/// Too long, or with a control character. Empty is allowed: the caller knows whether it is needed.
pub fn clean_line(input: &str, max: usize) -> Result<String, InvalidText> {
    let text: String = input.trim().nfc().collect();
    if text.chars().any(char::is_control) {
        return Err(InvalidText::Control);
    }
    match text.chars().count() > max {
        true => Err(InvalidText::TooLong(max)),
        false => Ok(text),
    }
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
    fn what_a_spreadsheet_would_run_is_text() {
        for bad in ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "＝1"] {
            assert_eq!(spreadsheet_cell(bad), format!("'{bad}"));
        }
        for good in ["", "Anna", "250 2.0.0 ok", "a=b"] {
            assert_eq!(spreadsheet_cell(good), good);
        }
    }
}
