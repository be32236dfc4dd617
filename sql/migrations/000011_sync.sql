-- A sync after Postgres went back in time keeps what Redis alone called sold, and lists it (R5); how long a load stopped sales (R2).
ALTER TABLE maintenance_log DROP CONSTRAINT maintenance_log_kind_check;
ALTER TABLE maintenance_log ADD CONSTRAINT maintenance_log_kind_check
  CHECK (kind IN ('load', 'log_gap', 'postgres_behind', 'redis_behind', 'drift', 'repair', 'restore'));
-- From the new epoch until commands were decided again.
ALTER TABLE maintenance_log ADD COLUMN paused_ms integer;
-- The last finding of each event is asked for by every check.
CREATE INDEX maintenance_log_kind ON maintenance_log (kind, event_id, id);
