-- Everything that one evening needs. Times are milliseconds since 1970 (UTC); days are dates in the
-- time zone of the tickets; states and JSON are text.

CREATE TABLE people (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    locale       TEXT,                                  -- chosen by /language; NULL until then
    tickets_used INTEGER NOT NULL DEFAULT 0,            -- tickets ever spent
    dishes       INTEGER NOT NULL DEFAULT 0,            -- dishes ever served; the number of the newest
    since        INTEGER NOT NULL,
    seen_at      INTEGER NOT NULL
);

-- Who a platform's user is.
CREATE TABLE identities (
    platform TEXT    NOT NULL,
    user_id  TEXT    NOT NULL,
    person   INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    PRIMARY KEY (platform, user_id)
);
CREATE INDEX identities_by_person ON identities (person);

-- Where each person is in each place; the state is opaque here.
CREATE TABLE dialogues (
    person       INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    platform     TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    revision     INTEGER NOT NULL,                      -- grows by one with each step; whoever saves names the one it read
    version      INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    saved_at     INTEGER NOT NULL,
    PRIMARY KEY (person, platform, conversation)
);

-- Tickets taken and not returned, by day.
CREATE TABLE ticket_days (
    person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    day    TEXT    NOT NULL,
    taken  INTEGER NOT NULL CHECK (taken >= 0),
    PRIMARY KEY (person, day)
);

-- The queue and the record of what was ordered.
CREATE TABLE orders (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    person       INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    confirmation TEXT    NOT NULL,                      -- the menu that was confirmed; twice is once
    state        TEXT    NOT NULL CHECK (state IN ('queued', 'cooking', 'served', 'delivered', 'failed', 'cancelled')),
    wanted       TEXT    NOT NULL,                      -- filters and wish, JSON
    locale       TEXT    NOT NULL,
    day          TEXT    NOT NULL,                      -- whose ticket it took, and gives back
    platform     TEXT    NOT NULL,
    door         TEXT    NOT NULL,                      -- the open door that answers for it
    address      TEXT    NOT NULL,                      -- where its answers go; only the door can read it
    placed_at    INTEGER NOT NULL,
    deadline     INTEGER NOT NULL,
    run_at       INTEGER NOT NULL,                      -- not before this
    claims       INTEGER NOT NULL DEFAULT 0,            -- how often cooking was begun
    tellings     INTEGER NOT NULL DEFAULT 0,            -- how often telling was begun
    lease_token  TEXT,                                  -- who holds it now
    lease_until  INTEGER,
    failure      TEXT,
    told_at      INTEGER,                               -- when its end reached the person
    UNIQUE (person, confirmation)
);
CREATE UNIQUE INDEX orders_one_in_the_making ON orders (person) WHERE state IN ('queued', 'cooking');
CREATE INDEX orders_to_do ON orders (door, run_at) WHERE told_at IS NULL;
CREATE INDEX orders_overdue ON orders (deadline) WHERE state IN ('queued', 'cooking');
CREATE INDEX orders_by_person ON orders (person, id);

CREATE TABLE dishes (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    person      INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL,                       -- 1 for the person's first
    order_id    INTEGER NOT NULL UNIQUE REFERENCES orders (id) ON DELETE CASCADE,
    name        TEXT    NOT NULL,
    search_text TEXT    NOT NULL,                       -- names in both languages, folded
    dish        TEXT    NOT NULL,                       -- JSON
    served_at   INTEGER NOT NULL,
    UNIQUE (person, number)
);

-- Every movement of a ticket: taken with the order, then spent or returned, each once.
CREATE TABLE ticket_ledger (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    person   INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    day      TEXT    NOT NULL,
    movement TEXT    NOT NULL CHECK (movement IN ('taken', 'spent', 'returned')),
    settles  INTEGER NOT NULL CHECK (settles IN (0, 1)), -- 0: taken; 1: spent or returned
    reason   TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    UNIQUE (order_id, settles)
);
CREATE INDEX ticket_ledger_by_person ON ticket_ledger (person, day);

-- Who is alive: a name is held until its time runs out.
CREATE TABLE leases (
    name  TEXT    PRIMARY KEY,
    until INTEGER NOT NULL
);
