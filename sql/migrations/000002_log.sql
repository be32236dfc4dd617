-- What the worker writes (the change log and its watermark, runs of the sweeper, repairs) and what a rebuild of Redis
-- reads (claims). Rules: L1 to L3, H3, O1, R1 to R3.

-- One row per place touched by an accepted change; a change without places (extend) is one row of kind 'none'. `part`
-- tells rows of one change on one place apart: an area given back partly to sale and partly to its block.
-- No foreign key to events: rows arrive in batches by the thousand, and the log outlives what it speaks of.
CREATE TABLE seat_log (
  event_id   text        NOT NULL,
  epoch      bigint      NOT NULL,
  seq        bigint      NOT NULL,
  place_kind text        NOT NULL CHECK (place_kind IN ('seat', 'area', 'none')),
  place_no   integer     NOT NULL,
  part       smallint    NOT NULL DEFAULT 0,
  kind       text        NOT NULL,
  cat_no     integer,
  from_state text        CHECK (from_state IN ('a', 'h', 'r', 's', 'b')),
  to_state   text        CHECK (to_state IN ('a', 'h', 'r', 's', 'b')),
  quantity   integer     NOT NULL,
  subject    text        NOT NULL,
  actor      text        NOT NULL,
  request_id text        NOT NULL,
  -- sha1 of the hold token, never the token (H6); '' where no hold is concerned.
  hold_hash  text        NOT NULL,
  -- What else there is to know: label and reason of a block, deadline of a hold.
  cause      jsonb       NOT NULL DEFAULT '{}',
  at         timestamptz NOT NULL,
  PRIMARY KEY (event_id, epoch, seq, place_kind, place_no, part)
);
-- The history of one place; of one hold.
CREATE INDEX seat_log_place ON seat_log (event_id, place_kind, place_no, epoch, seq);
CREATE INDEX seat_log_hold ON seat_log (event_id, hold_hash) WHERE hold_hash <> '';

-- How far each event's log is in seat_log: everything up to here, without holes that were not recorded (L1).
CREATE TABLE log_watermarks (
  event_id   text        PRIMARY KEY REFERENCES events (id),
  epoch      bigint      NOT NULL,
  seq        bigint      NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Counters that follow the log, each change counted once (L1, L3). Places, not holds.
CREATE TABLE category_counters (
  event_id           text    NOT NULL REFERENCES events (id),
  cat_no             integer NOT NULL,
  quantity_held      bigint  NOT NULL DEFAULT 0,
  quantity_released  bigint  NOT NULL DEFAULT 0,
  quantity_expired   bigint  NOT NULL DEFAULT 0,
  quantity_blocked   bigint  NOT NULL DEFAULT 0,
  quantity_unblocked bigint  NOT NULL DEFAULT 0,
  quantity_sold      bigint  NOT NULL DEFAULT 0,
  PRIMARY KEY (event_id, cat_no)
);

-- HoldCleanupRun: a sweep that freed holds or failed (H3). Sweeps that found nothing leave no row.
CREATE TABLE hold_cleanup_runs (
  id                bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id          text        NOT NULL,
  started_at        timestamptz NOT NULL,
  finished_at       timestamptz NOT NULL,
  -- Holds freed, and the places in them.
  released          integer     NOT NULL,
  places            integer     NOT NULL,
  errors            integer     NOT NULL,
  -- From a hold's deadline to the script that freed it.
  worst_lateness_ms bigint      NOT NULL,
  -- The process that swept.
  swept_by          text        NOT NULL
);
CREATE INDEX hold_cleanup_runs_started ON hold_cleanup_runs (started_at);

-- The Redis that every event was last loaded into or checked against (R1). At most one row.
CREATE TABLE redis_identity (
  singleton     boolean     PRIMARY KEY DEFAULT true CHECK (singleton),
  run_id        text        NOT NULL,
  master_replid text        NOT NULL,
  role          text        NOT NULL,
  reconciled_at timestamptz NOT NULL DEFAULT now(),
  reconciled_by text        NOT NULL
);

-- Loads, rebuilds, and what does not add up: the operator's list (R2, R3).
CREATE TABLE maintenance_log (
  id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at          timestamptz NOT NULL DEFAULT now(),
  event_id    text,
  kind        text        NOT NULL CHECK (kind IN ('load', 'log_gap', 'postgres_behind', 'redis_behind')),
  reason      text        NOT NULL,
  epoch       bigint,
  result      text        NOT NULL,
  -- When the Postgres snapshot was taken that Redis was loaded from.
  snapshot_at timestamptz,
  duration_ms integer,
  -- Counts and lists of what was carried, dropped, missing.
  differences jsonb       NOT NULL DEFAULT '{}',
  -- The process, or the person, that did it.
  operator    text        NOT NULL
);
CREATE INDEX maintenance_log_event ON maintenance_log (event_id, at);

-- Who has a seat for good: an open order (reserved) or a live ticket (sold). The unique key is what makes selling a seat
-- twice impossible (I1, O1).
CREATE TABLE seat_claims (
  event_id   text        NOT NULL REFERENCES events (id),
  seat_no    integer     NOT NULL CHECK (seat_no >= 0),
  order_id   text        NOT NULL,
  state      text        NOT NULL CHECK (state IN ('reserved', 'sold')),
  claimed_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT seat_claims_one_per_seat UNIQUE (event_id, seat_no)
);
CREATE INDEX seat_claims_order ON seat_claims (order_id);

-- Totals of an area: claimed counts open orders and live tickets, sold the tickets alone (O1).
CREATE TABLE area_claims (
  event_id text    NOT NULL REFERENCES events (id),
  area_no  integer NOT NULL CHECK (area_no >= 0),
  capacity integer NOT NULL CHECK (capacity >= 0),
  claimed  integer NOT NULL DEFAULT 0 CHECK (claimed >= 0 AND claimed <= capacity),
  sold     integer NOT NULL DEFAULT 0 CHECK (sold >= 0 AND sold <= claimed),
  PRIMARY KEY (event_id, area_no)
);

-- Which order has how much of area_claims.claimed: a rebuild must not count a reserved hold beside its own order.
CREATE TABLE area_order_claims (
  event_id text    NOT NULL,
  area_no  integer NOT NULL,
  order_id text    NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  state    text    NOT NULL CHECK (state IN ('reserved', 'sold')),
  PRIMARY KEY (event_id, area_no, order_id, state),
  FOREIGN KEY (event_id, area_no) REFERENCES area_claims (event_id, area_no)
);
CREATE INDEX area_order_claims_order ON area_order_claims (order_id);
