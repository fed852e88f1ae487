-- Who is logged in at the console.

CREATE TABLE console_sessions (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users,
    secret_hash bytea NOT NULL UNIQUE,                          -- SHA-256 of the 256 random bits in the browser's cookie
    stage text NOT NULL CHECK (stage IN ('password', 'enrol', 'full')),
    client text NOT NULL DEFAULT '',                            -- 'Firefox, Linux': for its owner to tell sessions apart
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,                            -- whatever happens
    idle_until timestamptz NOT NULL                             -- unless it is used; moved on every few minutes
);
CREATE INDEX console_sessions_of_user ON console_sessions (user_id);
