-- The schema after all migrations, from the catalogue. Written by: npm run schema:dump

CREATE EXTENSION pg_trgm;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION '% is immutable: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$function$;

CREATE TABLE area_claims (
  event_id text NOT NULL,
  area_no integer NOT NULL,
  capacity integer NOT NULL,
  claimed integer DEFAULT 0 NOT NULL,
  sold integer DEFAULT 0 NOT NULL,
  CONSTRAINT area_claims_area_no_check CHECK ((area_no >= 0)),
  CONSTRAINT area_claims_capacity_check CHECK ((capacity >= 0)),
  CONSTRAINT area_claims_check CHECK (((claimed >= 0) AND (claimed <= capacity))),
  CONSTRAINT area_claims_check1 CHECK (((sold >= 0) AND (sold <= claimed))),
  CONSTRAINT area_claims_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id),
  CONSTRAINT area_claims_pkey PRIMARY KEY (event_id, area_no)
);

CREATE TABLE area_order_claims (
  event_id text NOT NULL,
  area_no integer NOT NULL,
  order_id text NOT NULL,
  quantity integer NOT NULL,
  state text NOT NULL,
  CONSTRAINT area_order_claims_quantity_check CHECK ((quantity > 0)),
  CONSTRAINT area_order_claims_state_check CHECK ((state = ANY (ARRAY['reserved'::text, 'sold'::text]))),
  CONSTRAINT area_order_claims_event_id_area_no_fkey FOREIGN KEY (event_id, area_no) REFERENCES area_claims(event_id, area_no),
  CONSTRAINT area_order_claims_pkey PRIMARY KEY (event_id, area_no, order_id, state)
);
CREATE INDEX area_order_claims_order ON public.area_order_claims USING btree (order_id);

CREATE TABLE category_counters (
  event_id text NOT NULL,
  cat_no integer NOT NULL,
  quantity_held bigint DEFAULT 0 NOT NULL,
  quantity_released bigint DEFAULT 0 NOT NULL,
  quantity_expired bigint DEFAULT 0 NOT NULL,
  quantity_blocked bigint DEFAULT 0 NOT NULL,
  quantity_unblocked bigint DEFAULT 0 NOT NULL,
  quantity_sold bigint DEFAULT 0 NOT NULL,
  CONSTRAINT category_counters_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id),
  CONSTRAINT category_counters_pkey PRIMARY KEY (event_id, cat_no)
);

