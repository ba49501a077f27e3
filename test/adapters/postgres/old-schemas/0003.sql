-- What the build of commit 62fded7 made and sold, as pg_dump tells it. A statement ends before a line of dashes.

CREATE FUNCTION public.jaego_commit(p_lane smallint[], p_lane_epoch bigint[], p_lane_from bigint[], p_lane_to bigint[], p_product_id uuid[], p_product_sku text[], p_product_name text[], p_product_price bigint[], p_product_currency text[], p_product_limit bigint[], p_product_lane smallint[], p_product_created double precision[], p_product_on_hand bigint[], p_product_reserved bigint[], p_product_version bigint[], p_stock_id uuid[], p_stock_expected bigint[], p_stock_on_hand bigint[], p_stock_reserved bigint[], p_stock_version bigint[], p_order_id uuid[], p_order_customer text[], p_order_status text[], p_order_total bigint[], p_order_currency text[], p_order_created double precision[], p_order_expires double precision[], p_order_version bigint[], p_order_token text[], p_order_started double precision[], p_order_refund text[], p_order_reason text[], p_update_id uuid[], p_update_expected bigint[], p_update_status text[], p_update_version bigint[], p_update_token text[], p_update_started double precision[], p_update_refund text[], p_update_reason text[], p_update_elsewhere boolean[], p_hold_order uuid[], p_hold_product uuid[], p_hold_line smallint[], p_hold_customer text[], p_hold_lane smallint[], p_hold_quantity bigint[], p_hold_price bigint[], p_hold_currency text[], p_hold_state text[], p_hold_lapses double precision[], p_change_order uuid[], p_change_product uuid[], p_change_from text[], p_change_to text[], p_units_product uuid[], p_units_customer text[], p_units_count bigint[], p_key_route text[], p_key_key text[], p_key_fingerprint uuid[], p_key_order uuid[], p_key_status text[], p_key_answer text[], p_outcome_route text[], p_outcome_key text[], p_outcome_status text[], p_move_product uuid[], p_move_version bigint[], p_move_type text[], p_move_on_hand_delta bigint[], p_move_reserved_delta bigint[], p_move_on_hand bigint[], p_move_reserved bigint[], p_move_order uuid[], p_move_reason text[], p_move_at double precision[], p_fact_lane smallint[], p_fact_seq bigint[], p_fact_event uuid[], p_fact_kind text[], p_fact_subject uuid[], p_fact_version bigint[], p_fact_type text[], p_fact_payload text[], p_fact_at double precision[], p_ask_route text[], p_ask_key text[]) RETURNS text
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET jit TO 'off'
    AS $$
declare
  v_bound bigint[];
  v_contested boolean := false;
  v_known json;
  v_skus text[];
  v_changed uuid[];
  v_count bigint;
begin
  if cardinality(p_key_key) + cardinality(p_ask_key) > 0 then
    select array_agg(w.n) into v_bound
    from unnest(p_key_route || p_ask_route, p_key_key || p_ask_key) with ordinality w (route, key, n)
    join idempotency_keys k on k.key = w.key and k.route = w.route;
    if v_bound is not null then
      v_contested := (select min(n) <= cardinality(p_key_key) from unnest(v_bound) n);
      select json_agg(json_build_object(
          'route', k.route, 'key', k.key, 'fingerprint', k.fingerprint, 'status', k.order_status, 'answer', k.answer,
          'terms', (
            select json_build_object(
              'id', o.id, 'customerId', o.customer_id, 'amount', o.total_amount, 'currency', o.currency,
              'createdAt', (extract(epoch from o.created_at) * 1000)::bigint, 'expiresAt', (extract(epoch from o.expires_at) * 1000)::bigint,
              'lines', (
                select json_agg(json_build_object('productId', h.product_id, 'quantity', h.quantity,
                  'unitPrice', h.unit_price, 'currency', h.currency) order by h.line_no)
                from holds h where h.order_id = o.id))
            from orders o where o.id = k.order_id)) order by w.n)
        into v_known
      from unnest(p_key_route || p_ask_route, p_key_key || p_ask_key) with ordinality w (route, key, n)
      join idempotency_keys k on k.key = w.key and k.route = w.route;
    end if;
  end if;
  if cardinality(p_product_id) > 0 then
    select array_agg(p.sku) into v_skus from products p where p.sku = any (p_product_sku);
  end if;
  if cardinality(p_change_order) > 0 then
    -- Locked in primary key order: another worker may be at the same holds.
    select array_agg(distinct l.order_id) filter (where l.state <> l.wanted), count(*) into v_changed, v_count
    from (
      select h.order_id, h.state, c.wanted
      from unnest(p_change_order, p_change_product, p_change_from) c (order_id, product_id, wanted)
      join holds h on h.order_id = c.order_id and h.product_id = c.product_id
      order by h.order_id, h.product_id
      for update of h) l;
    if v_count <> cardinality(p_change_order) then
      select v_changed || array_agg(distinct c.order_id) into v_changed
      from unnest(p_change_order, p_change_product) c (order_id, product_id)
      where not exists (select from holds h where h.order_id = c.order_id and h.product_id = c.product_id);
    end if;
  end if;
  if v_contested or v_skus is not null or v_changed is not null then
    return json_build_object('contested', true, 'known', v_known, 'skus', v_skus, 'holds', v_changed)::text;
  end if;
  if cardinality(p_lane) = 0 then
    if cardinality(p_key_key) + cardinality(p_fact_seq) + cardinality(p_hold_order) + cardinality(p_change_order)
      + cardinality(p_stock_id) + cardinality(p_update_id) > 0 then
      raise exception 'a batch that writes carries no lane' using errcode = 'JG001';
    end if;
    return case when v_known is not null then json_build_object('contested', false, 'known', v_known)::text end;
  end if;
  update lanes l set seq = f.till
  from unnest(p_lane, p_lane_epoch, p_lane_from, p_lane_to) f (lane, epoch, since, till)
  where l.lane = f.lane and l.epoch = f.epoch and l.seq = f.since;
  get diagnostics v_count = row_count;
  if v_count <> cardinality(p_lane) then
    raise exception '% of % lanes were as expected', v_count, cardinality(p_lane) using errcode = 'JG001';
  end if;
  if cardinality(p_product_id) > 0 then
    insert into products
      select id, sku, name, price, currency, lim, lane, to_timestamp(created / 1000)
      from unnest(p_product_id, p_product_sku, p_product_name, p_product_price, p_product_currency, p_product_limit,
        p_product_lane, p_product_created) p (id, sku, name, price, currency, lim, lane, created);
    insert into stock
      select * from unnest(p_product_id, p_product_on_hand, p_product_reserved, p_product_version);
  end if;
  if cardinality(p_stock_id) > 0 then
    update stock s set on_hand = u.on_hand, reserved = u.reserved, version = u.version
    from unnest(p_stock_id, p_stock_expected, p_stock_on_hand, p_stock_reserved, p_stock_version)
      u (id, expected, on_hand, reserved, version)
    where s.product_id = u.id and s.version = u.expected;
    get diagnostics v_count = row_count;
    if v_count <> cardinality(p_stock_id) then
      raise exception '% of % products had the expected version', v_count, cardinality(p_stock_id)
        using errcode = 'JG001';
    end if;
  end if;
  if cardinality(p_move_product) > 0 then
    insert into movements
      select product_id, version, type, on_hand_delta, reserved_delta, on_hand, reserved, order_id, reason, to_timestamp(at / 1000)
      from unnest(p_move_product, p_move_version, p_move_type, p_move_on_hand_delta, p_move_reserved_delta,
        p_move_on_hand, p_move_reserved, p_move_order, p_move_reason, p_move_at)
        m (product_id, version, type, on_hand_delta, reserved_delta, on_hand, reserved, order_id, reason, at);
  end if;
  if cardinality(p_units_product) > 0 then
    insert into customer_units as c
      select * from unnest(p_units_product, p_units_customer, p_units_count)
      on conflict (product_id, customer_id) do update set units = excluded.units;
  end if;
  if cardinality(p_order_id) > 0 then
    insert into orders (id, customer_id, status, total_amount, currency, created_at, expires_at, version,
        attempt_token, attempt_started_at, refund, cancel_reason)
      select id, customer, status, total, currency, to_timestamp(created / 1000), to_timestamp(expires / 1000), version,
        token, to_timestamp(started / 1000), refund, reason
      from unnest(p_order_id, p_order_customer, p_order_status, p_order_total, p_order_currency, p_order_created,
        p_order_expires, p_order_version, p_order_token, p_order_started, p_order_refund, p_order_reason)
        o (id, customer, status, total, currency, created, expires, version, token, started, refund, reason);
  end if;
  if cardinality(p_update_id) > 0 then
    update orders o set status = u.status, version = u.version, attempt_token = u.token,
      attempt_started_at = to_timestamp(u.started / 1000), refund = u.refund, cancel_reason = u.reason,
      elsewhere = o.elsewhere or u.elsewhere
    from unnest(p_update_id, p_update_expected, p_update_status, p_update_version, p_update_token, p_update_started,
      p_update_refund, p_update_reason, p_update_elsewhere)
      u (id, expected, status, version, token, started, refund, reason, elsewhere)
    where o.id = u.id and o.version = u.expected;
    get diagnostics v_count = row_count;
    if v_count <> cardinality(p_update_id) then
      raise exception '% of % orders had the expected version', v_count, cardinality(p_update_id)
        using errcode = 'JG001';
    end if;
  end if;
  if cardinality(p_hold_order) > 0 then
    insert into holds
      select order_id, product_id, line_no, customer, lane, quantity, price, currency, state, to_timestamp(lapses / 1000)
      from unnest(p_hold_order, p_hold_product, p_hold_line, p_hold_customer, p_hold_lane, p_hold_quantity, p_hold_price,
        p_hold_currency, p_hold_state, p_hold_lapses)
        h (order_id, product_id, line_no, customer, lane, quantity, price, currency, state, lapses);
  end if;
  if cardinality(p_change_order) > 0 then
    update holds h set state = c.state, lapses_at = null
    from unnest(p_change_order, p_change_product, p_change_to) c (order_id, product_id, state)
    where h.order_id = c.order_id and h.product_id = c.product_id;
  end if;
  if cardinality(p_key_key) > 0 then
    insert into idempotency_keys (route, key, fingerprint, order_id, order_status, answer)
      select * from unnest(p_key_route, p_key_key, p_key_fingerprint, p_key_order, p_key_status, p_key_answer);
  end if;
  if cardinality(p_outcome_key) > 0 then
    update idempotency_keys k set order_status = c.status
    from unnest(p_outcome_route, p_outcome_key, p_outcome_status) c (route, key, status)
    where k.key = c.key and k.route = c.route and k.order_status = 'reserved';
  end if;
  if cardinality(p_fact_seq) > 0 then
    insert into outbox
      select lane, seq, event_id, kind, subject, version, type, payload, to_timestamp(at / 1000)
      from unnest(p_fact_lane, p_fact_seq, p_fact_event, p_fact_kind, p_fact_subject, p_fact_version, p_fact_type,
        p_fact_payload, p_fact_at) f (lane, seq, event_id, kind, subject, version, type, payload, at);
  end if;
  return case when v_known is not null then json_build_object('contested', false, 'known', v_known)::text end;
