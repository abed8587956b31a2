//! The mails' templates: MJML to HTML once, at start; filled in per mail.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};
use handlebars::{Context, Handlebars, Helper, HelperDef, RenderContext, RenderError, RenderErrorReason, ScopedJson};
use rust_embed::RustEmbed;
use serde::Serialize;
use serde_json::Value as Json;

use super::email::CLIPPED_ABOVE;
use super::variables;
use crate::i18n::{Texts, Value};
use crate::values::Language;

#[derive(RustEmbed)]
#[folder = "email-templates"]
struct Files;

/// A mail in one language, before it has a sender and a recipient. Line ends are LF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
    pub language: Language,
}

impl Rendered {
    /// Whether some mail clients would cut it and hide its foot.
    pub fn may_be_clipped(&self) -> bool {
        self.html.len() > CLIPPED_ABOVE
    }
}

/// All mails, compiled.
pub struct MailTemplates {
    /// Escapes what is filled in.
    html: Handlebars<'static>,
    /// Subjects and text parts: nothing to escape.
    plain: Handlebars<'static>,
    mails: Vec<String>,
}

impl MailTemplates {
    /// The mails of this process, compiled once.
    ///
    /// # Errors
    /// Names the file that is missing or wrong.
    pub fn shared() -> anyhow::Result<Arc<Self>> {
        static MAILS: Mutex<Option<Arc<MailTemplates>>> = Mutex::new(None);
        let mut mails = MAILS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mails) = &*mails {
            return Ok(mails.clone());
        }
        Ok(mails.insert(Arc::new(Self::load()?)).clone())
    }

    /// Compiles every folder of `email-templates`.
    ///
    /// # Errors
    /// Names the file that is missing or wrong.
    pub fn load() -> anyhow::Result<Self> {
        let files = read_all()?;
        let (mut html, mut plain) = (registry(), registry());
        plain.register_escape_fn(handlebars::no_escape);
        for (path, source) in &files {
            let partial = path.strip_prefix("layouts/").and_then(|name| name.strip_suffix(".txt.hbs"));
            if let Some(name) = partial {
                plain.register_partial(name, source).with_context(|| path.clone())?;
            }
        }
        let mut mails: Vec<String> =
            files.keys().filter_map(|path| path.split_once('/')).map(|(folder, _)| folder.to_owned()).collect();
        mails.dedup();
        mails.retain(|mail| mail != "layouts");
        for mail in &mails {
            let source = |file: &str| {
                let path = format!("{mail}/{file}");
                files.get(&path).cloned().with_context(|| format!("email-templates/{path} is missing"))
            };
            let subject = source("subject.txt.hbs")?;
            plain.register_template_string(&format!("{mail}/subject"), subject).with_context(|| mail.clone())?;
            let text = source("body.txt.hbs")?;
            plain.register_template_string(&format!("{mail}/text"), text).with_context(|| mail.clone())?;
            let page = to_html(&with_layouts(&source("body.mjml.hbs")?, &files)?).with_context(|| mail.clone())?;
            html.register_template_string(&format!("{mail}/html"), page).with_context(|| mail.clone())?;
        }
        Ok(Self { html, plain, mails })
    }

    /// The names of all mails.
    pub fn mails(&self) -> &[String] {
        &self.mails
    }

    /// Fills a mail in. In a language without texts the words of the frame fall back to the language without region,
    /// then to English; only a mail that brings content of its own stays marked as that language.
    ///
    /// # Errors
    /// For an unknown mail, and for a variable that the template uses and the data does not have. A condition on an
    /// unknown name is silently false for handlebars; debug builds look for these too, so tests find them.
    pub fn render(&self, mail: &str, language: &Language, data: &impl Serialize) -> anyhow::Result<Rendered> {
        let mut data = serde_json::to_value(data)?;
        let fields = data.as_object_mut().context("a mail's data is a structure with named fields")?;
        let language =
            if fields.contains_key("content_html") { language.clone() } else { Texts::get().nearest(language) };
        let align = if language.dir() == "rtl" { "right" } else { "left" };
        fields.insert("language".into(), language.as_str().into());
        fields.insert("dir".into(), language.dir().into());
        fields.insert("align".into(), align.into());
        let mut context = Context::from(data);
        let fill = |registry: &Handlebars<'static>, part: &str, context: &Context| {
            let name = format!("{mail}/{part}");
            if cfg!(debug_assertions) {
                let missing = variables::missing(registry, &name, context.data());
                if !missing.is_empty() {
                    bail!("the mail {name} uses what its data does not have: {}", missing.join(", "));
                }
            }
            registry.render_with_context(&name, context).with_context(|| format!("the mail {name}"))
        };
        let subject = fill(&self.plain, "subject", &context)?;
        let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(fields) = context.data_mut().as_object_mut() {
            fields.insert("subject".into(), subject.as_str().into());
        }
        let text = fill(&self.plain, "text", &context)?;
        let text = format!("{}\n", text.trim());
        let html = fill(&self.html, "html", &context)?;
        Ok(Rendered { subject, text, html, language })
    }
}

