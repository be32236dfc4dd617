-- The schema after all migrations, from the catalogue. Written by: npm run schema:dump

CREATE EXTENSION pg_trgm;

CREATE OR REPLACE FUNCTION public.folded(text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
  SELECT lower(regexp_replace(normalize($1, NFKD), '[\u0300-\u036F]', '', 'g') COLLATE "und-x-icu")
$function$;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION '% is immutable: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$function$;

CREATE OR REPLACE FUNCTION public.refuse_change_unless_erasing()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF TG_OP = 'UPDATE' AND current_setting('aisle.erasing', true) = 'on'
    AND to_jsonb(NEW) - 'actor' = to_jsonb(OLD) - 'actor' AND NEW.actor LIKE 'erased\_%' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is immutable: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$function$;

CREATE TABLE api_keys (
  id text NOT NULL,
  name text NOT NULL,
  secret_hash bytea NOT NULL,
  role text NOT NULL,
  subject text NOT NULL,
  events text[],
  created_by text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  revoked_by text,
  request_id text,
  fingerprint text DEFAULT ''::text NOT NULL,
  CONSTRAINT api_keys_id_check CHECK ((id ~ '^ak_[a-z0-9]{16}$'::text)),
  CONSTRAINT api_keys_role_check CHECK ((role = ANY (ARRAY['kiosk'::text, 'box_office'::text, 'service'::text, 'admin'::text]))),
  CONSTRAINT api_keys_secret_hash_check CHECK ((octet_length(secret_hash) = 32)),
  CONSTRAINT api_keys_pkey PRIMARY KEY (id),
  CONSTRAINT api_keys_request_once UNIQUE (created_by, request_id)
);

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

CREATE TABLE epoch_bases (
  event_id text NOT NULL,
  epoch bigint NOT NULL,
  letters bytea NOT NULL,
  areas jsonb NOT NULL,
  at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT epoch_bases_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id),
  CONSTRAINT epoch_bases_pkey PRIMARY KEY (event_id, epoch)
);

CREATE TABLE erasures (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  at timestamp with time zone DEFAULT now() NOT NULL,
  actor text NOT NULL,
  reason text NOT NULL,
  pseudonyms text[] NOT NULL,
  orders integer NOT NULL,
  CONSTRAINT erasures_pkey PRIMARY KEY (id)
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
  paused_ms integer,
  CONSTRAINT maintenance_log_kind_check CHECK ((kind = ANY (ARRAY['load'::text, 'log_gap'::text, 'postgres_behind'::text, 'redis_behind'::text, 'drift'::text, 'repair'::text, 'restore'::text]))),
  CONSTRAINT maintenance_log_pkey PRIMARY KEY (id)
);
CREATE INDEX maintenance_log_event ON public.maintenance_log USING btree (event_id, at);
CREATE INDEX maintenance_log_kind ON public.maintenance_log USING btree (kind, event_id, id);

CREATE TABLE order_changes (
  order_id text NOT NULL,
  version bigint NOT NULL,
  kind text NOT NULL,
  actor text NOT NULL,
  request_id text NOT NULL,
  changes jsonb DEFAULT '{}'::jsonb NOT NULL,
  at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT order_changes_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
  CONSTRAINT order_changes_pkey PRIMARY KEY (order_id, version)
);

CREATE TABLE order_effects (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  order_id text NOT NULL,
  event_id text NOT NULL,
  epoch bigint NOT NULL,
  kind text NOT NULL,
  hold_token text NOT NULL,
  detail jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  done_at timestamp with time zone,
  CONSTRAINT order_effects_kind_check CHECK ((kind = ANY (ARRAY['sold'::text, 'released'::text, 'returned'::text, 'exchanged'::text]))),
  CONSTRAINT order_effects_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
  CONSTRAINT order_effects_pkey PRIMARY KEY (id)
);
CREATE INDEX order_effects_open ON public.order_effects USING btree (created_at) WHERE (done_at IS NULL);
CREATE INDEX order_effects_order ON public.order_effects USING btree (order_id);

