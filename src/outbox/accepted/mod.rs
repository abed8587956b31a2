//! The local record of accepted mails: narrows what a crash leaves in doubt to what was on the wire.
//!
//! Beside the SQLite database, or in `PLEDGEPOST_STATE_DIR`, each node that delivers keeps a small file. Before a mail's
//! content leaves it writes `>ID`, and after the server took it `=ID CODE SERVER REPLY`, each with one write and without
//! waiting for the disk: it survives the process, not the machine. Whoever gives back the rows of a node that is gone
//! reads it first (see [`heir`]): mails that were taken are recorded as sent, those that never left go back as they were.
//!
//! A file that cannot be written (a full disk) never stops the sending: it is removed, and all is as if there were none.

mod file;
pub mod heir;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::db::DatabaseUrl;
use crate::values::{DeliveryId, NodeId};
use file::Journal;

/// Where the records lie: the folder, and what the names of this database's files begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub folder: PathBuf,
    pub prefix: String,
}

impl Place {
    /// None on PostgreSQL without a folder for it: then there is no record, and doubt is as wide as the window.
    pub fn of(url: &DatabaseUrl, folder: Option<&std::path::Path>) -> Option<Self> {
        let (beside, name) = match url.file() {
            Some(file) => {
                let parent = file.parent().filter(|folder| !folder.as_os_str().is_empty());
                let folder = parent.map_or_else(|| PathBuf::from("."), PathBuf::from);
                (Some(folder), file.file_name()?.to_string_lossy().into_owned())
            }
            None => (None, url.identity()),
        };
        let folder = folder.map(PathBuf::from).or(beside)?;
        Some(Self { folder, prefix: format!("{name}.accepted-") })
    }
}

/// This process's record; a new file for each number it works under.
#[derive(Default)]
pub struct Accepted {
    place: Option<Place>,
    /// Most rows that are leased at once: older entries are done.
    window: usize,
    state: Mutex<State>,
}

#[derive(Default)]
enum State {
    #[default]
    None,
    Kept(Journal),
    /// It could not be written: under this number none is begun again. With gaps it would take mails that left for mails
    /// that did not.
    Broken(NodeId),
}

impl Accepted {
    pub fn new(place: Option<Place>, window: usize) -> Arc<Self> {
        Arc::new(Self { place, window, state: Mutex::default() })
    }

    /// From now on rows are leased under this number.
    pub fn begin(&self, node: NodeId) {
        let Some(place) = &self.place else { return };
        let mut state = self.lock();
        match &*state {
            State::Kept(journal) if journal.node == node => return,
            State::Broken(broken) if *broken == node => return,
            _ => {}
        }
        *state = match Journal::create(place, node, self.window) {
            Ok(journal) => State::Kept(journal),
            Err(error) => {
                tracing::warn!(folder = %place.folder.display(), %error, "no record of accepted mails can be kept here");
                State::Broken(node)
            }
        };
    }

    /// The mail's content is about to leave.
    pub fn leaves(&self, id: DeliveryId) {
        self.line(id, || format!(">{id}\n"));
    }

    /// The server took the mail.
    pub fn took(&self, id: DeliveryId, code: u16, server: &str, reply: &str) {
        self.line(id, || {
            let reply: String = reply.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect();
            let server = server.replace(char::is_whitespace, "_");
            format!("={id} {code} {server} {reply}\n")
        });
    }

    /// The outcomes of these are in the database: what was written of them is needed no more.
    pub fn recorded(&self, ids: impl Iterator<Item = DeliveryId>) {
        if let State::Kept(journal) = &mut *self.lock() {
            ids.for_each(|id| journal.forget(id));
        }
    }

    /// All is recorded in the database: nothing needs to be known any more.
    pub fn end(&self) {
        if let State::Kept(journal) = std::mem::take(&mut *self.lock()) {
            journal.remove();
        }
    }

    fn line(&self, id: DeliveryId, text: impl FnOnce() -> String) {
        let mut state = self.lock();
        let State::Kept(journal) = &mut *state else { return };
        let Err(error) = journal.write(id, text()) else { return };
        let node = journal.node;
        tracing::warn!(%error, "the record of accepted mails cannot be written; sending goes on without it");
        if let State::Kept(journal) = std::mem::replace(&mut *state, State::Broken(node)) {
            journal.remove();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
