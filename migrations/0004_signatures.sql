-- Signed writes (RFC 9421): the public keys that verify a key's signatures, and the nonces those have used up.

-- An ECDSA P-256 public key beside a key's token: PEM (SPKI) and the SHA-256 of its DER. Once retired_at is set, it
-- counts until that instant.
CREATE TABLE verify_keys (
    id          text   NOT NULL CONSTRAINT verify_keys_pk PRIMARY KEY,
    key_id      text   NOT NULL CONSTRAINT verify_keys_key REFERENCES keys (id),
    label       text   NOT NULL,
    public_key  text   NOT NULL,
    fingerprint text   NOT NULL,
    created_at  bigint NOT NULL,
    created_by  text   NOT NULL,
    retired_at  bigint
);
CREATE INDEX verify_keys_by_key ON verify_keys (key_id, created_at);
-- A key has the same public key at most once at a time.
CREATE UNIQUE INDEX verify_keys_in_use ON verify_keys (key_id, fingerprint) WHERE retired_at IS NULL;

-- A nonce is good for one signature of one key. Only its SHA-256 is kept, until no signature with it could pass anyway.
CREATE TABLE nonces (
    key_id       text   NOT NULL,
    nonce_digest text   NOT NULL,
    expires_at   bigint NOT NULL,
    CONSTRAINT nonces_pk PRIMARY KEY (key_id, nonce_digest)
);
CREATE INDEX nonces_by_expiry ON nonces (expires_at);
