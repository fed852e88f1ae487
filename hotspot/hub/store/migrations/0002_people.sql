-- Who may do what, and what was done.

CREATE TABLE users (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,39}$'),
    full_name text NOT NULL DEFAULT '',
    email text NOT NULL DEFAULT '',
    role text NOT NULL CHECK (role IN ('host-admin', 'host-operator', 'partner-editor', 'partner-viewer')),
    partner_id integer REFERENCES partners,
    password_hash text NOT NULL DEFAULT '',                     -- argon2id; '': cannot log in with a password
    created_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz,
    CHECK ((role LIKE 'partner-%') = (partner_id IS NOT NULL))
);

CREATE TABLE api_tokens (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users,
    name text NOT NULL,                                         -- what it is for
    token_hash bytea NOT NULL UNIQUE,                           -- SHA-256 of 256 random bits
    permissions text[] NOT NULL,                                -- a part of what the user's role may
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    last_used_at timestamptz,                                   -- to the hour: not a diary of its owner
    login boolean NOT NULL DEFAULT false                        -- made by a login with a password
);
CREATE UNIQUE INDEX api_tokens_in_force ON api_tokens (user_id, name) WHERE revoked_at IS NULL;

CREATE TABLE login_attempts (                                   -- to slow down those who guess
    name_hash bytea NOT NULL,                                   -- SHA-256 of the name as it was typed: it may be a password
    source_hash bytea NOT NULL,                                 -- SHA-256 of the address that it came from
    failures integer NOT NULL DEFAULT 0,                        -- in a row
    failed_at timestamptz,
    succeeded_at timestamptz,
    PRIMARY KEY (name_hash, source_hash)
);
CREATE INDEX login_attempts_of_source ON login_attempts (source_hash);

CREATE TABLE audit (                                            -- every change, append only; retention drops whole partitions
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,                                        -- 'user anna', 'gateway rathaus-1', 'hub'
    action text NOT NULL,                                       -- 'hall.create', 'policy.change' …
    partner text,
    hall text,
    subject text NOT NULL DEFAULT '',
    detail jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE TABLE audit_default PARTITION OF audit DEFAULT;
CREATE INDEX audit_of_partner ON audit (partner, at);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'rows of % are kept as they are', TG_TABLE_NAME; END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
