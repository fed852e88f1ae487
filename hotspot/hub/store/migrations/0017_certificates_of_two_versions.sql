-- Hubs of the version before 0016, while they go on beside this one: they see who is at work on a certificate, and can erase.
--
-- They know no held_until, and took what a process of this version was just ordering: two orders for one key. What they see as next_try_at
-- is a column of its own from here on: what is held is not due for them until it is free. (A column, because they write through the view
-- with ON CONFLICT, which goes neither with an expression nor with a trigger of the view's.) It goes with the view.

ALTER TABLE portal_certificates ADD COLUMN next_try_before timestamptz;    -- when it is due for hubs of the version before

CREATE FUNCTION certificates_due_for_the_version_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.next_try_before IS DISTINCT FROM OLD.next_try_before THEN
        NEW.next_try_at := NEW.next_try_before;                            -- their word
    END IF;
    NEW.next_try_before := CASE
        WHEN NEW.next_try_at IS NOT NULL AND NEW.held_until > now() THEN greatest(NEW.held_until, NEW.next_try_at)
        ELSE NEW.next_try_at
    END;
    RETURN NEW;
END $$;
CREATE TRIGGER version_before_due BEFORE INSERT OR UPDATE ON portal_certificates
    FOR EACH ROW EXECUTE FUNCTION certificates_due_for_the_version_before();
UPDATE portal_certificates SET next_try_at = next_try_at;

CREATE OR REPLACE VIEW certificates AS
    SELECT gateway_id, names, csr, key_hash, asked_at, chain, chain_key_hash, begins_at, ends_at, issued, order_url,
        next_try_before AS next_try_at, tries, failing_since, failure, renew, revoke
    FROM portal_certificates;

-- Erasing a hall, they delete from the tables that they know and then its gateways: these two kept them from it.
ALTER TABLE certificate_revocations DROP CONSTRAINT certificate_revocations_gateway_id_fkey,
    ADD CONSTRAINT certificate_revocations_gateway_id_fkey FOREIGN KEY (gateway_id) REFERENCES gateways ON DELETE CASCADE;
ALTER TABLE certificate_issues DROP CONSTRAINT certificate_issues_gateway_id_fkey,
    ADD CONSTRAINT certificate_issues_gateway_id_fkey FOREIGN KEY (gateway_id) REFERENCES gateways ON DELETE CASCADE;

-- Orders that were begun and are wanted no more (hotspot/hub/store/left_orders.py).
CREATE TABLE certificate_orders_left (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway_id integer NOT NULL REFERENCES gateways ON DELETE CASCADE,
    order_url text NOT NULL,                                    -- at the authority
    left_at timestamptz NOT NULL,
    next_try_at timestamptz NOT NULL,
    tries integer NOT NULL DEFAULT 0
);
CREATE INDEX certificate_orders_left_gateway ON certificate_orders_left (gateway_id);