end
$$
----
CREATE FUNCTION public.jaego_consume(p_consumer text, p_events json, p_skip integer[], p_entries json, p_shipments json) RETURNS integer
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
declare
  v_ahead int[];
begin
  with events as materialized (
    select * from json_to_recordset(p_events) e (n int, key text, "eventId" uuid, version bigint)
    where p_skip is null or e.n <> all (p_skip)
  ), fresh as (
    insert into inbox (event_id, consumer) select distinct e."eventId", p_consumer from events e
    on conflict do nothing returning event_id
  ), ahead as materialized (
    select e.n, e.key, e.version
    from (
      select e.*, max(e.version) over (partition by e.key order by e.n rows between unbounded preceding and 1 preceding)
        as before
      from events e join fresh f on f.event_id = e."eventId") e
    where e.version > coalesce(e.before, 0) and e.version > coalesce(
      (select k.version from consumer_keys k where k.key = e.key and k.consumer = p_consumer), 0)
  ), marked as (
    insert into consumer_keys as k (key, consumer, version)
      select a.key, p_consumer, max(a.version) from ahead a group by a.key order by a.key
      on conflict (key, consumer) do update set version = excluded.version where k.version < excluded.version
  )
  select array_agg(a.n) into v_ahead from ahead a;
  if v_ahead is null then
    return 0;
  end if;
  if json_array_length(p_entries) > 0 then
    insert into timeline (order_id, id, type, version, at, detail)
      select w."orderId", w."eventId", w.type, w.version, to_timestamp(w.at / 1000), w.detail
      from json_to_recordset(p_entries)
        w (n int, "orderId" uuid, "eventId" uuid, type text, version bigint, at float8, detail text)
      where w.n = any (v_ahead)
      on conflict do nothing;
  end if;
  if json_array_length(p_shipments) > 0 then
    insert into shipments (order_id, next_attempt_at)
      select w."orderId", to_timestamp(w.at / 1000) from json_to_recordset(p_shipments) w (n int, "orderId" uuid, at float8)
      where w.n = any (v_ahead)
      on conflict (order_id) do nothing;
  end if;
  return cardinality(v_ahead);
end
$$
----
CREATE FUNCTION public.jaego_drop_outbox_slice(p_slice text, p_until timestamp with time zone, p_lane smallint[], p_facts bigint[], p_last bigint[]) RETURNS boolean
    LANGUAGE plpgsql
    SET lock_timeout TO '200ms'
    AS $_$
declare
  v_changed boolean;
begin
  execute format('lock table outbox, %I in access exclusive mode', p_slice);
  execute format('select exists (
      select from relay_cursors c
      left join unnest($1, $2) w (lane, last) on w.lane = c.lane
      cross join lateral (select max(s.seq) as last from %I s where s.lane = c.lane) s
      where s.last is distinct from w.last or s.last > c.seq)', p_slice)
    into v_changed using p_lane, p_last;
  if v_changed then
    return false;
  end if;
  if p_slice = 'outbox_rest' then
    truncate outbox_rest;
  else
    execute format('drop table %I', p_slice);
  end if;
  insert into outbox_dropped select p_slice, p_until, lane, facts from unnest(p_lane, p_facts) d (lane, facts);
  return true;
end
$_$
----
CREATE FUNCTION public.jaego_make_outbox_slices(p_from date, p_to date) RETURNS integer
    LANGUAGE plpgsql
    SET lock_timeout TO '200ms'
    SET "TimeZone" TO 'UTC'
    AS $$
declare
  v_day date;
  v_slice text;
  v_made int := 0;
begin
  for v_day in select generate_series(p_from, p_to, interval '1 day')::date loop
    v_slice := 'outbox_' || to_char(v_day, 'YYYYMMDD');
    continue when to_regclass(v_slice) is not null;
    begin
      execute format('create table %I (like outbox including all, primary key (lane, seq))', v_slice);
      execute format('alter table outbox attach partition %I for values from (%L) to (%L)', v_slice,
        v_day::timestamptz, (v_day + 1)::timestamptz);
      v_made := v_made + 1;
    exception when invalid_object_definition or check_violation then
      null;
    end;
  end loop;
  return v_made;
end
$$
----
CREATE FUNCTION public.jaego_raise_lanes(wanted smallint[], known bigint[]) RETURNS TABLE(lane smallint, epoch bigint, seq bigint)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
declare
  raised bigint;
begin
  perform 1 from lanes l where l.lane = any (wanted) order by l.lane for update;
  return query
    update lanes l set epoch = l.epoch + 1 from unnest(wanted, known) w (lane, epoch)
    where l.lane = w.lane and l.epoch = w.epoch
    returning l.lane, l.epoch, l.seq;
  get diagnostics raised = row_count;
  if raised <> cardinality(wanted) then
    raise exception 'only % of % lanes are still ours', raised, cardinality(wanted) using errcode = 'JG001';
  end if;
end
$$
----
CREATE FUNCTION public.jaego_release(p_id bigint, p_event json, p_entries json, p_shipments json) RETURNS text
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
declare
  v_letter dead_letters;
begin
  select * into v_letter from dead_letters d where d.id = p_id for update;
  if not found then
    return 'absent';
  end if;
  if v_letter.key <> '' and exists (
    select from dead_letters d where d.consumer = v_letter.consumer and d.key = v_letter.key and d.id < p_id) then
    return 'not-the-oldest';
  end if;
  perform jaego_consume(v_letter.consumer,
    json_build_array(json_build_object('n', 0, 'key', v_letter.key, 'eventId', p_event->>'eventId',
      'version', p_event->'version')), null, p_entries, p_shipments);
  delete from dead_letters d where d.id = p_id;
  return 'released';
end
$$
----
CREATE FUNCTION public.jaego_take_in(p_consumer text, p_sources json, p_taken json, p_entries json, p_shipments json) RETURNS json
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
declare
  v_parked text[];
  v_missing text[];
  v_skip int[];
  v_effects int;
  v_queued int;
begin
  insert into consumer_positions (consumer, source, next)
    select p_consumer, s.source, 0 from json_to_recordset(p_sources) s (source text) order by s.source
    on conflict do nothing;
  perform from consumer_positions p
    where p.consumer = p_consumer and p.source in (select s.source from json_to_recordset(p_sources) s (source text))
    order by p.source for update;
  select array_agg(l.key) into v_parked from (
    select d.key from dead_letters d
    where d.consumer = p_consumer and d.key <> '' and d.key in (
      select t.key from json_to_recordset(p_taken) t (key text))
    order by d.id for share of d) l;
  with taken as materialized (
    select t.*, t.error is null and (t.key = any (coalesce(v_parked, '{}')) or coalesce(
      bool_or(t.error is not null and t.key <> '') over (
        partition by t.key order by t.n rows between unbounded preceding and 1 preceding), false)) as queues
    from json_to_recordset(p_taken) t (n int, source text, "offset" bigint, key text, "eventId" uuid, version bigint,
      error text, attempts int, letter json)
  ), missing as (
    select array_agg(distinct t.key) as keys from taken t where t.queues and t.letter is null
  ), buried as (
    insert into dead_letters
        (consumer, source, topic, "offset", key, value, headers, event_id, error, attempts, state)
      select p_consumer, t.source, t.letter->>'topic', t."offset", t.key, t.letter->>'value', t.letter->>'headers',
        t."eventId", coalesce(t.error, 'waits behind an older letter of its key'), coalesce(t.attempts, 0),
        case when t.queues then 'queued' else 'poison' end
      from taken t cross join missing m
      where (t.queues or t.error is not null) and m.keys is null and not exists (
        select from inbox i where i.event_id = t."eventId" and i.consumer = p_consumer) and not exists (
        select from dead_letters d where d.consumer = p_consumer and d.key = t.key and d.source = t.source
          and d."offset" = t."offset" and d.value = t.letter->>'value')
      order by t.n
      on conflict do nothing returning state
  )
  select (select keys from missing), (select count(*) from buried b where b.state = 'queued'),
    (select array_agg(t.n) from taken t where t.queues or t.error is not null)
    into v_missing, v_queued, v_skip;
  if v_missing is not null then
    return json_build_object('parked', v_missing);
  end if;
  v_effects := jaego_consume(p_consumer, p_taken, v_skip, p_entries, p_shipments);
  update consumer_positions p set next = s.next from json_to_recordset(p_sources) s (source text, next bigint)
    where p.consumer = p_consumer and p.source = s.source;
  return json_build_object('effects', v_effects, 'queued', v_queued);
end
$$
----
CREATE FUNCTION public.jaego_take_lanes() RETURNS TABLE(lane smallint, epoch bigint, seq bigint)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
begin
  perform 1 from lanes l order by l.lane for update;
  return query update lanes l set epoch = l.epoch + 1 returning l.lane, l.epoch, l.seq;
