-- Lists in another order than that of creation walk an index per phase, so that a phase asked for is where the walk begins.
DROP INDEX keys_by_expiry;
DROP INDEX keys_by_use;
DROP INDEX keys_by_name;
DROP INDEX archived_by_expiry;
DROP INDEX archived_by_use;
DROP INDEX archived_by_name;
CREATE INDEX keys_by_expiry ON keys (phase, expires_at, seq);
CREATE INDEX keys_by_use ON keys (phase, last_used_at, seq);
CREATE INDEX keys_by_name ON keys (phase, folded, seq);

-- The text index got words that it did not have: all keys are written to it again.
UPDATE keys SET due_at = 0, facts = '?';

-- What is swept.
CREATE INDEX usage_minutes_by_minute ON usage_minutes (minute);
