-- What only a person can know of a town that joins, and until when exactly an alarm's reason lasted.

CREATE TABLE checklist_ticks (                                  -- steps that somebody has ticked
    partner_id integer NOT NULL REFERENCES partners,
    hall_id integer NOT NULL,                                   -- 0: of the town as a whole
    step text NOT NULL,                                         -- 'agreement', 'box' … (hotspot/hub/checklist.py)
    done_at timestamptz NOT NULL,
    done_by text NOT NULL,                                      -- as in the audit log
    PRIMARY KEY (partner_id, hall_id, step)
);

ALTER TABLE alarms_ended ADD COLUMN well_since timestamptz;     -- the condition held no longer: the alarm ended some time later, in case it
                                                                -- came back; NULL: it ended before this column was there
