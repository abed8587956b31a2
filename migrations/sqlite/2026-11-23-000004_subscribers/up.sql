CREATE TABLE topics (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL
);
CREATE TABLE topic_names (
    topic_id BIGINT NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
    language TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (topic_id, language)
);

CREATE TABLE subscribers (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    address_hash TEXT NOT NULL,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'active', 'unsubscribed', 'bounced', 'complained')),
    attributes TEXT NOT NULL,
    confirmed_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX subscribers_by_address_hash ON subscribers (address_hash);
CREATE INDEX subscribers_by_state ON subscribers (state, id);

CREATE TABLE subscriptions (
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    topic_id BIGINT NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
    since TEXT NOT NULL,
    PRIMARY KEY (topic_id, subscriber_id)
);
CREATE INDEX subscriptions_by_subscriber ON subscriptions (subscriber_id);

-- A sign-up that waits for its button. What it asks for takes effect only when it is confirmed.
CREATE TABLE signups (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    topics TEXT NOT NULL,
    form TEXT NOT NULL,
    words TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    confirmed_at TEXT
);
CREATE INDEX signups_by_subscriber ON signups (subscriber_id, created_at);
CREATE INDEX signups_by_expiry ON signups (expires_at) WHERE confirmed_at IS NULL;

-- Append-only: what was asked or done, in which words, when, through which form.
CREATE TABLE consent_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    at TEXT NOT NULL,
    subscriber_id BIGINT,
    address_hash TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('requested', 'confirmed', 'imported', 'changed', 'left', 'suppressed', 'restored')),
    topics TEXT NOT NULL,
    form TEXT NOT NULL,
    words TEXT NOT NULL,
    language TEXT NOT NULL
);
CREATE INDEX consent_events_by_subscriber ON consent_events (subscriber_id, id);

-- Addresses (keyed hash) that get no campaign any more; survives deletion and import.
CREATE TABLE suppressions (
    address_hash TEXT PRIMARY KEY NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('unsubscribed', 'bounced', 'complained', 'staff', 'erased')),
    at TEXT NOT NULL
);
