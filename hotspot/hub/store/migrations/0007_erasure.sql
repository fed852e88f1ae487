-- What a partner leaves behind can be erased, and what a backup brought back is known.

CREATE TABLE restores (                                         -- backups that were put back
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    backup_at timestamptz NOT NULL,                             -- when that backup was made
    restored_at timestamptz NOT NULL                            -- gateways are asked again for what they delivered since backup_at
);

-- The rows of a partner that has left go with it, also those of the audit log; the entry that says so stays. Only a transaction that sets
-- hotspot.erasure may do that, and only by DELETE.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF TG_OP = 'DELETE' AND current_setting('hotspot.erasure', true) = 'on' THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'rows of % are kept as they are', TG_TABLE_NAME;
END $$;