CREATE TABLE order_items (
  order_id text NOT NULL,
  item_no integer NOT NULL,
  place_kind text NOT NULL,
  place_no integer NOT NULL,
  place_id text NOT NULL,
  quantity integer NOT NULL,
  cat_no integer NOT NULL,
  category text NOT NULL,
  ticket_type text,
  origin text NOT NULL,
  unit_minor bigint NOT NULL,
  fee_minor bigint NOT NULL,
  tax_minor bigint NOT NULL,
  CONSTRAINT order_items_fee_minor_check CHECK ((fee_minor >= 0)),
  CONSTRAINT order_items_origin_check CHECK ((origin = ANY (ARRAY['a'::text, 'b'::text]))),
  CONSTRAINT order_items_place_kind_check CHECK ((place_kind = ANY (ARRAY['seat'::text, 'area'::text]))),
  CONSTRAINT order_items_place_no_check CHECK ((place_no >= 0)),
  CONSTRAINT order_items_quantity_check CHECK ((quantity > 0)),
  CONSTRAINT order_items_seat_is_one CHECK (((place_kind = 'area'::text) OR (quantity = 1))),
  CONSTRAINT order_items_tax_minor_check CHECK ((tax_minor >= 0)),
  CONSTRAINT order_items_unit_minor_check CHECK ((unit_minor >= 0)),
  CONSTRAINT order_items_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
  CONSTRAINT order_items_pkey PRIMARY KEY (order_id, item_no)
);
CREATE INDEX order_items_place ON public.order_items USING btree (place_id);

CREATE TABLE orders (
  id text NOT NULL,
  event_id text NOT NULL,
  status text NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  external_id text,
  subject text NOT NULL,
  actor text NOT NULL,
  hold_token text NOT NULL,
  buyer jsonb,
  currency text NOT NULL,
  total_minor bigint NOT NULL,
  refunded_minor bigint DEFAULT 0 NOT NULL,
  chart_version bigint NOT NULL,
  payment_kind text DEFAULT 'none'::text NOT NULL,
  request_subject text NOT NULL,
  request_id text NOT NULL,
  fingerprint text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp(3) with time zone DEFAULT now() NOT NULL,
  expires_at timestamp with time zone,
  completed_at timestamp with time zone,
  settled_at timestamp with time zone,
  erased_at timestamp with time zone,
  buyer_search text GENERATED ALWAYS AS (folded(((COALESCE((buyer ->> 'name'::text), ''::text) || ' '::text) || COALESCE((buyer ->> 'email'::text), ''::text)))) STORED,
  CONSTRAINT orders_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT orders_id_check CHECK ((id ~ '^ord_[A-Za-z0-9_-]{8,64}$'::text)),
  CONSTRAINT orders_payment_kind_check CHECK ((payment_kind = ANY (ARRAY['none'::text, 'external'::text, 'provider'::text]))),
  CONSTRAINT orders_refunded_minor_check CHECK ((refunded_minor >= 0)),
  CONSTRAINT orders_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'completed'::text, 'failed'::text, 'expired'::text, 'cancelled'::text, 'refunded'::text, 'partially_refunded'::text]))),
  CONSTRAINT orders_total_minor_check CHECK ((total_minor >= 0)),
  CONSTRAINT orders_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id),
  CONSTRAINT orders_pkey PRIMARY KEY (id),
  CONSTRAINT orders_external_id_key UNIQUE (external_id),
  CONSTRAINT orders_request_once UNIQUE (request_subject, request_id)
);
CREATE INDEX orders_due ON public.orders USING btree (expires_at) WHERE (status = 'pending'::text);
CREATE INDEX orders_email ON public.orders USING btree (lower((buyer ->> 'email'::text))) WHERE (buyer IS NOT NULL);
CREATE INDEX orders_event ON public.orders USING btree (event_id, created_at, id);
CREATE INDEX orders_paid ON public.orders USING btree (event_id, id) WHERE (status = ANY (ARRAY['completed'::text, 'partially_refunded'::text]));
CREATE INDEX orders_subject ON public.orders USING btree (subject, created_at);
CREATE INDEX orders_updated ON public.orders USING btree (updated_at, id);

CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  type text NOT NULL,
  event_id text NOT NULL,
  order_id text,
  data jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  taken_at timestamp with time zone,
  CONSTRAINT outbox_pkey PRIMARY KEY (id)
);
CREATE INDEX outbox_waiting ON public.outbox USING btree (id) WHERE (taken_at IS NULL);

CREATE TABLE payment_attempts (
  id text NOT NULL,
  order_id text NOT NULL,
  kind text NOT NULL,
  provider text NOT NULL,
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  status text NOT NULL,
  provider_ref text,
  refund_of text,
  cause text DEFAULT ''::text NOT NULL,
  decline_code text,
  checks integer DEFAULT 0 NOT NULL,
  next_check_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  by_browser boolean DEFAULT false NOT NULL,
  captured_minor bigint,
  captured_currency text,
  request_subject text,
  request_id text,
  fingerprint text,
  CONSTRAINT payment_attempts_amount_minor_check CHECK ((amount_minor > 0)),
  CONSTRAINT payment_attempts_captured_minor_check CHECK ((captured_minor >= 0)),
  CONSTRAINT payment_attempts_id_check CHECK ((id ~ '^(pay|rfd)_[A-Za-z0-9_-]{8,64}$'::text)),
  CONSTRAINT payment_attempts_kind_check CHECK ((kind = ANY (ARRAY['charge'::text, 'refund'::text]))),
  CONSTRAINT payment_attempts_refund_names_charge CHECK (((kind = 'refund'::text) = (refund_of IS NOT NULL))),
  CONSTRAINT payment_attempts_status_check CHECK ((status = ANY (ARRAY['open'::text, 'succeeded'::text, 'declined'::text, 'failed'::text]))),
  CONSTRAINT payment_attempts_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
  CONSTRAINT payment_attempts_refund_of_fkey FOREIGN KEY (refund_of) REFERENCES payment_attempts(id),
  CONSTRAINT payment_attempts_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX payment_attempts_one_open_charge ON public.payment_attempts USING btree (order_id) WHERE ((kind = 'charge'::text) AND (status = 'open'::text));
CREATE INDEX payment_attempts_open ON public.payment_attempts USING btree (next_check_at) WHERE (status = 'open'::text);
CREATE INDEX payment_attempts_order ON public.payment_attempts USING btree (order_id);
CREATE UNIQUE INDEX payment_attempts_provider_ref ON public.payment_attempts USING btree (provider, provider_ref) WHERE (provider_ref IS NOT NULL);
CREATE UNIQUE INDEX payment_attempts_refund_once ON public.payment_attempts USING btree (refund_of, cause) WHERE (kind = 'refund'::text);
CREATE UNIQUE INDEX payment_attempts_request_once ON public.payment_attempts USING btree (request_subject, request_id) WHERE (request_id IS NOT NULL);

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

CREATE TABLE revocations (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  not_before timestamp with time zone NOT NULL,
  actor text NOT NULL,
  at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT revocations_kind_check CHECK ((kind = ANY (ARRAY['subject'::text, 'token'::text]))),
  CONSTRAINT revocations_pkey PRIMARY KEY (id)
);
CREATE INDEX revocations_at ON public.revocations USING btree (at);

CREATE TABLE sales_minutes (
  event_id text NOT NULL,
  cat_no integer NOT NULL,
  minute timestamp with time zone NOT NULL,
  sold bigint DEFAULT 0 NOT NULL,
  returned bigint DEFAULT 0 NOT NULL,
  CONSTRAINT sales_minutes_pkey PRIMARY KEY (event_id, minute, cat_no)
);

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
CREATE INDEX seat_log_order ON public.seat_log USING btree (event_id, ((cause ->> 'orderId'::text))) WHERE (cause ? 'orderId'::text);
CREATE INDEX seat_log_place ON public.seat_log USING btree (event_id, place_kind, place_no, epoch, seq);
CREATE INDEX seat_log_subject ON public.seat_log USING btree (subject, at) WHERE (subject <> ''::text);

CREATE TABLE switch_changes (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  scope text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  value jsonb,
  actor text NOT NULL,
  reason text NOT NULL,
  at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT switch_changes_kind_check CHECK ((kind = ANY (ARRAY['set'::text, 'cleared'::text, 'drop_holds'::text]))),
  CONSTRAINT switch_changes_pkey PRIMARY KEY (id)
);

CREATE TABLE switches (
  scope text NOT NULL,
  name text NOT NULL,
  value jsonb NOT NULL,
  set_by text NOT NULL,
  reason text NOT NULL,
  set_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT switches_name_check CHECK ((name = ANY (ARRAY['pause'::text, 'holds_per_second'::text, 'no_hold_best'::text, 'no_new_sessions'::text, 'deny_subject'::text, 'deny_address'::text]))),
  CONSTRAINT switches_scope_check CHECK ((scope ~ '^([*]|[A-Za-z0-9_-]{1,64})$'::text)),
  CONSTRAINT switches_pkey PRIMARY KEY (scope, name)
);

CREATE TABLE ticket_keys (
  kid text NOT NULL,
  public_key text NOT NULL,
  private_key text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  created_by text NOT NULL,
  request_id text NOT NULL,
  retired_at timestamp with time zone,
  CONSTRAINT ticket_keys_alive_or_retired CHECK (((private_key IS NULL) = (retired_at IS NOT NULL))),
  CONSTRAINT ticket_keys_kid_check CHECK ((kid ~ '^[A-Za-z0-9_-]{4,16}$'::text)),
  CONSTRAINT ticket_keys_private_key_check CHECK ((private_key ~ '^[A-Za-z0-9_-]{43}$'::text)),
  CONSTRAINT ticket_keys_public_key_check CHECK ((public_key ~ '^[A-Za-z0-9_-]{43}$'::text)),
  CONSTRAINT ticket_keys_pkey PRIMARY KEY (kid),
  CONSTRAINT ticket_keys_request_once UNIQUE (created_by, request_id)
);

CREATE TABLE tickets (
  id text NOT NULL,
  order_id text NOT NULL,
  event_id text NOT NULL,
  item_no integer NOT NULL,
  place_kind text NOT NULL,
  place_no integer NOT NULL,
  place_id text NOT NULL,
  cat_no integer NOT NULL,
  category text NOT NULL,
  ticket_type text,
  paid_minor bigint NOT NULL,
  status text DEFAULT 'valid'::text NOT NULL,
  issued_at timestamp with time zone DEFAULT now() NOT NULL,
  scanned_at timestamp with time zone,
  scanned_by text,
  cancelled_at timestamp with time zone,
  scanned_gate text,
  scan_request_id text,
  CONSTRAINT tickets_id_check CHECK ((id ~ '^tkt_[A-Za-z0-9_-]{8,64}$'::text)),
  CONSTRAINT tickets_paid_minor_check CHECK ((paid_minor >= 0)),
  CONSTRAINT tickets_place_kind_check CHECK ((place_kind = ANY (ARRAY['seat'::text, 'area'::text]))),
  CONSTRAINT tickets_status_check CHECK ((status = ANY (ARRAY['valid'::text, 'scanned'::text, 'cancelled'::text]))),
  CONSTRAINT tickets_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id),
  CONSTRAINT tickets_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
  CONSTRAINT tickets_pkey PRIMARY KEY (id)
);
CREATE INDEX tickets_event ON public.tickets USING btree (event_id, place_kind, place_no);
CREATE UNIQUE INDEX tickets_one_live_per_seat ON public.tickets USING btree (event_id, place_no) WHERE ((place_kind = 'seat'::text) AND (status <> 'cancelled'::text));
CREATE INDEX tickets_order ON public.tickets USING btree (order_id);
CREATE UNIQUE INDEX tickets_scan_request_once ON public.tickets USING btree (scanned_by, scan_request_id) WHERE (scan_request_id IS NOT NULL);

