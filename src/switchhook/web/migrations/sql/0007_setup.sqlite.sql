-- Setting PBXs up: what is done at which PBX, what no service claims, how reading users goes. Times are milliseconds
-- since 1970.

-- At whose PBX an errand is to be done: by the engine that owns the connection.
ALTER TABLE errand ADD COLUMN connection_id char(32);

-- The last calls of each connection that no service claimed: a sample for the operator.
CREATE TABLE unclaimed_call (
  connection_id char(32) NOT NULL,
  native_call_id text NOT NULL,
  at_ms bigint NOT NULL,
  device text NOT NULL,
  caller_number text NOT NULL,
  dialled text NOT NULL,
  tenant text NOT NULL,
  place text NOT NULL,
  account_code text NOT NULL,
  PRIMARY KEY (connection_id, native_call_id)
);

-- Of services whose users come from the PBX: what was imported first, when it was last read, and what is wrong.
CREATE TABLE directory_state (
  service_id char(32) PRIMARY KEY,
  source text NOT NULL,
  scope text NOT NULL,
  imported_at_ms bigint,
  read_at_ms bigint,
  tried_at_ms bigint,
  users integer NOT NULL,
  problem text NOT NULL
);

UPDATE engine_schema SET number = 4;
