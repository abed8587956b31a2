-- What the sandbox's mail server took in. Stays empty on a live installation.
CREATE TABLE sandbox_mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    at TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    recipient_key TEXT NOT NULL,
    subject TEXT NOT NULL,
    message_id TEXT NOT NULL,
    raw BLOB NOT NULL
);
CREATE INDEX sandbox_mails_by_recipient ON sandbox_mails (recipient_key, id);
