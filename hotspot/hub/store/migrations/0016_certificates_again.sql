-- Revocations of their own, keys that come back no more, every certificate counted, and who is at work on one.
--
-- Hubs of the version before go on with these tables until it is their turn. They read all columns of `certificates` and take none that
-- they do not know, so the table has another name from here on, and its former name shows what it was. What they write through that is
-- carried over by a trigger. A version later the view, the trigger and renew, revoke, issued can be dropped.

CREATE TABLE certificate_revocations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway_id integer NOT NULL REFERENCES gateways,            -- also of one that is revoked: its certificate is good until this is done
    chain text NOT NULL,                                        -- PEM
    reason smallint NOT NULL DEFAULT 1,                         -- RFC 5280, 5.3.1
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

ALTER TABLE certificates RENAME TO portal_certificates;
ALTER TABLE portal_certificates
    ADD COLUMN ready boolean NOT NULL DEFAULT false,            -- the chain is for the last request, its key and its names
    ADD COLUMN unwanted bytea[] NOT NULL DEFAULT '{}',          -- SHA-256 of public keys that get no certificate any more
    ADD COLUMN refused text NOT NULL DEFAULT '',                -- why what the gateway asks for is none of its own
    ADD COLUMN refused_since timestamptz,
    ADD COLUMN held_by text NOT NULL DEFAULT '',                -- the round of a process that is at work on it …
    ADD COLUMN held_until timestamptz,                          -- … and until when nobody else is
    ADD COLUMN look_at timestamptz;                             -- when the authority is asked whether to renew early (RFC 9773)
UPDATE portal_certificates SET ready = chain <> '' AND chain_key_hash IS NOT DISTINCT FROM key_hash AND NOT renew, revoke = '',
    unwanted = CASE WHEN renew THEN array_remove(ARRAY[key_hash, chain_key_hash], NULL) ELSE '{}' END;
UPDATE portal_certificates SET look_at = now() WHERE ready;

CREATE VIEW certificates AS
    SELECT gateway_id, names, csr, key_hash, asked_at, chain, chain_key_hash, begins_at, ends_at, issued, order_url, next_try_at, tries,
        failing_since, failure, renew, revoke
    FROM portal_certificates;

CREATE FUNCTION certificates_of_the_version_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.renew AND NOT OLD.renew THEN                         -- staff want another key
        NEW.unwanted := OLD.unwanted || array_remove(ARRAY[NEW.key_hash, NEW.chain_key_hash], NULL);
    END IF;
    IF NEW.revoke <> '' THEN                                    -- staff want the authority to revoke it
        INSERT INTO certificate_revocations (gateway_id, chain, wanted_at, next_try_at) VALUES (NEW.gateway_id, NEW.revoke, now(), now());
        NEW.revoke := '';
    END IF;
    IF cardinality(NEW.issued) > 0 AND NEW.issued IS DISTINCT FROM OLD.issued THEN
        INSERT INTO certificate_issues (gateway_id, names, at)
            VALUES (NEW.gateway_id, NEW.names, NEW.issued[array_upper(NEW.issued, 1)]);
        NEW.ready := true;
        NEW.look_at := now();
    END IF;
    NEW.ready := NEW.ready AND NEW.chain_key_hash IS NOT DISTINCT FROM NEW.key_hash;
    NEW.renew := coalesce(NEW.key_hash = ANY (NEW.unwanted), false);  -- as they say it; also what this version wants
    RETURN NEW;
END $$;
CREATE TRIGGER version_before BEFORE UPDATE OF renew, revoke, issued, unwanted, key_hash ON portal_certificates
    FOR EACH ROW EXECUTE FUNCTION certificates_of_the_version_before();
