-- Who there is: one host, its partners, their halls, gateways and zones; and how a gateway proves who it is.
-- Names are what people and machines write (lower case, digits, dashes); ids never leave the hub. Moments are timestamptz.

CREATE TABLE host (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),           -- a hub has one host
    title text NOT NULL,
    contact text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO host (title) VALUES ('Host');

CREATE TABLE partners (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    title text NOT NULL,                                        -- as 'Gemeinde Kleinheim'
    contact text NOT NULL DEFAULT '',                           -- whom the host asks there
    created_at timestamptz NOT NULL DEFAULT now(),
    left_at timestamptz                                         -- agreement ended: nothing of it runs any more
);

CREATE TABLE halls (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partner_id integer NOT NULL REFERENCES partners,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    title text NOT NULL,                                        -- as 'Rathaus Kleinheim'
    time_zone text NOT NULL DEFAULT 'Europe/Berlin',            -- whose days its figures are of
    created_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz
);
CREATE INDEX halls_of_partner ON halls (partner_id);

CREATE TABLE gateways (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hall_id integer NOT NULL REFERENCES halls,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,47}$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz                                      -- it may not speak to the hub any more
);
CREATE INDEX gateways_of_hall ON gateways (hall_id);

CREATE TABLE zones (                                            -- as the gateways told
    hall_id integer NOT NULL REFERENCES halls,
    name text NOT NULL,
    first_at timestamptz NOT NULL DEFAULT now(),
    last_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (hall_id, name)
);

CREATE TABLE enrolments (                                       -- one-time tokens; a used one stays on record
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hall_id integer NOT NULL REFERENCES halls,
    gateway_id integer REFERENCES gateways,                     -- the gateway to be taken over (a box was replaced), or that was made
    token_hash bytea NOT NULL UNIQUE,                           -- SHA-256 of 256 random bits
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    withdrawn_at timestamptz
);

CREATE TABLE credentials (                                      -- what gateways show with every request
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway_id integer NOT NULL REFERENCES gateways,
    secret_hash bytea NOT NULL UNIQUE,                          -- SHA-256 of 256 random bits
    created_at timestamptz NOT NULL DEFAULT now(),
    first_used_at timestamptz,
    ended_at timestamptz,
    ended_why text NOT NULL DEFAULT ''                          -- rotated, revoked, replaced
);
CREATE INDEX credentials_of_gateway ON credentials (gateway_id);

CREATE TABLE gateway_states (                                   -- how each gateway was when it last spoke
    hall_id integer NOT NULL REFERENCES halls,
    gateway_id integer PRIMARY KEY REFERENCES gateways,
    seen_at timestamptz NOT NULL,                               -- by the hub's clock
    report_at timestamptz,                                      -- the last delivery
    clock_offset double precision NOT NULL DEFAULT 0,           -- seconds by which its clock is ahead of the hub's
    health jsonb NOT NULL DEFAULT '{}'                          -- hotspot.wire.Health
) WITH (fillfactor = 60);
CREATE INDEX gateway_states_of_hall ON gateway_states (hall_id);
