-- Changes of the policy that somebody prepares at the console: nobody is told anything of them before they are applied.

CREATE TABLE policy_drafts (
    id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    user_id integer NOT NULL REFERENCES users,
    scope text NOT NULL,
    partner_id integer REFERENCES partners,                     -- as in policy_documents
    hall_id integer REFERENCES halls,
    base bigint NOT NULL,                                       -- serial of the version that is edited; 0: there was none
    document json NOT NULL,                                     -- the whole new version
    files json NOT NULL,                                        -- name -> SHA-256
    note text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,                            -- then it is forgotten; moved on by each change
    UNIQUE (user_id, scope)                                     -- what one user does in one scope is one change
);
CREATE INDEX policy_drafts_of_partner ON policy_drafts (partner_id);
