//! Exporting subscribers as CSV, in pieces: memory does not grow with the list.

use super::Subscriber;
use super::store::search::{self, Filter};
use crate::db::Db;
use crate::error::Error;
use crate::values::{SubscriberId, spreadsheet_cell};

/// Rows per piece.
const PIECE: i64 = 1000;

/// Who reads the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A command's output: addresses stand exactly as they are, so that they can be imported again.
    Program,
    /// A download that is opened in a spreadsheet: an address such as `=cmd|x@b.example` must not run there either.
    Person,
}

/// The columns' names, as a line.
pub const HEADER: &str = "email,name,language,state,confirmed_at\n";

/// The next piece after a subscriber (begin with id 0), as CSV lines, and after whom to go on; `None` at the end.
///
/// # Errors
/// The database's.
pub fn piece(
    db: &mut Db,
    filter: &Filter,
    after: SubscriberId,
    reader: Reader,
) -> Result<Option<(Vec<u8>, SubscriberId)>, Error> {
    let rows = search::after(db, filter, after, PIECE)?;
    let Some(last) = rows.last().map(|row| row.id) else { return Ok(None) };
    let mut csv = ::csv::Writer::from_writer(Vec::new());
    for row in &rows {
        csv.write_record(fields(row, reader)).map_err(Error::internal)?;
    }
    let bytes = csv.into_inner().map_err(|error| Error::internal(anyhow::anyhow!("{error}")))?;
    Ok(Some((bytes, last)))
}

fn fields(row: &Subscriber, reader: Reader) -> [String; 5] {
    let email = row.email.to_string();
    [
        match reader {
            Reader::Program => email,
            Reader::Person => spreadsheet_cell(&email),
        },
        spreadsheet_cell(&row.name),
        row.language.to_string(),
        row.state.to_string(),
        row.confirmed_at.map(|at| at.rfc3339()).unwrap_or_default(),
    ]
}
