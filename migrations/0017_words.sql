-- One word for one thing: a key has a status and flags.
ALTER TABLE keys RENAME COLUMN phase TO status;
ALTER TABLE keys RENAME COLUMN facts TO flags;
ALTER TABLE key_counts RENAME COLUMN phase TO status;
