-- What an integration's attempts failed of, by the hour and by the kind of answer: counted, so that no page counts
-- history. Times are milliseconds since 1970.
CREATE TABLE integration_failure (
  integration_id char(32) NOT NULL,
  hour_ms bigint NOT NULL,
  answer text NOT NULL,
  host text NOT NULL,
  said text NOT NULL,
  failed integer NOT NULL,
  first_ms bigint NOT NULL,
  last_ms bigint NOT NULL,
  PRIMARY KEY (integration_id, hour_ms, answer, host)
);

UPDATE engine_schema SET number = 4;
