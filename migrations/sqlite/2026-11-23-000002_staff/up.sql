CREATE TABLE staff (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'campaigner', 'finance', 'viewer')),
    password_hash TEXT,
    disabled_at TEXT,
    last_login_at TEXT,
    created_at TEXT NOT NULL
);

-- One-time links: the first admin's, an invitation's, a password reset's. Only the hash is kept.
CREATE TABLE staff_links (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    staff_id BIGINT NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
    token_hash TEXT NOT NULL UNIQUE,
    expires_at TEXT NOT NULL,
    used_at TEXT,
    created_at TEXT NOT NULL
);

-- Server-side sessions; the cookie's key is kept only as a hash.
CREATE TABLE sessions (
    key_hash TEXT PRIMARY KEY NOT NULL,
    staff_id BIGINT REFERENCES staff (id) ON DELETE CASCADE,
    data TEXT NOT NULL,
    expires_at TEXT NOT NULL
);
CREATE INDEX sessions_by_staff ON sessions (staff_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Failed log-ins per account key (known or not), so that guessing gets slower.
CREATE TABLE login_failures (
    account_key TEXT PRIMARY KEY NOT NULL,
    failures BIGINT NOT NULL,
    last_at TEXT NOT NULL
);

CREATE TABLE audit_entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    at TEXT NOT NULL,
    staff_id BIGINT,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_id BIGINT,
    detail TEXT NOT NULL
);
CREATE INDEX audit_entries_by_subject ON audit_entries (subject, subject_id);
