-- Everything that one evening needs. Times are milliseconds since 1970 (UTC); days are dates in the
-- time zone of the tickets; states and JSON are text.

CREATE TABLE people (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    locale       TEXT,                                  -- chosen by /language; NULL until then
    tickets_used BIGINT  NOT NULL DEFAULT 0,            -- tickets ever spent
    dishes       BIGINT  NOT NULL DEFAULT 0,            -- dishes ever served; the number of the newest
    since        BIGINT  NOT NULL,
    seen_at      BIGINT  NOT NULL
);

-- Who a platform's user is.
CREATE TABLE identities (
    platform TEXT    NOT NULL,
    user_id  TEXT    NOT NULL,
    person   BIGINT  NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    PRIMARY KEY (platform, user_id)
);
CREATE INDEX identities_by_person ON identities (person);

-- Where each person is in each place; the state is opaque here.
CREATE TABLE dialogues (
    person       BIGINT  NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    platform     TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    revision     BIGINT  NOT NULL,                      -- grows by one with each step; whoever saves names the one it read
    version      BIGINT  NOT NULL,
    state        TEXT    NOT NULL,
    saved_at     BIGINT  NOT NULL,
    PRIMARY KEY (person, platform, conversation)
);

-- Tickets taken and not returned, by day.
CREATE TABLE ticket_days (
    person BIGINT  NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    day    TEXT    NOT NULL,
    taken  BIGINT  NOT NULL CHECK (taken >= 0),
    PRIMARY KEY (person, day)
);

-- The queue and the record of what was ordered.
CREATE TABLE orders (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person       BIGINT  NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    confirmation TEXT    NOT NULL,                      -- the menu that was confirmed; twice is once
    state        TEXT    NOT NULL CHECK (state IN ('queued', 'cooking', 'served', 'delivered', 'failed', 'cancelled')),
    wanted       TEXT    NOT NULL,                      -- filters and wish, JSON
    locale       TEXT    NOT NULL,
    day          TEXT    NOT NULL,                      -- whose ticket it took, and gives back
    platform     TEXT    NOT NULL,
    door         TEXT    NOT NULL,                      -- the open door that answers for it
    address      TEXT    NOT NULL,                      -- where its answers go; only the door can read it
    placed_at    BIGINT  NOT NULL,
    deadline     BIGINT  NOT NULL,
    run_at       BIGINT  NOT NULL,                      -- not before this
    claims       BIGINT  NOT NULL DEFAULT 0,            -- how often cooking was begun
    tellings     BIGINT  NOT NULL DEFAULT 0,            -- how often telling was begun
    lease_token  TEXT,                                  -- who holds it now
    lease_until  BIGINT ,
    failure      TEXT,
    told_at      BIGINT ,                               -- when its end reached the person
    UNIQUE (person, confirmation)
);
CREATE UNIQUE INDEX orders_one_in_the_making ON orders (person) WHERE state IN ('queued', 'cooking');
CREATE INDEX orders_to_do ON orders (door, run_at) WHERE told_at IS NULL;
CREATE INDEX orders_overdue ON orders (deadline) WHERE state IN ('queued', 'cooking');
CREATE INDEX orders_by_person ON orders (person, id);

CREATE TABLE dishes (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person      BIGINT  NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    number      BIGINT  NOT NULL,                       -- 1 for the person's first
    order_id    BIGINT  NOT NULL UNIQUE REFERENCES orders (id) ON DELETE CASCADE,
    name        TEXT    NOT NULL,
    search_text TEXT    NOT NULL,                       -- names in both languages, folded
    dish        TEXT    NOT NULL,                       -- JSON
    served_at   BIGINT  NOT NULL,
    UNIQUE (person, number)
);

-- Every movement of a ticket: taken with the order, then spent or returned, each once.
CREATE TABLE ticket_ledger (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person   BIGINT  NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    order_id BIGINT  NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    day      TEXT    NOT NULL,
    movement TEXT    NOT NULL CHECK (movement IN ('taken', 'spent', 'returned')),
    settles  BIGINT  NOT NULL CHECK (settles IN (0, 1)), -- 0: taken; 1: spent or returned
    reason   TEXT    NOT NULL,
    at       BIGINT  NOT NULL,
    UNIQUE (order_id, settles)
);
CREATE INDEX ticket_ledger_by_person ON ticket_ledger (person, day);

-- Who is alive: a name is held until its time runs out.
CREATE TABLE leases (
    name  TEXT    PRIMARY KEY,
    until BIGINT  NOT NULL
);
