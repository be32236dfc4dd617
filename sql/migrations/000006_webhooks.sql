-- Webhooks: who is told, what they are told, and each telling. Rules: W1 to W8.

CREATE TABLE webhook_endpoints (
  id              text        PRIMARY KEY CHECK (id ~ '^whk_[A-Za-z0-9_-]{8,64}$'),
  url             text        NOT NULL,
  description     text        NOT NULL DEFAULT '',
  -- Exact types, 'order.*', '*'.
  types           text[]      NOT NULL,
  -- Event ids; NULL: all.
  events          text[],
  -- [{secret, createdAt, expiresAt}], the current one first. Needed in clear to sign with.
  secrets         jsonb       NOT NULL,
  status          text        NOT NULL DEFAULT 'enabled' CHECK (status IN ('enabled', 'disabled')),
  -- Why it is disabled: 'asked', or 'gone' after a 410.
  disabled_reason text,
  created_by      text        NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now()
);

-- Which worker delivers to an endpoint. One at a time: that is what keeps the order (W4). Not a column of the endpoint,
-- because it is written every second.
CREATE TABLE webhook_leases (
  endpoint_id text        PRIMARY KEY REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
  owner       text        NOT NULL,
  until       timestamptz NOT NULL
);

-- A message once, however many endpoints get it.
CREATE TABLE webhook_messages (
  id         text        PRIMARY KEY,
  type       text        NOT NULL,
  event_id   text        NOT NULL,
  -- What it speaks of; messages that share one go out one after another (W4).
  keys       text[]      NOT NULL,
  -- To the byte what is signed.
  body       text        NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhook_messages_age ON webhook_messages (created_at);

-- pending: no worker has it yet; taken: with the worker that has the endpoint, failed attempts included.
CREATE TABLE webhook_deliveries (
  id               bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  endpoint_id      text        NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
  message_id       text        NOT NULL REFERENCES webhook_messages (id),
  status           text        NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'taken', 'delivered', 'dead')),
  attempts         integer     NOT NULL DEFAULT 0,
  -- Clock of the workers; the three days run from here.
  first_attempt_at timestamptz,
  next_attempt_at  timestamptz,
  -- Of the last attempt: HTTP status, or what went wrong before there was one.
  last_status      integer,
  last_error       text,
  created_at       timestamptz NOT NULL DEFAULT now(),
  finished_at      timestamptz
);
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (endpoint_id, id) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_taken ON webhook_deliveries (endpoint_id, id) WHERE status = 'taken';
CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (endpoint_id, id) WHERE status = 'dead';
CREATE INDEX webhook_deliveries_list ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_finished ON webhook_deliveries (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX webhook_deliveries_message ON webhook_deliveries (message_id);
