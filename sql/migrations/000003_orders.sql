-- Orders, tickets, money, what Redis must still be told, and the outbox. Rules: O1 to O5, L3, I1, I2.

-- Amounts are integer minor units of `currency`. Personal data (`buyer`) is here and nowhere else, and can be erased (L3).
CREATE TABLE orders (
  id            text        PRIMARY KEY CHECK (id ~ '^ord_[A-Za-z0-9_-]{8,64}$'),
  event_id      text        NOT NULL REFERENCES events (id),
  status        text        NOT NULL
    CHECK (status IN ('pending', 'completed', 'failed', 'expired', 'cancelled', 'refunded', 'partially_refunded')),
  version       bigint      NOT NULL DEFAULT 1,
  -- The shop's own number: unique over all events.
  external_id   text        UNIQUE,
  subject       text        NOT NULL,
  -- Who placed it: the subject itself, or staff on its behalf.
  actor         text        NOT NULL,
  -- The reserved hold it was made from; '' for a tombstone of an order that never was.
  hold_token    text        NOT NULL,
  buyer         jsonb,
  currency      text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  total_minor   bigint      NOT NULL CHECK (total_minor >= 0),
  refunded_minor bigint     NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
  chart_version bigint      NOT NULL,
  -- Who takes the money: nobody yet, the shop or the counter (O5), or Aisle's own provider (O4).
  payment_kind  text        NOT NULL DEFAULT 'none' CHECK (payment_kind IN ('none', 'external', 'provider')),
  -- What the caller sent to make it, for Idempotency-Keys: they outlive any loss of Redis (S7).
  request_subject text      NOT NULL,
  request_id    text        NOT NULL,
  fingerprint   text        NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT now(),
  -- Whole milliseconds, as clients see it: lists are paged by it.
  updated_at    timestamptz(3) NOT NULL DEFAULT now(),
  -- Until when a pending order may be paid, by Postgres's clock (O2).
  expires_at    timestamptz,
  completed_at  timestamptz,
  -- NULL while an effect of it on Redis is not done (O3).
  settled_at    timestamptz,
  erased_at     timestamptz,
  CONSTRAINT orders_request_once UNIQUE (request_subject, request_id)
);
CREATE INDEX orders_event ON orders (event_id, created_at, id);
CREATE INDEX orders_updated ON orders (updated_at, id);
CREATE INDEX orders_subject ON orders (subject, created_at);
CREATE INDEX orders_email ON orders (lower(buyer ->> 'email')) WHERE buyer IS NOT NULL;
CREATE INDEX orders_due ON orders (expires_at) WHERE status = 'pending';

-- Prices are per place and frozen here. `quantity` is 1 for a seat. `origin`: what the place goes back to when the order ends unpaid.
CREATE TABLE order_items (
  order_id    text    NOT NULL REFERENCES orders (id),
  item_no     integer NOT NULL,
  place_kind  text    NOT NULL CHECK (place_kind IN ('seat', 'area')),
  place_no    integer NOT NULL CHECK (place_no >= 0),
  -- The id the chart gives it: orders outlive charts.
  place_id    text    NOT NULL,
  quantity    integer NOT NULL CHECK (quantity > 0),
  cat_no      integer NOT NULL,
  category    text    NOT NULL,
  ticket_type text,
  origin      text    NOT NULL CHECK (origin IN ('a', 'b')),
  unit_minor  bigint  NOT NULL CHECK (unit_minor >= 0),
  fee_minor   bigint  NOT NULL CHECK (fee_minor >= 0),
  tax_minor   bigint  NOT NULL CHECK (tax_minor >= 0),
  PRIMARY KEY (order_id, item_no),
  CONSTRAINT order_items_seat_is_one CHECK (place_kind = 'area' OR quantity = 1)
);

-- One row a place sold. The code is made from id and key (never stored): see docs/SPEC.md, T rules.
CREATE TABLE tickets (
  id           text        PRIMARY KEY CHECK (id ~ '^tkt_[A-Za-z0-9_-]{8,64}$'),
  order_id     text        NOT NULL REFERENCES orders (id),
  event_id     text        NOT NULL REFERENCES events (id),
  item_no      integer     NOT NULL,
  place_kind   text        NOT NULL CHECK (place_kind IN ('seat', 'area')),
  place_no     integer     NOT NULL,
  place_id     text        NOT NULL,
  cat_no       integer     NOT NULL,
  category     text        NOT NULL,
  ticket_type  text,
  -- unit + fee + tax: what a refund of this ticket gives back.
  paid_minor   bigint      NOT NULL CHECK (paid_minor >= 0),
  status       text        NOT NULL DEFAULT 'valid' CHECK (status IN ('valid', 'scanned', 'cancelled')),
  issued_at    timestamptz NOT NULL DEFAULT now(),
  scanned_at   timestamptz,
  scanned_by   text,
  cancelled_at timestamptz
);
CREATE INDEX tickets_order ON tickets (order_id);
CREATE INDEX tickets_event ON tickets (event_id, place_kind, place_no);
-- Beside the claim, a second and independent lock on selling a seat twice (I1).
CREATE UNIQUE INDEX tickets_one_live_per_seat ON tickets (event_id, place_no) WHERE place_kind = 'seat' AND status <> 'cancelled';

