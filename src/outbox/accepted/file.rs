//! The files of one node: `…N.lock`, held locked while the process lives, and two generations of entries, `…N.a` and `…N.b`.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

use super::Place;
use crate::values::{DeliveryId, NodeId};

/// A generation has at least this many lines, and more with a wide doubt window.
const LINES: usize = 20_000;

pub struct Journal {
    pub node: NodeId,
    place: Place,
    /// Held locked: its lock says that the process lives.
    _lock: File,
    file: File,
    second: bool,
    lines: usize,
    most: usize,
    /// The last line of each mail whose outcome is not in the database yet: a new generation begins with them.
    open: HashMap<DeliveryId, String>,
}

pub fn path(place: &Place, node: NodeId, kind: &str) -> PathBuf {
    place.folder.join(format!("{}{node}.{kind}", place.prefix))
}

impl Journal {
    pub fn create(place: &Place, node: NodeId, window: usize) -> io::Result<Self> {
        // Locked before it gets its name: whoever sees the name sees the lock.
        let nameless = place.folder.join(format!("{}new-{}-{node}", place.prefix, std::process::id()));
        let lock = File::create(&nameless)?;
        lock.try_lock().map_err(io::Error::from)?;
        let file = open(place, node, "a")?;
        fs::rename(&nameless, path(place, node, "lock"))?;
        let most = LINES.max(window.saturating_mul(4));
        let (place, open) = (place.clone(), HashMap::new());
        Ok(Self { node, place, _lock: lock, file, second: false, lines: 0, most, open })
    }

    /// Writes a line about this mail.
    pub fn write(&mut self, id: DeliveryId, line: String) -> io::Result<()> {
        if self.lines >= self.most {
            self.second = !self.second;
            self.file = open(&self.place, self.node, if self.second { "b" } else { "a" })?;
            let open: String = self.open.values().map(String::as_str).collect();
            self.file.write_all(open.as_bytes())?;
            self.lines = self.open.len();
        }
        self.lines += 1;
        self.file.write_all(line.as_bytes())?;
        self.open.insert(id, line);
        Ok(())
    }

    pub fn forget(&mut self, id: DeliveryId) {
        self.open.remove(&id);
    }

    pub fn remove(self) {
        remove(&self.place, self.node);
    }
}

/// Empty, with the machine's start on its first line.
fn open(place: &Place, node: NodeId, kind: &str) -> io::Result<File> {
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).open(path(place, node, kind))?;
    file.write_all(format!("!{}\n", boot()).as_bytes())?;
    Ok(file)
}

/// Which start of the machine this is: entries written before the last one may be missing.
fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

pub fn remove(place: &Place, node: NodeId) {
    for kind in ["a", "b", "lock"] {
        let _ = fs::remove_file(path(place, node, kind));
    }
}

/// The nodes whose files lie here and whose process is gone.
pub fn ownerless(place: &Place) -> Vec<NodeId> {
    let Ok(entries) = fs::read_dir(&place.folder) else { return Vec::new() };
    let number = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        name.strip_prefix(&place.prefix)?.strip_suffix(".lock")?.parse().ok().map(NodeId)
    };
    entries.flatten().filter_map(number).filter(|node| is_ownerless(place, *node)).collect()
}

pub fn is_ownerless(place: &Place, node: NodeId) -> bool {
    File::open(path(place, node, "lock")).is_ok_and(|file| file.try_lock().is_ok())
}

/// What a process that is gone wrote down.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Entries {
    /// The server took these: code, server, reply.
    pub took: HashMap<DeliveryId, (u16, String, String)>,
    /// Their content may have left.
    pub left: HashSet<DeliveryId>,
    /// Whether what is not in here did not leave: the machine was not started again since.
    pub complete: bool,
}

pub fn read(place: &Place, node: NodeId) -> Entries {
    let generation = |kind| fs::read(path(place, node, kind)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let texts: Vec<String> = ["a", "b"].into_iter().filter_map(|kind| generation(kind).ok()).collect();
    let mut entries = Entries { complete: !texts.is_empty(), ..Entries::default() };
    let now = format!("!{}", boot());
    for text in &texts {
        entries.complete &= text.lines().next() == Some(now.as_str());
        // What stands behind the last line feed was torn in writing.
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            parse(line, &mut entries);
        }
    }
    entries
}

fn parse(line: &str, entries: &mut Entries) -> Option<()> {
    if let Some(id) = line.strip_prefix('>') {
        entries.left.insert(DeliveryId(id.parse().ok()?));
    } else if let Some(rest) = line.strip_prefix('=') {
        let mut words = rest.splitn(4, ' ');
        let (id, code, server) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?, words.next()?.to_owned());
        entries.took.insert(DeliveryId(id), (code, server, words.next().unwrap_or_default().to_owned()));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_outlive_their_writer_and_a_torn_line_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place { folder: folder.path().to_owned(), prefix: "x.accepted-".into() };
        let mut journal = Journal::create(&place, NodeId(7), 10).unwrap();
        let mut write = |id, line: &str| journal.write(DeliveryId(id), line.to_owned()).unwrap();
        write(1, ">1\n");
        write(1, "=1 250 mail:25 250 2.0.0 ok\n");
        write(2, ">2\n");
        write(2, "=2 250 ma");
        assert!(ownerless(&place).is_empty(), "its process lives");
        drop(journal);
        assert_eq!(ownerless(&place), [NodeId(7)]);
        let entries = read(&place, NodeId(7));
        assert_eq!(entries.took.get(&DeliveryId(1)), Some(&(250, "mail:25".into(), "250 2.0.0 ok".into())));
        assert_eq!((entries.took.len(), entries.left.len(), entries.complete), (1, 2, true));
        remove(&place, NodeId(7));
        assert!(ownerless(&place).is_empty() && !read(&place, NodeId(7)).complete);
    }

    #[test]
    fn two_generations_keep_a_window_and_do_not_grow() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place { folder: folder.path().to_owned(), prefix: "x.accepted-".into() };
        let mut journal = Journal::create(&place, NodeId(1), 10).unwrap();
        journal.write(DeliveryId(-7), ">-7\n".into()).unwrap();
        for id in 0..LINES * 5 {
            let delivery = DeliveryId(i64::try_from(id).unwrap());
            journal.write(delivery, format!(">{id}\n")).unwrap();
            journal.forget(delivery);
        }
        let left = read(&place, NodeId(1)).left;
        assert!(left.len() <= 2 * LINES + 1);
        assert!(left.contains(&DeliveryId(-7)), "it is on the wire still, however much went by");
        let latest = LINES * 5 - 1000..LINES * 5;
        assert!(latest.into_iter().all(|id| left.contains(&DeliveryId(i64::try_from(id).unwrap()))));
    }
}
