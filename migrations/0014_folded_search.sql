-- Names are found and sorted without case and diacritics. All keys are looked at again, so that the index follows: no key
-- has the fact '?'.
UPDATE keys SET facts = '?', due_at = 0;
