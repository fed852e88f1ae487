-- What people show at the console beside their password.

CREATE TABLE factors (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users,
    kind text NOT NULL CHECK (kind IN ('totp', 'passkey')),
    name text NOT NULL,                                         -- 'Diensthandy': for its owner to tell them apart
    created_at timestamptz NOT NULL,
    used_at timestamptz,                                        -- to the hour: not a diary of its owner
    key bytea NOT NULL,                                         -- of an authenticator app: what both sides know; of a passkey: its public key
    last_step bigint NOT NULL DEFAULT 0,                        -- of an app: the last 30 seconds whose code was used, so that none works twice
    credential_id bytea UNIQUE,                                 -- of a passkey: what the browser calls it
    sign_count bigint NOT NULL DEFAULT 0,                       -- of a passkey: how often it has signed, where it counts
    CHECK ((kind = 'passkey') = (credential_id IS NOT NULL))
);
CREATE INDEX factors_of_user ON factors (user_id);
CREATE UNIQUE INDEX factors_one_app ON factors (user_id) WHERE kind = 'totp';

CREATE TABLE recovery_codes (                                   -- instead of a factor that was lost; a row goes when its code is used
    user_id integer NOT NULL REFERENCES users,
    code_hash bytea NOT NULL,                                   -- SHA-256 of 80 random bits
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, code_hash)
);

ALTER TABLE console_sessions
    ADD COLUMN challenge bytea,                                 -- what a passkey has to sign next; used once
    ADD COLUMN new_key bytea;                                   -- for an authenticator app that is being set up
