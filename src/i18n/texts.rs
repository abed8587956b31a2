//! The texts of all languages, read once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use anyhow::Context as _;
use fluent_templates::fluent_bundle::{FluentArgs, FluentError, FluentResource, FluentValue};
use fluent_templates::{FluentBundle, LanguageIdentifier};
use rust_embed::RustEmbed;

use super::format;
use crate::values::Language;

/// What is put into a text: `"Anna".into()` or `3.into()`.
pub type Value<'a> = FluentValue<'a>;

/// In the program itself in release builds; read from the folder in debug builds, so that a new file needs no rebuild.
#[derive(RustEmbed)]
#[folder = "locales"]
struct Files;

static TEXTS: LazyLock<Texts> = LazyLock::new(|| {
    Texts::load().unwrap_or_else(|error| {
        // The files are part of the program and a test loads them; a page that shows keys still beats no page.
        tracing::error!(error = format!("{error:#}"), "the texts cannot be read");
        Texts { bundles: BTreeMap::new() }
    })
});

/// All texts of all languages.
pub struct Texts {
    bundles: BTreeMap<Language, FluentBundle<FluentResource>>,
}

impl Texts {
    /// The texts, loaded at the first call.
    pub fn get() -> &'static Self {
        &TEXTS
    }

    /// Reads every `.ftl` file; called by [`Texts::get`], and at start to learn of mistakes early.
    ///
    /// # Errors
    /// Names the file that does not parse, or that repeats a key of another.
    pub fn load() -> anyhow::Result<Self> {
        let mut bundles = BTreeMap::new();
        for path in Files::iter().filter(|path| path.ends_with(".ftl")) {
            let context = || format!("locales/{path}");
            let (folder, _) = path.split_once('/').context("a text file belongs into a language's folder")?;
            let language = Language::parse(folder).with_context(context)?;
            let file = Files::get(&path).with_context(context)?;
            let source = String::from_utf8(file.data.into_owned()).with_context(context)?;
            let resource = FluentResource::try_new(source)
                .map_err(|(_, errors)| anyhow::anyhow!("{errors:?}"))
                .with_context(context)?;
            if !bundles.contains_key(&language) {
                bundles.insert(language.clone(), new_bundle(&language)?);
            }
            let bundle: &mut FluentBundle<FluentResource> = bundles.get_mut(&language).with_context(context)?;
            bundle.add_resource(resource).map_err(|errors| anyhow::anyhow!("{errors:?}")).with_context(context)?;
        }
        let mut texts = Self { bundles };
        for language in texts.languages() {
            let separator = texts.t(&language, "format-thousands", &[]);
            if let Some(bundle) = texts.bundles.get_mut(&language) {
                bundle.set_formatter(Some(match separator.as_str() {
                    "," => |value, _| number_in_text(value, ","),
                    "." => |value, _| number_in_text(value, "."),
                    "\u{202f}" => |value, _| number_in_text(value, "\u{202f}"),
                    _ => |value, _| number_in_text(value, "\u{a0}"),
                }));
            }
        }
        Ok(texts)
    }

    /// The languages that the program speaks.
    pub fn languages(&self) -> Vec<Language> {
        self.bundles.keys().cloned().collect()
    }

    /// The language that a reader of `wanted` gets: itself, else the same without region, else English.
    pub fn nearest(&self, wanted: &Language) -> Language {
        self.chain(wanted)
            .into_iter()
            .find(|language| self.bundles.contains_key(language))
            .unwrap_or_else(Language::english)
    }

    /// A text; English where the language has none. An unknown key or a missing argument gives the key and an error in
    /// the log: a page with one odd word beats no page.
    pub fn t(&self, language: &Language, key: &str, args: &[(&str, Value<'_>)]) -> String {
        self.try_t(language, key, args).unwrap_or_else(|error| {
            tracing::error!(%language, key, error = format!("{error:#}"), "a text cannot be shown");
            key.to_owned()
        })
    }

    /// As [`Texts::t`], for callers that must not go on with a wrong text (mails).
    ///
    /// # Errors
    /// When no language of the chain has the key, or an argument is missing.
    pub fn try_t(&self, language: &Language, key: &str, args: &[(&str, Value<'_>)]) -> anyhow::Result<String> {
        let args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, value.clone())).collect();
        let mut last = anyhow::anyhow!("there is no such key");
        for language in self.chain(language) {
            match self.bundles.get(&language).and_then(|bundle| in_bundle(bundle, key, &args)) {
                Some(Ok(text)) => return Ok(text),
                Some(Err(errors)) => last = anyhow::anyhow!("{language}: {errors:?}"),
                None => {}
            }
        }
        Err(last)
    }

    fn chain(&self, wanted: &Language) -> Vec<Language> {
        let mut chain = vec![wanted.clone()];
        chain.extend(Language::parse(wanted.primary()).ok());
        chain.push(Language::english());
        chain
    }
}

fn new_bundle(language: &Language) -> anyhow::Result<FluentBundle<FluentResource>> {
    let id: LanguageIdentifier = language.as_str().parse()?;
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // Fluent would put U+2068 and U+2069 around what is filled in, to keep right-to-left names in left-to-right
    // sentences in order. Some mail clients show them as boxes in subjects and text parts, and both languages that we
    // have are written from left to right. A right-to-left language must decide this per output.
    bundle.set_use_isolating(false);
    Ok(bundle)
}

fn in_bundle(
    bundle: &FluentBundle<FluentResource>,
    key: &str,
    args: &FluentArgs<'_>,
) -> Option<Result<String, Vec<FluentError>>> {
    let pattern = match key.split_once('.') {
        Some((key, attribute)) => bundle.get_message(key)?.get_attribute(attribute)?.value(),
        None => bundle.get_message(key)?.value()?,
    };
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(args), &mut errors).into_owned();
    Some(if errors.is_empty() { Ok(text) } else { Err(errors) })
}

