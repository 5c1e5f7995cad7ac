-- Which quota a count belongs to, a day's or a month's: both may begin at the same instant.
CREATE TABLE quota_uses (
    key_id text   NOT NULL,
    per    text   NOT NULL,
    period bigint NOT NULL,
    used   bigint NOT NULL,
    CONSTRAINT quota_uses_pk PRIMARY KEY (key_id, per, period)
);
INSERT INTO quota_uses (key_id, per, period, used)
    SELECT q.key_id, CASE WHEN k.quota LIKE '%/month' THEN 'month' ELSE 'day' END, q.period, q.used
    FROM quotas q JOIN keys k ON k.id = q.key_id;
DROP TABLE quotas;

-- What is forgotten with age is found by its age.
CREATE INDEX quota_uses_by_period ON quota_uses (period);
CREATE INDEX callers_by_time ON callers (at);
CREATE INDEX keys_by_purpose ON keys (purpose, expires_at);
-- Refusals without a key are bounded on their own.
CREATE INDEX refusals_without_key ON refusals (at) WHERE key_id = '';
