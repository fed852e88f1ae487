-- Users whom an OpenID provider knows, and when somebody was last here.

CREATE TABLE identities (
    user_id integer PRIMARY KEY REFERENCES users,
    issuer text NOT NULL,                                       -- the provider's address, as it writes it itself
    subject text NOT NULL,                                      -- who somebody is there, for good; never the e-mail address
    linked_at timestamptz NOT NULL,
    UNIQUE (issuer, subject)
);

ALTER TABLE users ADD COLUMN last_login_at timestamptz;         -- to the hour: not a diary of its owner
