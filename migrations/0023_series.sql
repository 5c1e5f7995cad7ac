-- A key's series: the id of its first generation, which rotation keeps.
ALTER TABLE keys ADD COLUMN series text NOT NULL DEFAULT '';
UPDATE keys SET series = (
    WITH RECURSIVE generations (id, before) AS (
        SELECT k.id, k.rotated_from FROM keys k WHERE k.id = keys.id
        UNION ALL
        SELECT k.id, k.rotated_from FROM keys k JOIN generations g ON k.id = g.before
    )
    SELECT COALESCE(g.before, g.id) FROM generations g
    WHERE g.before IS NULL OR NOT EXISTS (SELECT 1 FROM keys k WHERE k.id = g.before)
);
CREATE INDEX keys_by_series ON keys (series, seq);

-- The account whose role bounds what a key's own scopes of Keyward open: its id, 'operator' for the command line, and ''
-- for a key that was given none.
ALTER TABLE keys ADD COLUMN granted_by text NOT NULL DEFAULT '';

-- The index finds keys by their series, too: src/store/key_index.rs makes and fills it anew.
DROP TABLE IF EXISTS key_search;
