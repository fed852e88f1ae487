-- What the synthetic visitor, the doctor and the LAN guard of each gateway found last.

CREATE TABLE looks (
    hall_id integer NOT NULL,
    gateway_id integer NOT NULL,
    by text NOT NULL CHECK (by IN ('visit', 'doctor', 'guard')),
    at timestamptz NOT NULL,                                    -- by the hub's clock
    made double precision NOT NULL,                             -- the same by the gateway's, which names it: it comes more than once
    content jsonb NOT NULL,                                     -- hotspot.looks.values.Look
    amiss jsonb NOT NULL DEFAULT '[]',                          -- what of it is worth an alarm (hotspot.hub.look_alarms)
    before jsonb NOT NULL DEFAULT '[]',                         -- the same of the look before it
    PRIMARY KEY (gateway_id, by)
) WITH (fillfactor = 60);