CREATE TABLE transactions (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  order_id text NOT NULL,
  event_id text NOT NULL,
  kind text NOT NULL,
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  reference text NOT NULL,
  at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT transactions_amount_minor_check CHECK ((amount_minor >= 0)),
  CONSTRAINT transactions_kind_check CHECK ((kind = ANY (ARRAY['payment'::text, 'refund'::text, 'external_payment'::text, 'external_refund'::text]))),
  CONSTRAINT transactions_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id),
  CONSTRAINT transactions_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
  CONSTRAINT transactions_pkey PRIMARY KEY (id),
  CONSTRAINT transactions_once UNIQUE (order_id, kind, reference)
);
CREATE INDEX transactions_event ON public.transactions USING btree (event_id, at);

CREATE TABLE webhook_deliveries (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  endpoint_id text NOT NULL,
  message_id text NOT NULL,
  status text DEFAULT 'pending'::text NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  first_attempt_at timestamp with time zone,
  next_attempt_at timestamp with time zone,
  last_status integer,
  last_error text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  finished_at timestamp with time zone,
  CONSTRAINT webhook_deliveries_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'taken'::text, 'delivered'::text, 'dead'::text]))),
  CONSTRAINT webhook_deliveries_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints(id) ON DELETE CASCADE,
  CONSTRAINT webhook_deliveries_message_id_fkey FOREIGN KEY (message_id) REFERENCES webhook_messages(id),
  CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id)
);
CREATE INDEX webhook_deliveries_dead ON public.webhook_deliveries USING btree (endpoint_id, id) WHERE (status = 'dead'::text);
CREATE INDEX webhook_deliveries_finished ON public.webhook_deliveries USING btree (finished_at) WHERE (finished_at IS NOT NULL);
CREATE INDEX webhook_deliveries_list ON public.webhook_deliveries USING btree (endpoint_id, id);
CREATE INDEX webhook_deliveries_message ON public.webhook_deliveries USING btree (message_id);
CREATE INDEX webhook_deliveries_pending ON public.webhook_deliveries USING btree (endpoint_id, id) WHERE (status = 'pending'::text);
CREATE INDEX webhook_deliveries_taken ON public.webhook_deliveries USING btree (endpoint_id, id) WHERE (status = 'taken'::text);

