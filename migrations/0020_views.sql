-- Questions to the list of keys that somebody saved under a name: their own, or shared with everybody.
CREATE TABLE views (
    id         text   NOT NULL CONSTRAINT views_pk PRIMARY KEY,
    owner      text   NOT NULL,
    name       text   NOT NULL,
    query      text   NOT NULL,
    shared_at  bigint,
    created_at bigint NOT NULL
);
CREATE INDEX views_by_owner ON views (owner);
CREATE INDEX views_shared ON views (shared_at) WHERE shared_at IS NOT NULL;