-- Who did what to an order, version by version.
CREATE TABLE order_changes (
  order_id   text        NOT NULL REFERENCES orders (id),
  version    bigint      NOT NULL,
  kind       text        NOT NULL,
  actor      text        NOT NULL,
  request_id text        NOT NULL,
  changes    jsonb       NOT NULL DEFAULT '{}',
  at         timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (order_id, version)
);
CREATE TRIGGER order_changes_immutable BEFORE UPDATE OR DELETE ON order_changes FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What Redis must still be told of an order's step (O3). `epoch`: the event's when the step was committed; a Redis loaded
-- under a later one has read it already.
CREATE TABLE order_effects (
  id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id   text        NOT NULL REFERENCES orders (id),
  event_id   text        NOT NULL,
  epoch      bigint      NOT NULL,
  kind       text        NOT NULL CHECK (kind IN ('sold', 'released', 'returned', 'exchanged')),
  -- The reserved hold that ends with it; '' where none does.
  hold_token text        NOT NULL,
  -- {take: [place…], give: [place with `to`…], cause, actor, requestId}
  detail     jsonb       NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  done_at    timestamptz
);
CREATE INDEX order_effects_open ON order_effects (created_at) WHERE done_at IS NULL;
CREATE INDEX order_effects_order ON order_effects (order_id);

-- Every call to a payment provider, written before it is made (O4). Refunds name the payment they give back.
CREATE TABLE payment_attempts (
  id           text        PRIMARY KEY CHECK (id ~ '^(pay|rfd)_[A-Za-z0-9_-]{8,64}$'),
  order_id     text        NOT NULL REFERENCES orders (id),
  kind         text        NOT NULL CHECK (kind IN ('charge', 'refund')),
  provider     text        NOT NULL,
  amount_minor bigint      NOT NULL CHECK (amount_minor > 0),
  currency     text        NOT NULL,
  -- open: the provider was or may have been called, its answer is not known. succeeded, declined, failed: final.
  status       text        NOT NULL CHECK (status IN ('open', 'succeeded', 'declined', 'failed')),
  -- The provider's own id, once known.
  provider_ref text,
  -- The charge that a refund gives back.
  refund_of    text        REFERENCES payment_attempts (id),
  -- Why a refund: one refund a payment and cause ('late', 'cancelled', 'ticket tkt_…').
  cause        text        NOT NULL DEFAULT '',
  decline_code text,
  checks       integer     NOT NULL DEFAULT 0,
  next_check_at timestamptz,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT payment_attempts_refund_names_charge CHECK ((kind = 'refund') = (refund_of IS NOT NULL))
);
CREATE UNIQUE INDEX payment_attempts_one_open_charge ON payment_attempts (order_id) WHERE kind = 'charge' AND status = 'open';
CREATE UNIQUE INDEX payment_attempts_refund_once ON payment_attempts (refund_of, cause) WHERE kind = 'refund';
CREATE UNIQUE INDEX payment_attempts_provider_ref ON payment_attempts (provider, provider_ref) WHERE provider_ref IS NOT NULL;
CREATE INDEX payment_attempts_order ON payment_attempts (order_id);
CREATE INDEX payment_attempts_open ON payment_attempts (next_check_at) WHERE status = 'open';

-- The books: money in and out, once each. Amounts are positive; `kind` gives the direction.
CREATE TABLE transactions (
  id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id     text        NOT NULL REFERENCES orders (id),
  event_id     text        NOT NULL REFERENCES events (id),
  kind         text        NOT NULL CHECK (kind IN ('payment', 'refund', 'external_payment', 'external_refund')),
  amount_minor bigint      NOT NULL CHECK (amount_minor >= 0),
  currency     text        NOT NULL,
  -- The attempt's id, or the shop's reference.
  reference    text        NOT NULL,
  at           timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT transactions_once UNIQUE (order_id, kind, reference)
);
CREATE INDEX transactions_event ON transactions (event_id, at);
CREATE TRIGGER transactions_immutable BEFORE UPDATE OR DELETE ON transactions FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What the outside is to be told (webhooks, read models), written in the transaction of the change itself. Ids are given before the
-- commit, so readers go by `taken_at IS NULL`, never by "above the last id".
CREATE TABLE outbox (
  id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  type       text        NOT NULL,
  event_id   text        NOT NULL,
  order_id   text,
  data       jsonb       NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  taken_at   timestamptz
);
CREATE INDEX outbox_waiting ON outbox (id) WHERE taken_at IS NULL;
