-- What asking models took, by order and by day for the whole bot.

ALTER TABLE orders ADD COLUMN model_requests INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN tokens_in INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN tokens_out INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN tokens_estimated INTEGER NOT NULL DEFAULT 0;  -- 1 where a server did not say

CREATE TABLE model_days (
    day      TEXT   PRIMARY KEY,
    requests INTEGER NOT NULL,
    tokens   INTEGER NOT NULL
);
