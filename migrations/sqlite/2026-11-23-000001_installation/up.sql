-- One row: what this database is, and the root key (sealed by PLEDGEPOST_SECRET_KEY).
CREATE TABLE installation (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    mode TEXT NOT NULL CHECK (mode IN ('sandbox', 'live')),
    made_by TEXT NOT NULL CHECK (made_by IN ('serve', 'demo')),
    sealed_key TEXT NOT NULL,
    created_at TEXT NOT NULL
);

-- One row: who the mails and pages speak for.
CREATE TABLE organisation (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    name TEXT NOT NULL,
    legal_name TEXT NOT NULL,
    postal_address TEXT NOT NULL,
    registration_number TEXT NOT NULL,
    tax_number TEXT NOT NULL,
    imprint_url TEXT NOT NULL,
    privacy_url TEXT NOT NULL,
    leave_url TEXT NOT NULL,
    mail_from TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    languages TEXT NOT NULL,
    currencies TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
