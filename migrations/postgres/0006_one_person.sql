-- One person on several platforms: codes that join two, and where a copy was made, so that they can part again.

-- A code is said on one platform and given on another. Only a keyed hash of it is kept.
CREATE TABLE link_codes (
    mark   TEXT    NOT NULL PRIMARY KEY,
    person BIGINT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    until  BIGINT NOT NULL
);
CREATE INDEX link_codes_by_person ON link_codes (person);

ALTER TABLE dishes ADD COLUMN copied_on TEXT;             -- the platform that a copy was made on
