-- The sandbox's Stripe: its objects as the JSON that its API answers, so that every process sees the same.
CREATE TABLE sandbox_stripe_objects (
    number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX sandbox_stripe_objects_by_kind ON sandbox_stripe_objects (kind, number);

-- The first answer to each idempotency key, and what was asked with it.
CREATE TABLE sandbox_stripe_keys (
    idempotency_key TEXT PRIMARY KEY NOT NULL,
    request_hash TEXT NOT NULL,
    status BIGINT NOT NULL,
    body TEXT NOT NULL
);

-- Webhooks on their way to us.
CREATE TABLE sandbox_stripe_webhooks (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    event_id TEXT NOT NULL,
    due_at TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    delivered_at TEXT,
    given_up_at TEXT,
    answer TEXT NOT NULL
);
CREATE INDEX sandbox_stripe_webhooks_due ON sandbox_stripe_webhooks (due_at) WHERE delivered_at IS NULL AND given_up_at IS NULL;

-- One row: how far its clock is ahead, and how it treats its webhooks.
CREATE TABLE sandbox_stripe_settings (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    ahead_seconds BIGINT NOT NULL,
    mischief TEXT NOT NULL CHECK (mischief IN ('none', 'twice', 'late', 'shuffled', 'lost', 'realistic'))
);
