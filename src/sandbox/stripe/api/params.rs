//! What an endpoint takes, and whether what came fits: unknown names, wrong types and wrong words are refused as Stripe
//! refuses them. Names are those of Stripe's published descriptions; what the sandbox cannot do is unknown to it.

use serde_json::{Map, Value, json};

use super::form::items;
use crate::sandbox::stripe::fault::ApiError;
use crate::values::Currency;

/// The type of a parameter.
#[derive(Debug)]
pub enum Kind {
    Text,
    Int,
    Bool,
    Currency,
    OneOf(&'static [&'static str]),
    /// At most 50 pairs; names of 40 and values of 500 characters.
    Metadata,
    List(&'static Kind),
    Object(Params),
    /// A time, or `gte`, `gt`, `lte`, `lt`.
    Range,
}

pub type Params = &'static [(&'static str, Kind)];

/// Of every list.
const PAGE: Params =
    &[("limit", Kind::Int), ("starting_after", Kind::Text), ("ending_before", Kind::Text), ("created", Kind::Range)];
const RANGE: Params = &[("gte", Kind::Int), ("gt", Kind::Int), ("lte", Kind::Int), ("lt", Kind::Int)];

/// The parameters with their types.
pub fn typed(given: &Value, params: Params, lists: bool) -> Result<Value, ApiError> {
    let more = if lists { PAGE } else { &[] };
    let map = given.as_object().cloned().unwrap_or_default();
    object(&map, &[params, more], "")
}

fn object(map: &Map<String, Value>, known: &[Params], name: &str) -> Result<Value, ApiError> {
    let mut typed = Map::new();
    for (key, value) in map {
        let full = if name.is_empty() { key.clone() } else { format!("{name}[{key}]") };
        let kind = known.iter().flat_map(|params| params.iter()).find(|(known, _)| known == key);
        let Some((_, kind)) = kind else {
            let said = format!("Received unknown parameter: {full}");
            return Err(ApiError::invalid(said).code("parameter_unknown").param(&full).before());
        };
        typed.insert(key.clone(), one(value, kind, &full)?);
    }
    Ok(Value::Object(typed))
}

fn one(value: &Value, kind: &Kind, name: &str) -> Result<Value, ApiError> {
    let text = match (value, kind) {
        (Value::Object(map), Kind::Object(params)) => return object(map, &[params], name),
        (Value::Object(map), Kind::Range) => return object(map, &[RANGE], name),
        (Value::Object(map), Kind::Metadata) => return metadata(map, name),
        (Value::Object(map), Kind::List(kind)) => {
            let items = items(map).ok_or_else(|| invalid("Invalid array", name, "parameter_invalid_array"))?;
            let items: Result<Vec<Value>, ApiError> = items
                .into_iter()
                .enumerate()
                .map(|(number, item)| one(item, kind, &format!("{name}[{number}]")))
                .collect();
            return Ok(Value::Array(items?));
        }
        (Value::Object(_), _) => return Err(invalid("Invalid string", name, "parameter_invalid_string")),
        (value, _) => value.as_str().unwrap_or_default(),
    };
    match kind {
        // An empty text unsets.
        Kind::Metadata | Kind::List(_) if text.is_empty() => Ok(json!("")),
        Kind::Object(_) | Kind::Metadata => Err(invalid("Invalid object", name, "parameter_invalid_object")),
        Kind::List(_) => Err(invalid("Invalid array", name, "parameter_invalid_array")),
        Kind::Int | Kind::Range => match text.parse::<i64>() {
            Ok(number) => Ok(json!(number)),
            Err(_) => Err(invalid(&format!("Invalid integer: {text}"), name, "parameter_invalid_integer")),
        },
        _ if text.is_empty() => Err(invalid(
            &format!(
                "You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; \
                 however '{name}' cannot be unset. You should remove '{name}' from your request or supply a non-empty \
                 value."
            ),
            name,
            "parameter_invalid_empty",
        )),
        Kind::Text => match text.chars().count() > 5000 {
            true => Err(invalid(
                &format!("Invalid string: {name} must be at most 5000 characters"),
                name,
                "parameter_invalid_string",
            )),
            false => Ok(json!(text)),
        },
        Kind::Bool => match text {
            "true" => Ok(json!(true)),
            "false" => Ok(json!(false)),
            _ => Err(invalid(&format!("Invalid boolean: {text}"), name, "parameter_invalid_boolean")),
        },
        Kind::Currency => match Currency::parse(text) {
            Ok(currency) => Ok(json!(currency.stripe_code())),
            Err(_) => Err(ApiError::invalid(format!("Invalid currency: {text}")).param(name).before()),
        },
        Kind::OneOf(words) => match words.contains(&text) {
            true => Ok(json!(text)),
            false => {
                let said = format!("Invalid {name}: must be one of {}", words.join(", "));
                Err(ApiError::invalid(said).param(name).before())
            }
        },
    }
}

fn metadata(map: &Map<String, Value>, name: &str) -> Result<Value, ApiError> {
    if map.len() > 50 {
        return Err(invalid("Metadata can have at most 50 keys.", name, "parameter_invalid_object"));
    }
    for (key, value) in map {
        let full = format!("{name}[{key}]");
        let Some(text) = value.as_str() else {
            return Err(invalid("Metadata values can only be strings.", &full, "parameter_invalid_string"));
        };
        if key.chars().count() > 40 || text.chars().count() > 500 {
            let said = "Metadata keys can be up to 40 characters long, values up to 500.";
            return Err(invalid(said, &full, "parameter_invalid_string"));
        }
    }
    Ok(Value::Object(map.clone()))
}

fn invalid(said: &str, name: &str, code: &str) -> ApiError {
    ApiError::invalid(said).code(code).param(name).before()
}

/// `Missing required param: …`.
pub fn missing(name: &str) -> ApiError {
    ApiError::invalid(format!("Missing required param: {name}.")).code("parameter_missing").param(name).before()
}

/// Metadata as an update leaves it: an empty value removes its key, an empty text removes all.
pub fn merged(old: &Value, new: &Value) -> Value {
    match (old, new) {
        (_, Value::String(_)) => json!({}),
        (Value::Object(old), Value::Object(new)) => {
            let mut merged = old.clone();
            merged.extend(new.clone());
            merged.retain(|_, value| value.as_str() != Some(""));
            Value::Object(merged)
        }
        (old, _) => old.clone(),
    }
}
