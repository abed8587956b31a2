//! Which variables a template uses that its data does not have.
//!
//! Handlebars' strict mode fails on `{{typo}}` but takes `{{#if typo}}`, `{{#unless typo}}` and `{{#each typo}}` as false.

use handlebars::Handlebars;
use handlebars::template::{DecoratorTemplate, HelperTemplate, Parameter, Template, TemplateElement};
use serde_json::Value as Json;

/// Every path of the template (and of its partials) that leads nowhere in `data`, conditions and arguments included.
pub(super) fn missing(registry: &Handlebars<'_>, template: &str, data: &Json) -> Vec<String> {
    let mut walk = Walk { registry, scopes: vec![Some(data)], missing: Vec::new() };
    if let Some(template) = registry.get_template(template) {
        walk.template(template);
    }
    walk.missing.sort();
    walk.missing.dedup();
    walk.missing
}

struct Walk<'a> {
    registry: &'a Handlebars<'a>,
    /// What `this` is, outermost first; none where it cannot be known (inside a loop over nothing).
    scopes: Vec<Option<&'a Json>>,
    missing: Vec<String>,
}

impl<'a> Walk<'a> {
    fn template(&mut self, template: &'a Template) {
        for element in &template.elements {
            self.element(element);
        }
    }

    fn element(&mut self, element: &'a TemplateElement) {
        match element {
            TemplateElement::Expression(helper)
            | TemplateElement::HtmlExpression(helper)
            | TemplateElement::HelperBlock(helper) => self.helper(helper),
            TemplateElement::PartialExpression(partial) | TemplateElement::PartialBlock(partial) => {
                self.partial(partial)
            }
            _ => {}
        }
    }

    fn helper(&mut self, helper: &'a HelperTemplate) {
        if !helper.block && helper.params.is_empty() && helper.hash.is_empty() {
            self.parameter(&helper.name);
            return;
        }
        for parameter in helper.params.iter().chain(helper.hash.values()) {
            self.parameter(parameter);
        }
        let name = helper.name.as_name().unwrap_or_default();
        let first = helper.params.first().and_then(Parameter::as_name);
        let inner = match (name, first) {
            ("each", Some(path)) => match self.look_up(path) {
                Some(Some(Json::Array(items))) => Some(items.first()),
                _ => Some(None),
            },
            ("with", Some(path)) => Some(self.look_up(path).flatten()),
            _ => None,
        };
        if let Some(template) = &helper.template {
            if let Some(scope) = inner {
                self.scopes.push(scope);
                self.template(template);
                self.scopes.pop();
            } else {
                self.template(template);
            }
        }
        if let Some(template) = &helper.inverse {
            self.template(template);
        }
    }

    fn partial(&mut self, partial: &'a DecoratorTemplate) {
        for parameter in partial.params.iter().chain(partial.hash.values()) {
            self.parameter(parameter);
        }
        if let Some(template) = partial.name.as_name().and_then(|name| self.registry.get_template(name)) {
            self.template(template);
        }
    }

    fn parameter(&mut self, parameter: &'a Parameter) {
        match parameter {
            Parameter::Path(_) | Parameter::Name(_) => {
                let path = parameter.as_name().unwrap_or_default();
                if self.look_up(path).is_none() {
                    self.missing.push(path.to_owned());
                }
            }
            Parameter::Subexpression(inner) => self.element(inner.as_element()),
            _ => {}
        }
    }

    /// None: leads nowhere. `Some(None)`: cannot be known.
    fn look_up(&self, path: &str) -> Option<Option<&'a Json>> {
        let mut depth = self.scopes.len().checked_sub(1)?;
        let mut rest = path;
        if let Some(local) = path.strip_prefix('@') {
            match local.strip_prefix("root") {
                Some(from_root) => {
                    depth = 0;
                    rest = from_root;
                }
                // @index, @first, @last, @key.
                None => return Some(None),
            }
        }
        while let Some(outer) = rest.strip_prefix("../") {
            depth = depth.checked_sub(1)?;
            rest = outer;
        }
        let Some(mut here) = *self.scopes.get(depth)? else { return Some(None) };
        for part in rest.split(['.', '/']).filter(|part| !part.is_empty() && *part != "this") {
            here = match here {
                Json::Array(items) => part.parse::<usize>().ok().and_then(|index| items.get(index))?,
                _ => here.get(part)?,
            };
        }
        Some(Some(here))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_strict_mode_does_not() {
        let mut registry = Handlebars::new();
        registry.register_partial("foot", "{{#if organisation.typo1}}x{{/if}}").unwrap();
        let template = "{{name}} {{#if typo2}}{{typo3}}{{else if name}}{{typo4}}{{/if}}{{#each items}}{{label}}{{../name}}\
            {{@index}}{{typo5}}{{this.label}}{{/each}}{{#unless typo6}}{{/unless}}{{#if (eq name typo7)}}{{/if}}\
            {{t \"key\" a=name b=typo8}}{{> foot}}{{#each none}}{{unknown}}{{@root.name}}{{@root.typo9}}{{/each}}\
            {{#with organisation}}{{name}}{{typo10}}{{/with}}{{{name}}}{{#each words}}{{this}}{{/each}}";
        registry.register_template_string("x", template).unwrap();
        let data = serde_json::json!({
            "name": "n", "items": [{"label": "l"}], "none": [], "words": ["w"], "organisation": {"name": null}
        });
        let expected: Vec<String> = [10, 2, 3, 4, 5, 6, 7, 8].iter().map(|n| format!("typo{n}")).collect();
        let mut all = vec!["@root.typo9".to_owned(), "organisation.typo1".to_owned()];
        all.extend(expected);
        assert_eq!(missing(&registry, "x", &data), all);
    }
}
