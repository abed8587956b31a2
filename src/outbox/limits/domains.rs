//! Recipient domains that take only so many mails a minute, as staff set it.

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::{Key, Limit};
use crate::audit::{self, Actor};
use crate::db::schema::domain_limits;
use crate::db::{Both, Db, MultiBackend};
use crate::error::{Error, Problems};
use crate::values::{At, EmailAddress};

/// Mails a minute that somebody may set: 100,000 a second is above what any server takes.
pub const MOST_PER_MINUTE: i64 = 6_000_000;
/// More would make every claim slow, and a provider has a few dozen at most.
const MOST_DOMAINS: i64 = 200;

/// A row of `domain_limits`.
#[derive(HasQuery, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = domain_limits)]
#[diesel(check_for_backend(MultiBackend))]
pub struct DomainLimit {
    /// In small letters, in ASCII (IDNA).
    pub domain: String,
    pub per_minute: i64,
    pub updated_at: At,
}

impl DomainLimit {
    pub fn limit(&self) -> Limit {
        Limit::new(Key::Domain(self.domain.clone()), self.per_minute)
    }
}

/// The domain of an address, as limits name it.
pub fn domain_of(address: &EmailAddress) -> String {
    let domain = address.as_str().rsplit_once('@').map_or("", |(_, domain)| domain);
    idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_lowercase())
}

/// All of them, by name.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db) -> QueryResult<Vec<DomainLimit>> {
    DomainLimit::query().order(domain_limits::domain).load(db)
}

/// What a form says, as typed.
#[derive(Debug, Clone, Default, serde::Deserialize, serde::Serialize)]
#[serde(default)]
pub struct DomainForm {
    pub domain: String,
    pub per_minute: String,
}

/// Adds a domain, or changes its number. Answers the domain as it is stored.
///
/// # Errors
/// `Invalid` on `domain` and `per_minute`.
pub fn set(db: &mut Db, form: &DomainForm, actor: &Actor, now: At) -> Result<String, Error> {
    let mut problems = Problems::default();
    let domain = problems.take("domain", checked_domain(&form.domain)).unwrap_or_default();
    let per_minute = problems.take("per_minute", checked_rate(&form.per_minute)).unwrap_or_default();
    problems.check()?;
    let known: i64 = domain_limits::table.filter(domain_limits::domain.ne(&domain)).count().get_result(db)?;
    if known >= MOST_DOMAINS {
        return Err(Error::invalid("domain", format!("there are {MOST_DOMAINS} already; remove one first")));
    }
    let insert = diesel::insert_into(domain_limits::table)
        .values((
            domain_limits::domain.eq(&domain),
            domain_limits::per_minute.eq(per_minute),
            domain_limits::updated_at.eq(now),
        ))
        .on_conflict(domain_limits::domain)
        .do_update()
        .set((
            domain_limits::per_minute.eq(excluded(domain_limits::per_minute)),
            domain_limits::updated_at.eq(excluded(domain_limits::updated_at)),
        ));
    Both(insert).execute(db)?;
    audit::record(db, actor, "limited", "domain", None, &format!("{domain}: {per_minute} a minute"), now)?;
    Ok(domain)
}

/// # Errors
/// `NotFound` when it has no limit.
pub fn remove(db: &mut Db, domain: &str, actor: &Actor, now: At) -> Result<(), Error> {
    match diesel::delete(domain_limits::table.filter(domain_limits::domain.eq(domain))).execute(db)? {
        0 => Err(Error::NotFound("limit")),
        _ => Ok(audit::record(db, actor, "removed the limit", "domain", None, domain, now)?),
    }
}

/// `Example.ORG` or `@example.org` → `example.org`.
fn checked_domain(typed: &str) -> Result<String, String> {
    let typed = typed.trim().trim_start_matches('@');
    if typed.is_empty() {
        return Err("a domain is needed, such as example.org".into());
    }
    match EmailAddress::parse(&format!("x@{typed}")) {
        Ok(address) => Ok(domain_of(&address)),
        Err(_) => Err(format!("\"{typed}\" is not a domain; it is what stands behind the @, such as example.org")),
    }
}

/// A number of mails a minute, as people type it.
///
/// # Errors
/// In words.
pub fn checked_rate(typed: &str) -> Result<i64, String> {
    let digits: String = typed.chars().filter(|c| !matches!(c, ' ' | ',' | '\'' | '\u{a0}' | '\u{202f}')).collect();
    match digits.parse::<i64>() {
        Ok(number @ 1..=MOST_PER_MINUTE) => Ok(number),
        _ => Err("write a whole number of mails a minute, 1 or more".into()),
    }
}
