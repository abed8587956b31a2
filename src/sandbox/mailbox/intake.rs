//! Group commit: while one transaction is being written, the mails of all connections gather for the next.
//!
//! There is no waiting for company on purpose: with ten senders, two milliseconds of it halve the rate
//! (20,000 mails of 24 KB in a debug build: 6.0 s without, 12.0 s with), and a lone sender would wait for nobody.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::read::{self, Envelope};
use super::session::{Keep, Mail, NotKept};
use super::store::{self, NewMail};
use crate::db::{Database, Db};
use crate::error::Error;
use crate::values::{At, Clock};

/// What may wait for the database; sessions with more wait themselves, and so do their clients.
const ROOM_BYTES: u32 = 32 * 1024 * 1024;
/// So that a transaction does not keep the one SQLite writer from the rest of the program for long.
const BATCH_MAILS: usize = 500;
/// How many mails come in between two looks at the number kept.
const PRUNE_EVERY: usize = 1000;

/// Where sessions hand in their mails. When the last one is dropped, [`run`] ends after what was handed in.
#[derive(Clone)]
pub struct Intake {
    queue: mpsc::UnboundedSender<Waiting>,
    room: Arc<Semaphore>,
    clock: Clock,
}

struct Waiting {
    mail: Taken,
    kept: oneshot::Sender<()>,
    _room: OwnedSemaphorePermit,
}

struct Taken {
    at: At,
    mail: Mail,
    headers: Envelope,
}

/// The intake, and the work that must be spawned for it.
pub fn open(db: Database, clock: Clock) -> (Intake, impl Future<Output = ()> + Send + 'static) {
    let (queue, waiting) = mpsc::unbounded_channel();
    (Intake { queue, room: Arc::new(Semaphore::new(ROOM_BYTES as usize)), clock }, run(db, waiting))
}

impl Keep for Intake {
    async fn keep(&self, mail: Mail) -> Result<(), NotKept> {
        // A mail is at most 10 MB, so it fits; its share covers the recipients' rows too.
        let bytes = u32::try_from(mail.raw.len() + 400 * mail.recipients.len()).unwrap_or(ROOM_BYTES).min(ROOM_BYTES);
        let room = self.room.clone().acquire_many_owned(bytes).await.map_err(|_| NotKept)?;
        let headers = read::envelope(&mail.raw);
        let (kept, answer) = oneshot::channel();
        let mail = Taken { at: self.clock.now(), mail, headers };
        self.queue.send(Waiting { mail, kept, _room: room }).map_err(|_| NotKept)?;
        // The sender is dropped without a word when the transaction failed.
        answer.await.map_err(|_| NotKept)
    }
}

async fn run(db: Database, mut queue: mpsc::UnboundedReceiver<Waiting>) {
    let mut since_pruned = PRUNE_EVERY;
    let mut waiting = Vec::with_capacity(BATCH_MAILS);
    while queue.recv_many(&mut waiting, BATCH_MAILS).await > 0 {
        let (mails, answers): (Vec<_>, Vec<_>) = waiting.drain(..).map(|w| (w.mail, (w.kept, w._room))).unzip();
        since_pruned += mails.iter().map(|taken| taken.mail.recipients.len()).sum::<usize>();
        let prune = since_pruned >= PRUNE_EVERY;
        match db.write(move |db| write(db, &mails, prune)).await {
            Ok(()) => {
                since_pruned = if prune { 0 } else { since_pruned };
                for (kept, _) in answers {
                    // Nobody listens any more when the client hung up; the mail is kept all the same.
                    let _ = kept.send(());
                }
            }
            Err(error) => tracing::error!(%error, mails = answers.len(), "the sandbox mailbox could not keep mails"),
        }
    }
}

fn write(db: &mut Db, mails: &[Taken], prune: bool) -> Result<(), Error> {
    let rows: Vec<NewMail<'_>> = mails.iter().flat_map(Taken::rows).collect();
    store::insert(db, &rows)?;
    if prune {
        store::prune(db, store::KEPT)?;
    }
    Ok(())
}

impl Taken {
    fn rows(&self) -> impl Iterator<Item = NewMail<'_>> {
        self.mail.recipients.iter().map(|recipient| NewMail {
            at: self.at,
            sender: &self.mail.sender,
            recipient,
            recipient_key: recipient.to_lowercase(),
            subject: &self.headers.subject,
            message_id: &self.headers.message_id,
            raw: &self.mail.raw,
        })
    }
}
