-- Read models that follow the log (L1, L3), where each epoch began (so that a replay can prove the map), and erasure (L4).

-- Places sold and given back, by the minute of the change.
CREATE TABLE sales_minutes (
  event_id text        NOT NULL,
  cat_no   integer     NOT NULL,
  minute   timestamptz NOT NULL,
  sold     bigint      NOT NULL DEFAULT 0,
  returned bigint      NOT NULL DEFAULT 0,
  PRIMARY KEY (event_id, minute, cat_no)
);

-- The map and areas that a load wrote: the log of the epoch goes on from here. `letters` is deflated, one letter a seat;
-- `areas` is [[held, reserved, sold, blocked], …] by area number.
CREATE TABLE epoch_bases (
  event_id text        NOT NULL REFERENCES events (id),
  epoch    bigint      NOT NULL,
  letters  bytea       NOT NULL,
  areas    jsonb       NOT NULL,
  at       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (event_id, epoch)
);

-- The history of one order.
CREATE INDEX seat_log_order ON seat_log (event_id, (cause ->> 'orderId')) WHERE cause ? 'orderId';
CREATE INDEX seat_log_subject ON seat_log (subject, at) WHERE subject <> '';

-- That somebody's data was erased, by whom and when; not whose (the pseudonym is random).
CREATE TABLE erasures (
  id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at         timestamptz NOT NULL DEFAULT now(),
  actor      text        NOT NULL,
  reason     text        NOT NULL,
  pseudonyms text[]      NOT NULL,
  orders     integer     NOT NULL
);

-- The history of an order is immutable but for one thing: an erasure may replace the name of who acted.
CREATE FUNCTION refuse_change_unless_erasing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND current_setting('aisle.erasing', true) = 'on'
    AND to_jsonb(NEW) - 'actor' = to_jsonb(OLD) - 'actor' AND NEW.actor LIKE 'erased\_%' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is immutable: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
DROP TRIGGER order_changes_immutable ON order_changes;
CREATE TRIGGER order_changes_immutable BEFORE UPDATE OR DELETE ON order_changes
  FOR EACH ROW EXECUTE FUNCTION refuse_change_unless_erasing();

-- drift: Redis and Postgres differ where they should not. repair: Redis was set to what Postgres says.
ALTER TABLE maintenance_log DROP CONSTRAINT maintenance_log_kind_check;
ALTER TABLE maintenance_log ADD CONSTRAINT maintenance_log_kind_check
  CHECK (kind IN ('load', 'log_gap', 'postgres_behind', 'redis_behind', 'drift', 'repair'));
