-- One word for one thing: a key has a status and flags.
ALTER TABLE keys RENAME COLUMN phase TO status;
ALTER TABLE keys RENAME COLUMN facts TO flags;
ALTER TABLE key_counts RENAME COLUMN phase TO status;
-- Samples of calls.
ALTER TABLE observations RENAME TO call_samples;
ALTER TABLE call_samples RENAME COLUMN demand TO required;
ALTER TABLE call_samples RENAME COLUMN manner TO kind;
