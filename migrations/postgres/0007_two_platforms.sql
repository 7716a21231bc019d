-- What opens a place for answers for a short while, such as the token of a Discord interaction: kept until the answer is
-- there or it is good no more.
CREATE TABLE reply_keys (
    door   TEXT    NOT NULL,
    name   TEXT    NOT NULL,
    secret TEXT    NOT NULL,
    until  BIGINT NOT NULL,
    PRIMARY KEY (door, name)
);
CREATE INDEX reply_keys_by_end ON reply_keys (until);

-- What is brought to several processes counts in one of them.
CREATE TABLE door_claims (
    door  TEXT    NOT NULL,
    name  TEXT    NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (door, name)
);
CREATE INDEX door_claims_by_end ON door_claims (until);

-- Dishes that did not reach their people are looked for at the next command.
CREATE INDEX orders_missed ON orders (person) WHERE state = 'served';
