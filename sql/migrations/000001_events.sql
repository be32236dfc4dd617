-- Charts, events, their history, house-seat blocks, and the answers remembered for idempotent requests.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- The one guard of everything that is written once.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is immutable: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

-- Charts by content: the same hall sold on a hundred nights is stored once. `document` is gzip of the chart's JSON,
-- served as it is; 200,000 seats are about 20 MB of JSON and 2 MB here.
CREATE TABLE charts (
  hash text PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
  seat_count integer NOT NULL CHECK (seat_count >= 0),
  area_count integer NOT NULL CHECK (area_count >= 0),
  places integer NOT NULL CHECK (places BETWEEN 1 AND 200000),
  document bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
-- It is compressed already.
ALTER TABLE charts ALTER COLUMN document SET STORAGE EXTERNAL;

CREATE TRIGGER charts_immutable BEFORE UPDATE OR DELETE ON charts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER charts_no_truncate BEFORE TRUNCATE ON charts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE events (
  id text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9_-]{1,64}$'),
  name text NOT NULL,
  status text NOT NULL DEFAULT 'draft'
    CHECK (status IN ('draft', 'published', 'on_sale', 'paused', 'closed', 'cancelled')),
  version bigint NOT NULL DEFAULT 1 CHECK (version >= 1),
  starts_at timestamptz NOT NULL,
  ends_at timestamptz,
  timezone text NOT NULL,
  description text,
  venue text,
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  prices jsonb NOT NULL,
  chart_version bigint NOT NULL CHECK (chart_version >= 1),
  hold_seconds integer NOT NULL CHECK (hold_seconds > 0),
  max_hold_seconds integer NOT NULL,
  reserve_seconds integer NOT NULL CHECK (reserve_seconds > 0),
  max_seats_per_subject integer NOT NULL CHECK (max_seats_per_subject > 0),
  sale_starts_at timestamptz,
  sale_ends_at timestamptz,
  public_states text NOT NULL CHECK (public_states IN ('full', 'binary')),
  external_id text UNIQUE,
  -- Bumped by every load into Redis (SPEC R2); 0: never loaded.
  epoch bigint NOT NULL DEFAULT 0 CHECK (epoch >= 0),
  -- Name, venue and description without case and accents, for ?q=.
  search text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT events_hold_within_max CHECK (max_hold_seconds >= hold_seconds),
  CONSTRAINT events_ends_after_start CHECK (ends_at IS NULL OR ends_at >= starts_at),
  CONSTRAINT events_sale_ends_after_start CHECK (sale_ends_at IS NULL OR sale_starts_at IS NULL OR sale_ends_at > sale_starts_at)
);
CREATE INDEX events_list ON events (starts_at, id);
CREATE INDEX events_by_status ON events (status, starts_at, id);
CREATE INDEX events_search ON events USING gin (search gin_trgm_ops);
CREATE INDEX events_sale_start ON events (sale_starts_at) WHERE status = 'published' AND sale_starts_at IS NOT NULL;
CREATE INDEX events_sale_end ON events (sale_ends_at) WHERE status IN ('on_sale', 'paused') AND sale_ends_at IS NOT NULL;

-- Which chart each chart version of an event is: written once, never changed.
CREATE TABLE event_charts (
  event_id text NOT NULL REFERENCES events (id) DEFERRABLE INITIALLY DEFERRED,
  version bigint NOT NULL CHECK (version >= 1),
  chart_hash text NOT NULL REFERENCES charts (hash),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (event_id, version)
);
CREATE INDEX event_charts_by_hash ON event_charts (chart_hash);
CREATE TRIGGER event_charts_immutable BEFORE UPDATE OR DELETE ON event_charts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_charts_no_truncate BEFORE TRUNCATE ON event_charts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE events ADD CONSTRAINT events_chart FOREIGN KEY (id, chart_version) REFERENCES event_charts (event_id, version)
  DEFERRABLE INITIALLY DEFERRED;

-- Who made each version of an event, and what it changed.
CREATE TABLE event_changes (
  event_id text NOT NULL REFERENCES events (id),
  version bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('create', 'patch', 'publish', 'open', 'pause', 'close', 'cancel')),
  actor text NOT NULL,
  changes jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (event_id, version)
);
CREATE TRIGGER event_changes_immutable BEFORE UPDATE OR DELETE ON event_changes FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- House seats and other places kept back; the truth a rebuild loads (SPEC O6). place_no: seatNo or areaNo.
CREATE TABLE seat_blocks (
  event_id text NOT NULL REFERENCES events (id),
  kind text NOT NULL CHECK (kind IN ('seat', 'area')),
  place_no integer NOT NULL CHECK (place_no >= 0),
  quantity integer NOT NULL CHECK (quantity > 0),
  label text NOT NULL DEFAULT '',
  reason text NOT NULL DEFAULT '',
  actor text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (event_id, kind, place_no),
  CONSTRAINT seat_blocks_seat_is_one CHECK (kind = 'area' OR quantity = 1)
);

-- Answers to an Idempotency-Key where Redis cannot remember them (creating an event): outlive any loss of Redis.
CREATE TABLE request_answers (
  subject text NOT NULL,
  request_id text NOT NULL,
  fingerprint text NOT NULL,
  answer jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (subject, request_id)
);
CREATE INDEX request_answers_age ON request_answers (created_at);
