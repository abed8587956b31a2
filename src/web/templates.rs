//! The handlebars registries: one per language, because `{{t}}` speaks the registry's language.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use handlebars::{Context, Handlebars, Helper, HelperDef, RenderContext, RenderError, RenderErrorReason, ScopedJson};
use rust_embed::RustEmbed;
use serde::Serialize;
use serde_json::Value as Json;

use super::assets::Assets;
use crate::i18n::{Texts, Value};
use crate::values::Language;

#[derive(RustEmbed)]
#[folder = "src/web/templates"]
struct Files;

/// All pages in all languages, and the assets they name. Built once at start.
pub struct Pages {
    registries: BTreeMap<Language, Handlebars<'static>>,
    assets: Arc<Assets>,
}

impl Pages {
    /// The pages of this process. They are parsed once: that takes longer than all else of a start.
    ///
    /// # Errors
    /// Names the template that does not parse.
    pub fn shared() -> anyhow::Result<Arc<Self>> {
        static PAGES: Mutex<Option<Arc<Pages>>> = Mutex::new(None);
        let mut pages = PAGES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pages) = &*pages {
            return Ok(pages.clone());
        }
        Ok(pages.insert(Arc::new(Self::load()?)).clone())
    }

    /// # Errors
    /// Names the template that does not parse.
    pub fn load() -> anyhow::Result<Self> {
        let assets = Arc::new(Assets::load());
        let mut parsed = Handlebars::new();
        parsed.set_strict_mode(true);
        // A part on an indented line would indent what stands in a textarea.
        parsed.set_prevent_indent(true);
        for path in Files::iter() {
            let Some(name) = path.strip_suffix(".hbs") else { continue };
            let file = Files::get(&path).with_context(|| path.to_string())?;
            let source = std::str::from_utf8(&file.data).with_context(|| path.to_string())?;
            parsed.register_template_string(name, source).with_context(|| format!("template {path}"))?;
        }
        parsed.register_helper("asset", Box::new(AssetPath(assets.clone())));
        let registry = |language: Language| {
            let mut registry = parsed.clone();
            registry.register_helper("t", Box::new(Translate(language.clone())));
            (language, registry)
        };
        let registries = Texts::get().languages().into_iter().map(registry).collect();
        Ok(Self { registries, assets })
    }

    pub fn assets(&self) -> &Assets {
        &self.assets
    }

    /// # Errors
    /// When the template names something that the context does not have, or does not exist.
    pub fn render(&self, language: &Language, template: &str, context: &impl Serialize) -> anyhow::Result<String> {
        let nearest = Texts::get().nearest(language);
        let registry = self.registries.get(&nearest).with_context(|| format!("no texts in {nearest}"))?;
        registry.render(template, context).with_context(|| format!("page {template}"))
    }
}

impl Pages {
    /// A part of a staff page by itself: `data` is its `d`.
    ///
    /// # Errors
    /// As [`Pages::render`].
    pub fn fragment(&self, template: &str, data: &impl Serialize) -> anyhow::Result<String> {
        #[derive(Serialize)]
        struct Context<'a, D> {
            d: &'a D,
        }
        self.render(&Language::english(), template, &Context { d: data })
    }
}

/// `{{t "key" name=value}}`: escaped like any other value.
struct Translate(Language);

impl HelperDef for Translate {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let key = text_parameter(helper, "t")?;
        let args: Vec<(&str, Value<'_>)> =
            helper.hash().iter().map(|(name, value)| (*name, argument(value.value()))).collect();
        Ok(ScopedJson::Derived(Json::String(Texts::get().t(&self.0, key, &args))))
    }
}

/// `{{asset "app.css"}}`: the fingerprinted path.
struct AssetPath(Arc<Assets>);

impl HelperDef for AssetPath {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let name = text_parameter(helper, "asset")?;
        let path = self.0.path(name).ok_or_else(|| RenderErrorReason::Other(format!("there is no asset {name}")))?;
        Ok(ScopedJson::Derived(Json::String(path)))
    }
}

fn text_parameter<'a>(helper: &'a Helper<'_>, name: &'static str) -> Result<&'a str, RenderError> {
    let text = helper.param(0).and_then(|parameter| parameter.value().as_str());
    text.ok_or_else(|| RenderErrorReason::ParamNotFoundForIndex(name, 0).into())
}

fn argument(value: &Json) -> Value<'_> {
    match value {
        Json::String(text) => text.as_str().into(),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64().unwrap_or(0.0).into(),
        },
        Json::Null => "".into(),
        other => other.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_parses() {
        let pages = Pages::load().unwrap();
        assert!(pages.assets().path("app.css").unwrap().ends_with("/app.css"));
        assert!(pages.registries.len() >= 2);
    }
}
