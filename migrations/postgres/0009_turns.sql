-- What only one process does at a time: whose turn it is.
ALTER TABLE leases ADD COLUMN holder TEXT NOT NULL DEFAULT '';
