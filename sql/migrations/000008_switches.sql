-- The operator's live switches, and who threw which and why. Rules: G6 to G8.

-- What is on now; a switch that is off has no row. `scope`: an event's id, or '*' for all.
CREATE TABLE switches (
  scope  text        NOT NULL CHECK (scope ~ '^([*]|[A-Za-z0-9_-]{1,64})$'),
  name   text        NOT NULL
    CHECK (name IN ('pause', 'holds_per_second', 'no_hold_best', 'no_new_sessions', 'deny_subject', 'deny_address')),
  value  jsonb       NOT NULL,
  set_by text        NOT NULL,
  reason text        NOT NULL,
  set_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, name)
);

-- Every change. Writers take a lock on `switches` first, so that ids are in order of commit and the highest says whether a node
-- is up to date.
CREATE TABLE switch_changes (
  id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  scope  text        NOT NULL,
  kind   text        NOT NULL CHECK (kind IN ('set', 'cleared', 'drop_holds')),
  name   text        NOT NULL,
  -- After the change; NULL: off.
  value  jsonb,
  actor  text        NOT NULL,
  reason text        NOT NULL,
  at     timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER switch_changes_immutable BEFORE UPDATE OR DELETE ON switch_changes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER switch_changes_no_truncate BEFORE TRUNCATE ON switch_changes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
