-- What paying by a provider needs beside the attempts. Rules: O4, I2, S7.

ALTER TABLE payment_attempts
  -- Made at checkout; the buyer's browser confirms it with the provider, or a token takes it over.
  ADD COLUMN by_browser boolean NOT NULL DEFAULT false,
  -- What the provider says it took: the books follow this, not what was asked for.
  ADD COLUMN captured_minor bigint CHECK (captured_minor >= 0),
  ADD COLUMN captured_currency text,
  -- Who asked to pay by a token, so that the same call again is the same payment (S7). Outlives any loss of Redis.
  ADD COLUMN request_subject text,
  ADD COLUMN request_id text,
  ADD COLUMN fingerprint text;
CREATE UNIQUE INDEX payment_attempts_request_once ON payment_attempts (request_subject, request_id)
  WHERE request_id IS NOT NULL;
