-- Doors to the outside: where an order was placed, dishes that are shared and copied, pictures that were uploaded.

ALTER TABLE orders ADD COLUMN conversation TEXT NOT NULL DEFAULT '';
CREATE INDEX orders_by_conversation ON orders (platform, conversation) WHERE told_at IS NULL;

-- A copy of a shared dish answers no order.
ALTER TABLE dishes ALTER COLUMN order_id DROP NOT NULL;
ALTER TABLE dishes ADD COLUMN copied_from TEXT;           -- the code of the share that it is a copy of
ALTER TABLE dishes ADD UNIQUE (person, copied_from);
ALTER TABLE dishes ADD CHECK ((order_id IS NULL) <> (copied_from IS NULL));

-- Dishes that whoever knows the code may see. Whoever shared one takes it back by deleting the row.
CREATE TABLE shares (
    code   TEXT   NOT NULL PRIMARY KEY,
    person BIGINT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    since  BIGINT NOT NULL,
    UNIQUE (person, number)
);

-- What a platform calls a picture that it was given before, by door.
CREATE TABLE uploads (
    door    TEXT NOT NULL,
    picture TEXT NOT NULL,                              -- the content hash
    file    TEXT NOT NULL,
    PRIMARY KEY (door, picture)
);
