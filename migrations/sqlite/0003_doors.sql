-- Doors to the outside: where an order was placed, dishes that are shared and copied, pictures that were uploaded.

ALTER TABLE orders ADD COLUMN conversation TEXT NOT NULL DEFAULT '';
CREATE INDEX orders_by_conversation ON orders (platform, conversation) WHERE told_at IS NULL;

-- A copy of a shared dish answers no order. SQLite can only forget a NOT NULL by writing the table anew.
CREATE TABLE dishes_with_copies (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    person      INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL,                       -- 1 for the person's first
    order_id    INTEGER UNIQUE REFERENCES orders (id) ON DELETE CASCADE, -- NULL for a copy
    copied_from TEXT,                                   -- the code of the share that it is a copy of
    name        TEXT    NOT NULL,
    dish        TEXT    NOT NULL,                       -- JSON
    served_at   INTEGER NOT NULL,                       -- or when it was copied
    favourite   INTEGER NOT NULL DEFAULT 0 CHECK (favourite IN (0, 1)),
    picture     TEXT,                                   -- the content hash of its picture in the media folder
    UNIQUE (person, number),
    UNIQUE (person, copied_from),
    CHECK ((order_id IS NULL) <> (copied_from IS NULL))
);
INSERT INTO dishes_with_copies (id, person, number, order_id, name, dish, served_at, favourite, picture)
SELECT id, person, number, order_id, name, dish, served_at, favourite, picture FROM dishes;
DROP TABLE dishes;
ALTER TABLE dishes_with_copies RENAME TO dishes;
CREATE INDEX dishes_favourite ON dishes (person, number) WHERE favourite = 1;
CREATE INDEX dishes_by_picture ON dishes (picture) WHERE picture IS NOT NULL;

-- Dishes that whoever knows the code may see. Whoever shared one takes it back by deleting the row.
CREATE TABLE shares (
    code   TEXT    NOT NULL PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    since  INTEGER NOT NULL,
    UNIQUE (person, number)
);

-- What a platform calls a picture that it was given before, by door.
CREATE TABLE uploads (
    door    TEXT NOT NULL,
    picture TEXT NOT NULL,                              -- the content hash
    file    TEXT NOT NULL,
    PRIMARY KEY (door, picture)
);
