-- What asking models took, by order and by day for the whole bot.

ALTER TABLE orders ADD COLUMN model_requests BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN tokens_in BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN tokens_out BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN tokens_estimated BIGINT NOT NULL DEFAULT 0;  -- 1 where a server did not say

CREATE TABLE model_days (
    day      TEXT   PRIMARY KEY,
    requests BIGINT NOT NULL,
    tokens   BIGINT NOT NULL
);
