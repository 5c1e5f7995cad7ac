-- What shows that a master key is this database's, without telling anything of it.
CREATE TABLE master_key (
    id    bigint NOT NULL CONSTRAINT master_key_pk PRIMARY KEY,
    proof text   NOT NULL
);

-- That the audit chain was anchored outside the database: from then on a missing anchor is a loss.
CREATE TABLE audit_anchored (
    id bigint NOT NULL CONSTRAINT audit_anchored_pk PRIMARY KEY
);
