-- Which Stripe account a key belongs to (the key only as a keyed hash). Every row below names its account.
CREATE TABLE stripe_accounts (
    key_hash TEXT PRIMARY KEY NOT NULL,
    account TEXT NOT NULL,
    seen_at TEXT NOT NULL
);

-- The inbox: one row per thing to be looked at, brought by a webhook, by a poll of the events, or by our own sweeps
-- (these have no event_id). The payload is what Stripe sent, byte for byte; only its envelope is believed.
CREATE TABLE payment_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    event_id TEXT UNIQUE,
    account TEXT,
    kind TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('webhook', 'poll', 'sweep', 'sync', 'follow')),
    livemode BOOLEAN NOT NULL,
    api_version TEXT NOT NULL,
    payload BLOB,
    state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'ignored', 'failed')),
    outcome TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at TEXT NOT NULL,
    lease BIGINT,
    happened_at TEXT NOT NULL,
    received_at TEXT NOT NULL,
    processed_at TEXT
);
CREATE INDEX payment_events_ready ON payment_events (next_at, id) WHERE state = 'pending' AND lease IS NULL;
CREATE INDEX payment_events_leased ON payment_events (lease) WHERE lease IS NOT NULL;
CREATE INDEX payment_events_by_object ON payment_events (object_id, id);
CREATE INDEX payment_events_by_state ON payment_events (state, id);
-- Bodies are forgotten after a while: those that are left.
CREATE INDEX payment_events_with_body ON payment_events (received_at) WHERE payload IS NOT NULL;
-- At most one look of our own waits per object.
CREATE UNIQUE INDEX payment_events_one_look ON payment_events (object_id) WHERE event_id IS NULL AND state = 'pending' AND lease IS NULL;

-- How often each object was written here. A fetch that began before somebody else's was written is done again, so that
-- no old state overwrites a newer one.
CREATE TABLE stripe_objects (
    id TEXT PRIMARY KEY NOT NULL,
    version BIGINT NOT NULL
);

-- What is to be done at Stripe: written in the transaction that decided it, sent with its own idempotency key.
CREATE TABLE payment_commands (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('refund', 'end_subscription', 'expire_checkout')),
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'failed')),
    outcome TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at TEXT NOT NULL,
    lease BIGINT,
    created_at TEXT NOT NULL,
    done_at TEXT
);
CREATE INDEX payment_commands_ready ON payment_commands (next_at, id) WHERE state = 'pending' AND lease IS NULL;
CREATE INDEX payment_commands_leased ON payment_commands (lease) WHERE lease IS NOT NULL;

-- The mirror of Stripe's objects. Amounts in minor units.
CREATE TABLE stripe_checkouts (
    id TEXT PRIMARY KEY NOT NULL,
    account TEXT NOT NULL,
    status TEXT NOT NULL,
    paid BOOLEAN NOT NULL,
    amount_minor BIGINT,
    currency TEXT,
    payment TEXT,
    subscription TEXT,
    customer TEXT,
    reference TEXT,
    livemode BOOLEAN NOT NULL,
    expires_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    mirrored_at TEXT NOT NULL
);
CREATE INDEX stripe_checkouts_by_payment ON stripe_checkouts (payment);

CREATE TABLE stripe_payments (
    id TEXT PRIMARY KEY NOT NULL,
    account TEXT NOT NULL,
    status TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    received_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    customer TEXT,
    charge TEXT,
    failure TEXT,
    livemode BOOLEAN NOT NULL,
    created_at TEXT NOT NULL,
    mirrored_at TEXT NOT NULL
);

CREATE TABLE stripe_charges (
    id TEXT PRIMARY KEY NOT NULL,
    account TEXT NOT NULL,
    payment TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    succeeded BOOLEAN NOT NULL,
    method TEXT,
    balance_transaction TEXT,
    created_at TEXT NOT NULL,
    mirrored_at TEXT NOT NULL
);
CREATE INDEX stripe_charges_by_payment ON stripe_charges (payment);
-- Money that came without its line of the balance yet: swept.
CREATE INDEX stripe_charges_unsettled ON stripe_charges (created_at) WHERE succeeded AND balance_transaction IS NULL;

