-- A list of a million keys: each has a number in the order of creation, its stored facts, and when those change by
-- themselves. The text index that finds keys by words and facts differs by database; src/store/key_index.rs makes it.

ALTER TABLE keys ADD COLUMN seq bigint NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN folded text NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN last_used_at bigint NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN last_used_from text NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN phase text NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN facts text NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN due_at bigint NOT NULL DEFAULT 0;

UPDATE keys SET seq = ranked.place, folded = lower(keys.name)
    FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY created_at, id) AS place FROM keys) ranked WHERE ranked.id = keys.id;
UPDATE keys SET last_used_at = used.at, last_used_from = used.address FROM last_uses used WHERE used.key_id = keys.id;
DROP TABLE last_uses;
DROP INDEX keys_by_creation;

CREATE UNIQUE INDEX keys_by_seq ON keys (seq);
CREATE INDEX keys_by_due ON keys (due_at);
-- One for each order, of those that are archived and of those that are not.
CREATE INDEX keys_by_expiry ON keys (expires_at, seq) WHERE archived_at IS NULL;
CREATE INDEX keys_by_use ON keys (last_used_at, seq) WHERE archived_at IS NULL;
CREATE INDEX keys_by_name ON keys (folded, seq) WHERE archived_at IS NULL;
CREATE INDEX archived_by_expiry ON keys (expires_at, seq) WHERE archived_at IS NOT NULL;
CREATE INDEX archived_by_use ON keys (last_used_at, seq) WHERE archived_at IS NOT NULL;
CREATE INDEX archived_by_name ON keys (folded, seq) WHERE archived_at IS NOT NULL;

-- How many keys there are of each phase.
CREATE TABLE key_counts (
    phase text   NOT NULL CONSTRAINT key_counts_pk PRIMARY KEY,
    keys  bigint NOT NULL
);
