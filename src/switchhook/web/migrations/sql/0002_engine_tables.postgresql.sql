-- The engine's tables on PostgreSQL. Times are milliseconds since 1970, JSON is text.
-- event, delivery and attempt are partitioned by the day that their ids begin with; engines make the days ahead,
-- and what falls into none goes to the default partition.
-- Every index costs a write on the hot path; each one says whom it serves.

CREATE TABLE engine_schema (number integer NOT NULL);

CREATE TABLE engine (
  id uuid PRIMARY KEY,
  host text NOT NULL,
  pid integer NOT NULL,
  started_at_ms bigint NOT NULL,
  heartbeat_at_ms bigint NOT NULL
);

CREATE TABLE event (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL,
  service_id uuid,
  type text NOT NULL,
  at_ms bigint NOT NULL,
  accepted_at_ms bigint NOT NULL,
  order_key text NOT NULL,
  sequence integer NOT NULL,
  call_uuid uuid,
  native_call_id text NOT NULL,
  source_number text NOT NULL,
  source_tail text NOT NULL,
  destination_number text NOT NULL,
  destination_tail text NOT NULL,
  extension_number text NOT NULL,
  fields text NOT NULL,
  unwanted_reason text NOT NULL,
  is_test boolean NOT NULL
) PARTITION BY RANGE (id);
CREATE TABLE event_default PARTITION OF event DEFAULT;
-- The portal's timeline, and its search by number, call and extension.
CREATE INDEX event_of_account ON event (account_id, id);
CREATE INDEX event_by_source ON event (account_id, source_tail, id);
CREATE INDEX event_by_destination ON event (account_id, destination_tail, id);
CREATE INDEX event_by_call ON event (account_id, call_uuid, id);
CREATE INDEX event_by_extension ON event (account_id, extension_number, id);
CREATE INDEX event_by_native_call ON event (account_id, native_call_id, id);

CREATE TABLE delivery (
  id uuid PRIMARY KEY,
  event_id uuid NOT NULL,
  account_id uuid NOT NULL,
  integration_id uuid NOT NULL,
  service_id uuid,
  event_type text NOT NULL,
  order_key text NOT NULL,
  sequence integer NOT NULL,
  state text NOT NULL,
  attempts integer NOT NULL,
  tried boolean NOT NULL,
  manual boolean NOT NULL,
  owner uuid,
  next_attempt_at_ms bigint,
  created_at_ms bigint NOT NULL,
  expires_at_ms bigint NOT NULL,
  finished_at_ms bigint,
  last_status integer,
  last_problem text NOT NULL,
  is_test boolean NOT NULL
) PARTITION BY RANGE (id);
CREATE TABLE delivery_default PARTITION OF delivery DEFAULT;
-- The portal's lists: an account's deliveries, an integration's, an event's.
CREATE INDEX delivery_of_account ON delivery (account_id, id);
CREATE INDEX delivery_of_integration ON delivery (integration_id, id);
CREATE INDEX delivery_of_event ON delivery (event_id);
-- Claiming: what nobody holds, by lane and integration, the longest due first.
CREATE INDEX delivery_waiting ON delivery (tried, integration_id, next_attempt_at_ms)
  WHERE state = 'pending' AND owner IS NULL;
-- Burying the dead: what somebody holds.
CREATE INDEX delivery_owned ON delivery (owner) WHERE owner IS NOT NULL;
-- Order: first attempts that have not ended.
CREATE INDEX delivery_untried ON delivery (integration_id, order_key, sequence)
  WHERE state = 'pending' AND NOT tried;

CREATE TABLE attempt (
  delivery_id uuid NOT NULL,
  number integer NOT NULL,
  engine_id uuid,
  started_at_ms bigint NOT NULL,
  duration_ms integer NOT NULL,
  status integer,
  problem text NOT NULL,
  verdict text NOT NULL,
  request text NOT NULL,
  answer text NOT NULL,
  PRIMARY KEY (delivery_id, number)
) PARTITION BY RANGE (delivery_id);
CREATE TABLE attempt_default PARTITION OF attempt DEFAULT;

CREATE TABLE errand (
  id uuid PRIMARY KEY,
  account_id uuid,
  kind text NOT NULL,
  state text NOT NULL,
  args text NOT NULL,
  result text NOT NULL,
  owner uuid,
  asked_by uuid,
  created_at_ms bigint NOT NULL,
  finished_at_ms bigint
);
CREATE INDEX errand_open ON errand (created_at_ms) WHERE state IN ('asked', 'working');

CREATE TABLE intake_key (
  service_id uuid NOT NULL,
  caller_key text NOT NULL,
  event_id uuid NOT NULL,
  PRIMARY KEY (service_id, caller_key)
);
-- Pruning with the event.
CREATE INDEX intake_key_of_event ON intake_key (event_id);

CREATE TABLE open_call (
  connection_id uuid NOT NULL,
  key text NOT NULL,
  memory text NOT NULL,
  updated_at_ms bigint NOT NULL,
  PRIMARY KEY (connection_id, key)
);

CREATE TABLE connection_state (
  connection_id uuid PRIMARY KEY,
  owner uuid,
  state text NOT NULL,
  since_ms bigint NOT NULL,
  detail text NOT NULL,
  last_message_at_ms bigint,
  messages bigint NOT NULL,
  reconnects integer NOT NULL,
  unclaimed integer NOT NULL
);

CREATE TABLE gap (
  id uuid PRIMARY KEY,
  connection_id uuid NOT NULL,
  begin_ms bigint NOT NULL,
  end_ms bigint NOT NULL,
  reason text NOT NULL,
  partial_calls integer NOT NULL
);
CREATE INDEX gap_of_connection ON gap (connection_id, end_ms);

CREATE TABLE inbox_request (
  id uuid PRIMARY KEY,
  inbox_id uuid NOT NULL,
  at_ms bigint NOT NULL,
  method text NOT NULL,
  url text NOT NULL,
  headers text NOT NULL,
  body bytea NOT NULL,
  body_truncated boolean NOT NULL,
  answered_status integer NOT NULL
);
CREATE INDEX inbox_request_of_inbox ON inbox_request (inbox_id, at_ms);

INSERT INTO engine_schema (number) VALUES (1);
INSERT INTO configuration_version (id, version) VALUES (1, 0);
