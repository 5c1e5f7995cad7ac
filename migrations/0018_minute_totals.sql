-- Calls of all keys together, by minute (milliseconds of its start) and outcome, so that an overview of the last hour
-- reads a few hundred rows however many keys there are. Kept for a few hours.
CREATE TABLE usage_minute_totals (
    minute  bigint NOT NULL,
    outcome text   NOT NULL,
    calls   bigint NOT NULL,
    CONSTRAINT usage_minute_totals_pk PRIMARY KEY (minute, outcome)
);
-- From here on usage_minutes are counted as usage_hours are: under 'valid' or the code of the refusal.
INSERT INTO usage_minute_totals (minute, outcome, calls)
    SELECT minute, outcome, CAST(SUM(calls) AS bigint) FROM usage_minutes GROUP BY minute, outcome;
