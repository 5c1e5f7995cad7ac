-- How a sampled call presented its key, as a code; '' of calls before this version, which did not record it. What an edit
-- of the policy or of a tenant would break is told from it.
ALTER TABLE call_samples ADD COLUMN source text NOT NULL DEFAULT '';
