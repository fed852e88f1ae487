-- What staff should know (alarms), who is told of it (channels), and what visitors told the town (feedback).
-- hall_id 0 and gateway_id 0 stand for the hub itself.

CREATE TABLE alarms (                                           -- in force, or about to be
    id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    hall_id integer NOT NULL,
    gateway_id integer NOT NULL,
    kind text NOT NULL,                                         -- 'silent', 'pool' …
    subject text NOT NULL DEFAULT '',                           -- a zone, a channel; '': the gateway as a whole
    severity text NOT NULL CHECK (severity IN ('notice', 'warning', 'urgent')),
    detail jsonb NOT NULL DEFAULT '{}',                         -- the numbers of the text
    since timestamptz NOT NULL,                                 -- the condition holds
    raised_at timestamptz,                                      -- it has held long enough to be told; NULL: not yet
    well_since timestamptz,                                     -- the condition holds no longer, but may come back at any moment
    acknowledged_at timestamptz,
    acknowledged_by text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '',
    PRIMARY KEY (hall_id, gateway_id, kind, subject)
) WITH (fillfactor = 70);

CREATE TABLE alarms_ended (                                     -- history; retention drops whole partitions
    hall_id integer NOT NULL,
    ended_at timestamptz NOT NULL,
    id bigint NOT NULL,
    gateway_id integer NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    severity text NOT NULL,                                     -- the highest that it had
    detail jsonb NOT NULL,
    since timestamptz NOT NULL,
    raised_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text NOT NULL,
    note text NOT NULL,
    PRIMARY KEY (hall_id, ended_at, id)
) PARTITION BY RANGE (ended_at);
CREATE TABLE alarms_ended_default PARTITION OF alarms_ended DEFAULT;
CREATE INDEX alarms_ended_by_time ON alarms_ended (ended_at, id);

CREATE TABLE alarm_memory (                                     -- what the judge must remember of a gateway between two looks
    hall_id integer NOT NULL,
    gateway_id integer PRIMARY KEY,
    memory jsonb NOT NULL
) WITH (fillfactor = 60);

CREATE TABLE marks (                                            -- moments that all hub processes share
    name text PRIMARY KEY,                                      -- 'pulse', 'remote write'
    at timestamptz NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}'
) WITH (fillfactor = 60);

CREATE TABLE channels (                                         -- who is told of alarms, and how
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    partner_id integer REFERENCES partners,                     -- NULL: the host's, told of every hall
    kind text NOT NULL CHECK (kind IN ('webhook', 'mail')),
    url text NOT NULL DEFAULT '',                               -- of a webhook
    secret text NOT NULL DEFAULT '',                            -- signs what a webhook is sent
    anywhere boolean NOT NULL DEFAULT false,                    -- the address may be a private one: made by the host's people
    recipients text[] NOT NULL DEFAULT '{}',                    -- of e-mail
    lowest text NOT NULL CHECK (lowest IN ('notice', 'warning', 'urgent')),
    quiet_from time,                                            -- at night only what is urgent
    quiet_until time,
    time_zone text NOT NULL DEFAULT 'Europe/Berlin',
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    told_at timestamptz,                                        -- the last message that arrived
    failing_since timestamptz,
    failure text NOT NULL DEFAULT '',                           -- why the last attempt failed
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);

CREATE TABLE channel_events (                                   -- what a channel has not been told yet
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel_id integer NOT NULL REFERENCES channels ON DELETE CASCADE,
    alarm_id bigint NOT NULL,
    what text NOT NULL CHECK (what IN ('raised', 'ended')),
    severity text NOT NULL,
    at timestamptz NOT NULL,
    alarm jsonb NOT NULL                                        -- kind, partner, hall, gateway, subject, detail
);
CREATE INDEX channel_events_of_channel ON channel_events (channel_id, id);

CREATE TABLE notifications (                                    -- messages, until they arrived or were given up
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel_id integer NOT NULL REFERENCES channels ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    urgent boolean NOT NULL,
    body jsonb NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz,                                        -- NULL: sent, or given up
    sent_at timestamptz
);
CREATE INDEX notifications_of_channel ON notifications (channel_id, created_at);
CREATE INDEX notifications_waiting ON notifications (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE feedback (                                         -- what visitors told the town; retention drops whole partitions
    hall_id integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),                      -- it came to the hub
    number bigint GENERATED ALWAYS AS IDENTITY,                 -- as people name it
    id text NOT NULL,                                           -- random, made in the hall: the same message twice is one
    written_at timestamptz NOT NULL,                            -- by the gateway's clock
    zone text NOT NULL,
    kind text NOT NULL,
    language text NOT NULL,
    text text NOT NULL,
    place text NOT NULL,
    contact text NOT NULL,                                      -- only what the visitor wanted to say
    done_at timestamptz,
    done_by text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '',
    PRIMARY KEY (hall_id, at, number)
) PARTITION BY RANGE (at);
CREATE TABLE feedback_default PARTITION OF feedback DEFAULT;
CREATE INDEX feedback_by_id ON feedback (hall_id, id);
CREATE INDEX feedback_by_number ON feedback (number);

CREATE TABLE totals (                                           -- what a zone had on all days that were made: outlives retention
    hall_id integer NOT NULL,
    zone text NOT NULL,
    visits numeric NOT NULL,
    seconds numeric NOT NULL,
    bytes_up numeric NOT NULL,
    bytes_down numeric NOT NULL,
    PRIMARY KEY (hall_id, zone)
) WITH (fillfactor = 50);
