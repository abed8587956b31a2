//! Form-encoded parameters with brackets: `a[b][0][c]=1` and `types[]=x` as a tree.

use serde_json::{Map, Value};

use crate::sandbox::stripe::fault::ApiError;

/// Deeper than any parameter of Stripe.
const DEEPEST: usize = 12;

/// The tree of a query or a body: objects and texts. Lists are objects whose keys are numbers.
pub fn parse(text: &str) -> Result<Value, ApiError> {
    let mut tree = Value::Object(Map::new());
    for (key, value) in url::form_urlencoded::parse(text.as_bytes()) {
        let path = path(&key)
            .filter(|_| !key.contains('\0') && !value.contains('\0'))
            .ok_or_else(|| ApiError::invalid(format!("Invalid parameter name: {key}")).before())?;
        set(&mut tree, &path, &value);
    }
    Ok(tree)
}

/// `a[b][]` as `a`, `b`, and nothing.
fn path(key: &str) -> Option<Vec<&str>> {
    let (first, mut rest) = match key.find('[') {
        Some(at) => key.split_at(at),
        None => (key, ""),
    };
    let mut path = vec![first];
    while !rest.is_empty() {
        let (inner, after) = rest.strip_prefix('[')?.split_once(']')?;
        path.push(inner);
        rest = after;
    }
    (!first.is_empty() && path.len() <= DEEPEST).then_some(path)
}

fn set(tree: &mut Value, path: &[&str], value: &str) {
    let Some((first, rest)) = path.split_first() else {
        *tree = Value::String(value.into());
        return;
    };
    if !tree.is_object() {
        *tree = Value::Object(Map::new());
    }
    if let Value::Object(map) = tree {
        // `a[]=1&a[]=2`: each is one more.
        let key = if first.is_empty() { map.len().to_string() } else { (*first).to_owned() };
        set(map.entry(key).or_insert(Value::Null), rest, value);
    }
}

/// Adds what the body says to what the query says.
pub fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

/// The items of a list in the order of their numbers; none when the keys are no numbers.
pub fn items(map: &Map<String, Value>) -> Option<Vec<&Value>> {
    let mut items: Vec<(usize, &Value)> =
        map.iter().map(|(key, value)| Some((key.parse().ok()?, value))).collect::<Option<_>>()?;
    items.sort_by_key(|(number, _)| *number);
    Some(items.into_iter().map(|(_, value)| value).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn brackets() {
        let tree = parse("a=1&b[c][0][d]=x+y&b[c][1][d]=%C3%A9&types[]=p&types[]=q").unwrap();
        let expected = json!({
            "a": "1", "b": { "c": { "0": { "d": "x y" }, "1": { "d": "é" } } }, "types": { "0": "p", "1": "q" },
        });
        assert_eq!(tree, expected);
        for bad in ["a[b=1", "[a]=1", "a]b[=1", "a=%00"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse(&format!("a{}=1", "[x]".repeat(50))).is_err());
    }
}
