-- What the hub wants of the halls: documents by scope, each version kept; what is added to them one by one; what each hall is given.
-- Documents are of type json, not jsonb: the order of keys is the order in which pages show plans and services.

CREATE SEQUENCE policy_serials AS bigint;                       -- numbers changes, and what halls are given between two changes

CREATE TABLE policy_changes (                                   -- every change, append only
    serial bigint PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    author text NOT NULL,                                       -- as in the audit log
    note text NOT NULL DEFAULT '',
    kind text NOT NULL CHECK (kind IN ('documents', 'rollback', 'item')),
    rolls_back bigint REFERENCES policy_changes,
    partner_id integer REFERENCES partners                      -- whose it is when it concerns no other partner
);
CREATE INDEX policy_changes_of_partner ON policy_changes (partner_id);

CREATE TABLE policy_documents (                                 -- one version of one scope's document
    scope text NOT NULL,                                        -- 'host', 'partner/x', 'hall/x', 'zone/x/public'
    serial bigint NOT NULL REFERENCES policy_changes,
    partner_id integer REFERENCES partners,                     -- NULL: the host's
    hall_id integer REFERENCES halls,
    zone text NOT NULL DEFAULT '',
    document json NOT NULL,
    PRIMARY KEY (scope, serial)
);
CREATE INDEX policy_documents_of_serial ON policy_documents (serial);
CREATE INDEX policy_documents_of_partner ON policy_documents (partner_id);

CREATE TABLE policy_files (                                     -- logos, photos, videos, texts; each content once
    digest text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),  -- SHA-256
    content bytea NOT NULL,
    uploaded_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE policy_files ALTER COLUMN content SET STORAGE EXTERNAL;   -- pictures are compressed already

CREATE TABLE policy_document_files (                            -- which files a document's scope has, by name
    scope text NOT NULL,
    serial bigint NOT NULL,
    name text NOT NULL,
    digest text NOT NULL REFERENCES policy_files,
    partner_id integer REFERENCES partners,
    hall_id integer REFERENCES halls,
    PRIMARY KEY (scope, serial, name),
    FOREIGN KEY (scope, serial) REFERENCES policy_documents
);
CREATE INDEX policy_document_files_of_digest ON policy_document_files (digest);
CREATE INDEX policy_document_files_of_partner ON policy_document_files (partner_id);

CREATE TABLE policy_items (                                     -- entries of block lists and batches of vouchers, added one by one
    id text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
    section text NOT NULL CHECK (section IN ('blocklist', 'vouchers')),
    number integer NOT NULL,                                    -- of the batch in its hall, for people
    scope text NOT NULL,
    partner_id integer REFERENCES partners,
    hall_id integer REFERENCES halls,
    item json NOT NULL,                                         -- as the policy has it; of a batch with its secret key
    serial bigint NOT NULL REFERENCES policy_changes,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    ends_at timestamptz,                                        -- it is over by itself then; NULL: never
    withdrawn_serial bigint REFERENCES policy_changes,          -- NULL: it is wanted
    withdrawn_by text NOT NULL DEFAULT '',
    withdrawn_at timestamptz,
    withdrawn_why text NOT NULL DEFAULT ''
);
CREATE INDEX policy_items_of_partner ON policy_items (partner_id);
CREATE INDEX policy_items_wanted ON policy_items (section) WHERE withdrawn_serial IS NULL;

CREATE TABLE policy_rollouts (                                  -- changes that reach their halls in stages
    serial bigint PRIMARY KEY REFERENCES policy_changes,
    partner_id integer REFERENCES partners,
    state text NOT NULL CHECK (state IN ('running', 'stopped', 'finished', 'rolled-back')),
    stage integer NOT NULL DEFAULT 0,                           -- the last one that was released, from 1 on
    stages integer NOT NULL,
    stage_at timestamptz,
    wait double precision,                                      -- seconds before the next one begins by itself; NULL: by call only
    why text NOT NULL DEFAULT ''                                -- it has stopped
);
CREATE INDEX policy_rollouts_unfinished ON policy_rollouts (state) WHERE state IN ('running', 'stopped');

CREATE TABLE policy_rollout_halls (
    serial bigint NOT NULL REFERENCES policy_rollouts,
    hall_id integer NOT NULL REFERENCES halls,
    stage integer NOT NULL,
    PRIMARY KEY (hall_id, serial)
);
CREATE INDEX policy_rollout_halls_of_serial ON policy_rollout_halls (serial, stage);

ALTER TABLE halls ADD COLUMN policy_serial bigint NOT NULL DEFAULT 0;   -- documents up to this change go for the hall

CREATE TABLE hall_policies (                                    -- what each hall is given, made when it changes
    hall_id integer PRIMARY KEY REFERENCES halls,
    serial bigint NOT NULL,                                     -- as the gateways are told it
    at timestamptz NOT NULL,
    digest bytea NOT NULL,                                      -- SHA-256 of settings and files: the same content keeps its serial
    settings json NOT NULL,
    files json NOT NULL
) WITH (fillfactor = 80);
