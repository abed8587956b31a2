-- Which mail server gave the last reply.
ALTER TABLE deliveries ADD COLUMN server TEXT;

-- No index knows the state of a row, which is changed once: the change writes no index then.
DROP INDEX deliveries_queued;
DROP INDEX deliveries_deferred;
DROP INDEX deliveries_sending;
-- Whatever waits by itself has a time for it; what waits in a block has none.
UPDATE deliveries SET next_at = updated_at WHERE state IN ('queued', 'sending', 'deferred') AND next_at IS NULL;
UPDATE deliveries SET next_at = NULL, lease = NULL
WHERE state IN ('sent', 'failed', 'skipped', 'unknown') AND (next_at IS NOT NULL OR lease IS NOT NULL);
CREATE INDEX deliveries_due ON deliveries (campaign_id, next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX deliveries_leased ON deliveries (lease) WHERE lease IS NOT NULL;

-- Deliveries of a campaign that wait for their first attempt, as ranges of ids: those between the two ends that are queued
-- and have no next_at. A node leases a block and says how far it is (sending_until), instead of changing each row: what
-- lies between `first` and there and is still queued may be on the wire.
CREATE TABLE delivery_blocks (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    campaign_id BIGINT NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    sending_until BIGINT NOT NULL,
    lease BIGINT
);
CREATE INDEX delivery_blocks_of_campaign ON delivery_blocks (campaign_id, first);
CREATE INDEX delivery_blocks_leased ON delivery_blocks (lease) WHERE lease IS NOT NULL;

-- What came of each attempt that did not simply succeed the first time: the row itself holds only the last word.
-- No foreign key, as with deliveries.
CREATE TABLE delivery_attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    delivery_id BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'deferred', 'failed', 'skipped', 'unknown')),
    server TEXT,
    code BIGINT,
    reply TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX delivery_attempts_by_delivery ON delivery_attempts (delivery_id);

-- How many deliveries of a campaign ended in which way, as each node counted them: progress without walking a million
-- rows. The deliveries are the truth; these are counted anew whenever staff change many rows at once.
CREATE TABLE campaign_tallies (
    campaign_id BIGINT NOT NULL,
    node_id BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('sent', 'failed', 'skipped', 'unknown')),
    deliveries BIGINT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (campaign_id, node_id, state)
);
-- What was sent before there were tallies.
INSERT INTO campaign_tallies (campaign_id, node_id, state, deliveries, updated_at)
SELECT campaign_id, 0, state, COUNT(*), MAX(updated_at) FROM deliveries
WHERE campaign_id IS NOT NULL AND state IN ('sent', 'failed', 'skipped', 'unknown') GROUP BY campaign_id, state;

-- Token buckets that hold over all nodes. Tokens in millionths of a mail, times in microseconds of the database's clock.
CREATE TABLE send_buckets (
    name TEXT PRIMARY KEY NOT NULL,
    tokens BIGINT NOT NULL,
    filled_at BIGINT NOT NULL
);

-- How many mails a minute a recipient domain takes, as staff set it.
CREATE TABLE domain_limits (
    domain TEXT PRIMARY KEY NOT NULL,
    per_minute BIGINT NOT NULL CHECK (per_minute > 0),
    updated_at TEXT NOT NULL
);

-- Mails a minute for one campaign; none is no limit.
ALTER TABLE campaigns ADD COLUMN per_minute BIGINT;
-- When it may go out: at any time, in the organisation's sending hours, or in those hours where the reader is.
ALTER TABLE campaigns ADD COLUMN hours TEXT NOT NULL DEFAULT 'any' CHECK (hours IN ('any', 'organisation', 'reader'));

-- Sending hours, minutes after midnight; the end may be 1440. Days: 1 is Monday, 7 is Sunday.
ALTER TABLE organisation ADD COLUMN sending_from BIGINT NOT NULL DEFAULT 480;
ALTER TABLE organisation ADD COLUMN sending_until BIGINT NOT NULL DEFAULT 1200;
ALTER TABLE organisation ADD COLUMN sending_days TEXT NOT NULL DEFAULT '1,2,3,4,5,6,7';

-- IANA name; empty is the organisation's.
ALTER TABLE subscribers ADD COLUMN time_zone TEXT NOT NULL DEFAULT '';
