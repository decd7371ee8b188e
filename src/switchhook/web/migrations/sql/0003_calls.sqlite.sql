-- Calls, as people look for them, and their timelines: `notes` is one JSON object a line (store/rows.py).
-- A call is written when it begins, at most once a second while it is open, and at its end.

CREATE TABLE call (
  id char(32) PRIMARY KEY,
  account_id char(32) NOT NULL,
  service_id char(32) NOT NULL,
  native_call_id text NOT NULL,
  began_ms bigint NOT NULL,
  ended_ms bigint,
  direction text NOT NULL,
  source_number text NOT NULL,
  source_tail text NOT NULL,
  destination_number text NOT NULL,
  destination_tail text NOT NULL,
  extension_number text NOT NULL,
  state text NOT NULL,
  partial bool NOT NULL,
  is_test bool NOT NULL,
  notes text NOT NULL
);
-- The portal's list, and its search by number, extension and the PBX's own id.
CREATE INDEX call_of_account ON call (account_id, began_ms, id);
CREATE INDEX call_by_source ON call (account_id, source_tail, began_ms);
CREATE INDEX call_by_destination ON call (account_id, destination_tail, began_ms);
CREATE INDEX call_by_extension ON call (account_id, extension_number, began_ms);
CREATE INDEX call_by_native_call ON call (account_id, native_call_id);
-- Pruning everybody's.
CREATE INDEX call_by_time ON call (began_ms);

UPDATE engine_schema SET number = 2;
