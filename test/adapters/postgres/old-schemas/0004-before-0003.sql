-- What the build of commit ed83882 made and sold, as pg_dump tells it. A statement ends before a line of dashes.

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
    select t.*, t."offset" < p.next as old, t.error is null and (t.key = any (coalesce(v_parked, '{}')) or coalesce(
      bool_or(t.error is not null and t.key <> '' and t."offset" >= p.next) over (
        partition by t.key order by t.n rows between unbounded preceding and 1 preceding), false)) as queues
    from json_to_recordset(p_taken) t (n int, source text, "offset" bigint, key text, "eventId" uuid, version bigint,
      error text, attempts int, letter json)
    join consumer_positions p on p.consumer = p_consumer and p.source = t.source
  ), missing as (
    select array_agg(distinct t.key) as keys from taken t where t.queues and not t.old and t.letter is null
  ), buried as (
    insert into dead_letters
        (consumer, source, topic, "offset", key, value, headers, event_id, error, attempts, state)
      select p_consumer, t.source, t.letter->>'topic', t."offset", t.key, t.letter->>'value', t.letter->>'headers',
        t."eventId", coalesce(t.error, 'waits behind an older letter of its key'), coalesce(t.attempts, 0),
        case when t.queues then 'queued' else 'poison' end
      from taken t cross join missing m
      where (t.queues or t.error is not null) and not t.old and m.keys is null and not exists (
        select from inbox i where i.event_id = t."eventId" and i.consumer = p_consumer)
      order by t.n
      on conflict do nothing returning state
  )
  select (select keys from missing), (select count(*) from buried b where b.state = 'queued'),
    (select array_agg(t.n) from taken t where t.old or t.queues or t.error is not null)
    into v_missing, v_queued, v_skip;
  if v_missing is not null then
    return json_build_object('parked', v_missing);
  end if;
  v_effects := jaego_consume(p_consumer, p_taken, v_skip, p_entries, p_shipments);
  update consumer_positions p set next = s.next from json_to_recordset(p_sources) s (source text, next bigint)
    where p.consumer = p_consumer and p.source = s.source and p.next < s.next;
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
INSERT INTO public.customer_units VALUES ('01a2237a-2b62-7648-8b68-620f83c04bfb', 'ann', 1)
----
INSERT INTO public.holds VALUES ('01a2237a-2bf4-706c-958a-f04766da8d64', '01a2237a-2b05-7289-adcb-efc330600be4', 0, 'ann', 36, 2, 100, 'EUR', 'confirmed', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-2bf4-706c-958a-f04766da8d64', '01a2237a-2b62-7648-8b68-620f83c04bfb', 1, 'ann', 59, 1, 200, 'EUR', 'confirmed', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-2c47-72e4-8644-6ded5fa24ae9', '01a2237a-2bb4-732f-8dbf-140dabcba829', 0, 'bo', 41, 1, 300, 'EUR', 'confirmed', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-2c90-7214-b8b9-20c29701bb3b', '01a2237a-2b62-7648-8b68-620f83c04bfb', 0, 'ann', 59, 1, 200, 'EUR', 'returned', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-2c90-7214-b8b9-20c29701bb3b', '01a2237a-2bb4-732f-8dbf-140dabcba829', 1, 'ann', 41, 3, 300, 'EUR', 'returned', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-2d09-7171-b284-dd97117b14e4', '01a2237a-2b05-7289-adcb-efc330600be4', 0, 'bo', 36, 1, 100, 'EUR', 'released', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-2d28-7526-bbe5-8b3b22e647e4', '01a2237a-2b05-7289-adcb-efc330600be4', 0, 'cy', 36, 1, 100, 'EUR', 'expired', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-2d3f-72ad-9eaf-1381bb8f85e9', '01a2237a-2bb4-732f-8dbf-140dabcba829', 0, 'cy', 41, 1, 300, 'EUR', 'expired', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-509c-75c1-a0d9-6b20150fd4e9', '01a2237a-2bb4-732f-8dbf-140dabcba829', 0, 'di', 41, 1, 300, 'EUR', 'held', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-50c2-73f1-91a5-8dcc2415e329', '01a2237a-2bb4-732f-8dbf-140dabcba829', 0, 'di', 41, 1, 300, 'EUR', 'held', NULL)
----
INSERT INTO public.idempotency_keys VALUES ('products', 'p-1', '8237491a-011e-d703-6b75-cc0bf1b6cfd3', NULL, NULL, '{"_tag":"Product","product":{"id":"01a2237a-2b05-7289-adcb-efc330600be4","sku":"S-1","name":"Thing 1","price":{"amount":100,"currency":"EUR"},"purchaseLimit":null,"createdAt":1795891538693}}', '2026-11-28 18:45:38.696+00')
----
INSERT INTO public.idempotency_keys VALUES ('products', 'p-2', '6b42b84b-564d-e6c5-17f2-8ff0d1c4f4f7', NULL, NULL, '{"_tag":"Product","product":{"id":"01a2237a-2b62-7648-8b68-620f83c04bfb","sku":"S-2","name":"Thing 2","price":{"amount":200,"currency":"EUR"},"purchaseLimit":5,"createdAt":1795891538786}}', '2026-11-28 18:45:38.798+00')
----
INSERT INTO public.idempotency_keys VALUES ('products', 'p-3', '8acbe12f-2a1d-f311-6897-0c1b543388dc', NULL, NULL, '{"_tag":"Product","product":{"id":"01a2237a-2bb4-732f-8dbf-140dabcba829","sku":"S-3","name":"Thing 3","price":{"amount":300,"currency":"EUR"},"purchaseLimit":null,"createdAt":1795891538867}}', '2026-11-28 18:45:38.871+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-1', '71d8e505-17be-7c50-aa57-4b6b5a01cd05', '01a2237a-2bf4-706c-958a-f04766da8d64', 'paid', NULL, '2026-11-28 18:45:38.956+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-2', 'bae9c361-cd90-2ab3-5900-965283e0a7ca', '01a2237a-2c47-72e4-8644-6ded5fa24ae9', 'paid', NULL, '2026-11-28 18:45:39.019+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-3', '65a83e88-9cf3-ac6d-c20f-75d4112fefd6', '01a2237a-2c90-7214-b8b9-20c29701bb3b', 'paid', NULL, '2026-11-28 18:45:39.091+00')
----
INSERT INTO public.idempotency_keys VALUES ('cancel', 'c-3', '83505e1d-ccd0-c92e-5ccf-e78107cad5a3', '01a2237a-2c90-7214-b8b9-20c29701bb3b', 'cancelled', NULL, '2026-11-28 18:45:39.164+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-4', '698cb497-5aba-b1c3-38ca-4bf64066d58b', '01a2237a-2d09-7171-b284-dd97117b14e4', 'payment_failed', NULL, '2026-11-28 18:45:39.211+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-5', '86ee6beb-d049-dae6-c5d1-7284f5c308d5', '01a2237a-2d28-7526-bbe5-8b3b22e647e4', 'reserved', NULL, '2026-11-28 18:45:39.242+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-7', '6ad6c6f1-0d61-c61a-03ec-41e7ff04b3fc', '01a2237a-2d3f-72ad-9eaf-1381bb8f85e9', 'reserved', NULL, '2026-11-28 18:45:39.267+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-6', '03f8ea08-d3a9-418e-5aaa-c40e98854f00', '01a2237a-509c-75c1-a0d9-6b20150fd4e9', 'reserved', NULL, '2026-11-28 18:45:48.322+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-8', '03f8ea08-d3a9-418e-5aaa-c40e98854f00', '01a2237a-50c2-73f1-91a5-8dcc2415e329', 'reserved', NULL, '2026-11-28 18:45:48.358+00')
----
INSERT INTO public.jaego_migrations VALUES (1, '2026-11-28 18:45:35.188286+00', 'ledger')
----
INSERT INTO public.jaego_migrations VALUES (2, '2026-11-28 18:45:35.188286+00', 'commit')
----
INSERT INTO public.jaego_migrations VALUES (4, '2026-11-28 18:45:35.188286+00', 'inbox')
----
INSERT INTO public.lanes VALUES (12, 1, 1)
----
INSERT INTO public.lanes VALUES (1, 1, 0)
----
INSERT INTO public.lanes VALUES (2, 1, 0)
----
INSERT INTO public.lanes VALUES (3, 1, 0)
----
INSERT INTO public.lanes VALUES (4, 1, 0)
----
INSERT INTO public.lanes VALUES (5, 1, 0)
----
INSERT INTO public.lanes VALUES (6, 1, 0)
----
INSERT INTO public.lanes VALUES (7, 1, 0)
----
INSERT INTO public.lanes VALUES (8, 1, 0)
----
INSERT INTO public.lanes VALUES (15, 1, 1)
----
INSERT INTO public.lanes VALUES (10, 1, 0)
----
INSERT INTO public.lanes VALUES (11, 1, 0)
----
INSERT INTO public.lanes VALUES (9, 1, 1)
----
INSERT INTO public.lanes VALUES (13, 1, 0)
----
INSERT INTO public.lanes VALUES (14, 1, 0)
----
INSERT INTO public.lanes VALUES (17, 1, 1)
----
INSERT INTO public.lanes VALUES (16, 1, 0)
----
INSERT INTO public.lanes VALUES (26, 1, 1)
----
INSERT INTO public.lanes VALUES (18, 1, 0)
----
INSERT INTO public.lanes VALUES (19, 1, 0)
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
INSERT INTO public.lanes VALUES (0, 1, 1)
----
INSERT INTO public.lanes VALUES (27, 1, 0)
----
INSERT INTO public.lanes VALUES (28, 1, 0)
----
INSERT INTO public.lanes VALUES (29, 1, 0)
----
INSERT INTO public.lanes VALUES (30, 1, 0)
----
INSERT INTO public.lanes VALUES (25, 1, 1)
----
INSERT INTO public.lanes VALUES (31, 1, 0)
----
INSERT INTO public.lanes VALUES (32, 1, 0)
----
INSERT INTO public.lanes VALUES (33, 1, 0)
----
INSERT INTO public.lanes VALUES (34, 1, 0)
----
INSERT INTO public.lanes VALUES (35, 1, 0)
----
INSERT INTO public.lanes VALUES (59, 1, 11)
----
INSERT INTO public.lanes VALUES (37, 1, 0)
----
INSERT INTO public.lanes VALUES (38, 1, 0)
----
INSERT INTO public.lanes VALUES (42, 1, 1)
----
INSERT INTO public.lanes VALUES (40, 1, 0)
----
INSERT INTO public.lanes VALUES (36, 1, 13)
----
INSERT INTO public.lanes VALUES (48, 1, 1)
----
INSERT INTO public.lanes VALUES (43, 1, 0)
----
INSERT INTO public.lanes VALUES (44, 1, 0)
----
INSERT INTO public.lanes VALUES (45, 1, 0)
----
INSERT INTO public.lanes VALUES (46, 1, 0)
----
INSERT INTO public.lanes VALUES (47, 1, 0)
----
INSERT INTO public.lanes VALUES (52, 1, 1)
----
INSERT INTO public.lanes VALUES (49, 1, 0)
----
INSERT INTO public.lanes VALUES (50, 1, 0)
----
INSERT INTO public.lanes VALUES (51, 1, 0)
----
INSERT INTO public.lanes VALUES (41, 1, 16)
----
INSERT INTO public.lanes VALUES (53, 1, 0)
----
INSERT INTO public.lanes VALUES (54, 1, 0)
----
INSERT INTO public.lanes VALUES (55, 1, 0)
----
INSERT INTO public.lanes VALUES (56, 1, 0)
----
INSERT INTO public.lanes VALUES (57, 1, 0)
----
INSERT INTO public.lanes VALUES (58, 1, 0)
----
INSERT INTO public.lanes VALUES (60, 1, 0)
----
INSERT INTO public.lanes VALUES (61, 1, 0)
----
INSERT INTO public.lanes VALUES (39, 1, 1)
----
INSERT INTO public.lanes VALUES (62, 1, 0)
----
INSERT INTO public.lanes VALUES (63, 1, 0)
----
INSERT INTO public.movements VALUES ('01a2237a-289d-70bd-9c15-9854f1ed8719', 1, 'created', 50, 0, 50, 0, NULL, NULL, '2026-11-28 18:45:38.091+00')
----
INSERT INTO public.movements VALUES ('01a2237a-28d4-77de-981f-b53de60aea00', 1, 'created', 400, 0, 400, 0, NULL, NULL, '2026-11-28 18:45:38.134+00')
----
INSERT INTO public.movements VALUES ('01a2237a-28f5-7429-a73a-2b3fab41dc0c', 1, 'created', 1, 0, 1, 0, NULL, NULL, '2026-11-28 18:45:38.165+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2901-7388-aa1f-70bca69d3127', 1, 'created', 240, 0, 240, 0, NULL, NULL, '2026-11-28 18:45:38.178+00')
----
INSERT INTO public.movements VALUES ('01a2237a-290c-702d-9823-d12df75b52ea', 1, 'created', 1000, 0, 1000, 0, NULL, NULL, '2026-11-28 18:45:38.189+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2912-7469-ba92-a22d1690aac9', 1, 'created', 180, 0, 180, 0, NULL, NULL, '2026-11-28 18:45:38.195+00')
----
INSERT INTO public.movements VALUES ('01a2237a-291e-7317-9939-357bfc23134f', 1, 'created', 600, 0, 600, 0, NULL, NULL, '2026-11-28 18:45:38.207+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2926-75e5-8e92-482634e35430', 1, 'created', 320, 0, 320, 0, NULL, NULL, '2026-11-28 18:45:38.215+00')
----
INSERT INTO public.movements VALUES ('01a2237a-292f-7673-be2c-98e6b8c397b4', 1, 'created', 410, 0, 410, 0, NULL, NULL, '2026-11-28 18:45:38.223+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2935-7638-aa08-cf98008fbabb', 1, 'created', 2500, 0, 2500, 0, NULL, NULL, '2026-11-28 18:45:38.233+00')
----
INSERT INTO public.movements VALUES ('01a2237a-293f-76c0-b9cf-ad0542195cd1', 1, 'created', 5000, 0, 5000, 0, NULL, NULL, '2026-11-28 18:45:38.239+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2946-77bc-970d-39a8a6ec04da', 1, 'created', 100000, 0, 100000, 0, NULL, NULL, '2026-11-28 18:45:38.247+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2b05-7289-adcb-efc330600be4', 1, 'created', 20, 0, 20, 0, NULL, NULL, '2026-11-28 18:45:38.694+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2b62-7648-8b68-620f83c04bfb', 1, 'created', 20, 0, 20, 0, NULL, NULL, '2026-11-28 18:45:38.786+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2bb4-732f-8dbf-140dabcba829', 1, 'created', 20, 0, 20, 0, NULL, NULL, '2026-11-28 18:45:38.868+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2b62-7648-8b68-620f83c04bfb', 2, 'reserved', 0, 1, 20, 1, '01a2237a-2bf4-706c-958a-f04766da8d64', NULL, '2026-11-28 18:45:38.943+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2b05-7289-adcb-efc330600be4', 2, 'reserved', 0, 2, 20, 2, '01a2237a-2bf4-706c-958a-f04766da8d64', NULL, '2026-11-28 18:45:38.951+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2b05-7289-adcb-efc330600be4', 3, 'confirmed', -2, -2, 18, 0, '01a2237a-2bf4-706c-958a-f04766da8d64', NULL, '2026-11-28 18:45:38.965+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2b62-7648-8b68-620f83c04bfb', 3, 'confirmed', -1, -1, 19, 0, '01a2237a-2bf4-706c-958a-f04766da8d64', NULL, '2026-11-28 18:45:38.982+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2bb4-732f-8dbf-140dabcba829', 2, 'reserved', 0, 1, 20, 1, '01a2237a-2c47-72e4-8644-6ded5fa24ae9', NULL, '2026-11-28 18:45:39.015+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2bb4-732f-8dbf-140dabcba829', 3, 'confirmed', -1, -1, 19, 0, '01a2237a-2c47-72e4-8644-6ded5fa24ae9', NULL, '2026-11-28 18:45:39.024+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2b62-7648-8b68-620f83c04bfb', 4, 'reserved', 0, 1, 19, 1, '01a2237a-2c90-7214-b8b9-20c29701bb3b', NULL, '2026-11-28 18:45:39.088+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2bb4-732f-8dbf-140dabcba829', 4, 'reserved', 0, 3, 19, 3, '01a2237a-2c90-7214-b8b9-20c29701bb3b', NULL, '2026-11-28 18:45:39.088+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2b62-7648-8b68-620f83c04bfb', 5, 'confirmed', -1, -1, 18, 0, '01a2237a-2c90-7214-b8b9-20c29701bb3b', NULL, '2026-11-28 18:45:39.095+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2bb4-732f-8dbf-140dabcba829', 5, 'confirmed', -3, -3, 16, 0, '01a2237a-2c90-7214-b8b9-20c29701bb3b', NULL, '2026-11-28 18:45:39.095+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2b62-7648-8b68-620f83c04bfb', 6, 'restocked', 1, 0, 19, 0, '01a2237a-2c90-7214-b8b9-20c29701bb3b', NULL, '2026-11-28 18:45:39.161+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2bb4-732f-8dbf-140dabcba829', 6, 'restocked', 3, 0, 19, 0, '01a2237a-2c90-7214-b8b9-20c29701bb3b', NULL, '2026-11-28 18:45:39.161+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2b05-7289-adcb-efc330600be4', 4, 'reserved', 0, 1, 18, 1, '01a2237a-2d09-7171-b284-dd97117b14e4', NULL, '2026-11-28 18:45:39.209+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2b05-7289-adcb-efc330600be4', 5, 'released', 0, -1, 18, 0, '01a2237a-2d09-7171-b284-dd97117b14e4', NULL, '2026-11-28 18:45:39.214+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2b05-7289-adcb-efc330600be4', 6, 'reserved', 0, 1, 18, 1, '01a2237a-2d28-7526-bbe5-8b3b22e647e4', NULL, '2026-11-28 18:45:39.24+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2bb4-732f-8dbf-140dabcba829', 7, 'reserved', 0, 1, 19, 1, '01a2237a-2d3f-72ad-9eaf-1381bb8f85e9', NULL, '2026-11-28 18:45:39.263+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2b05-7289-adcb-efc330600be4', 7, 'expired', 0, -1, 18, 0, '01a2237a-2d28-7526-bbe5-8b3b22e647e4', NULL, '2026-11-28 18:45:42.242+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2bb4-732f-8dbf-140dabcba829', 8, 'expired', 0, -1, 19, 0, '01a2237a-2d3f-72ad-9eaf-1381bb8f85e9', NULL, '2026-11-28 18:45:42.264+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2bb4-732f-8dbf-140dabcba829', 9, 'reserved', 0, 1, 19, 1, '01a2237a-509c-75c1-a0d9-6b20150fd4e9', NULL, '2026-11-28 18:45:48.316+00')
----
INSERT INTO public.movements VALUES ('01a2237a-2bb4-732f-8dbf-140dabcba829', 10, 'reserved', 0, 1, 19, 2, '01a2237a-50c2-73f1-91a5-8dcc2415e329', NULL, '2026-11-28 18:45:48.355+00')
----
INSERT INTO public.orders VALUES ('01a2237a-2c47-72e4-8644-6ded5fa24ae9', 'bo', 'paid', 300, 'EUR', '2026-11-28 18:45:39.015+00', '2026-11-28 18:45:42.015+00', 2, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237a-2c90-7214-b8b9-20c29701bb3b', 'ann', 'cancelled', 1100, 'EUR', '2026-11-28 18:45:39.088+00', '2026-11-28 18:45:42.088+00', 4, NULL, NULL, 'done', 'no', false)
----
INSERT INTO public.orders VALUES ('01a2237a-2d09-7171-b284-dd97117b14e4', 'bo', 'payment_failed', 100, 'EUR', '2026-11-28 18:45:39.209+00', '2026-11-28 18:45:42.209+00', 2, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237a-2bf4-706c-958a-f04766da8d64', 'ann', 'paid', 400, 'EUR', '2026-11-28 18:45:38.932+00', '2026-11-28 18:45:41.932+00', 2, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237a-2d28-7526-bbe5-8b3b22e647e4', 'cy', 'expired', 100, 'EUR', '2026-11-28 18:45:39.24+00', '2026-11-28 18:45:42.24+00', 2, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237a-2d3f-72ad-9eaf-1381bb8f85e9', 'cy', 'expired', 300, 'EUR', '2026-11-28 18:45:39.263+00', '2026-11-28 18:45:42.263+00', 2, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237a-509c-75c1-a0d9-6b20150fd4e9', 'di', 'reserved', 300, 'EUR', '2026-11-28 18:45:48.312+00', '2026-11-28 18:45:51.312+00', 1, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237a-50c2-73f1-91a5-8dcc2415e329', 'di', 'reserved', 300, 'EUR', '2026-11-28 18:45:48.354+00', '2026-11-28 18:45:51.354+00', 1, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.outbox VALUES (25, 1, '01a2237a-28ad-74f0-b6be-7cde2230319d', 'stock', '01a2237a-289d-70bd-9c15-9854f1ed8719', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-289d-70bd-9c15-9854f1ed8719","version":1,"onHand":50,"reserved":0,"available":50,"onHandDelta":50,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:38.091+00')
----
INSERT INTO public.outbox VALUES (0, 1, '01a2237a-28d7-7677-b157-c9bfc6cd2aab', 'stock', '01a2237a-28d4-77de-981f-b53de60aea00', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-28d4-77de-981f-b53de60aea00","version":1,"onHand":400,"reserved":0,"available":400,"onHandDelta":400,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:38.134+00')
----
INSERT INTO public.outbox VALUES (12, 1, '01a2237a-28f6-714b-b8e6-987e04258520', 'stock', '01a2237a-28f5-7429-a73a-2b3fab41dc0c', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-28f5-7429-a73a-2b3fab41dc0c","version":1,"onHand":1,"reserved":0,"available":1,"onHandDelta":1,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:38.165+00')
----
INSERT INTO public.outbox VALUES (39, 1, '01a2237a-2902-7404-8b05-91d77738ec10', 'stock', '01a2237a-2901-7388-aa1f-70bca69d3127', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-2901-7388-aa1f-70bca69d3127","version":1,"onHand":240,"reserved":0,"available":240,"onHandDelta":240,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:38.178+00')
----
INSERT INTO public.outbox VALUES (42, 1, '01a2237a-290d-75de-a1b9-0c881be0c459', 'stock', '01a2237a-290c-702d-9823-d12df75b52ea', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-290c-702d-9823-d12df75b52ea","version":1,"onHand":1000,"reserved":0,"available":1000,"onHandDelta":1000,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:38.189+00')
----
INSERT INTO public.outbox VALUES (9, 1, '01a2237a-2913-7330-881f-f3132a5f0eb3', 'stock', '01a2237a-2912-7469-ba92-a22d1690aac9', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-2912-7469-ba92-a22d1690aac9","version":1,"onHand":180,"reserved":0,"available":180,"onHandDelta":180,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:38.195+00')
----
INSERT INTO public.outbox VALUES (15, 1, '01a2237a-291f-713d-b907-fdb543d08fdc', 'stock', '01a2237a-291e-7317-9939-357bfc23134f', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-291e-7317-9939-357bfc23134f","version":1,"onHand":600,"reserved":0,"available":600,"onHandDelta":600,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:38.207+00')
----
INSERT INTO public.outbox VALUES (48, 1, '01a2237a-2927-76bd-9d18-9ac4cab26984', 'stock', '01a2237a-2926-75e5-8e92-482634e35430', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-2926-75e5-8e92-482634e35430","version":1,"onHand":320,"reserved":0,"available":320,"onHandDelta":320,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:38.215+00')
----
INSERT INTO public.outbox VALUES (52, 1, '01a2237a-2930-72a7-aed8-540634c9a2fb', 'stock', '01a2237a-292f-7673-be2c-98e6b8c397b4', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-292f-7673-be2c-98e6b8c397b4","version":1,"onHand":410,"reserved":0,"available":410,"onHandDelta":410,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:38.223+00')
----
INSERT INTO public.outbox VALUES (59, 1, '01a2237a-2939-76a5-b5eb-9e3977429395', 'stock', '01a2237a-2935-7638-aa08-cf98008fbabb', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-2935-7638-aa08-cf98008fbabb","version":1,"onHand":2500,"reserved":0,"available":2500,"onHandDelta":2500,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:38.233+00')
----
INSERT INTO public.outbox VALUES (17, 1, '01a2237a-2940-7046-8199-391f1811c00f', 'stock', '01a2237a-293f-76c0-b9cf-ad0542195cd1', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-293f-76c0-b9cf-ad0542195cd1","version":1,"onHand":5000,"reserved":0,"available":5000,"onHandDelta":5000,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:38.239+00')
----
INSERT INTO public.outbox VALUES (26, 1, '01a2237a-2947-77b0-ad36-6395c74a5f1b', 'stock', '01a2237a-2946-77bc-970d-39a8a6ec04da', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-2946-77bc-970d-39a8a6ec04da","version":1,"onHand":100000,"reserved":0,"available":100000,"onHandDelta":100000,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:38.247+00')
----
INSERT INTO public.outbox VALUES (36, 1, '01a2237a-2b07-74d0-adc6-679fe29165ef', 'stock', '01a2237a-2b05-7289-adcb-efc330600be4', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-2b05-7289-adcb-efc330600be4","version":1,"onHand":20,"reserved":0,"available":20,"onHandDelta":20,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:38.694+00')
----
INSERT INTO public.outbox VALUES (59, 2, '01a2237a-2b63-736c-9b25-4b07f3dd95fe', 'stock', '01a2237a-2b62-7648-8b68-620f83c04bfb', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-2b62-7648-8b68-620f83c04bfb","version":1,"onHand":20,"reserved":0,"available":20,"onHandDelta":20,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:38.786+00')
----
INSERT INTO public.outbox VALUES (41, 1, '01a2237a-2bb4-72fc-baf1-096e26dd7e3f', 'stock', '01a2237a-2bb4-732f-8dbf-140dabcba829', 1, 'jaego.stock.created.v1', '{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","version":1,"onHand":20,"reserved":0,"available":20,"onHandDelta":20,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:38.868+00')
----
INSERT INTO public.outbox VALUES (59, 3, '01a2237a-2c00-73d7-81a9-e0ba2cdcafc4', 'stock', '01a2237a-2b62-7648-8b68-620f83c04bfb', 2, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-2b62-7648-8b68-620f83c04bfb","version":2,"onHand":20,"reserved":1,"available":19,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237a-2bf4-706c-958a-f04766da8d64","reason":null}', '2026-11-28 18:45:38.943+00')
----
INSERT INTO public.outbox VALUES (36, 2, '01a2237a-2c09-75c0-85de-6f56ae5a3fdc', 'stock', '01a2237a-2b05-7289-adcb-efc330600be4', 2, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-2b05-7289-adcb-efc330600be4","version":2,"onHand":20,"reserved":2,"available":18,"onHandDelta":0,"reservedDelta":2,"orderId":"01a2237a-2bf4-706c-958a-f04766da8d64","reason":null}', '2026-11-28 18:45:38.951+00')
----
INSERT INTO public.outbox VALUES (36, 3, '01a2237a-2c09-75c1-a427-6f4c75753430', 'order', '01a2237a-2bf4-706c-958a-f04766da8d64', 1, 'jaego.order.placed.v1', '{"id":"01a2237a-2bf4-706c-958a-f04766da8d64","version":1,"status":"reserved","customerId":"ann","lines":[{"productId":"01a2237a-2b05-7289-adcb-efc330600be4","quantity":2,"unitPrice":{"amount":100,"currency":"EUR"}},{"productId":"01a2237a-2b62-7648-8b68-620f83c04bfb","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}}],"total":{"amount":400,"currency":"EUR"},"createdAt":"2026-11-28T18:45:38.932Z","expiresAt":"2026-11-28T18:45:41.932Z"}', '2026-11-28 18:45:38.951+00')
----
INSERT INTO public.outbox VALUES (36, 4, '01a2237a-2c17-73d3-8f04-81113b904959', 'stock', '01a2237a-2b05-7289-adcb-efc330600be4', 3, 'jaego.stock.confirmed.v1', '{"productId":"01a2237a-2b05-7289-adcb-efc330600be4","version":3,"onHand":18,"reserved":0,"available":18,"onHandDelta":-2,"reservedDelta":-2,"orderId":"01a2237a-2bf4-706c-958a-f04766da8d64","reason":null}', '2026-11-28 18:45:38.965+00')
----
INSERT INTO public.outbox VALUES (36, 5, '01a2237a-2c17-752e-a719-bbe44a0e6d0e', 'order', '01a2237a-2bf4-706c-958a-f04766da8d64', 2, 'jaego.order.paid.v1', '{"id":"01a2237a-2bf4-706c-958a-f04766da8d64","version":2,"status":"paid","customerId":"ann","lines":[{"productId":"01a2237a-2b05-7289-adcb-efc330600be4","quantity":2,"unitPrice":{"amount":100,"currency":"EUR"}},{"productId":"01a2237a-2b62-7648-8b68-620f83c04bfb","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}}],"total":{"amount":400,"currency":"EUR"},"createdAt":"2026-11-28T18:45:38.932Z","expiresAt":"2026-11-28T18:45:41.932Z"}', '2026-11-28 18:45:38.965+00')
----
INSERT INTO public.outbox VALUES (59, 4, '01a2237a-2c27-751c-9701-9913f1fa762c', 'stock', '01a2237a-2b62-7648-8b68-620f83c04bfb', 3, 'jaego.stock.confirmed.v1', '{"productId":"01a2237a-2b62-7648-8b68-620f83c04bfb","version":3,"onHand":19,"reserved":0,"available":19,"onHandDelta":-1,"reservedDelta":-1,"orderId":"01a2237a-2bf4-706c-958a-f04766da8d64","reason":null}', '2026-11-28 18:45:38.982+00')
----
INSERT INTO public.outbox VALUES (41, 2, '01a2237a-2c48-7307-855a-594218534dd7', 'stock', '01a2237a-2bb4-732f-8dbf-140dabcba829', 2, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","version":2,"onHand":20,"reserved":1,"available":19,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237a-2c47-72e4-8644-6ded5fa24ae9","reason":null}', '2026-11-28 18:45:39.015+00')
----
INSERT INTO public.outbox VALUES (41, 3, '01a2237a-2c49-7562-bd3b-bc6b00520a64', 'order', '01a2237a-2c47-72e4-8644-6ded5fa24ae9', 1, 'jaego.order.placed.v1', '{"id":"01a2237a-2c47-72e4-8644-6ded5fa24ae9","version":1,"status":"reserved","customerId":"bo","lines":[{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:45:39.015Z","expiresAt":"2026-11-28T18:45:42.015Z"}', '2026-11-28 18:45:39.015+00')
----
INSERT INTO public.outbox VALUES (41, 4, '01a2237a-2c51-74a3-ac89-2f65b6b63fd5', 'stock', '01a2237a-2bb4-732f-8dbf-140dabcba829', 3, 'jaego.stock.confirmed.v1', '{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","version":3,"onHand":19,"reserved":0,"available":19,"onHandDelta":-1,"reservedDelta":-1,"orderId":"01a2237a-2c47-72e4-8644-6ded5fa24ae9","reason":null}', '2026-11-28 18:45:39.024+00')
----
INSERT INTO public.outbox VALUES (41, 5, '01a2237a-2c51-74a4-bef8-bdaa15c90dac', 'order', '01a2237a-2c47-72e4-8644-6ded5fa24ae9', 2, 'jaego.order.paid.v1', '{"id":"01a2237a-2c47-72e4-8644-6ded5fa24ae9","version":2,"status":"paid","customerId":"bo","lines":[{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:45:39.015Z","expiresAt":"2026-11-28T18:45:42.015Z"}', '2026-11-28 18:45:39.024+00')
----
INSERT INTO public.outbox VALUES (59, 5, '01a2237a-2c91-77b5-b311-91fa268fdee2', 'stock', '01a2237a-2b62-7648-8b68-620f83c04bfb', 4, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-2b62-7648-8b68-620f83c04bfb","version":4,"onHand":19,"reserved":1,"available":18,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237a-2c90-7214-b8b9-20c29701bb3b","reason":null}', '2026-11-28 18:45:39.088+00')
----
INSERT INTO public.outbox VALUES (41, 6, '01a2237a-2c91-77b6-9fd0-6ec9333a4f88', 'stock', '01a2237a-2bb4-732f-8dbf-140dabcba829', 4, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","version":4,"onHand":19,"reserved":3,"available":16,"onHandDelta":0,"reservedDelta":3,"orderId":"01a2237a-2c90-7214-b8b9-20c29701bb3b","reason":null}', '2026-11-28 18:45:39.088+00')
----
INSERT INTO public.outbox VALUES (59, 6, '01a2237a-2c91-77b7-8fc4-f3d04d4b5bbf', 'order', '01a2237a-2c90-7214-b8b9-20c29701bb3b', 1, 'jaego.order.placed.v1', '{"id":"01a2237a-2c90-7214-b8b9-20c29701bb3b","version":1,"status":"reserved","customerId":"ann","lines":[{"productId":"01a2237a-2b62-7648-8b68-620f83c04bfb","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}},{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","quantity":3,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":1100,"currency":"EUR"},"createdAt":"2026-11-28T18:45:39.088Z","expiresAt":"2026-11-28T18:45:42.088Z"}', '2026-11-28 18:45:39.088+00')
----
INSERT INTO public.outbox VALUES (59, 7, '01a2237a-2c97-7633-aa4d-f4d5433361a9', 'stock', '01a2237a-2b62-7648-8b68-620f83c04bfb', 5, 'jaego.stock.confirmed.v1', '{"productId":"01a2237a-2b62-7648-8b68-620f83c04bfb","version":5,"onHand":18,"reserved":0,"available":18,"onHandDelta":-1,"reservedDelta":-1,"orderId":"01a2237a-2c90-7214-b8b9-20c29701bb3b","reason":null}', '2026-11-28 18:45:39.095+00')
----
INSERT INTO public.outbox VALUES (41, 7, '01a2237a-2c97-76ff-bd97-84d141886f73', 'stock', '01a2237a-2bb4-732f-8dbf-140dabcba829', 5, 'jaego.stock.confirmed.v1', '{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","version":5,"onHand":16,"reserved":0,"available":16,"onHandDelta":-3,"reservedDelta":-3,"orderId":"01a2237a-2c90-7214-b8b9-20c29701bb3b","reason":null}', '2026-11-28 18:45:39.095+00')
----
INSERT INTO public.outbox VALUES (59, 8, '01a2237a-2c97-773f-b944-c82f633e325e', 'order', '01a2237a-2c90-7214-b8b9-20c29701bb3b', 2, 'jaego.order.paid.v1', '{"id":"01a2237a-2c90-7214-b8b9-20c29701bb3b","version":2,"status":"paid","customerId":"ann","lines":[{"productId":"01a2237a-2b62-7648-8b68-620f83c04bfb","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}},{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","quantity":3,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":1100,"currency":"EUR"},"createdAt":"2026-11-28T18:45:39.088Z","expiresAt":"2026-11-28T18:45:42.088Z"}', '2026-11-28 18:45:39.095+00')
----
INSERT INTO public.outbox VALUES (59, 9, '01a2237a-2cda-73d0-b0cb-13a6ea5a4389', 'stock', '01a2237a-2b62-7648-8b68-620f83c04bfb', 6, 'jaego.stock.restocked.v1', '{"productId":"01a2237a-2b62-7648-8b68-620f83c04bfb","version":6,"onHand":19,"reserved":0,"available":19,"onHandDelta":1,"reservedDelta":0,"orderId":"01a2237a-2c90-7214-b8b9-20c29701bb3b","reason":null}', '2026-11-28 18:45:39.161+00')
----
INSERT INTO public.outbox VALUES (41, 8, '01a2237a-2cda-73d1-8e72-c84c4f8be5cd', 'stock', '01a2237a-2bb4-732f-8dbf-140dabcba829', 6, 'jaego.stock.restocked.v1', '{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","version":6,"onHand":19,"reserved":0,"available":19,"onHandDelta":3,"reservedDelta":0,"orderId":"01a2237a-2c90-7214-b8b9-20c29701bb3b","reason":null}', '2026-11-28 18:45:39.161+00')
----
INSERT INTO public.outbox VALUES (59, 10, '01a2237a-2cda-7512-8a41-7f293418ba98', 'order', '01a2237a-2c90-7214-b8b9-20c29701bb3b', 3, 'jaego.order.cancelled.v1', '{"id":"01a2237a-2c90-7214-b8b9-20c29701bb3b","version":3,"status":"cancelled","customerId":"ann","lines":[{"productId":"01a2237a-2b62-7648-8b68-620f83c04bfb","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}},{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","quantity":3,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":1100,"currency":"EUR"},"createdAt":"2026-11-28T18:45:39.088Z","expiresAt":"2026-11-28T18:45:42.088Z","reason":"no"}', '2026-11-28 18:45:39.161+00')
----
INSERT INTO public.outbox VALUES (59, 11, '01a2237a-2ce5-749c-abd9-45bdc1dc13ea', 'order', '01a2237a-2c90-7214-b8b9-20c29701bb3b', 4, 'jaego.order.refunded.v1', '{"id":"01a2237a-2c90-7214-b8b9-20c29701bb3b","version":4,"status":"cancelled","customerId":"ann","lines":[{"productId":"01a2237a-2b62-7648-8b68-620f83c04bfb","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}},{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","quantity":3,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":1100,"currency":"EUR"},"createdAt":"2026-11-28T18:45:39.088Z","expiresAt":"2026-11-28T18:45:42.088Z","reason":"no"}', '2026-11-28 18:45:39.173+00')
----
INSERT INTO public.outbox VALUES (41, 9, '01a2237a-2d3f-72fc-8320-7fd7df97333c', 'stock', '01a2237a-2bb4-732f-8dbf-140dabcba829', 7, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","version":7,"onHand":19,"reserved":1,"available":18,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237a-2d3f-72ad-9eaf-1381bb8f85e9","reason":null}', '2026-11-28 18:45:39.263+00')
----
INSERT INTO public.outbox VALUES (41, 10, '01a2237a-2d40-77c6-ae1f-ff7839987706', 'order', '01a2237a-2d3f-72ad-9eaf-1381bb8f85e9', 1, 'jaego.order.placed.v1', '{"id":"01a2237a-2d3f-72ad-9eaf-1381bb8f85e9","version":1,"status":"reserved","customerId":"cy","lines":[{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:45:39.263Z","expiresAt":"2026-11-28T18:45:42.263Z"}', '2026-11-28 18:45:39.263+00')
----
INSERT INTO public.outbox VALUES (41, 11, '01a2237a-38f8-7454-b38c-08e10a72819c', 'stock', '01a2237a-2bb4-732f-8dbf-140dabcba829', 8, 'jaego.stock.expired.v1', '{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","version":8,"onHand":19,"reserved":0,"available":19,"onHandDelta":0,"reservedDelta":-1,"orderId":"01a2237a-2d3f-72ad-9eaf-1381bb8f85e9","reason":null}', '2026-11-28 18:45:42.264+00')
----
INSERT INTO public.outbox VALUES (41, 12, '01a2237a-38f8-774a-a54c-6f30aa326fe4', 'order', '01a2237a-2d3f-72ad-9eaf-1381bb8f85e9', 2, 'jaego.order.expired.v1', '{"id":"01a2237a-2d3f-72ad-9eaf-1381bb8f85e9","version":2,"status":"expired","customerId":"cy","lines":[{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:45:39.263Z","expiresAt":"2026-11-28T18:45:42.263Z"}', '2026-11-28 18:45:42.264+00')
----
INSERT INTO public.outbox VALUES (41, 13, '01a2237a-509d-7148-b14b-2d400edfd7e4', 'stock', '01a2237a-2bb4-732f-8dbf-140dabcba829', 9, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","version":9,"onHand":19,"reserved":1,"available":18,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237a-509c-75c1-a0d9-6b20150fd4e9","reason":null}', '2026-11-28 18:45:48.316+00')
----
INSERT INTO public.outbox VALUES (41, 14, '01a2237a-509d-752e-8f88-ed1a72ab31e2', 'order', '01a2237a-509c-75c1-a0d9-6b20150fd4e9', 1, 'jaego.order.placed.v1', '{"id":"01a2237a-509c-75c1-a0d9-6b20150fd4e9","version":1,"status":"reserved","customerId":"di","lines":[{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:45:48.312Z","expiresAt":"2026-11-28T18:45:51.312Z"}', '2026-11-28 18:45:48.316+00')
----
INSERT INTO public.outbox VALUES (41, 15, '01a2237a-50c3-7620-b0a0-4d407c1617e0', 'stock', '01a2237a-2bb4-732f-8dbf-140dabcba829', 10, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","version":10,"onHand":19,"reserved":2,"available":17,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237a-50c2-73f1-91a5-8dcc2415e329","reason":null}', '2026-11-28 18:45:48.355+00')
----
INSERT INTO public.outbox VALUES (41, 16, '01a2237a-50c3-7621-9c73-6ecafe0b88f5', 'order', '01a2237a-50c2-73f1-91a5-8dcc2415e329', 1, 'jaego.order.placed.v1', '{"id":"01a2237a-50c2-73f1-91a5-8dcc2415e329","version":1,"status":"reserved","customerId":"di","lines":[{"productId":"01a2237a-2bb4-732f-8dbf-140dabcba829","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:45:48.354Z","expiresAt":"2026-11-28T18:45:51.354Z"}', '2026-11-28 18:45:48.355+00')
----
INSERT INTO public.outbox VALUES (36, 6, '01a2237a-2d0a-70bc-b01b-978fe742c243', 'stock', '01a2237a-2b05-7289-adcb-efc330600be4', 4, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-2b05-7289-adcb-efc330600be4","version":4,"onHand":18,"reserved":1,"available":17,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237a-2d09-7171-b284-dd97117b14e4","reason":null}', '2026-11-28 18:45:39.209+00')
----
INSERT INTO public.outbox VALUES (36, 7, '01a2237a-2d0a-7278-80ef-920cd7098f03', 'order', '01a2237a-2d09-7171-b284-dd97117b14e4', 1, 'jaego.order.placed.v1', '{"id":"01a2237a-2d09-7171-b284-dd97117b14e4","version":1,"status":"reserved","customerId":"bo","lines":[{"productId":"01a2237a-2b05-7289-adcb-efc330600be4","quantity":1,"unitPrice":{"amount":100,"currency":"EUR"}}],"total":{"amount":100,"currency":"EUR"},"createdAt":"2026-11-28T18:45:39.209Z","expiresAt":"2026-11-28T18:45:42.209Z"}', '2026-11-28 18:45:39.209+00')
----
INSERT INTO public.outbox VALUES (36, 8, '01a2237a-2d0e-726a-9277-9b269ab1d5cc', 'stock', '01a2237a-2b05-7289-adcb-efc330600be4', 5, 'jaego.stock.released.v1', '{"productId":"01a2237a-2b05-7289-adcb-efc330600be4","version":5,"onHand":18,"reserved":0,"available":18,"onHandDelta":0,"reservedDelta":-1,"orderId":"01a2237a-2d09-7171-b284-dd97117b14e4","reason":null}', '2026-11-28 18:45:39.214+00')
----
INSERT INTO public.outbox VALUES (36, 9, '01a2237a-2d0e-7722-aa6e-0e413a7b9715', 'order', '01a2237a-2d09-7171-b284-dd97117b14e4', 2, 'jaego.order.payment-failed.v1', '{"id":"01a2237a-2d09-7171-b284-dd97117b14e4","version":2,"status":"payment_failed","customerId":"bo","lines":[{"productId":"01a2237a-2b05-7289-adcb-efc330600be4","quantity":1,"unitPrice":{"amount":100,"currency":"EUR"}}],"total":{"amount":100,"currency":"EUR"},"createdAt":"2026-11-28T18:45:39.209Z","expiresAt":"2026-11-28T18:45:42.209Z"}', '2026-11-28 18:45:39.214+00')
----
INSERT INTO public.outbox VALUES (36, 10, '01a2237a-2d29-7494-b5c3-f5e4fe33f857', 'stock', '01a2237a-2b05-7289-adcb-efc330600be4', 6, 'jaego.stock.reserved.v1', '{"productId":"01a2237a-2b05-7289-adcb-efc330600be4","version":6,"onHand":18,"reserved":1,"available":17,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237a-2d28-7526-bbe5-8b3b22e647e4","reason":null}', '2026-11-28 18:45:39.24+00')
----
INSERT INTO public.outbox VALUES (36, 11, '01a2237a-2d29-7517-baba-4d4afba63c66', 'order', '01a2237a-2d28-7526-bbe5-8b3b22e647e4', 1, 'jaego.order.placed.v1', '{"id":"01a2237a-2d28-7526-bbe5-8b3b22e647e4","version":1,"status":"reserved","customerId":"cy","lines":[{"productId":"01a2237a-2b05-7289-adcb-efc330600be4","quantity":1,"unitPrice":{"amount":100,"currency":"EUR"}}],"total":{"amount":100,"currency":"EUR"},"createdAt":"2026-11-28T18:45:39.240Z","expiresAt":"2026-11-28T18:45:42.240Z"}', '2026-11-28 18:45:39.24+00')
----
INSERT INTO public.outbox VALUES (36, 12, '01a2237a-38e2-774f-b095-e08055746172', 'stock', '01a2237a-2b05-7289-adcb-efc330600be4', 7, 'jaego.stock.expired.v1', '{"productId":"01a2237a-2b05-7289-adcb-efc330600be4","version":7,"onHand":18,"reserved":0,"available":18,"onHandDelta":0,"reservedDelta":-1,"orderId":"01a2237a-2d28-7526-bbe5-8b3b22e647e4","reason":null}', '2026-11-28 18:45:42.242+00')
----
INSERT INTO public.outbox VALUES (36, 13, '01a2237a-38e2-7750-b1e4-5b527fd39ae6', 'order', '01a2237a-2d28-7526-bbe5-8b3b22e647e4', 2, 'jaego.order.expired.v1', '{"id":"01a2237a-2d28-7526-bbe5-8b3b22e647e4","version":2,"status":"expired","customerId":"cy","lines":[{"productId":"01a2237a-2b05-7289-adcb-efc330600be4","quantity":1,"unitPrice":{"amount":100,"currency":"EUR"}}],"total":{"amount":100,"currency":"EUR"},"createdAt":"2026-11-28T18:45:39.240Z","expiresAt":"2026-11-28T18:45:42.240Z"}', '2026-11-28 18:45:42.242+00')
----
INSERT INTO public.products VALUES ('01a2237a-289d-70bd-9c15-9854f1ed8719', 'DROP-001', 'Moon jar, numbered edition of 50', 24900, 'EUR', NULL, 25, '2026-11-28 18:45:38.077+00')
----
INSERT INTO public.products VALUES ('01a2237a-28d4-77de-981f-b53de60aea00', 'TICKET-001', 'Hanok concert, standing ticket', 6500, 'EUR', 2, 0, '2026-11-28 18:45:38.132+00')
----
INSERT INTO public.products VALUES ('01a2237a-28f5-7429-a73a-2b3fab41dc0c', 'LAST-001', 'Celadon tea bowl, last piece', 8900, 'EUR', NULL, 12, '2026-11-28 18:45:38.165+00')
----
INSERT INTO public.products VALUES ('01a2237a-2901-7388-aa1f-70bca69d3127', 'TEA-001', 'Green tea from Boseong, 100 g', 1890, 'EUR', NULL, 39, '2026-11-28 18:45:38.177+00')
----
INSERT INTO public.products VALUES ('01a2237a-290c-702d-9823-d12df75b52ea', 'TEA-002', 'Roasted barley tea, 30 bags', 690, 'EUR', NULL, 42, '2026-11-28 18:45:38.188+00')
----
INSERT INTO public.products VALUES ('01a2237a-2912-7469-ba92-a22d1690aac9', 'CUP-001', 'White porcelain cup', 2400, 'EUR', NULL, 9, '2026-11-28 18:45:38.194+00')
----
INSERT INTO public.products VALUES ('01a2237a-291e-7317-9939-357bfc23134f', 'PAPER-001', 'Hanji paper, 10 sheets', 1250, 'EUR', NULL, 15, '2026-11-28 18:45:38.206+00')
----
INSERT INTO public.products VALUES ('01a2237a-2926-75e5-8e92-482634e35430', 'BRUSH-001', 'Ink brush, medium', 1690, 'EUR', NULL, 48, '2026-11-28 18:45:38.214+00')
----
INSERT INTO public.products VALUES ('01a2237a-292f-7673-be2c-98e6b8c397b4', 'BAG-001', 'Bojagi wrapping cloth', 1990, 'EUR', NULL, 52, '2026-11-28 18:45:38.223+00')
----
INSERT INTO public.products VALUES ('01a2237a-2935-7638-aa08-cf98008fbabb', 'BOOK-001', 'The Shelf That Never Lied, paperback', 1450, 'EUR', NULL, 59, '2026-11-28 18:45:38.229+00')
----
INSERT INTO public.products VALUES ('01a2237a-293f-76c0-b9cf-ad0542195cd1', 'SNACK-001', 'Honey cookies, box of 12', 890, 'EUR', NULL, 17, '2026-11-28 18:45:38.239+00')
----
INSERT INTO public.products VALUES ('01a2237a-2946-77bc-970d-39a8a6ec04da', 'GIFT-001', 'Gift card, 25 euro', 2500, 'EUR', NULL, 26, '2026-11-28 18:45:38.246+00')
----
INSERT INTO public.products VALUES ('01a2237a-2b05-7289-adcb-efc330600be4', 'S-1', 'Thing 1', 100, 'EUR', NULL, 36, '2026-11-28 18:45:38.693+00')
----
INSERT INTO public.products VALUES ('01a2237a-2b62-7648-8b68-620f83c04bfb', 'S-2', 'Thing 2', 200, 'EUR', 5, 59, '2026-11-28 18:45:38.786+00')
----
INSERT INTO public.products VALUES ('01a2237a-2bb4-732f-8dbf-140dabcba829', 'S-3', 'Thing 3', 300, 'EUR', NULL, 41, '2026-11-28 18:45:38.867+00')
----
INSERT INTO public.stock VALUES ('01a2237a-289d-70bd-9c15-9854f1ed8719', 50, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-28d4-77de-981f-b53de60aea00', 400, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-28f5-7429-a73a-2b3fab41dc0c', 1, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-2901-7388-aa1f-70bca69d3127', 240, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-290c-702d-9823-d12df75b52ea', 1000, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-2912-7469-ba92-a22d1690aac9', 180, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-291e-7317-9939-357bfc23134f', 600, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-2926-75e5-8e92-482634e35430', 320, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-292f-7673-be2c-98e6b8c397b4', 410, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-2935-7638-aa08-cf98008fbabb', 2500, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-293f-76c0-b9cf-ad0542195cd1', 5000, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-2946-77bc-970d-39a8a6ec04da', 100000, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237a-2b62-7648-8b68-620f83c04bfb', 19, 0, 6)
----
INSERT INTO public.stock VALUES ('01a2237a-2b05-7289-adcb-efc330600be4', 18, 0, 7)
----
INSERT INTO public.stock VALUES ('01a2237a-2bb4-732f-8dbf-140dabcba829', 19, 2, 10)
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
    ADD CONSTRAINT dead_letters_consumer_source_offset_key UNIQUE (consumer, source, "offset")
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
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (lane, seq)
----
ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (id)
----
ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_sku_key UNIQUE (sku)
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
