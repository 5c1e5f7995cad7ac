-- Imported keys keep their old strings and are found by the SHA-256 of them.
CREATE UNIQUE INDEX keys_imported ON keys (digest) WHERE form = 'imported';

-- What an imported key is checked against until its first use, after which its digest is: a salted hash, found by the
-- beginning of the key's string, or a MAC, found by itself ('hmac:' the id of its key ':' hexadecimal digits). line is the
-- digest of both, so that the same line of a file makes no second key; it stays, the hash goes.
CREATE TABLE imported_hashes (
    key_id   text NOT NULL CONSTRAINT imported_hashes_pk PRIMARY KEY,
    line     text NOT NULL CONSTRAINT imported_hashes_line UNIQUE,
    found_by text,
    hash     text
);
CREATE INDEX imported_hashes_found_by ON imported_hashes (found_by) WHERE found_by IS NOT NULL;

-- The keys of such MACs, sealed under the master key.
CREATE TABLE imported_hmac_keys (
    id     text NOT NULL CONSTRAINT imported_hmac_keys_pk PRIMARY KEY,
    digest text NOT NULL CONSTRAINT imported_hmac_keys_digest UNIQUE,
    sealed text NOT NULL
);

-- Work that takes longer than a request. It is done in steps by whichever process holds the claim, and goes on after a
-- process ended. on_behalf is 'operator', 'account:' or 'key:' with an id: each step asks again what they may do.
CREATE TABLE jobs (
    id            text   NOT NULL CONSTRAINT jobs_pk PRIMARY KEY,
    kind          text   NOT NULL,
    request       text   NOT NULL,
    created_at    bigint NOT NULL,
    created_by    text   NOT NULL,
    on_behalf     text   NOT NULL,
    total         bigint NOT NULL,
    place         bigint NOT NULL DEFAULT 0,
    done          bigint NOT NULL DEFAULT 0,
    same          bigint NOT NULL DEFAULT 0,
    refused       bigint NOT NULL DEFAULT 0,
    cancelled_at  bigint,
    cancelled_by  text,
    ended_at      bigint,
    failure       text   NOT NULL DEFAULT '',
    claimed_by    text   NOT NULL DEFAULT '',
    claimed_until bigint NOT NULL DEFAULT 0
);
CREATE INDEX jobs_waiting ON jobs (created_at) WHERE ended_at IS NULL;
CREATE INDEX jobs_created_at ON jobs (created_at);

-- What became of each line of a job, and what is still to be done: asked holds no secret, and goes with the line's outcome.
CREATE TABLE job_lines (
    job_id  text   NOT NULL,
    line    bigint NOT NULL,
    asked   text,
    key_id  text,
    outcome text,
    detail  text   NOT NULL DEFAULT '',
    CONSTRAINT job_lines_pk PRIMARY KEY (job_id, line)
);
