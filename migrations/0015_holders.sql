-- A key whose owner was disabled, or whose user was switched off, says so in lists: such keys are looked at again.
CREATE INDEX keys_by_subject ON keys (subject_id);
UPDATE keys SET due_at = 0
    WHERE owner IN (SELECT email FROM users WHERE disabled_at IS NOT NULL)
    OR subject_id IN (SELECT id FROM entries WHERE disabled_at IS NOT NULL);
