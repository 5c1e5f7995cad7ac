-- Forms that made a key, so that one that is posted twice makes no second. Of what the form carried only its SHA-256 is kept.
CREATE TABLE forms_sent (
    digest text   NOT NULL CONSTRAINT forms_sent_pk PRIMARY KEY,
    key_id text   NOT NULL,
    at     bigint NOT NULL
);
CREATE INDEX forms_sent_by_time ON forms_sent (at);
