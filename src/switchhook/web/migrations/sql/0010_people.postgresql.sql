-- Statements are parted by empty lines.

-- The audit log: who did what, when and from where. Lines are added, never changed, and dropped after a year at the
-- soonest, by the retention of their account. Times are milliseconds since 1970.
CREATE TABLE audit_entry (
  id uuid PRIMARY KEY,
  at_ms bigint NOT NULL,
  account_id uuid,
  person_id uuid,
  who text NOT NULL,
  by_operator boolean NOT NULL,
  via text NOT NULL,
  token text NOT NULL,
  address text NOT NULL,
  request_id text NOT NULL,
  action text NOT NULL,
  kind text NOT NULL,
  object_id text NOT NULL,
  object_name text NOT NULL,
  detail text NOT NULL,
  changes text NOT NULL
);

-- Accounts that are being erased: they take their lines along.
CREATE TABLE erased_account (id uuid PRIMARY KEY);

CREATE INDEX audit_entry_of_account ON audit_entry (account_id, id);

CREATE INDEX audit_entry_at ON audit_entry (at_ms);

CREATE FUNCTION audit_entry_refuses() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is not changed'; END $$;

CREATE FUNCTION audit_entry_is_kept() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  IF OLD.account_id IS NULL OR OLD.account_id NOT IN (SELECT id FROM erased_account) THEN
    RAISE EXCEPTION 'the audit log is kept for a year';
  END IF;
  RETURN OLD;
END $$;

CREATE TRIGGER audit_entry_stays BEFORE UPDATE ON audit_entry
FOR EACH ROW EXECUTE FUNCTION audit_entry_refuses();

CREATE TRIGGER audit_entry_is_kept BEFORE DELETE ON audit_entry FOR EACH ROW
WHEN (OLD.at_ms > (extract(epoch FROM now()) - 365 * 86400) * 1000)
EXECUTE FUNCTION audit_entry_is_kept();

-- A notice may be about an invitation, too.
ALTER TABLE notice ALTER COLUMN integration_id DROP NOT NULL, ADD COLUMN invitation_id uuid;

UPDATE engine_schema SET number = 4;