CREATE TABLE charts (
  hash text NOT NULL,
  seat_count integer NOT NULL,
  area_count integer NOT NULL,
  places integer NOT NULL,
  document bytea STORAGE EXTERNAL NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT charts_area_count_check CHECK ((area_count >= 0)),
  CONSTRAINT charts_hash_check CHECK ((hash ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT charts_places_check CHECK (((places >= 1) AND (places <= 200000))),
  CONSTRAINT charts_seat_count_check CHECK ((seat_count >= 0)),
  CONSTRAINT charts_pkey PRIMARY KEY (hash)
);

CREATE TABLE event_changes (
  event_id text NOT NULL,
  version bigint NOT NULL,
  kind text NOT NULL,
  actor text NOT NULL,
  changes jsonb NOT NULL,
  at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT event_changes_kind_check CHECK ((kind = ANY (ARRAY['create'::text, 'patch'::text, 'publish'::text, 'open'::text, 'pause'::text, 'close'::text, 'cancel'::text]))),
  CONSTRAINT event_changes_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id),
  CONSTRAINT event_changes_pkey PRIMARY KEY (event_id, version)
);

CREATE TABLE event_charts (
  event_id text NOT NULL,
  version bigint NOT NULL,
  chart_hash text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT event_charts_version_check CHECK ((version >= 1)),
  CONSTRAINT event_charts_chart_hash_fkey FOREIGN KEY (chart_hash) REFERENCES charts(hash),
  CONSTRAINT event_charts_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT event_charts_pkey PRIMARY KEY (event_id, version)
);
CREATE INDEX event_charts_by_hash ON public.event_charts USING btree (chart_hash);

CREATE TABLE events (
  id text NOT NULL,
  name text NOT NULL,
  status text DEFAULT 'draft'::text NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone,
  timezone text NOT NULL,
  description text,
  venue text,
  currency text NOT NULL,
  prices jsonb NOT NULL,
  chart_version bigint NOT NULL,
  hold_seconds integer NOT NULL,
  max_hold_seconds integer NOT NULL,
  reserve_seconds integer NOT NULL,
  max_seats_per_subject integer NOT NULL,
  sale_starts_at timestamp with time zone,
  sale_ends_at timestamp with time zone,
  public_states text NOT NULL,
  external_id text,
  epoch bigint DEFAULT 0 NOT NULL,
  search text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT events_chart_version_check CHECK ((chart_version >= 1)),
  CONSTRAINT events_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT events_ends_after_start CHECK (((ends_at IS NULL) OR (ends_at >= starts_at))),
  CONSTRAINT events_epoch_check CHECK ((epoch >= 0)),
  CONSTRAINT events_hold_seconds_check CHECK ((hold_seconds > 0)),
  CONSTRAINT events_hold_within_max CHECK ((max_hold_seconds >= hold_seconds)),
  CONSTRAINT events_id_check CHECK ((id ~ '^[A-Za-z0-9_-]{1,64}$'::text)),
  CONSTRAINT events_max_seats_per_subject_check CHECK ((max_seats_per_subject > 0)),
  CONSTRAINT events_public_states_check CHECK ((public_states = ANY (ARRAY['full'::text, 'binary'::text]))),
  CONSTRAINT events_reserve_seconds_check CHECK ((reserve_seconds > 0)),
  CONSTRAINT events_sale_ends_after_start CHECK (((sale_ends_at IS NULL) OR (sale_starts_at IS NULL) OR (sale_ends_at > sale_starts_at))),
  CONSTRAINT events_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'published'::text, 'on_sale'::text, 'paused'::text, 'closed'::text, 'cancelled'::text]))),
  CONSTRAINT events_version_check CHECK ((version >= 1)),
  CONSTRAINT events_chart FOREIGN KEY (id, chart_version) REFERENCES event_charts(event_id, version) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT events_pkey PRIMARY KEY (id),
  CONSTRAINT events_external_id_key UNIQUE (external_id)
);
CREATE INDEX events_by_status ON public.events USING btree (status, starts_at, id);
CREATE INDEX events_list ON public.events USING btree (starts_at, id);
CREATE INDEX events_sale_end ON public.events USING btree (sale_ends_at) WHERE ((status = ANY (ARRAY['on_sale'::text, 'paused'::text])) AND (sale_ends_at IS NOT NULL));
CREATE INDEX events_sale_start ON public.events USING btree (sale_starts_at) WHERE ((status = 'published'::text) AND (sale_starts_at IS NOT NULL));
CREATE INDEX events_search ON public.events USING gin (search gin_trgm_ops);

CREATE TABLE hold_cleanup_runs (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  event_id text NOT NULL,
  started_at timestamp with time zone NOT NULL,
  finished_at timestamp with time zone NOT NULL,
  released integer NOT NULL,
  places integer NOT NULL,
  errors integer NOT NULL,
  worst_lateness_ms bigint NOT NULL,
  swept_by text NOT NULL,
  CONSTRAINT hold_cleanup_runs_pkey PRIMARY KEY (id)
);
CREATE INDEX hold_cleanup_runs_started ON public.hold_cleanup_runs USING btree (started_at);

CREATE TABLE log_watermarks (
  event_id text NOT NULL,
  epoch bigint NOT NULL,
  seq bigint NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT log_watermarks_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id),
  CONSTRAINT log_watermarks_pkey PRIMARY KEY (event_id)
);

CREATE TABLE maintenance_log (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  at timestamp with time zone DEFAULT now() NOT NULL,
  event_id text,
  kind text NOT NULL,
  reason text NOT NULL,
  epoch bigint,
  result text NOT NULL,
  snapshot_at timestamp with time zone,
  duration_ms integer,
  differences jsonb DEFAULT '{}'::jsonb NOT NULL,
  operator text NOT NULL,
  CONSTRAINT maintenance_log_kind_check CHECK ((kind = ANY (ARRAY['load'::text, 'log_gap'::text, 'postgres_behind'::text, 'redis_behind'::text]))),
  CONSTRAINT maintenance_log_pkey PRIMARY KEY (id)
);
CREATE INDEX maintenance_log_event ON public.maintenance_log USING btree (event_id, at);

