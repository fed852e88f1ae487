-- Live orders, and what enrolment and credentials need besides 0001.

ALTER TABLE gateways
    ADD COLUMN enrolled_at timestamptz,                         -- since when the present box speaks: a box that was replaced begins anew
    ADD COLUMN software text NOT NULL DEFAULT '',               -- version that it enrolled with
    ADD COLUMN rotate_from timestamptz;                         -- credentials made before are to be rotated: staff asked for it

ALTER TABLE enrolments
    -- what staff call it by: random, says nothing of the token
    ADD COLUMN name text NOT NULL UNIQUE DEFAULT substr(md5(random()::text), 1, 8),
    ADD COLUMN tried_again_at timestamptz;                      -- the used token was shown once more

CREATE TABLE orders (                                           -- the only place with device codes: never older than an hour
    id text PRIMARY KEY,                                        -- random: a hub restored from a backup repeats none
    hall_id integer NOT NULL REFERENCES halls,
    gateway_id integer NOT NULL REFERENCES gateways,
    kind text NOT NULL,                                         -- kick, block, unblock, allow, status, sessions
    request jsonb NOT NULL,                                     -- a request of hotspot.control
    ordered_by text NOT NULL,                                   -- 'user anna'
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,                            -- not delivered later
    delivered_at timestamptz,                                   -- sent to the gateway for the first time
    answered_at timestamptz,
    reply jsonb                                                 -- a reply of hotspot.control
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50); -- what was erased leaves the files soon
CREATE INDEX orders_open ON orders (gateway_id) WHERE answered_at IS NULL;
CREATE INDEX orders_by_age ON orders (created_at);
