-- Where accounts signed in from: somebody else's wrong passwords do not keep their owners out there. A place is a keyed
-- digest of the account and the network.
CREATE TABLE sign_in_places (
    user_id text   NOT NULL CONSTRAINT sign_in_places_user REFERENCES users (id),
    place   text   NOT NULL,
    last_at bigint NOT NULL,
    CONSTRAINT sign_in_places_pk PRIMARY KEY (user_id, place)
);
CREATE INDEX sign_in_places_by_last ON sign_in_places (last_at);

-- The last time that readiness proved that the database can be written.
CREATE TABLE heartbeat (
    id bigint NOT NULL CONSTRAINT heartbeat_pk PRIMARY KEY,
    at bigint NOT NULL
);
INSERT INTO heartbeat (id, at) VALUES (1, 0);
