-- Photos: what is said under a picture, which dish has which, and how it stands with the sources.

-- A photo that was found; a picture without a row here is a card.
CREATE TABLE photos (
    picture  TEXT    PRIMARY KEY,                       -- the content hash
    source   TEXT    NOT NULL,
    credit   TEXT,                                      -- JSON; NULL where nothing has to be said
    found_at INTEGER NOT NULL
);

-- What is remembered of a dish by its folded name: a photo, or that nobody has one.
CREATE TABLE photo_names (
    name    TEXT    PRIMARY KEY,
    picture TEXT,                                       -- NULL: there is none
    until   INTEGER NOT NULL
);
CREATE INDEX photo_names_by_picture ON photo_names (picture) WHERE picture IS NOT NULL;
CREATE INDEX photo_names_until ON photo_names (until);

-- How often a source, or those that share its limits, was asked, and until when it is left alone.
CREATE TABLE photo_sources (
    name        TEXT    PRIMARY KEY,
    minute      INTEGER NOT NULL DEFAULT 0,             -- since when in_minute counts
    in_minute   INTEGER NOT NULL DEFAULT 0,
    day         INTEGER NOT NULL DEFAULT 0,             -- since when in_day counts
    in_day      INTEGER NOT NULL DEFAULT 0,
    failures    INTEGER NOT NULL DEFAULT 0,             -- in a row
    rests_until INTEGER NOT NULL DEFAULT 0,
    trouble     TEXT    NOT NULL DEFAULT ''
);
