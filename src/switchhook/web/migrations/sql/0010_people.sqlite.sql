-- Statements are parted by empty lines.

-- The audit log: who did what, when and from where. Lines are added, never changed, and dropped after a year at the
-- soonest, by the retention of their account. Times are milliseconds since 1970.
CREATE TABLE audit_entry (
  id char(32) PRIMARY KEY,
  at_ms bigint NOT NULL,
  account_id char(32),
  person_id char(32),
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
CREATE TABLE erased_account (id char(32) PRIMARY KEY);

CREATE INDEX audit_entry_of_account ON audit_entry (account_id, id);

CREATE INDEX audit_entry_at ON audit_entry (at_ms);

CREATE TRIGGER audit_entry_stays BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'the audit log is not changed'); END;

CREATE TRIGGER audit_entry_is_kept BEFORE DELETE ON audit_entry
WHEN OLD.at_ms > (julianday('now') - 2440587.5 - 365) * 86400000
  AND (OLD.account_id IS NULL OR OLD.account_id NOT IN (SELECT id FROM erased_account))
BEGIN SELECT RAISE(ABORT, 'the audit log is kept for a year'); END;

-- A notice may be about an invitation, too. (SQLite changes no column: the table is made anew.)
CREATE TABLE notice_anew (
  id char(32) PRIMARY KEY,
  account_id char(32) NOT NULL,
  integration_id char(32),
  invitation_id char(32),
  kind text NOT NULL,
  detail text NOT NULL,
  created_at_ms bigint NOT NULL,
  due_ms bigint NOT NULL,
  sent_at_ms bigint,
  problem text NOT NULL
);

INSERT INTO notice_anew SELECT id, account_id, integration_id, NULL, kind, detail, created_at_ms, due_ms, sent_at_ms,
  problem FROM notice;

DROP TABLE notice;

ALTER TABLE notice_anew RENAME TO notice;

CREATE INDEX notice_owed ON notice (due_ms) WHERE sent_at_ms IS NULL;

UPDATE engine_schema SET number = 4;