end
$$
----
CREATE TABLE public.consumer_keys (
    key text NOT NULL COLLATE pg_catalog."C",
    consumer text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL
)
WITH (fillfactor='80')
----
CREATE TABLE public.consumer_positions (
    consumer text NOT NULL COLLATE pg_catalog."C",
    source text NOT NULL COLLATE pg_catalog."C",
    next bigint NOT NULL
)
WITH (fillfactor='20')
----
CREATE TABLE public.customer_units (
    product_id uuid NOT NULL,
    customer_id text NOT NULL COLLATE pg_catalog."C",
    units bigint NOT NULL,
    CONSTRAINT customer_units_units_check CHECK ((units >= 0))
)
WITH (fillfactor='80')
----
CREATE TABLE public.dead_letters (
    id bigint NOT NULL,
    consumer text NOT NULL COLLATE pg_catalog."C",
    source text NOT NULL COLLATE pg_catalog."C",
    topic text NOT NULL,
    "offset" bigint NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL,
    headers text NOT NULL,
    event_id uuid,
    error text NOT NULL,
    attempts integer NOT NULL,
    state text NOT NULL,
    parked_at timestamp(3) with time zone DEFAULT now() NOT NULL,
    CONSTRAINT dead_letters_state_check CHECK ((state = ANY (ARRAY['poison'::text, 'queued'::text])))
)
----
ALTER TABLE public.dead_letters ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.dead_letters_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
)
----
CREATE TABLE public.holds (
    order_id uuid NOT NULL,
    product_id uuid NOT NULL,
    line_no smallint NOT NULL,
    customer_id text NOT NULL COLLATE pg_catalog."C",
    lane smallint NOT NULL,
    quantity bigint NOT NULL,
    unit_price bigint NOT NULL,
    currency text NOT NULL,
    state text NOT NULL,
    lapses_at timestamp(3) with time zone,
    CONSTRAINT holds_quantity_check CHECK ((quantity > 0)),
    CONSTRAINT holds_state_check CHECK ((state = ANY (ARRAY['tentative'::text, 'held'::text, 'confirmed'::text, 'released'::text, 'expired'::text, 'returned'::text]))),
    CONSTRAINT holds_unit_price_check CHECK ((unit_price >= 0)),
    CONSTRAINT tentative_lapses CHECK (((state = 'tentative'::text) = (lapses_at IS NOT NULL)))
)
WITH (fillfactor='80')
----
CREATE TABLE public.idempotency_keys (
    route text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    fingerprint uuid NOT NULL,
    order_id uuid,
    order_status text,
    answer text,
    created_at timestamp(3) with time zone DEFAULT now() NOT NULL,
    CONSTRAINT one_answer CHECK ((((order_id IS NULL) = (answer IS NOT NULL)) AND ((order_id IS NULL) = (order_status IS NULL))))
)
WITH (fillfactor='90')
----
CREATE TABLE public.inbox (
    event_id uuid NOT NULL,
    consumer text NOT NULL COLLATE pg_catalog."C"
)
PARTITION BY RANGE (event_id)
----
CREATE TABLE public.inbox_default (
    event_id uuid NOT NULL,
    consumer text NOT NULL COLLATE pg_catalog."C"
)
----
CREATE TABLE public.jaego_migrations (
    migration_id integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    name text NOT NULL
)
----
CREATE TABLE public.lanes (
    lane smallint NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL
)
WITH (fillfactor='20')
----
CREATE TABLE public.movements (
    product_id uuid NOT NULL,
    version bigint NOT NULL,
    type text NOT NULL,
    on_hand_delta bigint NOT NULL,
    reserved_delta bigint NOT NULL,
    on_hand bigint NOT NULL,
    reserved bigint NOT NULL,
    order_id uuid,
    reason text,
    at timestamp(3) with time zone NOT NULL
)
----
CREATE TABLE public.orders (
    id uuid NOT NULL,
    customer_id text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL,
    total_amount bigint NOT NULL,
    currency text NOT NULL,
    created_at timestamp(3) with time zone NOT NULL,
    expires_at timestamp(3) with time zone NOT NULL,
    version bigint NOT NULL,
    attempt_token text,
    attempt_started_at timestamp(3) with time zone,
    refund text DEFAULT 'none'::text NOT NULL,
    cancel_reason text,
    elsewhere boolean DEFAULT false NOT NULL,
    CONSTRAINT attempt_is_pending CHECK (((attempt_token IS NULL) OR (status = 'reserved'::text))),
    CONSTRAINT attempt_is_whole CHECK (((attempt_token IS NULL) = (attempt_started_at IS NULL))),
    CONSTRAINT orders_refund_check CHECK ((refund = ANY (ARRAY['none'::text, 'due'::text, 'done'::text]))),
    CONSTRAINT orders_status_check CHECK ((status = ANY (ARRAY['reserved'::text, 'paid'::text, 'shipped'::text, 'delivered'::text, 'cancelled'::text, 'expired'::text, 'payment_failed'::text]))),
    CONSTRAINT orders_total_amount_check CHECK ((total_amount >= 0)),
    CONSTRAINT orders_version_check CHECK ((version >= 1))
)
----
CREATE TABLE public.outbox (
    lane smallint NOT NULL,
    seq bigint NOT NULL,
    event_id uuid NOT NULL,
    subject_kind text NOT NULL,
    subject uuid NOT NULL,
    subject_version bigint NOT NULL,
    type text NOT NULL,
    payload text NOT NULL,
    occurred_at timestamp(3) with time zone NOT NULL
)
PARTITION BY RANGE (occurred_at)
----
CREATE TABLE public.outbox_20261128 (
    lane smallint NOT NULL,
    seq bigint NOT NULL,
    event_id uuid NOT NULL,
    subject_kind text NOT NULL,
    subject uuid NOT NULL,
    subject_version bigint NOT NULL,
    type text NOT NULL,
    payload text NOT NULL,
    occurred_at timestamp(3) with time zone NOT NULL
)
----
CREATE TABLE public.outbox_20261129 (
    lane smallint NOT NULL,
    seq bigint NOT NULL,
    event_id uuid NOT NULL,
    subject_kind text NOT NULL,
    subject uuid NOT NULL,
    subject_version bigint NOT NULL,
    type text NOT NULL,
    payload text NOT NULL,
    occurred_at timestamp(3) with time zone NOT NULL
)
----
CREATE TABLE public.outbox_20261130 (
    lane smallint NOT NULL,
    seq bigint NOT NULL,
    event_id uuid NOT NULL,
    subject_kind text NOT NULL,
    subject uuid NOT NULL,
    subject_version bigint NOT NULL,
    type text NOT NULL,
    payload text NOT NULL,
    occurred_at timestamp(3) with time zone NOT NULL
)
----
CREATE TABLE public.outbox_20261201 (
    lane smallint NOT NULL,
    seq bigint NOT NULL,
    event_id uuid NOT NULL,
    subject_kind text NOT NULL,
    subject uuid NOT NULL,
    subject_version bigint NOT NULL,
    type text NOT NULL,
    payload text NOT NULL,
    occurred_at timestamp(3) with time zone NOT NULL
)
----
CREATE TABLE public.outbox_dropped (
    slice text NOT NULL,
    until timestamp(3) with time zone NOT NULL,
    lane smallint NOT NULL,
    facts bigint NOT NULL
)
----
CREATE TABLE public.outbox_rest (
    lane smallint NOT NULL,
    seq bigint NOT NULL,
    event_id uuid NOT NULL,
    subject_kind text NOT NULL,
    subject uuid NOT NULL,
    subject_version bigint NOT NULL,
    type text NOT NULL,
    payload text NOT NULL,
    occurred_at timestamp(3) with time zone NOT NULL
)
----
CREATE TABLE public.products (
    id uuid NOT NULL,
    sku text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    price_amount bigint NOT NULL,
    price_currency text NOT NULL,
    purchase_limit bigint,
    lane smallint NOT NULL,
    created_at timestamp(3) with time zone NOT NULL,
    CONSTRAINT products_price_amount_check CHECK ((price_amount >= 0)),
    CONSTRAINT products_purchase_limit_check CHECK ((purchase_limit > 0))
)
----
CREATE TABLE public.relay_cursors (
    lane smallint NOT NULL,
    seq bigint NOT NULL
)
WITH (fillfactor='20')
----
CREATE TABLE public.stock (
    product_id uuid NOT NULL,
    on_hand bigint NOT NULL,
    reserved bigint NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT never_oversold CHECK (((on_hand >= reserved) AND (reserved >= 0))),
    CONSTRAINT stock_version_check CHECK ((version >= 1))
)
WITH (fillfactor='50')
----
CREATE TABLE public.timeline (
    order_id uuid NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL,
    version bigint,
    at timestamp(3) with time zone NOT NULL,
    detail text
)
----
ALTER TABLE ONLY public.inbox ATTACH PARTITION public.inbox_default DEFAULT
----
ALTER TABLE ONLY public.outbox ATTACH PARTITION public.outbox_20261128 FOR VALUES FROM ('2026-11-28 00:00:00+00') TO ('2026-11-29 00:00:00+00')
----
ALTER TABLE ONLY public.outbox ATTACH PARTITION public.outbox_20261129 FOR VALUES FROM ('2026-11-29 00:00:00+00') TO ('2026-11-30 00:00:00+00')
----
ALTER TABLE ONLY public.outbox ATTACH PARTITION public.outbox_20261130 FOR VALUES FROM ('2026-11-30 00:00:00+00') TO ('2026-12-01 00:00:00+00')
----
ALTER TABLE ONLY public.outbox ATTACH PARTITION public.outbox_20261201 FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2026-12-02 00:00:00+00')
----
ALTER TABLE ONLY public.outbox ATTACH PARTITION public.outbox_rest DEFAULT
----
INSERT INTO public.customer_units VALUES ('01a2237a-8743-7057-b01f-4e5e8b17fd68', 'ann', 1)
----
INSERT INTO public.holds VALUES ('01a2237a-8845-75cc-aa21-d4722a733fc7', '01a2237a-8722-714f-b256-c8024407d0c7', 0, 'ann', 7, 2, 100, 'EUR', 'confirmed', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-8845-75cc-aa21-d4722a733fc7', '01a2237a-8743-7057-b01f-4e5e8b17fd68', 1, 'ann', 40, 1, 200, 'EUR', 'confirmed', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-8906-75d5-8b0e-b7f1f0c093c2', '01a2237a-87a5-711e-99e0-5c339909bbc2', 0, 'bo', 2, 1, 300, 'EUR', 'confirmed', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-8986-7485-a4ca-95dba178a228', '01a2237a-8743-7057-b01f-4e5e8b17fd68', 0, 'ann', 40, 1, 200, 'EUR', 'returned', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-8986-7485-a4ca-95dba178a228', '01a2237a-87a5-711e-99e0-5c339909bbc2', 1, 'ann', 2, 3, 300, 'EUR', 'returned', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-8a60-77c2-8f30-2af51a33d987', '01a2237a-8722-714f-b256-c8024407d0c7', 0, 'bo', 7, 1, 100, 'EUR', 'released', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-8ad2-7293-b87f-fc7f5c54c447', '01a2237a-8722-714f-b256-c8024407d0c7', 0, 'cy', 7, 1, 100, 'EUR', 'expired', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-8b26-769d-b745-da9b1e35d2c2', '01a2237a-87a5-711e-99e0-5c339909bbc2', 0, 'cy', 2, 1, 300, 'EUR', 'expired', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-ae9f-75e8-9e23-f2d48b707cc2', '01a2237a-87a5-711e-99e0-5c339909bbc2', 0, 'di', 2, 1, 300, 'EUR', 'held', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-aee4-7572-a646-057e535964c2', '01a2237a-87a5-711e-99e0-5c339909bbc2', 0, 'di', 2, 1, 300, 'EUR', 'held', NULL)
----
INSERT INTO public.idempotency_keys VALUES ('products', 'p-1', '8237491a-011e-d703-6b75-cc0bf1b6cfd3', NULL, NULL, '{"_tag":"Product","product":{"id":"01a2237a-8722-714f-b256-c8024407d0c7","sku":"S-1","name":"Thing 1","price":{"amount":100,"currency":"EUR"},"purchaseLimit":null,"createdAt":1795891562274}}', '2026-11-28 18:46:02.277+00')
----
INSERT INTO public.idempotency_keys VALUES ('products', 'p-2', '6b42b84b-564d-e6c5-17f2-8ff0d1c4f4f7', NULL, NULL, '{"_tag":"Product","product":{"id":"01a2237a-8743-7057-b01f-4e5e8b17fd68","sku":"S-2","name":"Thing 2","price":{"amount":200,"currency":"EUR"},"purchaseLimit":5,"createdAt":1795891562307}}', '2026-11-28 18:46:02.351+00')
----
INSERT INTO public.idempotency_keys VALUES ('products', 'p-3', '8acbe12f-2a1d-f311-6897-0c1b543388dc', NULL, NULL, '{"_tag":"Product","product":{"id":"01a2237a-87a5-711e-99e0-5c339909bbc2","sku":"S-3","name":"Thing 3","price":{"amount":300,"currency":"EUR"},"purchaseLimit":null,"createdAt":1795891562405}}', '2026-11-28 18:46:02.413+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-1', '65bb6e50-25fd-2f0d-f7d8-9ba603d753de', '01a2237a-8845-75cc-aa21-d4722a733fc7', 'paid', NULL, '2026-11-28 18:46:02.625+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-2', '247c3d7f-85d2-8fa5-2c7b-5035ccf7c04b', '01a2237a-8906-75d5-8b0e-b7f1f0c093c2', 'paid', NULL, '2026-11-28 18:46:02.769+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-3', '288a9dbf-72b7-8af8-5146-1216f1257784', '01a2237a-8986-7485-a4ca-95dba178a228', 'paid', NULL, '2026-11-28 18:46:02.912+00')
----
INSERT INTO public.idempotency_keys VALUES ('cancel', 'c-3', '5b7d35cf-5baf-ba89-8b84-fef10bfe8a55', '01a2237a-8986-7485-a4ca-95dba178a228', 'cancelled', NULL, '2026-11-28 18:46:03.047+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-4', 'bc01b5f2-17e1-1cd6-e36a-61fab517f1a5', '01a2237a-8a60-77c2-8f30-2af51a33d987', 'payment_failed', NULL, '2026-11-28 18:46:03.112+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-5', '80d906fc-9ffb-0e8b-6deb-d32670e96623', '01a2237a-8ad2-7293-b87f-fc7f5c54c447', 'reserved', NULL, '2026-11-28 18:46:03.25+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-7', '6f10a365-1978-d7d5-6292-6ffc1aeaaec1', '01a2237a-8b26-769d-b745-da9b1e35d2c2', 'reserved', NULL, '2026-11-28 18:46:03.304+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-6', '364696cc-3f6e-c844-9a0a-03a31dfc5e68', '01a2237a-ae9f-75e8-9e23-f2d48b707cc2', 'reserved', NULL, '2026-11-28 18:46:12.386+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-8', '364696cc-3f6e-c844-9a0a-03a31dfc5e68', '01a2237a-aee4-7572-a646-057e535964c2', 'reserved', NULL, '2026-11-28 18:46:12.457+00')
----
INSERT INTO public.jaego_migrations VALUES (1, '2026-11-28 18:45:55.349422+00', 'ledger')
----
INSERT INTO public.jaego_migrations VALUES (2, '2026-11-28 18:45:55.349422+00', 'commit')
----
INSERT INTO public.jaego_migrations VALUES (3, '2026-11-28 18:45:55.349422+00', 'outbox_slices')
----
INSERT INTO public.jaego_migrations VALUES (4, '2026-11-28 18:45:55.349422+00', 'inbox')
----
INSERT INTO public.lanes VALUES (0, 1, 0)
----
INSERT INTO public.lanes VALUES (1, 1, 0)
----
INSERT INTO public.lanes VALUES (7, 1, 13)
----
INSERT INTO public.lanes VALUES (3, 1, 0)
----
INSERT INTO public.lanes VALUES (11, 1, 1)
----
INSERT INTO public.lanes VALUES (6, 1, 0)
----
INSERT INTO public.lanes VALUES (2, 1, 16)
----
INSERT INTO public.lanes VALUES (8, 1, 0)
----
INSERT INTO public.lanes VALUES (19, 1, 1)
----
INSERT INTO public.lanes VALUES (10, 1, 0)
----
INSERT INTO public.lanes VALUES (14, 1, 1)
----
INSERT INTO public.lanes VALUES (12, 1, 0)
----
INSERT INTO public.lanes VALUES (13, 1, 0)
----
INSERT INTO public.lanes VALUES (5, 1, 2)
----
INSERT INTO public.lanes VALUES (9, 1, 1)
----
INSERT INTO public.lanes VALUES (16, 1, 0)
----
INSERT INTO public.lanes VALUES (17, 1, 0)
----
INSERT INTO public.lanes VALUES (18, 1, 0)
----
INSERT INTO public.lanes VALUES (4, 1, 1)
----
INSERT INTO public.lanes VALUES (20, 1, 0)
----
INSERT INTO public.lanes VALUES (21, 1, 0)
----
INSERT INTO public.lanes VALUES (22, 1, 0)
----
INSERT INTO public.lanes VALUES (23, 1, 0)
----
INSERT INTO public.lanes VALUES (24, 1, 0)
----
INSERT INTO public.lanes VALUES (25, 1, 0)
----
INSERT INTO public.lanes VALUES (26, 1, 0)
----
INSERT INTO public.lanes VALUES (27, 1, 0)
----
INSERT INTO public.lanes VALUES (28, 1, 0)
----
INSERT INTO public.lanes VALUES (29, 1, 0)
----
INSERT INTO public.lanes VALUES (30, 1, 0)
----
INSERT INTO public.lanes VALUES (15, 1, 1)
----
INSERT INTO public.lanes VALUES (31, 1, 0)
----
INSERT INTO public.lanes VALUES (32, 1, 0)
----
INSERT INTO public.lanes VALUES (33, 1, 0)
----
INSERT INTO public.lanes VALUES (34, 1, 0)
----
INSERT INTO public.lanes VALUES (40, 1, 10)
----
INSERT INTO public.lanes VALUES (36, 1, 0)
----
INSERT INTO public.lanes VALUES (37, 1, 0)
----
INSERT INTO public.lanes VALUES (38, 1, 0)
----
INSERT INTO public.lanes VALUES (39, 1, 0)
----
INSERT INTO public.lanes VALUES (55, 1, 1)
----
INSERT INTO public.lanes VALUES (42, 1, 0)
----
INSERT INTO public.lanes VALUES (43, 1, 0)
----
INSERT INTO public.lanes VALUES (44, 1, 0)
----
INSERT INTO public.lanes VALUES (45, 1, 0)
----
INSERT INTO public.lanes VALUES (46, 1, 0)
----
INSERT INTO public.lanes VALUES (35, 1, 1)
----
INSERT INTO public.lanes VALUES (48, 1, 0)
----
INSERT INTO public.lanes VALUES (49, 1, 0)
----
INSERT INTO public.lanes VALUES (50, 1, 0)
----
INSERT INTO public.lanes VALUES (51, 1, 0)
----
INSERT INTO public.lanes VALUES (52, 1, 0)
----
INSERT INTO public.lanes VALUES (53, 1, 0)
----
INSERT INTO public.lanes VALUES (54, 1, 0)
----
INSERT INTO public.lanes VALUES (47, 1, 1)
----
INSERT INTO public.lanes VALUES (56, 1, 0)
----
INSERT INTO public.lanes VALUES (57, 1, 0)
----
INSERT INTO public.lanes VALUES (58, 1, 0)
----
INSERT INTO public.lanes VALUES (59, 1, 0)
----
INSERT INTO public.lanes VALUES (60, 1, 0)
----
INSERT INTO public.lanes VALUES (61, 1, 0)
----
INSERT INTO public.lanes VALUES (41, 1, 1)
----
INSERT INTO public.lanes VALUES (62, 1, 0)
----
INSERT INTO public.lanes VALUES (63, 1, 0)
----
INSERT INTO public.movements VALUES ('01a2237a-84f5-74e1-813b-cd56bca54169', 1, 'created', 50, 0, 50, 0, NULL, NULL, '2026-11-28 18:46:01.732+00')
----
INSERT INTO public.movements VALUES ('01a2237a-853f-750c-9160-a602f402800f', 1, 'created', 400, 0, 400, 0, NULL, NULL, '2026-11-28 18:46:01.792+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8551-70fe-a3b9-550e72a4b689', 1, 'created', 1, 0, 1, 0, NULL, NULL, '2026-11-28 18:46:01.81+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8562-700e-adf4-89ba990dc2f7', 1, 'created', 240, 0, 240, 0, NULL, NULL, '2026-11-28 18:46:01.827+00')
----
INSERT INTO public.movements VALUES ('01a2237a-856e-726d-8145-5e69227a5145', 1, 'created', 1000, 0, 1000, 0, NULL, NULL, '2026-11-28 18:46:01.839+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8579-7718-8ae1-38bd2b74d34b', 1, 'created', 180, 0, 180, 0, NULL, NULL, '2026-11-28 18:46:01.85+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8582-77c3-a15d-0991b58f7b6f', 1, 'created', 600, 0, 600, 0, NULL, NULL, '2026-11-28 18:46:01.859+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8591-773c-8f58-33519a4de30e', 1, 'created', 320, 0, 320, 0, NULL, NULL, '2026-11-28 18:46:01.875+00')
----
INSERT INTO public.movements VALUES ('01a2237a-85e0-73ee-bd66-d08852915245', 1, 'created', 410, 0, 410, 0, NULL, NULL, '2026-11-28 18:46:01.952+00')
----
INSERT INTO public.movements VALUES ('01a2237a-85e6-7710-8474-2b91334fc113', 1, 'created', 2500, 0, 2500, 0, NULL, NULL, '2026-11-28 18:46:01.959+00')
----
INSERT INTO public.movements VALUES ('01a2237a-85ed-7157-9d2b-0b90cd5f2504', 1, 'created', 5000, 0, 5000, 0, NULL, NULL, '2026-11-28 18:46:01.973+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8626-76db-85f3-bf75e5bb5d63', 1, 'created', 100000, 0, 100000, 0, NULL, NULL, '2026-11-28 18:46:02.023+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8722-714f-b256-c8024407d0c7', 1, 'created', 20, 0, 20, 0, NULL, NULL, '2026-11-28 18:46:02.274+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8743-7057-b01f-4e5e8b17fd68', 1, 'created', 20, 0, 20, 0, NULL, NULL, '2026-11-28 18:46:02.336+00')
----
INSERT INTO public.movements VALUES ('01a2237a-87a5-711e-99e0-5c339909bbc2', 1, 'created', 20, 0, 20, 0, NULL, NULL, '2026-11-28 18:46:02.409+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8743-7057-b01f-4e5e8b17fd68', 2, 'reserved', 0, 1, 20, 1, '01a2237a-8845-75cc-aa21-d4722a733fc7', NULL, '2026-11-28 18:46:02.579+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8722-714f-b256-c8024407d0c7', 2, 'reserved', 0, 2, 20, 2, '01a2237a-8845-75cc-aa21-d4722a733fc7', NULL, '2026-11-28 18:46:02.616+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8722-714f-b256-c8024407d0c7', 3, 'confirmed', -2, -2, 18, 0, '01a2237a-8845-75cc-aa21-d4722a733fc7', NULL, '2026-11-28 18:46:02.66+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8743-7057-b01f-4e5e8b17fd68', 3, 'confirmed', -1, -1, 19, 0, '01a2237a-8845-75cc-aa21-d4722a733fc7', NULL, '2026-11-28 18:46:02.721+00')
----
INSERT INTO public.movements VALUES ('01a2237a-87a5-711e-99e0-5c339909bbc2', 2, 'reserved', 0, 1, 20, 1, '01a2237a-8906-75d5-8b0e-b7f1f0c093c2', NULL, '2026-11-28 18:46:02.765+00')
----
INSERT INTO public.movements VALUES ('01a2237a-87a5-711e-99e0-5c339909bbc2', 3, 'confirmed', -1, -1, 19, 0, '01a2237a-8906-75d5-8b0e-b7f1f0c093c2', NULL, '2026-11-28 18:46:02.785+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8743-7057-b01f-4e5e8b17fd68', 4, 'reserved', 0, 1, 19, 1, '01a2237a-8986-7485-a4ca-95dba178a228', NULL, '2026-11-28 18:46:02.904+00')
----
INSERT INTO public.movements VALUES ('01a2237a-87a5-711e-99e0-5c339909bbc2', 4, 'reserved', 0, 3, 19, 3, '01a2237a-8986-7485-a4ca-95dba178a228', NULL, '2026-11-28 18:46:02.904+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8743-7057-b01f-4e5e8b17fd68', 5, 'confirmed', -1, -1, 18, 0, '01a2237a-8986-7485-a4ca-95dba178a228', NULL, '2026-11-28 18:46:02.933+00')
----
INSERT INTO public.movements VALUES ('01a2237a-87a5-711e-99e0-5c339909bbc2', 5, 'confirmed', -3, -3, 16, 0, '01a2237a-8986-7485-a4ca-95dba178a228', NULL, '2026-11-28 18:46:02.933+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8743-7057-b01f-4e5e8b17fd68', 6, 'restocked', 1, 0, 19, 0, '01a2237a-8986-7485-a4ca-95dba178a228', NULL, '2026-11-28 18:46:03.045+00')
----
INSERT INTO public.movements VALUES ('01a2237a-87a5-711e-99e0-5c339909bbc2', 6, 'restocked', 3, 0, 19, 0, '01a2237a-8986-7485-a4ca-95dba178a228', NULL, '2026-11-28 18:46:03.045+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8722-714f-b256-c8024407d0c7', 4, 'reserved', 0, 1, 18, 1, '01a2237a-8a60-77c2-8f30-2af51a33d987', NULL, '2026-11-28 18:46:03.109+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8722-714f-b256-c8024407d0c7', 5, 'released', 0, -1, 18, 0, '01a2237a-8a60-77c2-8f30-2af51a33d987', NULL, '2026-11-28 18:46:03.137+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8722-714f-b256-c8024407d0c7', 6, 'reserved', 0, 1, 18, 1, '01a2237a-8ad2-7293-b87f-fc7f5c54c447', NULL, '2026-11-28 18:46:03.22+00')
----
INSERT INTO public.movements VALUES ('01a2237a-87a5-711e-99e0-5c339909bbc2', 7, 'reserved', 0, 1, 19, 1, '01a2237a-8b26-769d-b745-da9b1e35d2c2', NULL, '2026-11-28 18:46:03.302+00')
----
INSERT INTO public.movements VALUES ('01a2237a-8722-714f-b256-c8024407d0c7', 7, 'expired', 0, -1, 18, 0, '01a2237a-8ad2-7293-b87f-fc7f5c54c447', NULL, '2026-11-28 18:46:06.218+00')
----
INSERT INTO public.movements VALUES ('01a2237a-87a5-711e-99e0-5c339909bbc2', 8, 'expired', 0, -1, 19, 0, '01a2237a-8b26-769d-b745-da9b1e35d2c2', NULL, '2026-11-28 18:46:06.304+00')
----
INSERT INTO public.movements VALUES ('01a2237a-87a5-711e-99e0-5c339909bbc2', 9, 'reserved', 0, 1, 19, 1, '01a2237a-ae9f-75e8-9e23-f2d48b707cc2', NULL, '2026-11-28 18:46:12.384+00')
----
INSERT INTO public.movements VALUES ('01a2237a-87a5-711e-99e0-5c339909bbc2', 10, 'reserved', 0, 1, 19, 2, '01a2237a-aee4-7572-a646-057e535964c2', NULL, '2026-11-28 18:46:12.452+00')
----
INSERT INTO public.orders VALUES ('01a2237a-8906-75d5-8b0e-b7f1f0c093c2', 'bo', 'paid', 300, 'EUR', '2026-11-28 18:46:02.758+00', '2026-11-28 18:46:05.758+00', 2, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237a-8986-7485-a4ca-95dba178a228', 'ann', 'cancelled', 1100, 'EUR', '2026-11-28 18:46:02.886+00', '2026-11-28 18:46:05.886+00', 4, NULL, NULL, 'done', 'no', false)
----
INSERT INTO public.orders VALUES ('01a2237a-8a60-77c2-8f30-2af51a33d987', 'bo', 'payment_failed', 100, 'EUR', '2026-11-28 18:46:03.104+00', '2026-11-28 18:46:06.104+00', 2, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237a-8845-75cc-aa21-d4722a733fc7', 'ann', 'paid', 400, 'EUR', '2026-11-28 18:46:02.565+00', '2026-11-28 18:46:05.565+00', 2, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237a-8ad2-7293-b87f-fc7f5c54c447', 'cy', 'expired', 100, 'EUR', '2026-11-28 18:46:03.218+00', '2026-11-28 18:46:06.218+00', 2, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237a-8b26-769d-b745-da9b1e35d2c2', 'cy', 'expired', 300, 'EUR', '2026-11-28 18:46:03.302+00', '2026-11-28 18:46:06.302+00', 2, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237a-ae9f-75e8-9e23-f2d48b707cc2', 'di', 'reserved', 300, 'EUR', '2026-11-28 18:46:12.383+00', '2026-11-28 18:46:15.383+00', 1, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237a-aee4-7572-a646-057e535964c2', 'di', 'reserved', 300, 'EUR', '2026-11-28 18:46:12.452+00', '2026-11-28 18:46:15.452+00', 1, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.outbox_20261128 VALUES (41, 1, '01a2237a-8506-7483-a1cc-b8541210eb4e', 'stock', '01a2237a-84f5-74e1-813b-cd56bca54169', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-84f5-74e1-813b-cd56bca54169","version":1,"onHand":50,"reserved":0,"available":50,"onHandDelta":50,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:01.732+00')
----
INSERT INTO public.outbox_20261128 VALUES (15, 1, '01a2237a-8540-75f7-b696-6f9440d96e80', 'stock', '01a2237a-853f-750c-9160-a602f402800f', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-853f-750c-9160-a602f402800f","version":1,"onHand":400,"reserved":0,"available":400,"onHandDelta":400,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:01.792+00')
----
INSERT INTO public.outbox_20261128 VALUES (9, 1, '01a2237a-8552-77b6-88c0-fa02997fa4b4', 'stock', '01a2237a-8551-70fe-a3b9-550e72a4b689', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-8551-70fe-a3b9-550e72a4b689","version":1,"onHand":1,"reserved":0,"available":1,"onHandDelta":1,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:01.81+00')
----
INSERT INTO public.outbox_20261128 VALUES (55, 1, '01a2237a-8563-7315-ad46-8014aeb05cd4', 'stock', '01a2237a-8562-700e-adf4-89ba990dc2f7', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-8562-700e-adf4-89ba990dc2f7","version":1,"onHand":240,"reserved":0,"available":240,"onHandDelta":240,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:01.827+00')
----
INSERT INTO public.outbox_20261128 VALUES (5, 1, '01a2237a-856f-77a6-a242-3e7793112600', 'stock', '01a2237a-856e-726d-8145-5e69227a5145', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-856e-726d-8145-5e69227a5145","version":1,"onHand":1000,"reserved":0,"available":1000,"onHandDelta":1000,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:01.839+00')
----
INSERT INTO public.outbox_20261128 VALUES (11, 1, '01a2237a-857a-7029-8502-450ce838ea74', 'stock', '01a2237a-8579-7718-8ae1-38bd2b74d34b', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-8579-7718-8ae1-38bd2b74d34b","version":1,"onHand":180,"reserved":0,"available":180,"onHandDelta":180,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:01.85+00')
----
INSERT INTO public.outbox_20261128 VALUES (47, 1, '01a2237a-8583-75f8-8fd1-13c768e7011f', 'stock', '01a2237a-8582-77c3-a15d-0991b58f7b6f', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-8582-77c3-a15d-0991b58f7b6f","version":1,"onHand":600,"reserved":0,"available":600,"onHandDelta":600,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:01.859+00')
----
INSERT INTO public.outbox_20261128 VALUES (14, 1, '01a2237a-8596-7122-bf99-acf37c554b3c', 'stock', '01a2237a-8591-773c-8f58-33519a4de30e', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-8591-773c-8f58-33519a4de30e","version":1,"onHand":320,"reserved":0,"available":320,"onHandDelta":320,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:01.875+00')
----
INSERT INTO public.outbox_20261128 VALUES (5, 2, '01a2237a-85e0-73a1-9ead-9b5be231a07f', 'stock', '01a2237a-85e0-73ee-bd66-d08852915245', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-85e0-73ee-bd66-d08852915245","version":1,"onHand":410,"reserved":0,"available":410,"onHandDelta":410,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:01.952+00')
----
INSERT INTO public.outbox_20261128 VALUES (19, 1, '01a2237a-85e7-7120-b4ff-92b344706905', 'stock', '01a2237a-85e6-7710-8474-2b91334fc113', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-85e6-7710-8474-2b91334fc113","version":1,"onHand":2500,"reserved":0,"available":2500,"onHandDelta":2500,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:01.959+00')
----
INSERT INTO public.outbox_20261128 VALUES (4, 1, '01a2237a-85f5-70ac-91c3-9571c250ebf5', 'stock', '01a2237a-85ed-7157-9d2b-0b90cd5f2504', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-85ed-7157-9d2b-0b90cd5f2504","version":1,"onHand":5000,"reserved":0,"available":5000,"onHandDelta":5000,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:01.973+00')
----
INSERT INTO public.outbox_20261128 VALUES (35, 1, '01a2237a-8627-7130-bfa4-df95375d693d', 'stock', '01a2237a-8626-76db-85f3-bf75e5bb5d63', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-8626-76db-85f3-bf75e5bb5d63","version":1,"onHand":100000,"reserved":0,"available":100000,"onHandDelta":100000,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:02.023+00')
----
INSERT INTO public.outbox_20261128 VALUES (7, 1, '01a2237a-8723-737f-b334-f51f7a1f17ea', 'stock', '01a2237a-8722-714f-b256-c8024407d0c7', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-8722-714f-b256-c8024407d0c7","version":1,"onHand":20,"reserved":0,"available":20,"onHandDelta":20,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:02.274+00')
----
INSERT INTO public.outbox_20261128 VALUES (40, 1, '01a2237a-8760-71bf-83f9-806dcb9781cc', 'stock', '01a2237a-8743-7057-b01f-4e5e8b17fd68', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-8743-7057-b01f-4e5e8b17fd68","version":1,"onHand":20,"reserved":0,"available":20,"onHandDelta":20,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:02.336+00')
----
INSERT INTO public.outbox_20261128 VALUES (2, 1, '01a2237a-87aa-7245-bda5-b688e8703455', 'stock', '01a2237a-87a5-711e-99e0-5c339909bbc2', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","version":1,"onHand":20,"reserved":0,"available":20,"onHandDelta":20,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:02.409+00')
----
INSERT INTO public.outbox_20261128 VALUES (40, 2, '01a2237a-8854-74b2-a270-2c493ad72e30', 'stock', '01a2237a-8743-7057-b01f-4e5e8b17fd68', 2, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-8743-7057-b01f-4e5e8b17fd68","version":2,"onHand":20,"reserved":1,"available":19,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237a-8845-75cc-aa21-d4722a733fc7","reason":null}', '2026-11-28 18:46:02.579+00')
----
INSERT INTO public.outbox_20261128 VALUES (7, 2, '01a2237a-8880-74fe-85d3-490ad912d103', 'stock', '01a2237a-8722-714f-b256-c8024407d0c7', 2, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-8722-714f-b256-c8024407d0c7","version":2,"onHand":20,"reserved":2,"available":18,"onHandDelta":0,"reservedDelta":2,"orderId":"01a2237a-8845-75cc-aa21-d4722a733fc7","reason":null}', '2026-11-28 18:46:02.616+00')
----
INSERT INTO public.outbox_20261128 VALUES (7, 3, '01a2237a-8880-77b8-bbcb-d29457f16f4b', 'order', '01a2237a-8845-75cc-aa21-d4722a733fc7', 1, 'jaego.order.placed.v1', '{"id":"01a2237a-8845-75cc-aa21-d4722a733fc7","version":1,"status":"reserved","customerId":"ann","lines":[{"productId":"01a2237a-8722-714f-b256-c8024407d0c7","quantity":2,"unitPrice":{"amount":100,"currency":"EUR"}},{"productId":"01a2237a-8743-7057-b01f-4e5e8b17fd68","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}}],"total":{"amount":400,"currency":"EUR"},"createdAt":"2026-11-28T18:46:02.565Z","expiresAt":"2026-11-28T18:46:05.565Z"}', '2026-11-28 18:46:02.616+00')
----
INSERT INTO public.outbox_20261128 VALUES (7, 4, '01a2237a-88a5-7082-aa70-cf1d993878b3', 'stock', '01a2237a-8722-714f-b256-c8024407d0c7', 3, 'jaego.stock.confirmed.v1', '{"productId":"01a2237a-8722-714f-b256-c8024407d0c7","version":3,"onHand":18,"reserved":0,"available":18,"onHandDelta":-2,"reservedDelta":-2,"orderId":"01a2237a-8845-75cc-aa21-d4722a733fc7","reason":null}', '2026-11-28 18:46:02.66+00')
----
INSERT INTO public.outbox_20261128 VALUES (7, 5, '01a2237a-88a5-7083-b16c-1929c144305f', 'order', '01a2237a-8845-75cc-aa21-d4722a733fc7', 2, 'jaego.order.paid.v1', '{"id":"01a2237a-8845-75cc-aa21-d4722a733fc7","version":2,"status":"paid","customerId":"ann","lines":[{"productId":"01a2237a-8722-714f-b256-c8024407d0c7","quantity":2,"unitPrice":{"amount":100,"currency":"EUR"}},{"productId":"01a2237a-8743-7057-b01f-4e5e8b17fd68","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}}],"total":{"amount":400,"currency":"EUR"},"createdAt":"2026-11-28T18:46:02.565Z","expiresAt":"2026-11-28T18:46:05.565Z"}', '2026-11-28 18:46:02.66+00')
----
INSERT INTO public.outbox_20261128 VALUES (40, 3, '01a2237a-88e2-726d-8383-182d01332a65', 'stock', '01a2237a-8743-7057-b01f-4e5e8b17fd68', 3, 'jaego.stock.confirmed.v1', '{"productId":"01a2237a-8743-7057-b01f-4e5e8b17fd68","version":3,"onHand":19,"reserved":0,"available":19,"onHandDelta":-1,"reservedDelta":-1,"orderId":"01a2237a-8845-75cc-aa21-d4722a733fc7","reason":null}', '2026-11-28 18:46:02.721+00')
----
INSERT INTO public.outbox_20261128 VALUES (2, 2, '01a2237a-890e-7011-bc9a-d4a060de4468', 'stock', '01a2237a-87a5-711e-99e0-5c339909bbc2', 2, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","version":2,"onHand":20,"reserved":1,"available":19,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237a-8906-75d5-8b0e-b7f1f0c093c2","reason":null}', '2026-11-28 18:46:02.765+00')
----
INSERT INTO public.outbox_20261128 VALUES (2, 3, '01a2237a-890f-715b-8a36-2f38f53ebc03', 'order', '01a2237a-8906-75d5-8b0e-b7f1f0c093c2', 1, 'jaego.order.placed.v1', '{"id":"01a2237a-8906-75d5-8b0e-b7f1f0c093c2","version":1,"status":"reserved","customerId":"bo","lines":[{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:46:02.758Z","expiresAt":"2026-11-28T18:46:05.758Z"}', '2026-11-28 18:46:02.765+00')
----
INSERT INTO public.outbox_20261128 VALUES (2, 4, '01a2237a-8922-7223-8985-67352dff65c2', 'stock', '01a2237a-87a5-711e-99e0-5c339909bbc2', 3, 'jaego.stock.confirmed.v1', '{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","version":3,"onHand":19,"reserved":0,"available":19,"onHandDelta":-1,"reservedDelta":-1,"orderId":"01a2237a-8906-75d5-8b0e-b7f1f0c093c2","reason":null}', '2026-11-28 18:46:02.785+00')
----
INSERT INTO public.outbox_20261128 VALUES (2, 5, '01a2237a-8923-7173-b7ed-a1e2d0eaba0c', 'order', '01a2237a-8906-75d5-8b0e-b7f1f0c093c2', 2, 'jaego.order.paid.v1', '{"id":"01a2237a-8906-75d5-8b0e-b7f1f0c093c2","version":2,"status":"paid","customerId":"bo","lines":[{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:46:02.758Z","expiresAt":"2026-11-28T18:46:05.758Z"}', '2026-11-28 18:46:02.785+00')
----
INSERT INTO public.outbox_20261128 VALUES (40, 4, '01a2237a-8999-7574-8260-5b919cc4f938', 'stock', '01a2237a-8743-7057-b01f-4e5e8b17fd68', 4, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-8743-7057-b01f-4e5e8b17fd68","version":4,"onHand":19,"reserved":1,"available":18,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237a-8986-7485-a4ca-95dba178a228","reason":null}', '2026-11-28 18:46:02.904+00')
----
INSERT INTO public.outbox_20261128 VALUES (2, 6, '01a2237a-8999-7575-b484-f84c9c7d3804', 'stock', '01a2237a-87a5-711e-99e0-5c339909bbc2', 4, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","version":4,"onHand":19,"reserved":3,"available":16,"onHandDelta":0,"reservedDelta":3,"orderId":"01a2237a-8986-7485-a4ca-95dba178a228","reason":null}', '2026-11-28 18:46:02.904+00')
----
INSERT INTO public.outbox_20261128 VALUES (40, 5, '01a2237a-899d-706a-a135-36d411a85b96', 'order', '01a2237a-8986-7485-a4ca-95dba178a228', 1, 'jaego.order.placed.v1', '{"id":"01a2237a-8986-7485-a4ca-95dba178a228","version":1,"status":"reserved","customerId":"ann","lines":[{"productId":"01a2237a-8743-7057-b01f-4e5e8b17fd68","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}},{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","quantity":3,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":1100,"currency":"EUR"},"createdAt":"2026-11-28T18:46:02.886Z","expiresAt":"2026-11-28T18:46:05.886Z"}', '2026-11-28 18:46:02.904+00')
----
INSERT INTO public.outbox_20261128 VALUES (40, 6, '01a2237a-89b5-7178-8dfe-03da6e8fe445', 'stock', '01a2237a-8743-7057-b01f-4e5e8b17fd68', 5, 'jaego.stock.confirmed.v1', '{"productId":"01a2237a-8743-7057-b01f-4e5e8b17fd68","version":5,"onHand":18,"reserved":0,"available":18,"onHandDelta":-1,"reservedDelta":-1,"orderId":"01a2237a-8986-7485-a4ca-95dba178a228","reason":null}', '2026-11-28 18:46:02.933+00')
----
INSERT INTO public.outbox_20261128 VALUES (2, 7, '01a2237a-89b5-7542-a02f-3b6aeb4c99be', 'stock', '01a2237a-87a5-711e-99e0-5c339909bbc2', 5, 'jaego.stock.confirmed.v1', '{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","version":5,"onHand":16,"reserved":0,"available":16,"onHandDelta":-3,"reservedDelta":-3,"orderId":"01a2237a-8986-7485-a4ca-95dba178a228","reason":null}', '2026-11-28 18:46:02.933+00')
----
INSERT INTO public.outbox_20261128 VALUES (40, 7, '01a2237a-89b5-7543-8e30-5acde7b48bbb', 'order', '01a2237a-8986-7485-a4ca-95dba178a228', 2, 'jaego.order.paid.v1', '{"id":"01a2237a-8986-7485-a4ca-95dba178a228","version":2,"status":"paid","customerId":"ann","lines":[{"productId":"01a2237a-8743-7057-b01f-4e5e8b17fd68","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}},{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","quantity":3,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":1100,"currency":"EUR"},"createdAt":"2026-11-28T18:46:02.886Z","expiresAt":"2026-11-28T18:46:05.886Z"}', '2026-11-28 18:46:02.933+00')
----
INSERT INTO public.outbox_20261128 VALUES (40, 8, '01a2237a-8a26-7081-b77d-c234d243e5fb', 'stock', '01a2237a-8743-7057-b01f-4e5e8b17fd68', 6, 'jaego.stock.restocked.v1', '{"productId":"01a2237a-8743-7057-b01f-4e5e8b17fd68","version":6,"onHand":19,"reserved":0,"available":19,"onHandDelta":1,"reservedDelta":0,"orderId":"01a2237a-8986-7485-a4ca-95dba178a228","reason":null}', '2026-11-28 18:46:03.045+00')
----
INSERT INTO public.outbox_20261128 VALUES (2, 8, '01a2237a-8a26-731c-b37e-93b3c4cca628', 'stock', '01a2237a-87a5-711e-99e0-5c339909bbc2', 6, 'jaego.stock.restocked.v1', '{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","version":6,"onHand":19,"reserved":0,"available":19,"onHandDelta":3,"reservedDelta":0,"orderId":"01a2237a-8986-7485-a4ca-95dba178a228","reason":null}', '2026-11-28 18:46:03.045+00')
----
INSERT INTO public.outbox_20261128 VALUES (40, 9, '01a2237a-8a26-731d-b5c2-eab3d441b638', 'order', '01a2237a-8986-7485-a4ca-95dba178a228', 3, 'jaego.order.cancelled.v1', '{"id":"01a2237a-8986-7485-a4ca-95dba178a228","version":3,"status":"cancelled","customerId":"ann","lines":[{"productId":"01a2237a-8743-7057-b01f-4e5e8b17fd68","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}},{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","quantity":3,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":1100,"currency":"EUR"},"createdAt":"2026-11-28T18:46:02.886Z","expiresAt":"2026-11-28T18:46:05.886Z","reason":"no"}', '2026-11-28 18:46:03.045+00')
----
INSERT INTO public.outbox_20261128 VALUES (40, 10, '01a2237a-8a45-705e-a70a-efa2664ec43d', 'order', '01a2237a-8986-7485-a4ca-95dba178a228', 4, 'jaego.order.refunded.v1', '{"id":"01a2237a-8986-7485-a4ca-95dba178a228","version":4,"status":"cancelled","customerId":"ann","lines":[{"productId":"01a2237a-8743-7057-b01f-4e5e8b17fd68","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}},{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","quantity":3,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":1100,"currency":"EUR"},"createdAt":"2026-11-28T18:46:02.886Z","expiresAt":"2026-11-28T18:46:05.886Z","reason":"no"}', '2026-11-28 18:46:03.07+00')
----
INSERT INTO public.outbox_20261128 VALUES (2, 9, '01a2237a-8b27-700b-9cfd-9099726f7965', 'stock', '01a2237a-87a5-711e-99e0-5c339909bbc2', 7, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","version":7,"onHand":19,"reserved":1,"available":18,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237a-8b26-769d-b745-da9b1e35d2c2","reason":null}', '2026-11-28 18:46:03.302+00')
----
INSERT INTO public.outbox_20261128 VALUES (2, 10, '01a2237a-8b27-7669-a781-40af09976ad3', 'order', '01a2237a-8b26-769d-b745-da9b1e35d2c2', 1, 'jaego.order.placed.v1', '{"id":"01a2237a-8b26-769d-b745-da9b1e35d2c2","version":1,"status":"reserved","customerId":"cy","lines":[{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:46:03.302Z","expiresAt":"2026-11-28T18:46:06.302Z"}', '2026-11-28 18:46:03.302+00')
----
INSERT INTO public.outbox_20261128 VALUES (2, 11, '01a2237a-96e1-70c9-a68e-30f8585fcaa0', 'stock', '01a2237a-87a5-711e-99e0-5c339909bbc2', 8, 'jaego.stock.expired.v1', '{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","version":8,"onHand":19,"reserved":0,"available":19,"onHandDelta":0,"reservedDelta":-1,"orderId":"01a2237a-8b26-769d-b745-da9b1e35d2c2","reason":null}', '2026-11-28 18:46:06.304+00')
----
INSERT INTO public.outbox_20261128 VALUES (2, 12, '01a2237a-96e1-70ca-8647-6e57476b5b4a', 'order', '01a2237a-8b26-769d-b745-da9b1e35d2c2', 2, 'jaego.order.expired.v1', '{"id":"01a2237a-8b26-769d-b745-da9b1e35d2c2","version":2,"status":"expired","customerId":"cy","lines":[{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:46:03.302Z","expiresAt":"2026-11-28T18:46:06.302Z"}', '2026-11-28 18:46:06.304+00')
----
INSERT INTO public.outbox_20261128 VALUES (2, 13, '01a2237a-aea0-76ff-98ba-16861c829bf6', 'stock', '01a2237a-87a5-711e-99e0-5c339909bbc2', 9, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","version":9,"onHand":19,"reserved":1,"available":18,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237a-ae9f-75e8-9e23-f2d48b707cc2","reason":null}', '2026-11-28 18:46:12.384+00')
----
INSERT INTO public.outbox_20261128 VALUES (2, 14, '01a2237a-aea1-77ba-942c-d26d7b4fc5d4', 'order', '01a2237a-ae9f-75e8-9e23-f2d48b707cc2', 1, 'jaego.order.placed.v1', '{"id":"01a2237a-ae9f-75e8-9e23-f2d48b707cc2","version":1,"status":"reserved","customerId":"di","lines":[{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:46:12.383Z","expiresAt":"2026-11-28T18:46:15.383Z"}', '2026-11-28 18:46:12.384+00')
----
INSERT INTO public.outbox_20261128 VALUES (2, 15, '01a2237a-aee5-73ae-b163-2c9a2bdc0f18', 'stock', '01a2237a-87a5-711e-99e0-5c339909bbc2', 10, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","version":10,"onHand":19,"reserved":2,"available":17,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237a-aee4-7572-a646-057e535964c2","reason":null}', '2026-11-28 18:46:12.452+00')
----
INSERT INTO public.outbox_20261128 VALUES (2, 16, '01a2237a-aee5-7559-883e-6ebec0331e42', 'order', '01a2237a-aee4-7572-a646-057e535964c2', 1, 'jaego.order.placed.v1', '{"id":"01a2237a-aee4-7572-a646-057e535964c2","version":1,"status":"reserved","customerId":"di","lines":[{"productId":"01a2237a-87a5-711e-99e0-5c339909bbc2","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:46:12.452Z","expiresAt":"2026-11-28T18:46:15.452Z"}', '2026-11-28 18:46:12.452+00')
----
INSERT INTO public.outbox_20261128 VALUES (7, 6, '01a2237a-8a66-74dc-a150-802e104345e4', 'stock', '01a2237a-8722-714f-b256-c8024407d0c7', 4, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-8722-714f-b256-c8024407d0c7","version":4,"onHand":18,"reserved":1,"available":17,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237a-8a60-77c2-8f30-2af51a33d987","reason":null}', '2026-11-28 18:46:03.109+00')
----
INSERT INTO public.outbox_20261128 VALUES (7, 7, '01a2237a-8a66-74dd-ad49-ba92e27a8c3d', 'order', '01a2237a-8a60-77c2-8f30-2af51a33d987', 1, 'jaego.order.placed.v1', '{"id":"01a2237a-8a60-77c2-8f30-2af51a33d987","version":1,"status":"reserved","customerId":"bo","lines":[{"productId":"01a2237a-8722-714f-b256-c8024407d0c7","quantity":1,"unitPrice":{"amount":100,"currency":"EUR"}}],"total":{"amount":100,"currency":"EUR"},"createdAt":"2026-11-28T18:46:03.104Z","expiresAt":"2026-11-28T18:46:06.104Z"}', '2026-11-28 18:46:03.109+00')
----
INSERT INTO public.outbox_20261128 VALUES (7, 8, '01a2237a-8a82-758c-b6b1-7227f72ca2b9', 'stock', '01a2237a-8722-714f-b256-c8024407d0c7', 5, 'jaego.stock.released.v1', '{"productId":"01a2237a-8722-714f-b256-c8024407d0c7","version":5,"onHand":18,"reserved":0,"available":18,"onHandDelta":0,"reservedDelta":-1,"orderId":"01a2237a-8a60-77c2-8f30-2af51a33d987","reason":null}', '2026-11-28 18:46:03.137+00')
----
INSERT INTO public.outbox_20261128 VALUES (7, 9, '01a2237a-8a82-758d-a159-bae28ae87703', 'order', '01a2237a-8a60-77c2-8f30-2af51a33d987', 2, 'jaego.order.payment-failed.v1', '{"id":"01a2237a-8a60-77c2-8f30-2af51a33d987","version":2,"status":"payment_failed","customerId":"bo","lines":[{"productId":"01a2237a-8722-714f-b256-c8024407d0c7","quantity":1,"unitPrice":{"amount":100,"currency":"EUR"}}],"total":{"amount":100,"currency":"EUR"},"createdAt":"2026-11-28T18:46:03.104Z","expiresAt":"2026-11-28T18:46:06.104Z"}', '2026-11-28 18:46:03.137+00')
----
INSERT INTO public.outbox_20261128 VALUES (7, 10, '01a2237a-8ad4-7120-a02e-05b2f9ccacc8', 'stock', '01a2237a-8722-714f-b256-c8024407d0c7', 6, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-8722-714f-b256-c8024407d0c7","version":6,"onHand":18,"reserved":1,"available":17,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237a-8ad2-7293-b87f-fc7f5c54c447","reason":null}', '2026-11-28 18:46:03.22+00')
----
INSERT INTO public.outbox_20261128 VALUES (7, 11, '01a2237a-8ad4-733a-aa12-83176fd10e15', 'order', '01a2237a-8ad2-7293-b87f-fc7f5c54c447', 1, 'jaego.order.placed.v1', '{"id":"01a2237a-8ad2-7293-b87f-fc7f5c54c447","version":1,"status":"reserved","customerId":"cy","lines":[{"productId":"01a2237a-8722-714f-b256-c8024407d0c7","quantity":1,"unitPrice":{"amount":100,"currency":"EUR"}}],"total":{"amount":100,"currency":"EUR"},"createdAt":"2026-11-28T18:46:03.218Z","expiresAt":"2026-11-28T18:46:06.218Z"}', '2026-11-28 18:46:03.22+00')
----
INSERT INTO public.outbox_20261128 VALUES (7, 12, '01a2237a-968b-74ec-850d-2e1cd0fc2f8e', 'stock', '01a2237a-8722-714f-b256-c8024407d0c7', 7, 'jaego.stock.expired.v1', '{"productId":"01a2237a-8722-714f-b256-c8024407d0c7","version":7,"onHand":18,"reserved":0,"available":18,"onHandDelta":0,"reservedDelta":-1,"orderId":"01a2237a-8ad2-7293-b87f-fc7f5c54c447","reason":null}', '2026-11-28 18:46:06.218+00')
----
INSERT INTO public.outbox_20261128 VALUES (7, 13, '01a2237a-968b-74ed-86ef-0d82f40f5275', 'order', '01a2237a-8ad2-7293-b87f-fc7f5c54c447', 2, 'jaego.order.expired.v1', '{"id":"01a2237a-8ad2-7293-b87f-fc7f5c54c447","version":2,"status":"expired","customerId":"cy","lines":[{"productId":"01a2237a-8722-714f-b256-c8024407d0c7","quantity":1,"unitPrice":{"amount":100,"currency":"EUR"}}],"total":{"amount":100,"currency":"EUR"},"createdAt":"2026-11-28T18:46:03.218Z","expiresAt":"2026-11-28T18:46:06.218Z"}', '2026-11-28 18:46:06.218+00')
----
INSERT INTO public.products VALUES ('01a2237a-84f5-74e1-813b-cd56bca54169', 'DROP-001', 'Moon jar, numbered edition of 50', 24900, 'EUR', NULL, 41, '2026-11-28 18:46:01.717+00')
----
INSERT INTO public.products VALUES ('01a2237a-853f-750c-9160-a602f402800f', 'TICKET-001', 'Hanok concert, standing ticket', 6500, 'EUR', 2, 15, '2026-11-28 18:46:01.791+00')
----
INSERT INTO public.products VALUES ('01a2237a-8551-70fe-a3b9-550e72a4b689', 'LAST-001', 'Celadon tea bowl, last piece', 8900, 'EUR', NULL, 9, '2026-11-28 18:46:01.809+00')
----
INSERT INTO public.products VALUES ('01a2237a-8562-700e-adf4-89ba990dc2f7', 'TEA-001', 'Green tea from Boseong, 100 g', 1890, 'EUR', NULL, 55, '2026-11-28 18:46:01.826+00')
----
INSERT INTO public.products VALUES ('01a2237a-856e-726d-8145-5e69227a5145', 'TEA-002', 'Roasted barley tea, 30 bags', 690, 'EUR', NULL, 5, '2026-11-28 18:46:01.838+00')
----
INSERT INTO public.products VALUES ('01a2237a-8579-7718-8ae1-38bd2b74d34b', 'CUP-001', 'White porcelain cup', 2400, 'EUR', NULL, 11, '2026-11-28 18:46:01.849+00')
----
INSERT INTO public.products VALUES ('01a2237a-8582-77c3-a15d-0991b58f7b6f', 'PAPER-001', 'Hanji paper, 10 sheets', 1250, 'EUR', NULL, 47, '2026-11-28 18:46:01.858+00')
----
INSERT INTO public.products VALUES ('01a2237a-8591-773c-8f58-33519a4de30e', 'BRUSH-001', 'Ink brush, medium', 1690, 'EUR', NULL, 14, '2026-11-28 18:46:01.873+00')
----
INSERT INTO public.products VALUES ('01a2237a-85e0-73ee-bd66-d08852915245', 'BAG-001', 'Bojagi wrapping cloth', 1990, 'EUR', NULL, 5, '2026-11-28 18:46:01.952+00')
----
INSERT INTO public.products VALUES ('01a2237a-85e6-7710-8474-2b91334fc113', 'BOOK-001', 'The Shelf That Never Lied, paperback', 1450, 'EUR', NULL, 19, '2026-11-28 18:46:01.958+00')
----
INSERT INTO public.products VALUES ('01a2237a-85ed-7157-9d2b-0b90cd5f2504', 'SNACK-001', 'Honey cookies, box of 12', 890, 'EUR', NULL, 4, '2026-11-28 18:46:01.965+00')
----
INSERT INTO public.products VALUES ('01a2237a-8626-76db-85f3-bf75e5bb5d63', 'GIFT-001', 'Gift card, 25 euro', 2500, 'EUR', NULL, 35, '2026-11-28 18:46:02.022+00')
----
INSERT INTO public.products VALUES ('01a2237a-8722-714f-b256-c8024407d0c7', 'S-1', 'Thing 1', 100, 'EUR', NULL, 7, '2026-11-28 18:46:02.274+00')
----
INSERT INTO public.products VALUES ('01a2237a-8743-7057-b01f-4e5e8b17fd68', 'S-2', 'Thing 2', 200, 'EUR', 5, 40, '2026-11-28 18:46:02.307+00')
----
INSERT INTO public.products VALUES ('01a2237a-87a5-711e-99e0-5c339909bbc2', 'S-3', 'Thing 3', 300, 'EUR', NULL, 2, '2026-11-28 18:46:02.405+00')
----
INSERT INTO public.relay_cursors VALUES (0, 0)
----
INSERT INTO public.relay_cursors VALUES (1, 0)
----
INSERT INTO public.relay_cursors VALUES (2, 0)
----
INSERT INTO public.relay_cursors VALUES (3, 0)
----
INSERT INTO public.relay_cursors VALUES (4, 0)
----
INSERT INTO public.relay_cursors VALUES (5, 0)
----
INSERT INTO public.relay_cursors VALUES (6, 0)
----
INSERT INTO public.relay_cursors VALUES (7, 0)
----
INSERT INTO public.relay_cursors VALUES (8, 0)
----
INSERT INTO public.relay_cursors VALUES (9, 0)
----
INSERT INTO public.relay_cursors VALUES (10, 0)
----
INSERT INTO public.relay_cursors VALUES (11, 0)
----
INSERT INTO public.relay_cursors VALUES (12, 0)
----
INSERT INTO public.relay_cursors VALUES (13, 0)
----
INSERT INTO public.relay_cursors VALUES (14, 0)
----
INSERT INTO public.relay_cursors VALUES (15, 0)
----
INSERT INTO public.relay_cursors VALUES (16, 0)
----
INSERT INTO public.relay_cursors VALUES (17, 0)
----
INSERT INTO public.relay_cursors VALUES (18, 0)
----
INSERT INTO public.relay_cursors VALUES (19, 0)
----
INSERT INTO public.relay_cursors VALUES (20, 0)
----
INSERT INTO public.relay_cursors VALUES (21, 0)
----
INSERT INTO public.relay_cursors VALUES (22, 0)
----
INSERT INTO public.relay_cursors VALUES (23, 0)
----
INSERT INTO public.relay_cursors VALUES (24, 0)
----
INSERT INTO public.relay_cursors VALUES (25, 0)
----
INSERT INTO public.relay_cursors VALUES (26, 0)
----
INSERT INTO public.relay_cursors VALUES (27, 0)
----
INSERT INTO public.relay_cursors VALUES (28, 0)
----
INSERT INTO public.relay_cursors VALUES (29, 0)
----
INSERT INTO public.relay_cursors VALUES (30, 0)
----
INSERT INTO public.relay_cursors VALUES (31, 0)
----
INSERT INTO public.relay_cursors VALUES (32, 0)
----
INSERT INTO public.relay_cursors VALUES (33, 0)
----
INSERT INTO public.relay_cursors VALUES (34, 0)
----
INSERT INTO public.relay_cursors VALUES (35, 0)
----
INSERT INTO public.relay_cursors VALUES (36, 0)
----
INSERT INTO public.relay_cursors VALUES (37, 0)
----
INSERT INTO public.relay_cursors VALUES (38, 0)
----
INSERT INTO public.relay_cursors VALUES (39, 0)
----
INSERT INTO public.relay_cursors VALUES (40, 0)
----
INSERT INTO public.relay_cursors VALUES (41, 0)
----
INSERT INTO public.relay_cursors VALUES (42, 0)
----
INSERT INTO public.relay_cursors VALUES (43, 0)
----
INSERT INTO public.relay_cursors VALUES (44, 0)
----
INSERT INTO public.relay_cursors VALUES (45, 0)
----
INSERT INTO public.relay_cursors VALUES (46, 0)
----
INSERT INTO public.relay_cursors VALUES (47, 0)
----
INSERT INTO public.relay_cursors VALUES (48, 0)
----
INSERT INTO public.relay_cursors VALUES (49, 0)
----
INSERT INTO public.relay_cursors VALUES (50, 0)
----
INSERT INTO public.relay_cursors VALUES (51, 0)
----
INSERT INTO public.relay_cursors VALUES (52, 0)
----
INSERT INTO public.relay_cursors VALUES (53, 0)
----
INSERT INTO public.relay_cursors VALUES (54, 0)
----
INSERT INTO public.relay_cursors VALUES (55, 0)
----
INSERT INTO public.relay_cursors VALUES (56, 0)
----
INSERT INTO public.relay_cursors VALUES (57, 0)
----
INSERT INTO public.relay_cursors VALUES (58, 0)
----
INSERT INTO public.relay_cursors VALUES (59, 0)
----
INSERT INTO public.relay_cursors VALUES (60, 0)
----
INSERT INTO public.relay_cursors VALUES (61, 0)
----
INSERT INTO public.relay_cursors VALUES (62, 0)
----
INSERT INTO public.relay_cursors VALUES (63, 0)
----
INSERT INTO public.stock VALUES ('01a2237a-84f5-74e1-813b-cd56bca54169', 50, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-853f-750c-9160-a602f402800f', 400, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-8551-70fe-a3b9-550e72a4b689', 1, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-8562-700e-adf4-89ba990dc2f7', 240, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-856e-726d-8145-5e69227a5145', 1000, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-8579-7718-8ae1-38bd2b74d34b', 180, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-8582-77c3-a15d-0991b58f7b6f', 600, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-8591-773c-8f58-33519a4de30e', 320, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-85e0-73ee-bd66-d08852915245', 410, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-85e6-7710-8474-2b91334fc113', 2500, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-85ed-7157-9d2b-0b90cd5f2504', 5000, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-8626-76db-85f3-bf75e5bb5d63', 100000, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-8743-7057-b01f-4e5e8b17fd68', 19, 0, 6)
----
INSERT INTO public.stock VALUES ('01a2237a-8722-714f-b256-c8024407d0c7', 18, 0, 7)
----
INSERT INTO public.stock VALUES ('01a2237a-87a5-711e-99e0-5c339909bbc2', 19, 2, 10)
----
SELECT pg_catalog.setval('public.dead_letters_id_seq', 1, false)
----
ALTER TABLE ONLY public.consumer_keys
    ADD CONSTRAINT consumer_keys_pkey PRIMARY KEY (key, consumer)
----
ALTER TABLE ONLY public.consumer_positions
    ADD CONSTRAINT consumer_positions_pkey PRIMARY KEY (consumer, source)
----
ALTER TABLE ONLY public.customer_units
    ADD CONSTRAINT customer_units_pkey PRIMARY KEY (product_id, customer_id)
----
ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_consumer_event_id_key UNIQUE (consumer, event_id)
----
ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_pkey PRIMARY KEY (id)
----
ALTER TABLE ONLY public.holds
    ADD CONSTRAINT holds_pkey PRIMARY KEY (order_id, product_id)
----
ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (key, route)
----
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (event_id, consumer)
----
ALTER TABLE ONLY public.inbox_default
    ADD CONSTRAINT inbox_default_pkey PRIMARY KEY (event_id, consumer)
----
ALTER TABLE ONLY public.jaego_migrations
    ADD CONSTRAINT jaego_migrations_pkey PRIMARY KEY (migration_id)
----
ALTER TABLE ONLY public.lanes
    ADD CONSTRAINT lanes_pkey PRIMARY KEY (lane)
----
ALTER TABLE ONLY public.movements
    ADD CONSTRAINT movements_pkey PRIMARY KEY (product_id, version)
----
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id)
----
ALTER TABLE ONLY public.outbox_20261128
    ADD CONSTRAINT outbox_20261128_pkey PRIMARY KEY (lane, seq)
----
ALTER TABLE ONLY public.outbox_20261129
    ADD CONSTRAINT outbox_20261129_pkey PRIMARY KEY (lane, seq)
----
ALTER TABLE ONLY public.outbox_20261130
    ADD CONSTRAINT outbox_20261130_pkey PRIMARY KEY (lane, seq)
----
ALTER TABLE ONLY public.outbox_20261201
    ADD CONSTRAINT outbox_20261201_pkey PRIMARY KEY (lane, seq)
----
ALTER TABLE ONLY public.outbox_dropped
    ADD CONSTRAINT outbox_dropped_pkey PRIMARY KEY (slice, until, lane)
----
ALTER TABLE ONLY public.outbox_rest
    ADD CONSTRAINT outbox_rest_pkey PRIMARY KEY (lane, seq)
----
ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (id)
----
ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_sku_key UNIQUE (sku)
----
ALTER TABLE ONLY public.relay_cursors
    ADD CONSTRAINT relay_cursors_pkey PRIMARY KEY (lane)
----
ALTER TABLE ONLY public.stock
    ADD CONSTRAINT stock_pkey PRIMARY KEY (product_id)
----
ALTER TABLE ONLY public.timeline
    ADD CONSTRAINT timeline_pkey PRIMARY KEY (order_id, id)
----
CREATE INDEX dead_letters_of_key ON public.dead_letters USING btree (consumer, key, id)
----
CREATE INDEX holds_to_lapse ON public.holds USING btree (lane, lapses_at) WHERE (lapses_at IS NOT NULL)
----
CREATE INDEX orders_by_status ON public.orders USING btree (status, id)
----
CREATE INDEX orders_of_customer ON public.orders USING btree (customer_id, id)
----
CREATE INDEX orders_to_expire ON public.orders USING btree (expires_at) WHERE ((status = 'reserved'::text) AND (attempt_token IS NULL))
----
CREATE INDEX orders_unsettled ON public.orders USING btree (id) WHERE ((attempt_token IS NOT NULL) OR (refund = 'due'::text) OR elsewhere)
----
ALTER INDEX public.inbox_pkey ATTACH PARTITION public.inbox_default_pkey
----
ALTER TABLE ONLY public.stock
    ADD CONSTRAINT stock_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(id)
