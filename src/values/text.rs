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
