-- The admins' counter: more tickets or other limits, bans, switches of the house, a log of what was done, and messages to
-- everyone.

-- Tickets beside those of the settings: so many on top, once or each day, or another daily limit.
CREATE TABLE grants (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person    BIGINT REFERENCES people (id) ON DELETE CASCADE, -- NULL: everyone; what is given once, to whoever was here then
    kind      TEXT    NOT NULL CHECK (kind IN ('once', 'daily', 'limit')),
    tickets   BIGINT NOT NULL CHECK (tickets >= 0),
    from_day  TEXT    NOT NULL,
    until_day TEXT    NOT NULL,                         -- the last one; 9999-12-31 for no end
    refunds   BIGINT  UNIQUE,                          -- the order whose ticket it stands for
    at        BIGINT NOT NULL
);
CREATE INDEX grants_by_person ON grants (person, until_day);

-- How many of those that are given once somebody has taken.
CREATE TABLE grant_uses (
    grant_id BIGINT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    person   BIGINT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    used     BIGINT NOT NULL CHECK (used >= 0),
    PRIMARY KEY (grant_id, person)
);
CREATE INDEX grant_uses_by_person ON grant_uses (person);

ALTER TABLE orders ADD COLUMN model_millis BIGINT NOT NULL DEFAULT 0; -- how long models were asked, in milliseconds
ALTER TABLE orders ADD COLUMN grant_id BIGINT;         -- what its ticket came from, where not from the day
ALTER TABLE ticket_days ADD COLUMN extra BIGINT NOT NULL DEFAULT 0 CHECK (extra >= 0); -- of those taken: from grants

-- Who is not served. They are known by a keyed hash of platform and user, so that forgetting lifts no ban.
CREATE TABLE bans (
    mark   TEXT    NOT NULL PRIMARY KEY,
    reason TEXT    NOT NULL,
    since  BIGINT NOT NULL,
    until  BIGINT                                      -- NULL: for good
);

-- What every process of the house knows: what is switched off, what admins were told.
CREATE TABLE house (
    name  TEXT    NOT NULL PRIMARY KEY,
    value TEXT    NOT NULL,
    at    BIGINT NOT NULL
);

-- What admins did, and what they were asked about first.
CREATE TABLE admin_log (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       BIGINT NOT NULL,
    admin    TEXT    NOT NULL,                          -- platform:user
    place    TEXT    NOT NULL,                          -- platform:conversation
    word     TEXT    NOT NULL,
    line     TEXT    NOT NULL,                          -- what was typed; nothing once whom it is about was forgotten
    person   BIGINT,                                  -- on whom
    state    TEXT    NOT NULL CHECK (state IN ('asked', 'done', 'dropped')),
    code     TEXT    UNIQUE,                            -- what the buttons of the question carry
    outcome  TEXT    NOT NULL DEFAULT '',
    ended_at BIGINT
);
CREATE INDEX admin_log_by_person ON admin_log (person) WHERE person IS NOT NULL;

-- Messages to everyone: each person once, by the way in that they used last.
ALTER TABLE people ADD COLUMN news BIGINT NOT NULL DEFAULT 1 CHECK (news IN (0, 1)); -- whether they want any
CREATE TABLE broadcasts (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    admin    TEXT    NOT NULL,
    door     TEXT    NOT NULL,                          -- where the report goes
    address  TEXT    NOT NULL,
    speaks   TEXT    NOT NULL,                          -- the language of the report
    locale   TEXT,                                      -- whom it is for; NULL for everyone
    text     TEXT    NOT NULL,
    state    TEXT    NOT NULL CHECK (state IN ('sending', 'stopped', 'done')),
    begun_at BIGINT NOT NULL,
    ended_at BIGINT,
    told_at  BIGINT -- when the report arrived
);
CREATE UNIQUE INDEX broadcasts_one_at_a_time ON broadcasts (state) WHERE state = 'sending';
CREATE TABLE broadcast_people (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    broadcast   BIGINT  NOT NULL REFERENCES broadcasts (id) ON DELETE CASCADE,
    person      BIGINT  NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    platform    TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('waiting', 'sent', 'blocked', 'failed')),
    tries       BIGINT  NOT NULL DEFAULT 0,
    interrupted BIGINT  NOT NULL DEFAULT 0,                 -- how often somebody died while telling them
    run_at      BIGINT  NOT NULL DEFAULT 0,
    lease_token TEXT,
    lease_until BIGINT,
    UNIQUE (broadcast, person)
);
CREATE INDEX broadcast_people_to_do ON broadcast_people (platform, broadcast, run_at) WHERE state = 'waiting';
CREATE INDEX broadcast_people_by_person ON broadcast_people (person);

-- Photos that an admin took down are not found again.
ALTER TABLE photos ADD COLUMN rejected BIGINT NOT NULL DEFAULT 0 CHECK (rejected IN (0, 1));

-- What a day brought is counted by its orders.
CREATE INDEX orders_by_day ON orders (day);
