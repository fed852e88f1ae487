-- What the halls report. Cells are (hall, time, zone, plan); visits by language and by device family stand beside each other in a cell,
-- never together. Growing tables are cut by time (hotspot/hub/store/partitions.py makes the parts) and have hall_id first in the key,
-- so that they can be spread over machines. No foreign keys on them: the hall of a row is the hall of the gateway that showed its credential.

CREATE TABLE figures_quarters (
    hall_id integer NOT NULL,
    time timestamptz NOT NULL,                                  -- beginning of the quarter of an hour
    zone text NOT NULL,
    plan text NOT NULL,
    visits bigint NOT NULL,                                     -- sessions begun
    ended bigint NOT NULL,
    seconds bigint NOT NULL,                                    -- time online, over all sessions
    bytes_up bigint NOT NULL,
    bytes_down bigint NOT NULL,
    peak bigint NOT NULL,                                       -- most sessions in progress at once
    languages jsonb NOT NULL DEFAULT '{}',                      -- language -> visits
    families jsonb NOT NULL DEFAULT '{}',                       -- device family -> visits
    PRIMARY KEY (hall_id, time, zone, plan)
) PARTITION BY RANGE (time);

CREATE TABLE figures_hours (                                    -- the same by hour, made from the quarters
    hall_id integer NOT NULL,
    time timestamptz NOT NULL,
    zone text NOT NULL,
    plan text NOT NULL,
    visits bigint NOT NULL,
    ended bigint NOT NULL,
    seconds bigint NOT NULL,
    bytes_up bigint NOT NULL,
    bytes_down bigint NOT NULL,
    peak bigint NOT NULL,
    languages jsonb NOT NULL DEFAULT '{}',
    families jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (hall_id, time, zone, plan)
) PARTITION BY RANGE (time);

CREATE TABLE figures_days (                                     -- the same by day of the hall's time zone, made from the hours
    hall_id integer NOT NULL,
    day date NOT NULL,
    zone text NOT NULL,
    plan text NOT NULL,
    visits bigint NOT NULL,
    ended bigint NOT NULL,
    seconds bigint NOT NULL,
    bytes_up bigint NOT NULL,
    bytes_down bigint NOT NULL,
    peak bigint NOT NULL,
    languages jsonb NOT NULL DEFAULT '{}',
    families jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (hall_id, day, zone, plan)
) PARTITION BY RANGE (day);

CREATE TABLE devices_days (                                     -- how many different devices, counted in the hall
    hall_id integer NOT NULL,
    day date NOT NULL,
    gateway_id integer NOT NULL,
    devices bigint NOT NULL,                                    -- the highest number told for that day
    PRIMARY KEY (hall_id, day, gateway_id)
) PARTITION BY RANGE (day);

CREATE TABLE rollup_due (                                       -- hours whose quarters have changed since they were made
    hall_id integer NOT NULL,
    hour timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (hall_id, hour)
) WITH (fillfactor = 50);
CREATE INDEX rollup_due_by_hour ON rollup_due (hour);

CREATE TABLE streams (                                          -- which reports have been counted
    hall_id integer NOT NULL REFERENCES halls,
    gateway_id integer NOT NULL REFERENCES gateways,
    stream text NOT NULL,                                       -- random, one per start of the portal
    start bigint NOT NULL,                                      -- the how-manieth start that was
    seen bigint[] NOT NULL DEFAULT '{}',                        -- numbers that came, as first and last of each run without a gap
    first_at timestamptz NOT NULL,                              -- by the hub's clock
    last_at timestamptz NOT NULL,
    PRIMARY KEY (hall_id, gateway_id, stream)
) WITH (fillfactor = 60);
CREATE INDEX streams_by_start ON streams (gateway_id, start);

CREATE TABLE names (                                            -- what a hall calls its zones and plans, and its languages: so many, no more
    hall_id integer NOT NULL REFERENCES halls,
    kind text NOT NULL CHECK (kind IN ('zone', 'plan', 'language')),
    name text NOT NULL,
    first_at timestamptz NOT NULL,
    PRIMARY KEY (hall_id, kind, name)
);

CREATE TABLE findings (                                         -- what was odd about a gateway's reports
    hall_id integer NOT NULL REFERENCES halls,
    gateway_id integer NOT NULL,                                -- 0: of the hall
    kind text NOT NULL,
    since timestamptz NOT NULL,                                 -- of an unbroken row of them
    last timestamptz NOT NULL,
    times bigint NOT NULL,
    detail text NOT NULL,
    PRIMARY KEY (hall_id, gateway_id, kind)
);
CREATE INDEX findings_by_last ON findings (last);

CREATE TABLE retention_log (                                    -- what was erased because its time was up: proof
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    rule text NOT NULL,                                         -- key of [retention] in hub.toml
    seconds double precision NOT NULL,                          -- its value then
    subject text NOT NULL,                                      -- table
    begins timestamptz,                                         -- what the rows were of
    ends timestamptz,
    rows bigint NOT NULL
);
CREATE INDEX retention_log_by_time ON retention_log (at);

-- Visits by name, added up. Runs for each cell that changes, so it is one small expression.
CREATE FUNCTION counts_added(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN b = '{}' THEN a ELSE
        a || (SELECT jsonb_object_agg(key, value::bigint + coalesce((a ->> key)::bigint, 0)) FROM jsonb_each_text(b)) END
$$;
CREATE AGGREGATE counts_sum(jsonb) (SFUNC = counts_added, STYPE = jsonb, INITCOND = '{}');
