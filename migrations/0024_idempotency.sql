-- What was sent under a mark that made a key: the digest of its body, or '' of a form, whose mark is its own. The same mark
-- with another body makes nothing.
ALTER TABLE forms_sent ADD COLUMN body text NOT NULL DEFAULT '';
