-- From the balance at Stripe to the bank and the journal.

-- When our books begin: what is older at Stripe is somebody else's to explain. None: with the first line.
CREATE TABLE books (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    begins_at TEXT
);

-- The organisation's accounts at its banks. `identification`: the IBAN, or what the bank calls it, without spaces.
CREATE TABLE bank_accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    identification TEXT NOT NULL,
    currency TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (identification, currency)
);

-- A statement is taken whole or not at all. Days are the bank's. `content_hash`: of what was read from it, so that the
-- same statement in another file is known again.
CREATE TABLE bank_statements (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    bank_account_id BIGINT NOT NULL REFERENCES bank_accounts (id),
    reference TEXT NOT NULL,
    opens_on TEXT NOT NULL,
    closes_on TEXT NOT NULL,
    opening_minor BIGINT NOT NULL,
    closing_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    file_name TEXT NOT NULL,
    staff_id BIGINT REFERENCES staff (id),
    imported_at TEXT NOT NULL,
    UNIQUE (bank_account_id, content_hash)
);
CREATE INDEX bank_statements_by_day ON bank_statements (bank_account_id, closes_on);

-- Signed: money that came is positive.
CREATE TABLE bank_lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    bank_account_id BIGINT NOT NULL REFERENCES bank_accounts (id),
    statement_id BIGINT NOT NULL REFERENCES bank_statements (id),
    position BIGINT NOT NULL,
    booked_on TEXT NOT NULL,
    valued_on TEXT,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    counterparty TEXT NOT NULL,
    words TEXT NOT NULL,
    bank_reference TEXT,
    set_aside_at TEXT,
    set_aside_by BIGINT REFERENCES staff (id),
    set_aside_note TEXT NOT NULL,
    UNIQUE (statement_id, position)
);
CREATE INDEX bank_lines_by_day ON bank_lines (booked_on, id);
CREATE INDEX bank_lines_by_amount ON bank_lines (amount_minor, currency);

-- A payout and the bank line with its money. `returned`: the bank's debit of a payout that failed after it was paid.
-- Several payouts may share a line. Undone ones stay, for the audit.
CREATE TABLE matches (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    bank_line_id BIGINT NOT NULL REFERENCES bank_lines (id),
    payout TEXT NOT NULL REFERENCES stripe_payouts (id),
    leg TEXT NOT NULL CHECK (leg IN ('paid', 'returned')),
    staff_id BIGINT REFERENCES staff (id),
    reasons TEXT NOT NULL,
    made_at TEXT NOT NULL,
    undone_at TEXT,
    undone_by BIGINT REFERENCES staff (id),
    undone_note TEXT NOT NULL
);
CREATE UNIQUE INDEX matches_once ON matches (payout, leg) WHERE undone_at IS NULL;
CREATE INDEX matches_by_line ON matches (bank_line_id) WHERE undone_at IS NULL;

-- The account map: which account of the organisation's own chart the journal books to. Each role has one row without
-- fund and bank account; funds and bank accounts may have their own. `other`: staff's own, to explain things by hand.
CREATE TABLE journal_accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('stripe', 'transit', 'bank', 'income', 'fees', 'suspense', 'opening', 'other')),
    kind TEXT NOT NULL CHECK (kind IN ('assets', 'liabilities', 'equity', 'income', 'expenses')),
    fund_id BIGINT UNIQUE REFERENCES funds (id),
    bank_account_id BIGINT UNIQUE REFERENCES bank_accounts (id),
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE UNIQUE INDEX journal_accounts_by_role ON journal_accounts (role)
    WHERE role <> 'other' AND fund_id IS NULL AND bank_account_id IS NULL;

-- What staff said of a balance transaction that no rule explains.
CREATE TABLE explanations (
    balance_transaction TEXT PRIMARY KEY NOT NULL REFERENCES balance_transactions (id),
    journal_account_id BIGINT NOT NULL REFERENCES journal_accounts (id),
    note TEXT NOT NULL,
    staff_id BIGINT REFERENCES staff (id),
    made_at TEXT NOT NULL
);

-- What was given to the bookkeeper, as it was, so that a later change of that month is seen. `content`: the entries as JSON.
CREATE TABLE journal_exports (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    month TEXT NOT NULL,
    livemode BOOLEAN NOT NULL,
    entries BIGINT NOT NULL,
    content TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    staff_id BIGINT REFERENCES staff (id),
    exported_at TEXT NOT NULL
);
CREATE INDEX journal_exports_by_month ON journal_exports (month, id);

-- Each balance transaction with what explains it: the one place of this rule.
CREATE VIEW explained_transactions AS
SELECT
    t.id, t.account, t.livemode, t.status, t.currency, t.amount_minor, t.fee_minor, t.net_minor, t.kind,
    t.reporting_category, t.description, t.source, t.payout, t.available_on, t.created_at,
    CASE
        WHEN t.created_at < (SELECT b.begins_at FROM books b WHERE b.id = 1) THEN 'before'
        WHEN e.balance_transaction IS NOT NULL THEN 'staff'
        WHEN t.reporting_category = 'charge' AND c.id IS NOT NULL AND d.state = 'paid' THEN 'gift'
        WHEN t.reporting_category = 'refund' AND r.id IS NOT NULL AND d.state = 'paid' THEN 'refund'
        WHEN t.reporting_category = 'refund_failure' AND r.id IS NOT NULL AND d.state = 'paid' THEN 'refund_failure'
        WHEN t.reporting_category = 'fee' THEN 'fee'
        WHEN t.reporting_category = 'payout' AND p.id IS NOT NULL THEN 'payout'
        WHEN t.reporting_category = 'payout_reversal' AND p.id IS NOT NULL THEN 'payout_returned'
        ELSE 'unexplained'
    END AS explanation,
    d.id AS donation_id, d.fund_id AS fund_id, f.id AS refund_id, p.id AS source_payout,
    e.journal_account_id AS journal_account_id, e.note AS note
FROM balance_transactions t
LEFT JOIN stripe_charges c ON c.id = t.source
LEFT JOIN stripe_refunds r ON r.id = t.source
LEFT JOIN donations d ON d.payment = COALESCE(c.payment, r.payment)
LEFT JOIN refunds f ON f.stripe_refund = t.source
LEFT JOIN stripe_payouts p ON p.id = t.source
LEFT JOIN explanations e ON e.balance_transaction = t.id;
