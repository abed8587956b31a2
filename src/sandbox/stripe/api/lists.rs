//! Pages of a list, newest first: `limit`, `starting_after`, `ending_before`, `created`.

use serde_json::Value;

use super::Call;
use crate::sandbox::stripe::fault::{ApiError, Fault};
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::run::Run;
use crate::sandbox::stripe::{objects, store};

/// A page of what `takes` takes.
pub fn page(
    run: &mut Run<'_>,
    call: &Call,
    kind: &str,
    url: &str,
    takes: impl Fn(&Value) -> bool,
) -> Result<Value, Fault> {
    let limit = call.params.maybe_int("limit").unwrap_or(10);
    if !(1..=100).contains(&limit) {
        let said = format!(
            "This value must be {} (it currently is '{limit}').",
            if limit < 1 { "greater than or equal to 1" } else { "less than or equal to 100" }
        );
        return Err(ApiError::invalid(said).code("parameter_invalid_integer").param("limit").before().into());
    }
    let (after, before) = (call.params.maybe("starting_after"), call.params.maybe("ending_before"));
    let (cursor, param, newer) = match (after, before) {
        (Some(_), Some(_)) => {
            let said = "You can only provide one of `starting_after` and `ending_before`.";
            return Err(ApiError::invalid(said).before().into());
        }
        (Some(after), None) => (Some(after), "starting_after", false),
        (None, Some(before)) => (Some(before), "ending_before", true),
        (None, None) => (None, "", false),
    };
    let mut from = match cursor {
        Some(id) => {
            Some(store::number(run.db, kind, id)?.ok_or_else(|| ApiError::missing(kind, id, param).status(400))?)
        }
        None => None,
    };
    let wanted = usize::try_from(limit).unwrap_or(10);
    let mut found: Vec<Value> = Vec::new();
    'rows: loop {
        let rows = store::next_to(run.db, kind, from, newer)?;
        let Some((last, _)) = rows.last() else { break };
        from = Some(*last);
        for (_, value) in rows {
            if in_range(&value, call.params.get_at("created"), "created") && takes(&value) {
                found.push(value);
                if found.len() > wanted {
                    break 'rows;
                }
            }
        }
    }
    let more = found.len() > wanted;
    found.truncate(wanted);
    if newer {
        found.reverse();
    }
    Ok(objects::list(found, more, url))
}

/// Whether a time of an object lies where it was asked for.
pub fn in_range(value: &Value, range: &Value, field: &str) -> bool {
    let at = value.int(field);
    match range {
        Value::Number(_) => range.as_i64() == Some(at),
        _ => {
            range.maybe_int("gte").is_none_or(|bound| at >= bound)
                && range.maybe_int("gt").is_none_or(|bound| at > bound)
                && range.maybe_int("lte").is_none_or(|bound| at <= bound)
                && range.maybe_int("lt").is_none_or(|bound| at < bound)
        }
    }
}

/// Whether a field is what a parameter asks for; a parameter that was not given takes everything.
pub fn same(value: &Value, field: &str, call: &Call, param: &str) -> bool {
    call.params.maybe(param).is_none_or(|asked| value.text(field) == asked)
}