CREATE TABLE stripe_refunds (
    id TEXT PRIMARY KEY NOT NULL,
    account TEXT NOT NULL,
    payment TEXT,
    charge TEXT,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    failure TEXT,
    balance_transaction TEXT,
    failure_balance_transaction TEXT,
    created_at TEXT NOT NULL,
    mirrored_at TEXT NOT NULL
);
CREATE INDEX stripe_refunds_by_payment ON stripe_refunds (payment);

CREATE TABLE stripe_subscriptions (
    id TEXT PRIMARY KEY NOT NULL,
    account TEXT NOT NULL,
    customer TEXT,
    status TEXT NOT NULL,
    amount_minor BIGINT,
    currency TEXT,
    period_ends_at TEXT,
    ended_at TEXT,
    livemode BOOLEAN NOT NULL,
    created_at TEXT NOT NULL,
    mirrored_at TEXT NOT NULL
);

CREATE TABLE stripe_invoices (
    id TEXT PRIMARY KEY NOT NULL,
    account TEXT NOT NULL,
    subscription TEXT,
    customer TEXT,
    status TEXT NOT NULL,
    paid_minor BIGINT NOT NULL,
    due_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    payment TEXT,
    attempts BIGINT NOT NULL,
    next_attempt_at TEXT,
    paid_at TEXT,
    livemode BOOLEAN NOT NULL,
    created_at TEXT NOT NULL,
    mirrored_at TEXT NOT NULL
);
CREATE INDEX stripe_invoices_by_subscription ON stripe_invoices (subscription);
CREATE INDEX stripe_invoices_by_payment ON stripe_invoices (payment);

-- Lines of the balance. `livemode` is that of the key by which they were asked for: Stripe does not say it on them.
-- `fee_details` is Stripe's list as JSON. `payout`: the automatic payout that took it along.
CREATE TABLE balance_transactions (
    id TEXT PRIMARY KEY NOT NULL,
    account TEXT NOT NULL,
    livemode BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    fee_minor BIGINT NOT NULL,
    net_minor BIGINT NOT NULL,
    fee_details TEXT NOT NULL,
    exchange_rate TEXT,
    kind TEXT NOT NULL,
    reporting_category TEXT NOT NULL,
    description TEXT,
    source TEXT,
    payout TEXT,
    available_on TEXT NOT NULL,
    created_at TEXT NOT NULL,
    mirrored_at TEXT NOT NULL
);
CREATE INDEX balance_transactions_by_source ON balance_transactions (source);
CREATE INDEX balance_transactions_by_payout ON balance_transactions (payout) WHERE payout IS NOT NULL;
CREATE INDEX balance_transactions_by_time ON balance_transactions (created_at, id);

-- Money on its way from the balance to a bank account. Days are Stripe's, as it writes them.
CREATE TABLE stripe_payouts (
    id TEXT PRIMARY KEY NOT NULL,
    account TEXT NOT NULL,
    livemode BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    automatic BOOLEAN NOT NULL,
    reconciliation TEXT NOT NULL,
    arrives_on TEXT NOT NULL,
    trace TEXT,
    descriptor TEXT,
    failure TEXT,
    balance_transaction TEXT,
    failure_balance_transaction TEXT,
    original TEXT,
    reversed_by TEXT,
    created_at TEXT NOT NULL,
    mirrored_at TEXT NOT NULL
);
CREATE INDEX stripe_payouts_by_time ON stripe_payouts (created_at, id);
CREATE INDEX stripe_payouts_by_amount ON stripe_payouts (amount_minor, currency);

-- What Stripe says is on the balance (available and pending), beside the sum of the lines that were here at that moment.
CREATE TABLE stripe_balances (
    account TEXT NOT NULL,
    livemode BOOLEAN NOT NULL,
    currency TEXT NOT NULL,
    minor BIGINT NOT NULL,
    mirrored_minor BIGINT NOT NULL,
    asked_at TEXT NOT NULL,
    PRIMARY KEY (account, livemode, currency)
);

-- How far the events were read: the next poll begins a little before.
CREATE TABLE stripe_cursors (
    account TEXT NOT NULL,
    list TEXT NOT NULL,
    read_to TEXT NOT NULL,
    PRIMARY KEY (account, list)
);