CREATE TABLE redis_identity (
  singleton boolean DEFAULT true NOT NULL,
  run_id text NOT NULL,
  master_replid text NOT NULL,
  role text NOT NULL,
  reconciled_at timestamp with time zone DEFAULT now() NOT NULL,
  reconciled_by text NOT NULL,
  CONSTRAINT redis_identity_singleton_check CHECK (singleton),
  CONSTRAINT redis_identity_pkey PRIMARY KEY (singleton)
);

CREATE TABLE request_answers (
  subject text NOT NULL,
  request_id text NOT NULL,
  fingerprint text NOT NULL,
  answer jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT request_answers_pkey PRIMARY KEY (subject, request_id)
);
CREATE INDEX request_answers_age ON public.request_answers USING btree (created_at);

CREATE TABLE schema_migrations (
  number integer NOT NULL,
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT schema_migrations_pkey PRIMARY KEY (number)
);

CREATE TABLE seat_blocks (
  event_id text NOT NULL,
  kind text NOT NULL,
  place_no integer NOT NULL,
  quantity integer NOT NULL,
  label text DEFAULT ''::text NOT NULL,
  reason text DEFAULT ''::text NOT NULL,
  actor text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT seat_blocks_kind_check CHECK ((kind = ANY (ARRAY['seat'::text, 'area'::text]))),
  CONSTRAINT seat_blocks_place_no_check CHECK ((place_no >= 0)),
  CONSTRAINT seat_blocks_quantity_check CHECK ((quantity > 0)),
  CONSTRAINT seat_blocks_seat_is_one CHECK (((kind = 'area'::text) OR (quantity = 1))),
  CONSTRAINT seat_blocks_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id),
  CONSTRAINT seat_blocks_pkey PRIMARY KEY (event_id, kind, place_no)
);

CREATE TABLE seat_claims (
  event_id text NOT NULL,
  seat_no integer NOT NULL,
  order_id text NOT NULL,
  state text NOT NULL,
  claimed_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT seat_claims_seat_no_check CHECK ((seat_no >= 0)),
  CONSTRAINT seat_claims_state_check CHECK ((state = ANY (ARRAY['reserved'::text, 'sold'::text]))),
  CONSTRAINT seat_claims_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id),
  CONSTRAINT seat_claims_one_per_seat UNIQUE (event_id, seat_no)
);
CREATE INDEX seat_claims_order ON public.seat_claims USING btree (order_id);

CREATE TABLE seat_log (
  event_id text NOT NULL,
  epoch bigint NOT NULL,
  seq bigint NOT NULL,
  place_kind text NOT NULL,
  place_no integer NOT NULL,
  part smallint DEFAULT 0 NOT NULL,
  kind text NOT NULL,
  cat_no integer,
  from_state text,
  to_state text,
  quantity integer NOT NULL,
  subject text NOT NULL,
  actor text NOT NULL,
  request_id text NOT NULL,
  hold_hash text NOT NULL,
  cause jsonb DEFAULT '{}'::jsonb NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT seat_log_from_state_check CHECK ((from_state = ANY (ARRAY['a'::text, 'h'::text, 'r'::text, 's'::text, 'b'::text]))),
  CONSTRAINT seat_log_place_kind_check CHECK ((place_kind = ANY (ARRAY['seat'::text, 'area'::text, 'none'::text]))),
  CONSTRAINT seat_log_to_state_check CHECK ((to_state = ANY (ARRAY['a'::text, 'h'::text, 'r'::text, 's'::text, 'b'::text]))),
  CONSTRAINT seat_log_pkey PRIMARY KEY (event_id, epoch, seq, place_kind, place_no, part)
);
CREATE INDEX seat_log_hold ON public.seat_log USING btree (event_id, hold_hash) WHERE (hold_hash <> ''::text);
CREATE INDEX seat_log_place ON public.seat_log USING btree (event_id, place_kind, place_no, epoch, seq);

CREATE TRIGGER charts_immutable BEFORE DELETE OR UPDATE ON public.charts FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER charts_no_truncate BEFORE TRUNCATE ON public.charts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER event_changes_immutable BEFORE DELETE OR UPDATE ON public.event_changes FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER event_charts_immutable BEFORE DELETE OR UPDATE ON public.event_charts FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER event_charts_no_truncate BEFORE TRUNCATE ON public.event_charts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
