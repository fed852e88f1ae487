-- Revocations of their own, keys that come back no more, every certificate counted, and who is at work on one.

CREATE TABLE certificate_revocations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway_id integer NOT NULL REFERENCES gateways,            -- also of one that is revoked: its certificate is good until this is done
    chain text NOT NULL,                                        -- PEM
    wanted_at timestamptz NOT NULL,
    next_try_at timestamptz NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    failure text NOT NULL DEFAULT ''
);
CREATE INDEX certificate_revocations_gateway ON certificate_revocations (gateway_id);
INSERT INTO certificate_revocations (gateway_id, chain, wanted_at, next_try_at)
    SELECT gateway_id, revoke, now(), now() FROM certificates WHERE revoke <> '';

CREATE TABLE certificate_issues (
    gateway_id integer NOT NULL REFERENCES gateways,
    names text[] NOT NULL,                                      -- in order: authorities count certificates with the same names
    at timestamptz NOT NULL                                     -- of the last week
);
CREATE INDEX certificate_issues_gateway ON certificate_issues (gateway_id);
INSERT INTO certificate_issues (gateway_id, names, at) SELECT gateway_id, names, unnest(issued) FROM certificates;

ALTER TABLE certificates
    ADD COLUMN ready boolean NOT NULL DEFAULT false,            -- the chain is for the last request, its key and its names
    ADD COLUMN unwanted bytea[] NOT NULL DEFAULT '{}',          -- SHA-256 of public keys that get no certificate any more
    ADD COLUMN refused text NOT NULL DEFAULT '',                -- why what the gateway asks for is none of its own
    ADD COLUMN refused_since timestamptz,
    ADD COLUMN held_by text NOT NULL DEFAULT '',                -- the round of a process that is at work on it …
    ADD COLUMN held_until timestamptz,                          -- … and until when nobody else is
    ADD COLUMN look_at timestamptz;                             -- when the authority is asked whether to renew early (RFC 9773)
UPDATE certificates SET ready = chain <> '' AND chain_key_hash IS NOT DISTINCT FROM key_hash AND NOT renew,
    unwanted = CASE WHEN renew THEN array_remove(ARRAY[key_hash, chain_key_hash], NULL) ELSE '{}' END;
ALTER TABLE certificates DROP COLUMN renew, DROP COLUMN revoke, DROP COLUMN issued;
