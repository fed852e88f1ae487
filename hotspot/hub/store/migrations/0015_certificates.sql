-- The certificate of each gateway's portal: what it asked for, what it got, and how the next one is coming along. Keys stay in the hall.

CREATE TABLE certificates (
    gateway_id integer PRIMARY KEY REFERENCES gateways,
    names text[] NOT NULL,                                      -- that staff gave to it, and no others
    csr text NOT NULL DEFAULT '',                               -- its last request, PEM; '': none yet
    key_hash bytea,                                             -- SHA-256 of the public key in it
    asked_at timestamptz,                                       -- when that request came first
    chain text NOT NULL DEFAULT '',                             -- the last certificate with its chain, PEM
    chain_key_hash bytea,                                       -- SHA-256 of the public key in it
    begins_at timestamptz,
    ends_at timestamptz,
    issued timestamptz[] NOT NULL DEFAULT '{}',                 -- when certificates were issued, in the last week
    order_url text NOT NULL DEFAULT '',                         -- at the authority, while an order is open
    next_try_at timestamptz,                                    -- NULL: nothing is to be done
    tries integer NOT NULL DEFAULT 0,                           -- that failed in a row
    failing_since timestamptz,
    failure text NOT NULL DEFAULT '',                           -- why the last try failed
    renew boolean NOT NULL DEFAULT false,                       -- the gateway is to make another key
    revoke text NOT NULL DEFAULT ''                             -- a certificate that the authority is still to revoke, PEM
);
CREATE INDEX certificates_due ON certificates (next_try_at) WHERE next_try_at IS NOT NULL;
