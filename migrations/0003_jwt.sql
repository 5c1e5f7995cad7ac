-- The keys that sign JWTs. The private half is sealed under the master key, and forgotten when the key is retired; the
-- public half stays for as long as something it signed may be valid.
CREATE TABLE signing_keys (
    kid        text   NOT NULL CONSTRAINT signing_keys_pk PRIMARY KEY,
    sealed     text,
    public_jwk text   NOT NULL,
    created_at bigint NOT NULL,
    created_by text   NOT NULL,
    retired_at bigint
);
-- One signs at a time.
CREATE UNIQUE INDEX signing_keys_current ON signing_keys ((retired_at IS NULL)) WHERE retired_at IS NULL;
