-- What the delivery engine counts and says of integrations. Times are milliseconds since 1970.

-- How an integration does: since when it has known nothing but failures, and whether it rests because of that.
CREATE TABLE integration_health (
  integration_id char(32) PRIMARY KEY,
  failing_since_ms bigint,
  last_failure_ms bigint,
  failures integer NOT NULL,
  resting_since_ms bigint,
  probe_at_ms bigint
);

-- Attempts by the hour in which they began; the milliseconds are those of attempts that delivered.
CREATE TABLE integration_hour (
  integration_id char(32) NOT NULL,
  hour_ms bigint NOT NULL,
  delivered integer NOT NULL,
  failed integer NOT NULL,
  total_ms bigint NOT NULL,
  up_to_50_ms integer NOT NULL,
  up_to_100_ms integer NOT NULL,
  up_to_250_ms integer NOT NULL,
  up_to_500_ms integer NOT NULL,
  up_to_1000_ms integer NOT NULL,
  up_to_2500_ms integer NOT NULL,
  up_to_5000_ms integer NOT NULL,
  up_to_10000_ms integer NOT NULL,
  slower integer NOT NULL,
  PRIMARY KEY (integration_id, hour_ms)
);

-- E-mails that are owed to an account's admins: the engine writes them, the web sends them.
CREATE TABLE notice (
  id char(32) PRIMARY KEY,
  account_id char(32) NOT NULL,
  integration_id char(32) NOT NULL,
  kind text NOT NULL,
  detail text NOT NULL,
  created_at_ms bigint NOT NULL,
  due_ms bigint NOT NULL,
  sent_at_ms bigint,
  problem text NOT NULL
);
CREATE INDEX notice_owed ON notice (due_ms) WHERE sent_at_ms IS NULL;

UPDATE engine_schema SET number = 3;
