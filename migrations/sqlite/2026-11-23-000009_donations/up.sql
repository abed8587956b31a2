-- One row: whether gifts are taken. Staff can close giving at once.
CREATE TABLE giving (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    is_open BOOLEAN NOT NULL,
    reason TEXT NOT NULL,
    changed_at TEXT NOT NULL
);

-- What a gift is for. One is the default; closed ones take no new gifts.
CREATE TABLE funds (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    is_default BOOLEAN NOT NULL,
    closed_at TEXT,
    created_at TEXT NOT NULL
);
CREATE UNIQUE INDEX funds_one_default ON funds (is_default) WHERE is_default;
CREATE TABLE fund_names (
    fund_id BIGINT NOT NULL REFERENCES funds (id) ON DELETE CASCADE,
    language TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (fund_id, language)
);

-- Who gave: made when money came, not when a form was filled in.
CREATE TABLE donors (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);

CREATE TABLE pledges (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('incomplete', 'active', 'past_due', 'paused', 'ended')),
    donor_id BIGINT REFERENCES donors (id),
    fund_id BIGINT NOT NULL REFERENCES funds (id),
    campaign_id BIGINT,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    every TEXT NOT NULL CHECK (every IN ('month', 'year')),
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    test BOOLEAN NOT NULL,
    account TEXT,
    checkout TEXT UNIQUE,
    subscription TEXT UNIQUE,
    customer TEXT,
    look_at TEXT,
    looks BIGINT NOT NULL,
    end_reason TEXT NOT NULL,
    ending_at TEXT,
    started_at TEXT,
    ended_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX pledges_by_donor ON pledges (donor_id);
CREATE INDEX pledges_by_state ON pledges (state, id);
CREATE INDEX pledges_by_campaign ON pledges (campaign_id);
CREATE INDEX pledges_by_email ON pledges (email_key, created_at);
CREATE INDEX pledges_by_time ON pledges (created_at);
CREATE INDEX pledges_to_look_at ON pledges (look_at) WHERE look_at IS NOT NULL;

CREATE TABLE donations (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('initiated', 'processing', 'paid', 'failed', 'cancelled')),
    donor_id BIGINT REFERENCES donors (id),
    pledge_id BIGINT REFERENCES pledges (id),
    fund_id BIGINT NOT NULL REFERENCES funds (id),
    campaign_id BIGINT,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    test BOOLEAN NOT NULL,
    account TEXT,
    checkout TEXT UNIQUE,
    payment TEXT UNIQUE,
    invoice TEXT UNIQUE,
    -- Why staff have to look at it, in words; it is not booked until they did.
    question TEXT,
    -- What Stripe says came, when that is the question.
    received_minor BIGINT,
    received_currency TEXT,
    failure TEXT,
    look_at TEXT,
    looks BIGINT NOT NULL,
    paid_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CHECK (state <> 'paid' OR (paid_at IS NOT NULL AND donor_id IS NOT NULL))
);
CREATE INDEX donations_by_donor ON donations (donor_id);
CREATE INDEX donations_by_pledge ON donations (pledge_id);
CREATE INDEX donations_by_state ON donations (state, id);
CREATE INDEX donations_by_campaign ON donations (campaign_id);
CREATE INDEX donations_by_email ON donations (email_key, created_at);
CREATE INDEX donations_by_time ON donations (created_at);
CREATE INDEX donations_to_look_at ON donations (look_at) WHERE look_at IS NOT NULL;

-- Money that goes back is a row, never an edit.
CREATE TABLE refunds (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    donation_id BIGINT NOT NULL REFERENCES donations (id),
    state TEXT NOT NULL CHECK (state IN ('requested', 'pending', 'succeeded', 'failed', 'cancelled')),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- Null when it was made at Stripe itself.
    staff_id BIGINT,
    account TEXT,
    stripe_refund TEXT UNIQUE,
    failure TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX refunds_by_donation ON refunds (donation_id);

-- Numbers without gaps: the row is locked in the transaction that books the gift.
CREATE TABLE receipt_counters (
    series TEXT PRIMARY KEY NOT NULL,
    last BIGINT NOT NULL
);
CREATE TABLE receipts (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    donation_id BIGINT NOT NULL REFERENCES donations (id),
    kind TEXT NOT NULL CHECK (kind IN ('gift')),
    series TEXT NOT NULL,
    number BIGINT NOT NULL,
    -- What it says, frozen: the variables of the mail.
    content TEXT NOT NULL,
    delivery_id BIGINT NOT NULL,
    voided_at TEXT,
    issued_at TEXT NOT NULL,
    UNIQUE (donation_id, kind),
    UNIQUE (series, number)
);

-- The timeline of a gift or a pledge: append-only.
CREATE TABLE gift_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    donation_id BIGINT REFERENCES donations (id) ON DELETE CASCADE,
    pledge_id BIGINT REFERENCES pledges (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX gift_events_by_donation ON gift_events (donation_id, id);
CREATE INDEX gift_events_by_pledge ON gift_events (pledge_id, id);
