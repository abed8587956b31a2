//! What people read, in their language: Fluent texts, dates and numbers.
//!
//! A language is a folder under `locales/`; every `.ftl` file in it is read, so adding a language is adding a folder.

mod format;
mod texts;

pub use texts::{Texts, Value};
