-- What one key needs to live from its creation to its refusal.

CREATE TABLE tenants (
    id         text   NOT NULL CONSTRAINT tenants_pk PRIMARY KEY,
    name       text   NOT NULL CONSTRAINT tenants_name UNIQUE,
    prefix     text   NOT NULL,
    created_at bigint NOT NULL
);
INSERT INTO tenants (id, name, prefix, created_at) VALUES ('default000000000', 'default', 'kw', 0);

CREATE TABLE users (
    id            text   NOT NULL CONSTRAINT users_pk PRIMARY KEY,
    email         text   NOT NULL CONSTRAINT users_email UNIQUE,
    role          text   NOT NULL,
    password_hash text   NOT NULL,
    created_at    bigint NOT NULL,
    sessions_from bigint NOT NULL,
    disabled_at   bigint
);

CREATE TABLE keys (
    id             text   NOT NULL CONSTRAINT keys_pk PRIMARY KEY,
    tenant_id      text   NOT NULL CONSTRAINT keys_tenant REFERENCES tenants (id),
    name           text   NOT NULL,
    description    text   NOT NULL,
    owner          text   NOT NULL,
    scopes         text   NOT NULL,
    prefix         text   NOT NULL,
    last_four      text   NOT NULL,
    digest         text   NOT NULL,
    created_at     bigint NOT NULL,
    created_by     text   NOT NULL,
    expires_at     bigint NOT NULL,
    archived_at    bigint,
    archived_by    text,
    archive_reason text,
    generation     bigint NOT NULL
);
-- The list, newest first.
CREATE INDEX keys_by_creation ON keys (created_at, id);

-- Calls by key, hour (milliseconds of its start) and outcome: 'valid' or the code of the refusal.
CREATE TABLE usage_hours (
    key_id  text   NOT NULL,
    hour    bigint NOT NULL,
    outcome text   NOT NULL,
    calls   bigint NOT NULL,
    CONSTRAINT usage_hours_pk PRIMARY KEY (key_id, hour, outcome)
);

-- The last allowed call of a key; only ever moves forward.
CREATE TABLE last_uses (
    key_id  text   NOT NULL CONSTRAINT last_uses_pk PRIMARY KEY,
    at      bigint NOT NULL,
    address text   NOT NULL
);

-- Where a key was seen, to say what archiving it would break. An address is kept with its last call.
CREATE TABLE callers (
    key_id  text   NOT NULL,
    address text   NOT NULL,
    at      bigint NOT NULL,
    CONSTRAINT callers_pk PRIMARY KEY (key_id, address)
);

CREATE TABLE audit (
    seq    bigint NOT NULL CONSTRAINT audit_pk PRIMARY KEY,
    at     bigint NOT NULL,
    actor  text   NOT NULL,
    verb   text   NOT NULL,
    target text   NOT NULL,
    detail text   NOT NULL,
    hash   text   NOT NULL
);

-- One row: the chain's end. Every change takes it first, which orders changes on both databases.
CREATE TABLE audit_head (
    id   bigint NOT NULL CONSTRAINT audit_head_pk PRIMARY KEY,
    seq  bigint NOT NULL,
    hash text   NOT NULL
);
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

CREATE TABLE sessions (
    id_digest  text   NOT NULL CONSTRAINT sessions_pk PRIMARY KEY,
    data       text   NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE setup_links (
    digest     text   NOT NULL CONSTRAINT setup_links_pk PRIMARY KEY,
    expires_at bigint NOT NULL
);