fn registry() -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.set_prevent_indent(true);
    registry.register_helper("t", Box::new(Translate));
    registry
}

fn read_all() -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for path in Files::iter().filter(|path| path.ends_with(".hbs")) {
        let file = Files::get(&path).with_context(|| path.to_string())?;
        let source = String::from_utf8(file.data.into_owned()).with_context(|| path.to_string())?;
        files.insert(path.into_owned(), source.replace("\r\n", "\n"));
    }
    Ok(files)
}

/// MJML has to see the whole document, so its partials are put in before handlebars sees anything.
fn with_layouts(source: &str, files: &BTreeMap<String, String>) -> anyhow::Result<String> {
    let mut out = String::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("{{> ") {
        let (name, after) = after.split_once("}}").context("a partial is not closed")?;
        let path = format!("layouts/{}.mjml.hbs", name.trim());
        out.push_str(before);
        out.push_str(files.get(&path).with_context(|| format!("email-templates/{path} is missing"))?.trim());
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn to_html(mjml: &str) -> anyhow::Result<String> {
    let options = mrml::prelude::render::RenderOptions {
        disable_comments: true,
        // mrml would load these fonts from a third party.
        fonts: Default::default(),
        ..Default::default()
    };
    let parsed = mrml::parse(mjml).map_err(|error| anyhow::anyhow!("the MJML does not parse: {error}"))?;
    let html = parsed.element.render(&options).map_err(|error| anyhow::anyhow!("the MJML does not render: {error}"))?;
    // mrml passes on what it does not know, without a warning.
    for bad in ["<mj-", "fonts.googleapis", "@import", "<link", "url("] {
        if html.contains(bad) {
            bail!("{bad} must not stand in a mail");
        }
    }
    Ok(html)
}

/// `{{t "key" name=value}}`: a text in the mail's language.
struct Translate;

impl HelperDef for Translate {
    // Through `call_inner` handlebars escapes the result as it does any value.
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let fail = |message: String| RenderError::from(RenderErrorReason::Other(message));
        let key = helper.param(0).and_then(|param| param.value().as_str());
        let key = key.ok_or_else(|| fail("t needs the key of a text".into()))?;
        let language = context.data().get("language").and_then(Json::as_str).and_then(|tag| Language::parse(tag).ok());
        let mut args: Vec<(&str, Value<'_>)> = Vec::new();
        for (name, value) in helper.hash() {
            args.push((
                name,
                match value.value() {
                    Json::String(text) => text.as_str().into(),
                    Json::Number(number) => match number.as_i64() {
                        Some(whole) => whole.into(),
                        None => number.as_f64().unwrap_or_default().into(),
                    },
                    _ => return Err(fail(format!("{key}: {name} is neither a text nor a number"))),
                },
            ));
        }
        Texts::get()
            .try_t(&language.unwrap_or_default(), key, &args)
            .map(|text| ScopedJson::Derived(Json::String(text)))
            .map_err(|error| fail(format!("{key}: {error}")))
    }
}

#[cfg(test)]
#[path = "templates_tests.rs"]
mod tests;
