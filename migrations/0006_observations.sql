-- What is seen of calls, beyond their number by the hour; and the pairs that rotations make.

-- Calls by key, minute (milliseconds of its start) and what became of them: 'allowed', 'limited' or 'refused'. Kept for
-- a few hours.
CREATE TABLE usage_minutes (
    key_id  text   NOT NULL,
    minute  bigint NOT NULL,
    outcome text   NOT NULL,
    calls   bigint NOT NULL,
    CONSTRAINT usage_minutes_pk PRIMARY KEY (key_id, minute, outcome)
);

-- A sample of who called with a key, day by day, for 7 days: a bounded number of combinations of all that is between
-- the day and the time. The id stands for such a combination; it names no secret, and none is here.
CREATE TABLE observations (
    key_id  text   NOT NULL,
    day     bigint NOT NULL,
    id      text   NOT NULL,
    address text   NOT NULL,
    agent   text   NOT NULL,
    demand  text   NOT NULL,
    manner  text   NOT NULL,
    outcome text   NOT NULL,
    at      bigint NOT NULL,
    calls   bigint NOT NULL,
    CONSTRAINT observations_pk PRIMARY KEY (key_id, day, id)
);
CREATE INDEX observations_by_day ON observations (day);

-- A key and its successor, and when the key would have expired but for the rotation.
CREATE TABLE rotations (
    new_key_id  text   NOT NULL CONSTRAINT rotations_pk PRIMARY KEY,
    old_key_id  text   NOT NULL,
    at          bigint NOT NULL,
    would_end   bigint NOT NULL
);
CREATE INDEX rotations_by_old_key ON rotations (old_key_id, at);
INSERT INTO rotations (new_key_id, old_key_id, at, would_end)
    SELECT n.id, o.id, n.created_at, o.expires_at FROM keys n JOIN keys o ON o.id = n.rotated_from;
