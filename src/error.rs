//! The error that features return. Stores return `QueryResult`, background work `anyhow`; `web/error.rs` turns this into a page or JSON.

/// One thing that is wrong with what a person or a program sent.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FieldError {
    /// The form field, column or setting.
    pub field: String,
    /// What is wrong, in words for the person who filled it in.
    pub message: String,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing (named).
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// What was sent cannot be taken; nothing was changed.
    #[error("{}", list(.0))]
    Invalid(Vec<FieldError>),
    /// It cannot be done in the present state (said in words for the person who asked).
    #[error("{0}")]
    Conflict(String),
    #[error("this is not allowed")]
    Forbidden,
    /// Try again later: no database connection, a server that is away.
    #[error("this is not available right now")]
    Unavailable(#[source] anyhow::Error),
    /// Our fault. The visitor is told nothing of it, the log everything.
    #[error("something went wrong")]
    Internal(#[source] anyhow::Error),
}

fn list(errors: &[FieldError]) -> String {
    errors.iter().map(|e| format!("{}: {}", e.field, e.message)).collect::<Vec<_>>().join("; ")
}

impl Error {
    pub fn invalid(field: impl Into<String>, message: impl std::fmt::Display) -> Self {
        Self::Invalid(vec![FieldError { field: field.into(), message: message.to_string() }])
    }
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict(message.into())
    }
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::Internal(cause.into())
    }
    pub fn unavailable(cause: impl Into<anyhow::Error>) -> Self {
        Self::Unavailable(cause.into())
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind, Error as Diesel};
        match error {
            Diesel::NotFound => Self::NotFound("record"),
            Diesel::DatabaseError(DatabaseErrorKind::ClosedConnection, _) => Self::unavailable(error),
            _ => Self::internal(error),
        }
    }
}
impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

/// Collects what is wrong with a form, so that all of it is shown at once.
#[derive(Debug, Default)]
pub struct Problems(Vec<FieldError>);

impl Problems {
    pub fn add(&mut self, field: &str, message: impl std::fmt::Display) {
        self.0.push(FieldError { field: field.into(), message: message.to_string() });
    }
    /// Takes the value, or notes the error under the field's name.
    pub fn take<T, E: std::fmt::Display>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.add(field, error)).ok()
    }
    /// The names of the fields noted so far.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|error| error.field.as_str())
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// # Errors
    /// When anything was noted.
    pub fn check(self) -> Result<(), Error> {
        match self.0.is_empty() {
            true => Ok(()),
            false => Err(Error::Invalid(self.0)),
        }
    }
}
