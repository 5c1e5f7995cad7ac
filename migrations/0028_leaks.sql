-- That somebody reported a key's secret as leaked: when, and where it was found. Until it is switched on again.
ALTER TABLE keys ADD COLUMN leaked_at bigint;
ALTER TABLE keys ADD COLUMN leaked_from text NOT NULL DEFAULT '';