CREATE TABLE webhook_endpoints (
  id text NOT NULL,
  url text NOT NULL,
  description text DEFAULT ''::text NOT NULL,
  types text[] NOT NULL,
  events text[],
  secrets jsonb NOT NULL,
  status text DEFAULT 'enabled'::text NOT NULL,
  disabled_reason text,
  created_by text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT webhook_endpoints_id_check CHECK ((id ~ '^whk_[A-Za-z0-9_-]{8,64}$'::text)),
  CONSTRAINT webhook_endpoints_status_check CHECK ((status = ANY (ARRAY['enabled'::text, 'disabled'::text]))),
  CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (id)
);

CREATE TABLE webhook_leases (
  endpoint_id text NOT NULL,
  owner text NOT NULL,
  until timestamp with time zone NOT NULL,
  CONSTRAINT webhook_leases_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints(id) ON DELETE CASCADE,
  CONSTRAINT webhook_leases_pkey PRIMARY KEY (endpoint_id)
);

CREATE TABLE webhook_messages (
  id text NOT NULL,
  type text NOT NULL,
  event_id text NOT NULL,
  keys text[] NOT NULL,
  body text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT webhook_messages_pkey PRIMARY KEY (id)
);
CREATE INDEX webhook_messages_age ON public.webhook_messages USING btree (created_at);

CREATE TRIGGER charts_immutable BEFORE DELETE OR UPDATE ON public.charts FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER charts_no_truncate BEFORE TRUNCATE ON public.charts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER event_changes_immutable BEFORE DELETE OR UPDATE ON public.event_changes FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER event_charts_immutable BEFORE DELETE OR UPDATE ON public.event_charts FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER event_charts_no_truncate BEFORE TRUNCATE ON public.event_charts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER order_changes_immutable BEFORE DELETE OR UPDATE ON public.order_changes FOR EACH ROW EXECUTE FUNCTION refuse_change_unless_erasing();

CREATE TRIGGER switch_changes_immutable BEFORE DELETE OR UPDATE ON public.switch_changes FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER switch_changes_no_truncate BEFORE TRUNCATE ON public.switch_changes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER transactions_immutable BEFORE DELETE OR UPDATE ON public.transactions FOR EACH ROW EXECUTE FUNCTION refuse_change();
