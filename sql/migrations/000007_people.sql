-- Keys of machines, and what was revoked. Rules: A1, A8 to A10.

-- A key is `<id>_<secret>`; the secret has 256 random bits, is shown once and kept as its sha256 alone. Rows are never deleted: the
-- log names keys by their subject.
CREATE TABLE api_keys (
  id           text        PRIMARY KEY CHECK (id ~ '^ak_[a-z0-9]{16}$'),
  name         text        NOT NULL,
  secret_hash  bytea       NOT NULL CHECK (octet_length(secret_hash) = 32),
  role         text        NOT NULL CHECK (role IN ('kiosk', 'box_office', 'service', 'admin')),
  -- Who it speaks as, in holds, orders and the log.
  subject      text        NOT NULL,
  -- Events it is limited to; NULL: all.
  events       text[],
  created_by   text        NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz,
  -- To within minutes: it is written now and then, not by each call.
  last_used_at timestamptz,
  revoked_at   timestamptz,
  revoked_by   text,
  -- Idempotency-Key of the call that made it, and a hash of what was asked (S7).
  request_id   text,
  fingerprint  text        NOT NULL DEFAULT '',
  CONSTRAINT api_keys_request_once UNIQUE (created_by, request_id)
);

-- What is refused before its time: every token of a subject that was issued up to `not_before`, or one token (a key, by its id) at
-- all. Append-only; a row is let go when no token can be as old as it says.
CREATE TABLE revocations (
  id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind       text        NOT NULL CHECK (kind IN ('subject', 'token')),
  name       text        NOT NULL,
  not_before timestamptz NOT NULL,
  actor      text        NOT NULL,
  at         timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX revocations_at ON revocations (at);
