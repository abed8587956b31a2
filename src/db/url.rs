//! `DATABASE_URL`: what we open is decided by its scheme, never by trying.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

/// A checked database address. Debug output shows no password.
#[derive(Debug, Clone)]
pub enum DatabaseUrl {
    /// A file; everything behind `sqlite://`, relative or absolute.
    Sqlite(PathBuf),
    /// A libpq URL.
    Postgres(SecretString),
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidDatabaseUrl {
    #[error("DATABASE_URL must begin with sqlite:// or postgres:// (it begins with {0:?})")]
    Scheme(String),
    #[error("DATABASE_URL names no file behind sqlite://")]
    NoFile,
    #[error(
        "DATABASE_URL asks for TLS (sslmode), but this build has none: build with --features postgres-tls, or remove sslmode"
    )]
    NoTls,
}

impl DatabaseUrl {
    /// # Errors
    /// An unknown scheme, no file name, or TLS asked of a build without it.
    pub fn parse(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        if let Some(path) = text.strip_prefix("sqlite://") {
            let path = path.split('?').next().unwrap_or("");
            return match path.is_empty() {
                true => Err(InvalidDatabaseUrl::NoFile),
                false => Ok(Self::Sqlite(PathBuf::from(path))),
            };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let wants_tls =
                ["sslmode=require", "sslmode=verify-ca", "sslmode=verify-full"].iter().any(|mode| text.contains(mode));
            return match wants_tls && !cfg!(feature = "postgres-tls") {
                true => Err(InvalidDatabaseUrl::NoTls),
                false => Ok(Self::Postgres(text.to_owned().into())),
            };
        }
        Err(InvalidDatabaseUrl::Scheme(text.split(':').next().unwrap_or("").chars().take(20).collect()))
    }

    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// The file of an SQLite database.
    pub fn file(&self) -> Option<&std::path::Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }

    /// A file name that tells this database from any other on this machine: host, port and name, no user and password.
    pub fn identity(&self) -> String {
        let text = match self {
            Self::Sqlite(path) => path.display().to_string(),
            Self::Postgres(url) => match ::url::Url::parse(url.expose_secret()) {
                Ok(url) => format!("{}-{}-{}", url.host_str().unwrap_or(""), url.port().unwrap_or(5432), url.path()),
                Err(_) => "postgresql".into(),
            },
        };
        text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' }).collect()
    }

    /// For people: the file, or the host and database without user and password.
    pub fn shown(&self) -> String {
        match self {
            Self::Sqlite(path) => path.display().to_string(),
            Self::Postgres(url) => match ::url::Url::parse(url.expose_secret()) {
                Ok(url) => format!("PostgreSQL {}{}", url.host_str().unwrap_or("local socket"), url.path()),
                Err(_) => "PostgreSQL".into(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_by_scheme_only() {
        assert!(
            matches!(DatabaseUrl::parse("sqlite://a/b.db"), Ok(DatabaseUrl::Sqlite(p)) if p.as_path() == std::path::Path::new("a/b.db"))
        );
        assert!(
            matches!(DatabaseUrl::parse("sqlite:///a.db"), Ok(DatabaseUrl::Sqlite(p)) if p.as_path() == std::path::Path::new("/a.db"))
        );
        assert!(DatabaseUrl::parse("postgres://u:p@h/d").is_ok());
        for bad in ["postgres:x", "mysql://h/d", "file.db", "", "sqlite://"] {
            assert!(DatabaseUrl::parse(bad).is_err(), "{bad}");
        }
        let shown = DatabaseUrl::parse("postgres://u:geheim@h/d").unwrap();
        assert_eq!(shown.shown(), "PostgreSQL h/d");
        assert!(!format!("{shown:?}").contains("geheim"));
    }
}
