//! Idempotency keys: the first answer to a key is the answer to it.

use diesel::Connection;

use super::{Asked, Done, perform};
use crate::db::Db;
use crate::sandbox::stripe::fault::{ApiError, Fault};
use crate::sandbox::stripe::run::Run;
use crate::sandbox::stripe::{SandboxStripe, store};
use crate::values::sha256_hex;

/// Does a request that changes something, at most once per key. What was refused before it began is not kept.
pub fn once(db: &mut Db, stripe: &SandboxStripe, asked: &Asked) -> Result<Done, Fault> {
    store::lock(db)?;
    let body = String::from_utf8_lossy(&asked.body);
    let hash = sha256_hex(&format!("{} {}\n{}\n{}", asked.method, asked.path, asked.query, sorted(&body)));
    if let Some(key) = &asked.key {
        if key.is_empty() || key.len() > 255 {
            let said = "Idempotency keys have 1 to 255 characters.";
            return Err(ApiError::invalid(said).kind("idempotency_error").before().into());
        }
        if let Some((first, status, body)) = store::answer(db, key)? {
            if first == hash {
                return Ok((u16::try_from(status).unwrap_or(500), body, true));
            }
            let said = format!(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. \
                 Try using a key other than '{key}' if you meant to execute a different request."
            );
            return Err(ApiError::invalid(said).kind("idempotency_error").before().into());
        }
    }
    // A savepoint: what was begun by a request that is refused is undone, its answer is kept.
    let done = db.transaction(|db| {
        let mut run = Run::new(db, stripe)?;
        run.request = Some((asked.id.clone(), asked.key.clone()));
        perform(&mut run, asked)
    });
    let (status, body) = match done {
        Ok(reply) => (reply.status, reply.body.to_string()),
        Err(Fault::Stripe(error)) if !error.before => (error.status, error.body(&asked.id).to_string()),
        Err(other) => return Err(other),
    };
    if let Some(key) = &asked.key {
        store::keep_answer(db, key, &hash, i64::from(status), &body)?;
    }
    Ok((status, body, false))
}

/// Parameters in any order are the same request.
fn sorted(body: &str) -> String {
    let mut pairs: Vec<&str> = body.split('&').collect();
    pairs.sort_unstable();
    pairs.join("&")
}
