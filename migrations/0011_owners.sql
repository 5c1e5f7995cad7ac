-- An owner that is a mail address is an account, and is kept in an account's form. Their keys are looked at again, so that
-- the index follows: no key has the fact '?'.
UPDATE keys SET owner = lower(owner), facts = '?', due_at = 0 WHERE owner LIKE '%@%' AND owner <> lower(owner);
