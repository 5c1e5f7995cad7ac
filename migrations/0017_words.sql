-- One word for one thing: a key has a status and flags.
ALTER TABLE keys RENAME COLUMN phase TO status;
ALTER TABLE keys RENAME COLUMN facts TO flags;
ALTER TABLE key_counts RENAME COLUMN phase TO status;
-- Samples of calls.
ALTER TABLE observations RENAME TO call_samples;
ALTER TABLE call_samples RENAME COLUMN demand TO required;
ALTER TABLE call_samples RENAME COLUMN manner TO kind;
-- Who signs in has an account, and whom keys act as is an identity.
ALTER TABLE users RENAME TO accounts;
UPDATE entries SET kind = 'identities' WHERE kind = 'subjects';
-- Their status has another code: such keys are looked at again.
UPDATE keys SET due_at = 0 WHERE status = 'user_off';
-- Keys that sign requests, and those that sign JWTs.
ALTER TABLE verify_keys RENAME TO request_signing_keys;
ALTER TABLE signing_keys RENAME TO jwt_signing_keys;
-- Tenants and entries together are the catalog.
DROP VIEW registry;
CREATE VIEW catalog AS
    SELECT id, 'tenants' AS kind, '' AS tenant, name, settings, created_at, created_by, CAST(NULL AS bigint) AS disabled_at, generation FROM tenants
    UNION ALL
    SELECT id, kind, tenant, name, settings, created_at, created_by, disabled_at, generation FROM entries;
