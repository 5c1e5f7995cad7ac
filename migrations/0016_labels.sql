-- Labels of a key: name=value pairs separated by spaces, by name.
ALTER TABLE keys ADD COLUMN labels text NOT NULL DEFAULT '';
