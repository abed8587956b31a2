-- One row per life of a process that leases rows. Its id is the lease's token and is never used twice.
CREATE TABLE nodes (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name TEXT NOT NULL,
    heartbeat BIGINT NOT NULL,
    started_at TEXT NOT NULL
);

CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    dedup_key TEXT UNIQUE,
    run_at TEXT NOT NULL,
    lease BIGINT,
    attempts BIGINT NOT NULL,
    failed_at TEXT,
    last_error TEXT,
    created_at TEXT NOT NULL
);
CREATE INDEX jobs_ready ON jobs (run_at) WHERE lease IS NULL AND failed_at IS NULL;
CREATE INDEX jobs_leased ON jobs (lease) WHERE lease IS NOT NULL;

-- When each recurring task is due next.
CREATE TABLE schedules (
    name TEXT PRIMARY KEY NOT NULL,
    next_at TEXT NOT NULL
);

-- One row per mail to one person. No foreign keys to campaigns and subscribers: a million rows are inserted
-- by one statement, and the record of who was mailed outlives both.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    mail TEXT NOT NULL,
    campaign_id BIGINT,
    variant_id BIGINT,
    subscriber_id BIGINT,
    address TEXT NOT NULL,
    language TEXT NOT NULL,
    payload TEXT,
    dedup_key TEXT,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'deferred', 'failed', 'skipped', 'unknown')),
    attempts BIGINT NOT NULL,
    next_at TEXT,
    lease BIGINT,
    code BIGINT,
    reply TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE UNIQUE INDEX deliveries_once_per_campaign ON deliveries (campaign_id, subscriber_id);
CREATE UNIQUE INDEX deliveries_dedup ON deliveries (dedup_key) WHERE dedup_key IS NOT NULL;
CREATE INDEX deliveries_queued ON deliveries (campaign_id, id) WHERE state = 'queued';
CREATE INDEX deliveries_deferred ON deliveries (campaign_id, next_at) WHERE state = 'deferred';
CREATE INDEX deliveries_sending ON deliveries (lease) WHERE state = 'sending';
CREATE INDEX deliveries_by_subscriber ON deliveries (subscriber_id);

-- What the outbox knows of a mail server: while paused_until lies ahead, nothing is sent to it.
CREATE TABLE mail_servers (
    name TEXT PRIMARY KEY NOT NULL,
    failures BIGINT NOT NULL,
    paused_until TEXT,
    reason TEXT,
    since TEXT
);
