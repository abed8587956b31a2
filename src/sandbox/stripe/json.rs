//! Reading and writing Stripe's objects as JSON without a type for each: what is not there reads as nothing.

use serde_json::{Map, Value};

/// `"a.b.0"` walks into objects and lists.
pub trait Json {
    fn get_at(&self, path: &str) -> &Value;
    /// Empty when it is no text.
    fn text(&self, path: &str) -> &str;
    /// 0 when it is no whole number.
    fn int(&self, path: &str) -> i64;
    /// Whether it is `true`.
    fn flag(&self, path: &str) -> bool;
    /// A text that is there and not empty.
    fn maybe(&self, path: &str) -> Option<&str>;
    fn maybe_int(&self, path: &str) -> Option<i64>;
    fn is_nothing(&self, path: &str) -> bool;
    /// Sets a field; objects on the way are made.
    fn put(&mut self, path: &str, value: impl Into<Value>);
    fn list(&self, path: &str) -> &[Value];
}

static NOTHING: Value = Value::Null;

impl Json for Value {
    fn get_at(&self, path: &str) -> &Value {
        path.split('.').fold(self, |value, part| match value {
            Value::Object(map) => map.get(part).unwrap_or(&NOTHING),
            Value::Array(list) => part.parse().ok().and_then(|n: usize| list.get(n)).unwrap_or(&NOTHING),
            _ => &NOTHING,
        })
    }
    fn text(&self, path: &str) -> &str {
        self.get_at(path).as_str().unwrap_or_default()
    }
    fn int(&self, path: &str) -> i64 {
        self.get_at(path).as_i64().unwrap_or_default()
    }
    fn flag(&self, path: &str) -> bool {
        self.get_at(path).as_bool().unwrap_or_default()
    }
    fn maybe(&self, path: &str) -> Option<&str> {
        self.get_at(path).as_str().filter(|text| !text.is_empty())
    }
    fn maybe_int(&self, path: &str) -> Option<i64> {
        self.get_at(path).as_i64()
    }
    fn is_nothing(&self, path: &str) -> bool {
        self.get_at(path).is_null()
    }
    fn put(&mut self, path: &str, value: impl Into<Value>) {
        let (first, rest) = match path.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        if !self.is_object() {
            *self = Value::Object(Map::new());
        }
        if let Value::Object(map) = self {
            let slot = map.entry(first).or_insert(Value::Null);
            match rest {
                Some(rest) => slot.put(rest, value),
                None => *slot = value.into(),
            }
        }
    }
    fn list(&self, path: &str) -> &[Value] {
        self.get_at(path).as_array().map_or(&[], Vec::as_slice)
    }
}

/// Without what only the sandbox knows: fields of objects whose names begin with `_`.
pub fn public(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let ours = map.contains_key("object");
            let fields = map.iter().filter(|(name, _)| !(ours && name.starts_with('_')));
            Value::Object(fields.map(|(name, value)| (name.clone(), public(value))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(public).collect()),
        other => other.clone(),
    }
}
