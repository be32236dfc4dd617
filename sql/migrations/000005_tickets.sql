-- Keys that sign ticket codes, and what is known of a scan. Rules: T1 to T4.

-- Ed25519. The newest key signs; all that are not retired verify. A retired key loses its private half for good.
CREATE TABLE ticket_keys (
  -- The beginning of the key's RFC 7638 thumbprint: part of every code that it signs.
  kid         text        PRIMARY KEY CHECK (kid ~ '^[A-Za-z0-9_-]{4,16}$'),
  -- Raw keys of 32 bytes, base64url: `x` and `d` of the JWK.
  public_key  text        NOT NULL CHECK (public_key ~ '^[A-Za-z0-9_-]{43}$'),
  private_key text        CHECK (private_key ~ '^[A-Za-z0-9_-]{43}$'),
  created_at  timestamptz NOT NULL DEFAULT now(),
  created_by  text        NOT NULL,
  -- Of the call that made it: the same call again makes no other.
  request_id  text        NOT NULL,
  retired_at  timestamptz,
  CONSTRAINT ticket_keys_request_once UNIQUE (created_by, request_id),
  CONSTRAINT ticket_keys_alive_or_retired CHECK ((private_key IS NULL) = (retired_at IS NOT NULL))
);

ALTER TABLE tickets
  ADD COLUMN scanned_gate text,
  -- Under which request id it was admitted: the gate that asks again is answered the same.
  ADD COLUMN scan_request_id text;
-- One request id admits one ticket (I6).
CREATE UNIQUE INDEX tickets_scan_request_once ON tickets (scanned_by, scan_request_id) WHERE scan_request_id IS NOT NULL;