/// Whole numbers in texts are grouped as [`Texts::number`] does it; others stay as they are.
fn number_in_text(value: &Value<'_>, separator: &str) -> Option<String> {
    let Value::Number(number) = value else { return None };
    let text = number.as_string();
    text.parse::<i64>().ok().map(|whole| format::grouped(whole, separator))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// The keys of a language, each with the names of its arguments.
    fn keys(language: &Language) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let prefix = format!("{language}/");
        for path in Files::iter().filter(|path| path.starts_with(&prefix) && path.ends_with(".ftl")) {
            let source = String::from_utf8(Files::get(&path).unwrap().data.into_owned()).unwrap();
            let mut key = String::new();
            for line in source.lines().filter(|line| !line.starts_with('#')) {
                if line.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    key = line.split_once('=').unwrap().0.trim().to_owned();
                    assert!(keys.insert(key.clone(), BTreeSet::new()).is_none(), "{path}: {key} twice");
                }
                for part in line.split('$').skip(1) {
                    let name = part.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').next();
                    keys.get_mut(&key).unwrap().insert(name.unwrap().to_owned());
                }
            }
        }
        keys
    }

    #[test]
    fn every_key_exists_in_every_language_and_resolves() {
        let texts = Texts::load().unwrap();
        let english = keys(&Language::english());
        for language in texts.languages() {
            let here = keys(&language);
            assert_eq!(
                here.keys().collect::<Vec<_>>(),
                english.keys().collect::<Vec<_>>(),
                "{language} and en differ in their keys"
            );
            for (key, names) in here {
                assert_eq!(names, english[&key], "{language}: {key} has other arguments than in English");
                for sample in [Value::from(1), Value::from(2), Value::from(5), Value::from("word")] {
                    let args: Vec<_> = names.iter().map(|name| (name.as_str(), sample.clone())).collect();
                    let bundle = &texts.bundles[&language];
                    if bundle.get_message(&key).and_then(|message| message.value()).is_some() {
                        let args = args.iter().map(|(name, value)| (*name, value.clone())).collect();
                        let text = in_bundle(bundle, &key, &args).unwrap();
                        assert!(text.is_ok(), "{language}: {key}: {text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn falls_back_and_never_fails() {
        let texts = Texts::get();
        let brazil = Language::parse("pt-BR").unwrap();
        assert_eq!(texts.t(&brazil, "format-month-4", &[]), "April");
        assert_eq!(texts.nearest(&brazil), Language::english());
        assert_eq!(texts.nearest(&Language::parse("ru-KZ").unwrap()).as_str(), "ru");
        assert_eq!(texts.t(&brazil, "no-such-key", &[]), "no-such-key");
        assert_eq!(texts.t(&brazil, "format-date", &[]), "format-date", "an argument is missing");
    }
}
