-- What the first run's checklist cannot find out elsewhere, in one row. Where keys were in use before it, it stays hidden.
CREATE TABLE first_run (
    id                   bigint NOT NULL CONSTRAINT first_run_pk PRIMARY KEY,
    gateway_seen_at      bigint,
    master_key_copied_at bigint,
    done_at              bigint,
    hidden_at            bigint,
    CONSTRAINT first_run_one CHECK (id = 1)
);
INSERT INTO first_run (id, hidden_at) SELECT 1, MIN(hour) FROM usage_totals WHERE outcome = 'valid';

-- A new installation begins with an empty catalog: sample sets are added when somebody asks for them. Where anything was
-- ever done, the entries stay.
DELETE FROM entries
WHERE kind IN ('scopes', 'templates') AND created_by = 'keyward' AND EXISTS (SELECT 1 FROM audit_head WHERE seq = 0);
