-- A house to live in: favourites, pictures, profiles, a search that stays fast, and forgetting.

-- What a person says of themselves; avoided is JSON, what they do not eat.
ALTER TABLE people ADD COLUMN nickname TEXT;
ALTER TABLE people ADD COLUMN introduction TEXT;
ALTER TABLE people ADD COLUMN avoided TEXT;
ALTER TABLE people ADD COLUMN profile_at BIGINT;          -- when one of these was last changed

ALTER TABLE dishes ADD COLUMN favourite BIGINT  NOT NULL DEFAULT 0 CHECK (favourite IN (0, 1));
ALTER TABLE dishes ADD COLUMN picture TEXT;               -- the content hash of its picture in the media folder
CREATE INDEX dishes_favourite ON dishes (person, number) WHERE favourite = 1;
CREATE INDEX dishes_by_picture ON dishes (picture) WHERE picture IS NOT NULL;

-- What /history looks through: 16 dishes of a person to a row, a line for each: its number, a tab, and its folded
-- names, ingredients and wish with tabs between them. Read whole and searched in memory, since neither database
-- finds two syllables or initial consonants by an index.
CREATE TABLE history (
    person BIGINT  NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    block  BIGINT  NOT NULL,                              -- number / 16
    lines  TEXT    NOT NULL,
    PRIMARY KEY (person, block)
);
-- Neither compressed nor moved out of the row, which would make reading it slower.
ALTER TABLE history ALTER COLUMN lines SET STORAGE EXTERNAL;
ALTER TABLE history SET (toast_tuple_target = 8160);
INSERT INTO history (person, block, lines)
SELECT person, number / 16, string_agg(CAST(number AS TEXT) || '	' || search_text || '
', '' ORDER BY number) FROM dishes GROUP BY person, number / 16;
ALTER TABLE dishes DROP COLUMN search_text;

-- Tickets that were taken before the person was forgotten and came back; the ledger no longer knows them.
ALTER TABLE ticket_days ADD COLUMN carried BIGINT  NOT NULL DEFAULT 0 CHECK (carried >= 0);

-- What stays of someone who was forgotten, until the day has ended, so that forgetting makes no tickets.
CREATE TABLE forgotten (
    mark  TEXT    NOT NULL PRIMARY KEY,                   -- a keyed hash of platform and user
    day   TEXT    NOT NULL,
    taken BIGINT  NOT NULL CHECK (taken > 0),
    until BIGINT  NOT NULL                                -- when the day has ended
);
CREATE INDEX forgotten_until ON forgotten (until);
