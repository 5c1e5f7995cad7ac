-- Calls of all keys together, by hour and outcome, so that an overview reads a few hundred rows however many keys there are.
CREATE TABLE usage_totals (
    outcome text   NOT NULL,
    hour    bigint NOT NULL,
    calls   bigint NOT NULL,
    CONSTRAINT usage_totals_pk PRIMARY KEY (outcome, hour)
);
CREATE INDEX usage_totals_by_hour ON usage_totals (hour);
INSERT INTO usage_totals (outcome, hour, calls)
    SELECT outcome, hour, CAST(SUM(calls) AS bigint) FROM usage_hours GROUP BY outcome, hour;

-- The busiest keys of an hour.
CREATE INDEX usage_hours_busiest ON usage_hours (hour, outcome, calls);
-- What happened to one thing.
CREATE INDEX audit_by_target ON audit (target, seq);
