-- What the build of commit 59de60f made and sold, as pg_dump tells it. A statement ends before a line of dashes.

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
CREATE FUNCTION public.jaego_drop_inbox_slices(p_before date) RETURNS integer
    LANGUAGE plpgsql
    SET lock_timeout TO '200ms'
    AS $_$
declare
  v_slice text;
  v_dropped int := 0;
begin
  for v_slice in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'inbox'::regclass and c.relname ~ '^inbox_[0-9]{8}$'
      and to_date(substr(c.relname, 7), 'YYYYMMDD') < p_before
  loop
    execute format('drop table %I', v_slice);
    v_dropped := v_dropped + 1;
  end loop;
  delete from inbox_rest r where r.event_id < jaego_id_at(p_before::timestamp at time zone 'UTC');
  return v_dropped;
end
$_$
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
CREATE FUNCTION public.jaego_id_at(p_at timestamp with time zone) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    AS $$
  select (lpad(to_hex((extract(epoch from p_at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$
----
CREATE FUNCTION public.jaego_make_inbox_slices(p_first date, p_last date) RETURNS void
    LANGUAGE plpgsql
    SET lock_timeout TO '200ms'
    AS $$
declare
  v_day date;
  v_from uuid;
  v_until uuid;
begin
  for v_day in select generate_series(p_first, p_last, interval '1 day')::date loop
    v_from := jaego_id_at(v_day::timestamp at time zone 'UTC');
    v_until := jaego_id_at((v_day + 1)::timestamp at time zone 'UTC');
    continue when to_regclass('inbox_' || to_char(v_day, 'YYYYMMDD')) is not null;
    continue when exists (select from inbox_rest r where r.event_id >= v_from and r.event_id < v_until);
    execute format('create table %I partition of inbox for values from (%L) to (%L)',
      'inbox_' || to_char(v_day, 'YYYYMMDD'), v_from, v_until);
  end loop;
end
$$
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
  select * into v_letter from dead_letters d where d.id = p_id and d.state <> 'discarded' for update;
  if not found then
    return 'absent';
  end if;
  if v_letter.key <> '' and exists (
    select from dead_letters d where d.consumer = v_letter.consumer and d.key = v_letter.key and d.id < p_id
      and d.state <> 'discarded') then
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
CREATE FUNCTION public.jaego_save_shipments(p_changes json, p_entries json) RETURNS SETOF uuid
    LANGUAGE sql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
  with changes as materialized (
    select * from json_to_recordset(p_changes) c ("orderId" uuid, state text, attempts int, "firstAttemptAt" float8,
      "nextAttemptAt" float8, "trackingId" text, reason text, version bigint, callback text)
  ), locked as materialized (
    select c.* from changes c join shipments s on s.order_id = c."orderId" and s.version = c.version
    order by c."orderId" for update of s
  ), heard as (
    insert into carrier_callbacks (id, order_id)
      select l.callback, l."orderId" from locked l where l.callback is not null
      on conflict do nothing returning order_id
  ), saved as (
    update shipments s set state = l.state, attempts = l.attempts, first_attempt_at = to_timestamp(l."firstAttemptAt" / 1000),
      next_attempt_at = to_timestamp(l."nextAttemptAt" / 1000), tracking_id = l."trackingId", reason = l.reason, version = l.version + 1
    from locked l
    where s.order_id = l."orderId" and (l.callback is null or exists (
      select from heard h where h.order_id = l."orderId"))
    returning s.order_id
  ), told as (
    insert into timeline (order_id, id, type, version, at, detail)
      select e."orderId", e.id, e.type, e.version, to_timestamp(e.at / 1000), e.detail
      from json_to_recordset(p_entries)
        e ("orderId" uuid, id uuid, type text, version bigint, at float8, detail text)
      join saved s on s.order_id = e."orderId"
      on conflict do nothing
  )
  select order_id from saved
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
    where d.consumer = p_consumer and d.state <> 'discarded' and d.key <> '' and d.key in (
      select t.key from json_to_recordset(p_taken) t (key text))
    order by d.id for share of d) l;
  with given as materialized (
    select t.*, t.error is not null and (exists (
        select from inbox i where i.event_id = t."eventId" and i.consumer = p_consumer) or exists (
        select from dead_letters d where d.consumer = p_consumer and d.key = t.key and (d.event_id = t."eventId"
          or (d.source = t.source and d."offset" = t."offset" and d.value = t.letter->>'value')))) as known
    from json_to_recordset(p_taken) t (n int, source text, "offset" bigint, key text, "eventId" uuid, version bigint,
      error text, attempts int, letter json)
  ), taken as materialized (
    select g.*, g.error is null and (g.key = any (coalesce(v_parked, '{}')) or coalesce(
      bool_or(g.error is not null and not g.known and g.key <> '') over (
        partition by g.key order by g.n rows between unbounded preceding and 1 preceding), false)) as queues
    from given g
  ), missing as (
    select array_agg(distinct t.key) as keys from taken t where t.queues and t.letter is null
  ), buried as (
    insert into dead_letters
        (consumer, source, topic, "offset", key, value, headers, event_id, error, attempts, state)
      select p_consumer, t.source, t.letter->>'topic', t."offset", t.key, t.letter->>'value', t.letter->>'headers',
        t."eventId", coalesce(t.error, 'waits behind an older letter of its key'), coalesce(t.attempts, 0),
        case when t.queues then 'queued' else 'poison' end
      from taken t cross join missing m
      where m.keys is null and (t.error is not null and not t.known or t.queues and not exists (
        select from inbox i where i.event_id = t."eventId" and i.consumer = p_consumer))
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
CREATE TABLE public.carrier_callbacks (
    id text NOT NULL COLLATE pg_catalog."C",
    order_id uuid NOT NULL,
    received_at timestamp(3) with time zone DEFAULT now() NOT NULL
)
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
    CONSTRAINT dead_letters_state_check CHECK ((state = ANY (ARRAY['poison'::text, 'queued'::text, 'discarded'::text])))
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
CREATE TABLE public.inbox_20261128 (
    event_id uuid NOT NULL,
    consumer text NOT NULL COLLATE pg_catalog."C"
)
----
CREATE TABLE public.inbox_20261129 (
    event_id uuid NOT NULL,
    consumer text NOT NULL COLLATE pg_catalog."C"
)
----
CREATE TABLE public.inbox_20261130 (
    event_id uuid NOT NULL,
    consumer text NOT NULL COLLATE pg_catalog."C"
)
----
CREATE TABLE public.inbox_20261201 (
    event_id uuid NOT NULL,
    consumer text NOT NULL COLLATE pg_catalog."C"
)
----
CREATE TABLE public.inbox_rest (
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
CREATE TABLE public.shipments (
    order_id uuid NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    first_attempt_at timestamp(3) with time zone,
    next_attempt_at timestamp(3) with time zone,
    tracking_id text,
    reason text,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT shipments_state_check CHECK ((state = ANY (ARRAY['open'::text, 'withdrawn'::text, 'shipped'::text, 'delivered'::text, 'cancelled'::text, 'stray'::text])))
)
WITH (fillfactor='80')
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
ALTER TABLE ONLY public.inbox ATTACH PARTITION public.inbox_20261128 FOR VALUES FROM ('01a21f73-9c00-0000-0000-000000000000') TO ('01a22499-f800-0000-0000-000000000000')
----
ALTER TABLE ONLY public.inbox ATTACH PARTITION public.inbox_20261129 FOR VALUES FROM ('01a22499-f800-0000-0000-000000000000') TO ('01a229c0-5400-0000-0000-000000000000')
----
ALTER TABLE ONLY public.inbox ATTACH PARTITION public.inbox_20261130 FOR VALUES FROM ('01a229c0-5400-0000-0000-000000000000') TO ('01a22ee6-b000-0000-0000-000000000000')
----
ALTER TABLE ONLY public.inbox ATTACH PARTITION public.inbox_20261201 FOR VALUES FROM ('01a22ee6-b000-0000-0000-000000000000') TO ('01a2340d-0c00-0000-0000-000000000000')
----
ALTER TABLE ONLY public.inbox ATTACH PARTITION public.inbox_rest DEFAULT
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
INSERT INTO public.carrier_callbacks VALUES ('JCD2E011F3DCD0-collected', '01a2237b-3b94-77c4-96ad-3df849af0cef', '2026-11-28 18:46:52.7+00')
----
INSERT INTO public.carrier_callbacks VALUES ('JC811993BAD508-collected', '01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', '2026-11-28 18:46:52.766+00')
----
INSERT INTO public.carrier_callbacks VALUES ('JCD2E011F3DCD0-delivered', '01a2237b-3b94-77c4-96ad-3df849af0cef', '2026-11-28 18:46:54.71+00')
----
INSERT INTO public.carrier_callbacks VALUES ('JC811993BAD508-delivered', '01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', '2026-11-28 18:46:54.71+00')
----
INSERT INTO public.consumer_keys VALUES ('01a2237b-3b94-77c4-96ad-3df849af0cef', 'shipping', 2)
----
INSERT INTO public.consumer_keys VALUES ('01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', 'shipping', 2)
----
INSERT INTO public.consumer_keys VALUES ('01a2237b-3c47-77be-9904-7252c35ef859', 'shipping', 2)
----
INSERT INTO public.consumer_keys VALUES ('01a2237b-3c47-77be-9904-7252c35ef859', 'timeline', 4)
----
INSERT INTO public.consumer_keys VALUES ('01a2237b-3d5c-729c-a6f5-34813da0d42f', 'timeline', 2)
----
INSERT INTO public.consumer_keys VALUES ('01a2237b-3da4-707f-b61a-ab4edff144af', 'timeline', 2)
----
INSERT INTO public.consumer_keys VALUES ('01a2237b-3dd1-7410-ac73-460693017112', 'timeline', 2)
----
INSERT INTO public.consumer_keys VALUES ('01a2237b-3b94-77c4-96ad-3df849af0cef', 'timeline', 4)
----
INSERT INTO public.consumer_keys VALUES ('01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', 'timeline', 4)
----
INSERT INTO public.consumer_positions VALUES ('shipping', 'outbox/jaego.orders/25', 8)
----
INSERT INTO public.consumer_positions VALUES ('timeline', 'outbox/jaego.orders/25', 11)
----
INSERT INTO public.consumer_positions VALUES ('shipping', 'outbox/jaego.orders/18', 14)
----
INSERT INTO public.consumer_positions VALUES ('shipping', 'outbox/jaego.orders/47', 16)
----
INSERT INTO public.consumer_positions VALUES ('timeline', 'outbox/jaego.orders/18', 15)
----
INSERT INTO public.consumer_positions VALUES ('timeline', 'outbox/jaego.orders/47', 16)
----
INSERT INTO public.customer_units VALUES ('01a2237b-3a8b-764c-946c-e667a62ff2d9', 'ann', 1)
----
INSERT INTO public.holds VALUES ('01a2237b-3b94-77c4-96ad-3df849af0cef', '01a2237b-3a24-7164-89c8-03860f7a282f', 0, 'ann', 47, 2, 100, 'EUR', 'confirmed', NULL)
----
INSERT INTO public.holds VALUES ('01a2237b-3b94-77c4-96ad-3df849af0cef', '01a2237b-3a8b-764c-946c-e667a62ff2d9', 1, 'ann', 25, 1, 200, 'EUR', 'confirmed', NULL)
----
INSERT INTO public.holds VALUES ('01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', '01a2237b-3b03-7127-a387-9ce6119a4992', 0, 'bo', 18, 1, 300, 'EUR', 'confirmed', NULL)
----
INSERT INTO public.holds VALUES ('01a2237b-3c47-77be-9904-7252c35ef859', '01a2237b-3a8b-764c-946c-e667a62ff2d9', 0, 'ann', 25, 1, 200, 'EUR', 'returned', NULL)
----
INSERT INTO public.holds VALUES ('01a2237b-3c47-77be-9904-7252c35ef859', '01a2237b-3b03-7127-a387-9ce6119a4992', 1, 'ann', 18, 3, 300, 'EUR', 'returned', NULL)
----
INSERT INTO public.holds VALUES ('01a2237b-3d5c-729c-a6f5-34813da0d42f', '01a2237b-3a24-7164-89c8-03860f7a282f', 0, 'bo', 47, 1, 100, 'EUR', 'released', NULL)
----
INSERT INTO public.holds VALUES ('01a2237b-3da4-707f-b61a-ab4edff144af', '01a2237b-3a24-7164-89c8-03860f7a282f', 0, 'cy', 47, 1, 100, 'EUR', 'expired', NULL)
----
INSERT INTO public.holds VALUES ('01a2237b-3dd1-7410-ac73-460693017112', '01a2237b-3b03-7127-a387-9ce6119a4992', 0, 'cy', 18, 1, 300, 'EUR', 'expired', NULL)
----
INSERT INTO public.holds VALUES ('01a2237b-6142-7032-a357-cb510b7df052', '01a2237b-3b03-7127-a387-9ce6119a4992', 0, 'di', 18, 1, 300, 'EUR', 'held', NULL)
----
INSERT INTO public.holds VALUES ('01a2237b-6168-7139-b2d8-88c6ef5c7792', '01a2237b-3b03-7127-a387-9ce6119a4992', 0, 'di', 18, 1, 300, 'EUR', 'held', NULL)
----
INSERT INTO public.idempotency_keys VALUES ('products', 'p-1', '8237491a-011e-d703-6b75-cc0bf1b6cfd3', NULL, NULL, '{"_tag":"Product","product":{"id":"01a2237b-3a24-7164-89c8-03860f7a282f","sku":"S-1","name":"Thing 1","price":{"amount":100,"currency":"EUR"},"purchaseLimit":null,"createdAt":1795891608100}}', '2026-11-28 18:46:48.114+00')
----
INSERT INTO public.idempotency_keys VALUES ('products', 'p-2', '6b42b84b-564d-e6c5-17f2-8ff0d1c4f4f7', NULL, NULL, '{"_tag":"Product","product":{"id":"01a2237b-3a8b-764c-946c-e667a62ff2d9","sku":"S-2","name":"Thing 2","price":{"amount":200,"currency":"EUR"},"purchaseLimit":5,"createdAt":1795891608203}}', '2026-11-28 18:46:48.211+00')
----
INSERT INTO public.idempotency_keys VALUES ('products', 'p-3', '8acbe12f-2a1d-f311-6897-0c1b543388dc', NULL, NULL, '{"_tag":"Product","product":{"id":"01a2237b-3b03-7127-a387-9ce6119a4992","sku":"S-3","name":"Thing 3","price":{"amount":300,"currency":"EUR"},"purchaseLimit":null,"createdAt":1795891608323}}', '2026-11-28 18:46:48.351+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-1', '21349ba0-9ab1-8e27-37c6-030d572eb012', '01a2237b-3b94-77c4-96ad-3df849af0cef', 'paid', NULL, '2026-11-28 18:46:48.485+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-2', '5891e79f-f46f-863a-96d9-8e6dfcbf5f21', '01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', 'paid', NULL, '2026-11-28 18:46:48.554+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-3', '29998e71-6a8b-ca50-3971-e24a229068da', '01a2237b-3c47-77be-9904-7252c35ef859', 'paid', NULL, '2026-11-28 18:46:48.714+00')
----
INSERT INTO public.idempotency_keys VALUES ('cancel', 'c-3', '50335869-b974-26f5-26cf-fc357d2e3a9a', '01a2237b-3c47-77be-9904-7252c35ef859', 'cancelled', NULL, '2026-11-28 18:46:48.844+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-4', '53754c5f-217d-607d-ec0d-5d994bd99b2e', '01a2237b-3d5c-729c-a6f5-34813da0d42f', 'payment_failed', NULL, '2026-11-28 18:46:48.937+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-5', '9a8527f6-57e1-f0bb-5651-a51d8fa811a7', '01a2237b-3da4-707f-b61a-ab4edff144af', 'reserved', NULL, '2026-11-28 18:46:49.001+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-7', '21d2f21f-b293-53df-d969-bc73bc2d1505', '01a2237b-3dd1-7410-ac73-460693017112', 'reserved', NULL, '2026-11-28 18:46:49.044+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-6', '68016b4a-6d4b-fb6f-4c70-925b5d4d6091', '01a2237b-6142-7032-a357-cb510b7df052', 'reserved', NULL, '2026-11-28 18:46:58.117+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-8', '68016b4a-6d4b-fb6f-4c70-925b5d4d6091', '01a2237b-6168-7139-b2d8-88c6ef5c7792', 'reserved', NULL, '2026-11-28 18:46:58.156+00')
----
INSERT INTO public.inbox_20261128 VALUES ('01a2237b-3bc3-71e0-bca4-8b49155d34ae', 'shipping')
----
INSERT INTO public.inbox_20261128 VALUES ('01a2237b-3bc3-71e0-bca4-8b49155d34ae', 'timeline')
----
INSERT INTO public.inbox_20261128 VALUES ('01a2237b-3c0d-71d5-96f6-1bbcc877d8dd', 'shipping')
----
INSERT INTO public.inbox_20261128 VALUES ('01a2237b-3c0d-71d5-96f6-1bbcc877d8dd', 'timeline')
----
INSERT INTO public.inbox_20261128 VALUES ('01a2237b-3ca4-701f-89ea-efc6f7f9e625', 'shipping')
----
INSERT INTO public.inbox_20261128 VALUES ('01a2237b-3ca4-701f-89ea-efc6f7f9e625', 'timeline')
----
INSERT INTO public.inbox_20261128 VALUES ('01a2237b-3d06-733a-a2e0-1528b52aef4c', 'timeline')
----
INSERT INTO public.inbox_20261128 VALUES ('01a2237b-3d37-701c-b9e9-4c0f36ef946c', 'timeline')
----
INSERT INTO public.inbox_20261128 VALUES ('01a2237b-3d77-753a-98fc-10c6ace8d204', 'timeline')
----
INSERT INTO public.inbox_20261128 VALUES ('01a2237b-4836-75a3-8f6b-9bfd41a3aff2', 'timeline')
----
INSERT INTO public.inbox_20261128 VALUES ('01a2237b-4831-755c-adb3-881dd5af67ac', 'timeline')
----
INSERT INTO public.inbox_20261128 VALUES ('01a2237b-495e-72e1-b53b-237c459e4cd4', 'timeline')
----
INSERT INTO public.inbox_20261128 VALUES ('01a2237b-498b-7029-9cd9-5663d3cd7f3d', 'timeline')
----
INSERT INTO public.inbox_20261128 VALUES ('01a2237b-53ec-7403-a6bc-7aa30064c205', 'timeline')
----
INSERT INTO public.inbox_20261128 VALUES ('01a2237b-53ef-740e-ac03-0fb6d69e50c8', 'timeline')
----
INSERT INTO public.jaego_migrations VALUES (1, '2026-11-28 18:46:40.605452+00', 'ledger')
----
INSERT INTO public.jaego_migrations VALUES (2, '2026-11-28 18:46:40.605452+00', 'commit')
----
INSERT INTO public.jaego_migrations VALUES (3, '2026-11-28 18:46:40.605452+00', 'outbox_slices')
----
INSERT INTO public.jaego_migrations VALUES (4, '2026-11-28 18:46:40.605452+00', 'inbox')
----
INSERT INTO public.jaego_migrations VALUES (5, '2026-11-28 18:46:40.605452+00', 'shipping')
----
INSERT INTO public.lanes VALUES (0, 1, 0)
----
INSERT INTO public.lanes VALUES (1, 1, 0)
----
INSERT INTO public.lanes VALUES (2, 1, 0)
----
INSERT INTO public.lanes VALUES (3, 1, 0)
----
INSERT INTO public.lanes VALUES (4, 1, 0)
----
INSERT INTO public.lanes VALUES (28, 1, 1)
----
INSERT INTO public.lanes VALUES (6, 1, 0)
----
INSERT INTO public.lanes VALUES (7, 1, 0)
----
INSERT INTO public.lanes VALUES (8, 1, 0)
----
INSERT INTO public.lanes VALUES (9, 1, 0)
----
INSERT INTO public.lanes VALUES (10, 1, 0)
----
INSERT INTO public.lanes VALUES (11, 1, 0)
----
INSERT INTO public.lanes VALUES (12, 1, 0)
----
INSERT INTO public.lanes VALUES (13, 1, 0)
----
INSERT INTO public.lanes VALUES (14, 1, 0)
----
INSERT INTO public.lanes VALUES (15, 1, 0)
----
INSERT INTO public.lanes VALUES (16, 1, 0)
----
INSERT INTO public.lanes VALUES (17, 1, 0)
----
INSERT INTO public.lanes VALUES (18, 1, 18)
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
INSERT INTO public.lanes VALUES (25, 1, 10)
----
INSERT INTO public.lanes VALUES (26, 1, 0)
----
INSERT INTO public.lanes VALUES (27, 1, 0)
----
INSERT INTO public.lanes VALUES (19, 1, 1)
----
INSERT INTO public.lanes VALUES (29, 1, 0)
----
INSERT INTO public.lanes VALUES (30, 1, 0)
----
INSERT INTO public.lanes VALUES (5, 1, 1)
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
INSERT INTO public.lanes VALUES (36, 1, 2)
----
INSERT INTO public.lanes VALUES (37, 1, 0)
----
INSERT INTO public.lanes VALUES (38, 1, 0)
----
INSERT INTO public.lanes VALUES (39, 1, 0)
----
INSERT INTO public.lanes VALUES (40, 1, 0)
----
INSERT INTO public.lanes VALUES (41, 1, 0)
----
INSERT INTO public.lanes VALUES (42, 1, 0)
----
INSERT INTO public.lanes VALUES (43, 1, 0)
----
INSERT INTO public.lanes VALUES (54, 1, 1)
----
INSERT INTO public.lanes VALUES (45, 1, 0)
----
INSERT INTO public.lanes VALUES (46, 1, 0)
----
INSERT INTO public.lanes VALUES (44, 1, 1)
----
INSERT INTO public.lanes VALUES (49, 1, 0)
----
INSERT INTO public.lanes VALUES (47, 1, 15)
----
INSERT INTO public.lanes VALUES (51, 1, 0)
----
INSERT INTO public.lanes VALUES (52, 1, 0)
----
INSERT INTO public.lanes VALUES (53, 1, 0)
----
INSERT INTO public.lanes VALUES (48, 1, 2)
----
INSERT INTO public.lanes VALUES (55, 1, 2)
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
INSERT INTO public.lanes VALUES (50, 1, 1)
----
INSERT INTO public.lanes VALUES (62, 1, 0)
----
INSERT INTO public.lanes VALUES (63, 1, 0)
----
INSERT INTO public.movements VALUES ('01a2237b-387f-7668-b38f-d33cd00d1005', 1, 'created', 50, 0, 50, 0, NULL, NULL, '2026-11-28 18:46:47.688+00')
----
INSERT INTO public.movements VALUES ('01a2237b-38ae-71bf-8f5b-9eb73972ef24', 1, 'created', 400, 0, 400, 0, NULL, NULL, '2026-11-28 18:46:47.74+00')
----
INSERT INTO public.movements VALUES ('01a2237b-38fd-77d7-80ad-059de2e0af9c', 1, 'created', 1, 0, 1, 0, NULL, NULL, '2026-11-28 18:46:47.805+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3914-77d6-8726-e63d11a7fd64', 1, 'created', 240, 0, 240, 0, NULL, NULL, '2026-11-28 18:46:47.828+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3920-7516-bfdd-395321678393', 1, 'created', 1000, 0, 1000, 0, NULL, NULL, '2026-11-28 18:46:47.841+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3930-7193-a28d-fc659425ebb7', 1, 'created', 180, 0, 180, 0, NULL, NULL, '2026-11-28 18:46:47.859+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3941-7342-b5a6-ae9e466615f7', 1, 'created', 600, 0, 600, 0, NULL, NULL, '2026-11-28 18:46:47.873+00')
----
INSERT INTO public.movements VALUES ('01a2237b-394a-7372-a78a-20a23fa37170', 1, 'created', 320, 0, 320, 0, NULL, NULL, '2026-11-28 18:46:47.883+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3962-70e6-899e-41c5718cb56c', 1, 'created', 410, 0, 410, 0, NULL, NULL, '2026-11-28 18:46:47.908+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3977-7500-b162-b6b4a633e736', 1, 'created', 2500, 0, 2500, 0, NULL, NULL, '2026-11-28 18:46:47.928+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3992-7311-b8f4-3920af0e1cb0', 1, 'created', 5000, 0, 5000, 0, NULL, NULL, '2026-11-28 18:46:47.968+00')
----
INSERT INTO public.movements VALUES ('01a2237b-39b5-7140-b8ad-240562e01ef2', 1, 'created', 100000, 0, 100000, 0, NULL, NULL, '2026-11-28 18:46:47.989+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3a24-7164-89c8-03860f7a282f', 1, 'created', 20, 0, 20, 0, NULL, NULL, '2026-11-28 18:46:48.103+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3a8b-764c-946c-e667a62ff2d9', 1, 'created', 20, 0, 20, 0, NULL, NULL, '2026-11-28 18:46:48.204+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3b03-7127-a387-9ce6119a4992', 1, 'created', 20, 0, 20, 0, NULL, NULL, '2026-11-28 18:46:48.338+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3a24-7164-89c8-03860f7a282f', 2, 'reserved', 0, 2, 20, 2, '01a2237b-3b94-77c4-96ad-3df849af0cef', NULL, '2026-11-28 18:46:48.481+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3a8b-764c-946c-e667a62ff2d9', 2, 'reserved', 0, 1, 20, 1, '01a2237b-3b94-77c4-96ad-3df849af0cef', NULL, '2026-11-28 18:46:48.481+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3a24-7164-89c8-03860f7a282f', 3, 'confirmed', -2, -2, 18, 0, '01a2237b-3b94-77c4-96ad-3df849af0cef', NULL, '2026-11-28 18:46:48.514+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3a8b-764c-946c-e667a62ff2d9', 3, 'confirmed', -1, -1, 19, 0, '01a2237b-3b94-77c4-96ad-3df849af0cef', NULL, '2026-11-28 18:46:48.514+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3b03-7127-a387-9ce6119a4992', 2, 'reserved', 0, 1, 20, 1, '01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', NULL, '2026-11-28 18:46:48.544+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3b03-7127-a387-9ce6119a4992', 3, 'confirmed', -1, -1, 19, 0, '01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', NULL, '2026-11-28 18:46:48.587+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3b03-7127-a387-9ce6119a4992', 4, 'reserved', 0, 3, 19, 3, '01a2237b-3c47-77be-9904-7252c35ef859', NULL, '2026-11-28 18:46:48.648+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3a8b-764c-946c-e667a62ff2d9', 4, 'reserved', 0, 1, 19, 1, '01a2237b-3c47-77be-9904-7252c35ef859', NULL, '2026-11-28 18:46:48.699+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3a8b-764c-946c-e667a62ff2d9', 5, 'confirmed', -1, -1, 18, 0, '01a2237b-3c47-77be-9904-7252c35ef859', NULL, '2026-11-28 18:46:48.74+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3b03-7127-a387-9ce6119a4992', 5, 'confirmed', -3, -3, 16, 0, '01a2237b-3c47-77be-9904-7252c35ef859', NULL, '2026-11-28 18:46:48.758+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3a8b-764c-946c-e667a62ff2d9', 6, 'restocked', 1, 0, 19, 0, '01a2237b-3c47-77be-9904-7252c35ef859', NULL, '2026-11-28 18:46:48.837+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3b03-7127-a387-9ce6119a4992', 6, 'restocked', 3, 0, 19, 0, '01a2237b-3c47-77be-9904-7252c35ef859', NULL, '2026-11-28 18:46:48.872+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3a24-7164-89c8-03860f7a282f', 4, 'reserved', 0, 1, 18, 1, '01a2237b-3d5c-729c-a6f5-34813da0d42f', NULL, '2026-11-28 18:46:48.933+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3a24-7164-89c8-03860f7a282f', 5, 'released', 0, -1, 18, 0, '01a2237b-3d5c-729c-a6f5-34813da0d42f', NULL, '2026-11-28 18:46:48.951+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3a24-7164-89c8-03860f7a282f', 6, 'reserved', 0, 1, 18, 1, '01a2237b-3da4-707f-b61a-ab4edff144af', NULL, '2026-11-28 18:46:48.996+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3b03-7127-a387-9ce6119a4992', 7, 'reserved', 0, 1, 19, 1, '01a2237b-3dd1-7410-ac73-460693017112', NULL, '2026-11-28 18:46:49.042+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3a24-7164-89c8-03860f7a282f', 7, 'expired', 0, -1, 18, 0, '01a2237b-3da4-707f-b61a-ab4edff144af', NULL, '2026-11-28 18:46:51.998+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3b03-7127-a387-9ce6119a4992', 8, 'expired', 0, -1, 19, 0, '01a2237b-3dd1-7410-ac73-460693017112', NULL, '2026-11-28 18:46:52.043+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3b03-7127-a387-9ce6119a4992', 9, 'reserved', 0, 1, 19, 1, '01a2237b-6142-7032-a357-cb510b7df052', NULL, '2026-11-28 18:46:58.115+00')
----
INSERT INTO public.movements VALUES ('01a2237b-3b03-7127-a387-9ce6119a4992', 10, 'reserved', 0, 1, 19, 2, '01a2237b-6168-7139-b2d8-88c6ef5c7792', NULL, '2026-11-28 18:46:58.153+00')
----
INSERT INTO public.orders VALUES ('01a2237b-3d5c-729c-a6f5-34813da0d42f', 'bo', 'payment_failed', 100, 'EUR', '2026-11-28 18:46:48.924+00', '2026-11-28 18:46:51.924+00', 2, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237b-3c47-77be-9904-7252c35ef859', 'ann', 'cancelled', 1100, 'EUR', '2026-11-28 18:46:48.647+00', '2026-11-28 18:46:51.647+00', 4, NULL, NULL, 'done', 'no', false)
----
INSERT INTO public.orders VALUES ('01a2237b-3da4-707f-b61a-ab4edff144af', 'cy', 'expired', 100, 'EUR', '2026-11-28 18:46:48.996+00', '2026-11-28 18:46:51.996+00', 2, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237b-3dd1-7410-ac73-460693017112', 'cy', 'expired', 300, 'EUR', '2026-11-28 18:46:49.041+00', '2026-11-28 18:46:52.041+00', 2, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237b-3b94-77c4-96ad-3df849af0cef', 'ann', 'delivered', 400, 'EUR', '2026-11-28 18:46:48.467+00', '2026-11-28 18:46:51.467+00', 4, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', 'bo', 'delivered', 300, 'EUR', '2026-11-28 18:46:48.543+00', '2026-11-28 18:46:51.543+00', 4, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237b-6142-7032-a357-cb510b7df052', 'di', 'reserved', 300, 'EUR', '2026-11-28 18:46:58.114+00', '2026-11-28 18:47:01.114+00', 1, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237b-6168-7139-b2d8-88c6ef5c7792', 'di', 'reserved', 300, 'EUR', '2026-11-28 18:46:58.152+00', '2026-11-28 18:47:01.152+00', 1, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.outbox_20261128 VALUES (5, 1, '01a2237b-388a-762f-9469-07f22b99fcf0', 'stock', '01a2237b-387f-7668-b38f-d33cd00d1005', 1, 'jaego.stock.created.v1', '{"productId":"01a2237b-387f-7668-b38f-d33cd00d1005","version":1,"onHand":50,"reserved":0,"available":50,"onHandDelta":50,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:47.688+00')
----
INSERT INTO public.outbox_20261128 VALUES (36, 1, '01a2237b-38c8-767e-8644-35ae4d982c05', 'stock', '01a2237b-38ae-71bf-8f5b-9eb73972ef24', 1, 'jaego.stock.created.v1', '{"productId":"01a2237b-38ae-71bf-8f5b-9eb73972ef24","version":1,"onHand":400,"reserved":0,"available":400,"onHandDelta":400,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:47.74+00')
----
INSERT INTO public.outbox_20261128 VALUES (28, 1, '01a2237b-38fd-754c-a92d-330ec4e4b54b', 'stock', '01a2237b-38fd-77d7-80ad-059de2e0af9c', 1, 'jaego.stock.created.v1', '{"productId":"01a2237b-38fd-77d7-80ad-059de2e0af9c","version":1,"onHand":1,"reserved":0,"available":1,"onHandDelta":1,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:47.805+00')
----
INSERT INTO public.outbox_20261128 VALUES (36, 2, '01a2237b-3914-71f9-a949-3dd713f5b04f', 'stock', '01a2237b-3914-77d6-8726-e63d11a7fd64', 1, 'jaego.stock.created.v1', '{"productId":"01a2237b-3914-77d6-8726-e63d11a7fd64","version":1,"onHand":240,"reserved":0,"available":240,"onHandDelta":240,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:47.828+00')
----
INSERT INTO public.outbox_20261128 VALUES (19, 1, '01a2237b-3921-7693-9db1-f2c5b65d5861', 'stock', '01a2237b-3920-7516-bfdd-395321678393', 1, 'jaego.stock.created.v1', '{"productId":"01a2237b-3920-7516-bfdd-395321678393","version":1,"onHand":1000,"reserved":0,"available":1000,"onHandDelta":1000,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:47.841+00')
----
INSERT INTO public.outbox_20261128 VALUES (55, 1, '01a2237b-3933-7670-9cb3-e9d835c2d6e8', 'stock', '01a2237b-3930-7193-a28d-fc659425ebb7', 1, 'jaego.stock.created.v1', '{"productId":"01a2237b-3930-7193-a28d-fc659425ebb7","version":1,"onHand":180,"reserved":0,"available":180,"onHandDelta":180,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:47.859+00')
----
INSERT INTO public.outbox_20261128 VALUES (55, 2, '01a2237b-3941-75f2-a3a4-90820ee3f7b4', 'stock', '01a2237b-3941-7342-b5a6-ae9e466615f7', 1, 'jaego.stock.created.v1', '{"productId":"01a2237b-3941-7342-b5a6-ae9e466615f7","version":1,"onHand":600,"reserved":0,"available":600,"onHandDelta":600,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:47.873+00')
----
INSERT INTO public.outbox_20261128 VALUES (48, 1, '01a2237b-394b-7281-80c8-85dd63838300', 'stock', '01a2237b-394a-7372-a78a-20a23fa37170', 1, 'jaego.stock.created.v1', '{"productId":"01a2237b-394a-7372-a78a-20a23fa37170","version":1,"onHand":320,"reserved":0,"available":320,"onHandDelta":320,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:47.883+00')
----
INSERT INTO public.outbox_20261128 VALUES (44, 1, '01a2237b-3964-779d-9bd4-a8e259cbb0ce', 'stock', '01a2237b-3962-70e6-899e-41c5718cb56c', 1, 'jaego.stock.created.v1', '{"productId":"01a2237b-3962-70e6-899e-41c5718cb56c","version":1,"onHand":410,"reserved":0,"available":410,"onHandDelta":410,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:47.908+00')
----
INSERT INTO public.outbox_20261128 VALUES (54, 1, '01a2237b-3978-71ac-9254-8812769d2ecb', 'stock', '01a2237b-3977-7500-b162-b6b4a633e736', 1, 'jaego.stock.created.v1', '{"productId":"01a2237b-3977-7500-b162-b6b4a633e736","version":1,"onHand":2500,"reserved":0,"available":2500,"onHandDelta":2500,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:47.928+00')
----
INSERT INTO public.outbox_20261128 VALUES (48, 2, '01a2237b-39a0-71b0-b8d7-624559fa7541', 'stock', '01a2237b-3992-7311-b8f4-3920af0e1cb0', 1, 'jaego.stock.created.v1', '{"productId":"01a2237b-3992-7311-b8f4-3920af0e1cb0","version":1,"onHand":5000,"reserved":0,"available":5000,"onHandDelta":5000,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:47.968+00')
----
INSERT INTO public.outbox_20261128 VALUES (50, 1, '01a2237b-39b5-7002-ba0c-290b0006e591', 'stock', '01a2237b-39b5-7140-b8ad-240562e01ef2', 1, 'jaego.stock.created.v1', '{"productId":"01a2237b-39b5-7140-b8ad-240562e01ef2","version":1,"onHand":100000,"reserved":0,"available":100000,"onHandDelta":100000,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:47.989+00')
----
INSERT INTO public.outbox_20261128 VALUES (47, 1, '01a2237b-3a27-7391-a552-2cd383b4929b', 'stock', '01a2237b-3a24-7164-89c8-03860f7a282f', 1, 'jaego.stock.created.v1', '{"productId":"01a2237b-3a24-7164-89c8-03860f7a282f","version":1,"onHand":20,"reserved":0,"available":20,"onHandDelta":20,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:48.103+00')
----
INSERT INTO public.outbox_20261128 VALUES (25, 1, '01a2237b-3a8c-7396-8928-9974d8f23201', 'stock', '01a2237b-3a8b-764c-946c-e667a62ff2d9', 1, 'jaego.stock.created.v1', '{"productId":"01a2237b-3a8b-764c-946c-e667a62ff2d9","version":1,"onHand":20,"reserved":0,"available":20,"onHandDelta":20,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:48.204+00')
----
INSERT INTO public.outbox_20261128 VALUES (18, 1, '01a2237b-3b12-756a-a949-baa6ce544633', 'stock', '01a2237b-3b03-7127-a387-9ce6119a4992', 1, 'jaego.stock.created.v1', '{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","version":1,"onHand":20,"reserved":0,"available":20,"onHandDelta":20,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:46:48.338+00')
----
INSERT INTO public.outbox_20261128 VALUES (47, 2, '01a2237b-3ba2-71c7-bfdb-9437f20e763e', 'stock', '01a2237b-3a24-7164-89c8-03860f7a282f', 2, 'jaego.stock.reserved.v1', '{"productId":"01a2237b-3a24-7164-89c8-03860f7a282f","version":2,"onHand":20,"reserved":2,"available":18,"onHandDelta":0,"reservedDelta":2,"orderId":"01a2237b-3b94-77c4-96ad-3df849af0cef","reason":null}', '2026-11-28 18:46:48.481+00')
----
INSERT INTO public.outbox_20261128 VALUES (25, 2, '01a2237b-3ba2-71c8-8833-dbbfc69b4aec', 'stock', '01a2237b-3a8b-764c-946c-e667a62ff2d9', 2, 'jaego.stock.reserved.v1', '{"productId":"01a2237b-3a8b-764c-946c-e667a62ff2d9","version":2,"onHand":20,"reserved":1,"available":19,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237b-3b94-77c4-96ad-3df849af0cef","reason":null}', '2026-11-28 18:46:48.481+00')
----
INSERT INTO public.outbox_20261128 VALUES (47, 3, '01a2237b-3ba2-71c9-a6a7-066c77e396ff', 'order', '01a2237b-3b94-77c4-96ad-3df849af0cef', 1, 'jaego.order.placed.v1', '{"id":"01a2237b-3b94-77c4-96ad-3df849af0cef","version":1,"status":"reserved","customerId":"ann","lines":[{"productId":"01a2237b-3a24-7164-89c8-03860f7a282f","quantity":2,"unitPrice":{"amount":100,"currency":"EUR"}},{"productId":"01a2237b-3a8b-764c-946c-e667a62ff2d9","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}}],"total":{"amount":400,"currency":"EUR"},"createdAt":"2026-11-28T18:46:48.467Z","expiresAt":"2026-11-28T18:46:51.467Z"}', '2026-11-28 18:46:48.481+00')
----
INSERT INTO public.outbox_20261128 VALUES (47, 4, '01a2237b-3bc3-71de-8568-efd3efe50419', 'stock', '01a2237b-3a24-7164-89c8-03860f7a282f', 3, 'jaego.stock.confirmed.v1', '{"productId":"01a2237b-3a24-7164-89c8-03860f7a282f","version":3,"onHand":18,"reserved":0,"available":18,"onHandDelta":-2,"reservedDelta":-2,"orderId":"01a2237b-3b94-77c4-96ad-3df849af0cef","reason":null}', '2026-11-28 18:46:48.514+00')
----
INSERT INTO public.outbox_20261128 VALUES (25, 3, '01a2237b-3bc3-71df-9930-08c9299d9fac', 'stock', '01a2237b-3a8b-764c-946c-e667a62ff2d9', 3, 'jaego.stock.confirmed.v1', '{"productId":"01a2237b-3a8b-764c-946c-e667a62ff2d9","version":3,"onHand":19,"reserved":0,"available":19,"onHandDelta":-1,"reservedDelta":-1,"orderId":"01a2237b-3b94-77c4-96ad-3df849af0cef","reason":null}', '2026-11-28 18:46:48.514+00')
----
INSERT INTO public.outbox_20261128 VALUES (47, 5, '01a2237b-3bc3-71e0-bca4-8b49155d34ae', 'order', '01a2237b-3b94-77c4-96ad-3df849af0cef', 2, 'jaego.order.paid.v1', '{"id":"01a2237b-3b94-77c4-96ad-3df849af0cef","version":2,"status":"paid","customerId":"ann","lines":[{"productId":"01a2237b-3a24-7164-89c8-03860f7a282f","quantity":2,"unitPrice":{"amount":100,"currency":"EUR"}},{"productId":"01a2237b-3a8b-764c-946c-e667a62ff2d9","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}}],"total":{"amount":400,"currency":"EUR"},"createdAt":"2026-11-28T18:46:48.467Z","expiresAt":"2026-11-28T18:46:51.467Z"}', '2026-11-28 18:46:48.514+00')
----
INSERT INTO public.outbox_20261128 VALUES (18, 2, '01a2237b-3be1-72b4-a4e0-d6a9d42e0b88', 'stock', '01a2237b-3b03-7127-a387-9ce6119a4992', 2, 'jaego.stock.reserved.v1', '{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","version":2,"onHand":20,"reserved":1,"available":19,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237b-3bdf-775c-bfe3-ff14e5dd7a52","reason":null}', '2026-11-28 18:46:48.544+00')
----
INSERT INTO public.outbox_20261128 VALUES (18, 3, '01a2237b-3be2-727b-94bc-ab29a1e34fbd', 'order', '01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', 1, 'jaego.order.placed.v1', '{"id":"01a2237b-3bdf-775c-bfe3-ff14e5dd7a52","version":1,"status":"reserved","customerId":"bo","lines":[{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:46:48.543Z","expiresAt":"2026-11-28T18:46:51.543Z"}', '2026-11-28 18:46:48.544+00')
----
INSERT INTO public.outbox_20261128 VALUES (18, 4, '01a2237b-3c0d-71d4-9fe5-9c8d431047e5', 'stock', '01a2237b-3b03-7127-a387-9ce6119a4992', 3, 'jaego.stock.confirmed.v1', '{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","version":3,"onHand":19,"reserved":0,"available":19,"onHandDelta":-1,"reservedDelta":-1,"orderId":"01a2237b-3bdf-775c-bfe3-ff14e5dd7a52","reason":null}', '2026-11-28 18:46:48.587+00')
----
INSERT INTO public.outbox_20261128 VALUES (18, 5, '01a2237b-3c0d-71d5-96f6-1bbcc877d8dd', 'order', '01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', 2, 'jaego.order.paid.v1', '{"id":"01a2237b-3bdf-775c-bfe3-ff14e5dd7a52","version":2,"status":"paid","customerId":"bo","lines":[{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:46:48.543Z","expiresAt":"2026-11-28T18:46:51.543Z"}', '2026-11-28 18:46:48.587+00')
----
INSERT INTO public.outbox_20261128 VALUES (18, 6, '01a2237b-3c49-7307-b60f-70db580c4e70', 'stock', '01a2237b-3b03-7127-a387-9ce6119a4992', 4, 'jaego.stock.reserved.v1', '{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","version":4,"onHand":19,"reserved":3,"available":16,"onHandDelta":0,"reservedDelta":3,"orderId":"01a2237b-3c47-77be-9904-7252c35ef859","reason":null}', '2026-11-28 18:46:48.648+00')
----
INSERT INTO public.outbox_20261128 VALUES (18, 7, '01a2237b-3cb7-74cf-b53a-b490d590e018', 'stock', '01a2237b-3b03-7127-a387-9ce6119a4992', 5, 'jaego.stock.confirmed.v1', '{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","version":5,"onHand":16,"reserved":0,"available":16,"onHandDelta":-3,"reservedDelta":-3,"orderId":"01a2237b-3c47-77be-9904-7252c35ef859","reason":null}', '2026-11-28 18:46:48.758+00')
----
INSERT INTO public.outbox_20261128 VALUES (18, 8, '01a2237b-3d28-75f1-84bb-fec65d27f12d', 'stock', '01a2237b-3b03-7127-a387-9ce6119a4992', 6, 'jaego.stock.restocked.v1', '{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","version":6,"onHand":19,"reserved":0,"available":19,"onHandDelta":3,"reservedDelta":0,"orderId":"01a2237b-3c47-77be-9904-7252c35ef859","reason":null}', '2026-11-28 18:46:48.872+00')
----
INSERT INTO public.outbox_20261128 VALUES (18, 9, '01a2237b-3dd2-7361-9dac-fc00fa7b0b4d', 'stock', '01a2237b-3b03-7127-a387-9ce6119a4992', 7, 'jaego.stock.reserved.v1', '{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","version":7,"onHand":19,"reserved":1,"available":18,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237b-3dd1-7410-ac73-460693017112","reason":null}', '2026-11-28 18:46:49.042+00')
----
INSERT INTO public.outbox_20261128 VALUES (18, 10, '01a2237b-3dd2-7362-a5f0-023e718254a1', 'order', '01a2237b-3dd1-7410-ac73-460693017112', 1, 'jaego.order.placed.v1', '{"id":"01a2237b-3dd1-7410-ac73-460693017112","version":1,"status":"reserved","customerId":"cy","lines":[{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:46:49.041Z","expiresAt":"2026-11-28T18:46:52.041Z"}', '2026-11-28 18:46:49.042+00')
----
INSERT INTO public.outbox_20261128 VALUES (18, 11, '01a2237b-4836-75a3-8f6b-9bfd41a3aff2', 'order', '01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', 3, 'jaego.order.shipped.v1', '{"id":"01a2237b-3bdf-775c-bfe3-ff14e5dd7a52","version":3,"status":"shipped","customerId":"bo","lines":[{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:46:48.543Z","expiresAt":"2026-11-28T18:46:51.543Z"}', '2026-11-28 18:46:51.701+00')
----
INSERT INTO public.outbox_20261128 VALUES (18, 12, '01a2237b-498b-7028-a5f1-586c876f8646', 'stock', '01a2237b-3b03-7127-a387-9ce6119a4992', 8, 'jaego.stock.expired.v1', '{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","version":8,"onHand":19,"reserved":0,"available":19,"onHandDelta":0,"reservedDelta":-1,"orderId":"01a2237b-3dd1-7410-ac73-460693017112","reason":null}', '2026-11-28 18:46:52.043+00')
----
INSERT INTO public.outbox_20261128 VALUES (18, 13, '01a2237b-498b-7029-9cd9-5663d3cd7f3d', 'order', '01a2237b-3dd1-7410-ac73-460693017112', 2, 'jaego.order.expired.v1', '{"id":"01a2237b-3dd1-7410-ac73-460693017112","version":2,"status":"expired","customerId":"cy","lines":[{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:46:49.041Z","expiresAt":"2026-11-28T18:46:52.041Z"}', '2026-11-28 18:46:52.043+00')
----
INSERT INTO public.outbox_20261128 VALUES (18, 14, '01a2237b-53ef-740e-ac03-0fb6d69e50c8', 'order', '01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', 4, 'jaego.order.delivered.v1', '{"id":"01a2237b-3bdf-775c-bfe3-ff14e5dd7a52","version":4,"status":"delivered","customerId":"bo","lines":[{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:46:48.543Z","expiresAt":"2026-11-28T18:46:51.543Z"}', '2026-11-28 18:46:54.703+00')
----
INSERT INTO public.outbox_20261128 VALUES (25, 4, '01a2237b-3c7b-74ec-9fcc-122f3449ab6b', 'stock', '01a2237b-3a8b-764c-946c-e667a62ff2d9', 4, 'jaego.stock.reserved.v1', '{"productId":"01a2237b-3a8b-764c-946c-e667a62ff2d9","version":4,"onHand":19,"reserved":1,"available":18,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237b-3c47-77be-9904-7252c35ef859","reason":null}', '2026-11-28 18:46:48.699+00')
----
INSERT INTO public.outbox_20261128 VALUES (25, 5, '01a2237b-3c7b-74ed-a45a-44b0a01a4175', 'order', '01a2237b-3c47-77be-9904-7252c35ef859', 1, 'jaego.order.placed.v1', '{"id":"01a2237b-3c47-77be-9904-7252c35ef859","version":1,"status":"reserved","customerId":"ann","lines":[{"productId":"01a2237b-3a8b-764c-946c-e667a62ff2d9","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}},{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","quantity":3,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":1100,"currency":"EUR"},"createdAt":"2026-11-28T18:46:48.647Z","expiresAt":"2026-11-28T18:46:51.647Z"}', '2026-11-28 18:46:48.699+00')
----
INSERT INTO public.outbox_20261128 VALUES (25, 6, '01a2237b-3ca4-701e-8091-ada05de2745e', 'stock', '01a2237b-3a8b-764c-946c-e667a62ff2d9', 5, 'jaego.stock.confirmed.v1', '{"productId":"01a2237b-3a8b-764c-946c-e667a62ff2d9","version":5,"onHand":18,"reserved":0,"available":18,"onHandDelta":-1,"reservedDelta":-1,"orderId":"01a2237b-3c47-77be-9904-7252c35ef859","reason":null}', '2026-11-28 18:46:48.74+00')
----
INSERT INTO public.outbox_20261128 VALUES (25, 7, '01a2237b-3ca4-701f-89ea-efc6f7f9e625', 'order', '01a2237b-3c47-77be-9904-7252c35ef859', 2, 'jaego.order.paid.v1', '{"id":"01a2237b-3c47-77be-9904-7252c35ef859","version":2,"status":"paid","customerId":"ann","lines":[{"productId":"01a2237b-3a8b-764c-946c-e667a62ff2d9","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}},{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","quantity":3,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":1100,"currency":"EUR"},"createdAt":"2026-11-28T18:46:48.647Z","expiresAt":"2026-11-28T18:46:51.647Z"}', '2026-11-28 18:46:48.74+00')
----
INSERT INTO public.outbox_20261128 VALUES (25, 8, '01a2237b-3d06-7339-b64b-e218ab9568f2', 'stock', '01a2237b-3a8b-764c-946c-e667a62ff2d9', 6, 'jaego.stock.restocked.v1', '{"productId":"01a2237b-3a8b-764c-946c-e667a62ff2d9","version":6,"onHand":19,"reserved":0,"available":19,"onHandDelta":1,"reservedDelta":0,"orderId":"01a2237b-3c47-77be-9904-7252c35ef859","reason":null}', '2026-11-28 18:46:48.837+00')
----
INSERT INTO public.outbox_20261128 VALUES (25, 9, '01a2237b-3d06-733a-a2e0-1528b52aef4c', 'order', '01a2237b-3c47-77be-9904-7252c35ef859', 3, 'jaego.order.cancelled.v1', '{"id":"01a2237b-3c47-77be-9904-7252c35ef859","version":3,"status":"cancelled","customerId":"ann","lines":[{"productId":"01a2237b-3a8b-764c-946c-e667a62ff2d9","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}},{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","quantity":3,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":1100,"currency":"EUR"},"createdAt":"2026-11-28T18:46:48.647Z","expiresAt":"2026-11-28T18:46:51.647Z","reason":"no"}', '2026-11-28 18:46:48.837+00')
----
INSERT INTO public.outbox_20261128 VALUES (25, 10, '01a2237b-3d37-701c-b9e9-4c0f36ef946c', 'order', '01a2237b-3c47-77be-9904-7252c35ef859', 4, 'jaego.order.refunded.v1', '{"id":"01a2237b-3c47-77be-9904-7252c35ef859","version":4,"status":"cancelled","customerId":"ann","lines":[{"productId":"01a2237b-3a8b-764c-946c-e667a62ff2d9","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}},{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","quantity":3,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":1100,"currency":"EUR"},"createdAt":"2026-11-28T18:46:48.647Z","expiresAt":"2026-11-28T18:46:51.647Z","reason":"no"}', '2026-11-28 18:46:48.886+00')
----
INSERT INTO public.outbox_20261128 VALUES (47, 6, '01a2237b-3d65-74b6-98c0-fe63bfafa631', 'stock', '01a2237b-3a24-7164-89c8-03860f7a282f', 4, 'jaego.stock.reserved.v1', '{"productId":"01a2237b-3a24-7164-89c8-03860f7a282f","version":4,"onHand":18,"reserved":1,"available":17,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237b-3d5c-729c-a6f5-34813da0d42f","reason":null}', '2026-11-28 18:46:48.933+00')
----
INSERT INTO public.outbox_20261128 VALUES (47, 7, '01a2237b-3d65-74b7-b38b-e6fc81e0a169', 'order', '01a2237b-3d5c-729c-a6f5-34813da0d42f', 1, 'jaego.order.placed.v1', '{"id":"01a2237b-3d5c-729c-a6f5-34813da0d42f","version":1,"status":"reserved","customerId":"bo","lines":[{"productId":"01a2237b-3a24-7164-89c8-03860f7a282f","quantity":1,"unitPrice":{"amount":100,"currency":"EUR"}}],"total":{"amount":100,"currency":"EUR"},"createdAt":"2026-11-28T18:46:48.924Z","expiresAt":"2026-11-28T18:46:51.924Z"}', '2026-11-28 18:46:48.933+00')
----
INSERT INTO public.outbox_20261128 VALUES (47, 8, '01a2237b-3d77-7539-b804-aa0b1cb5cbb5', 'stock', '01a2237b-3a24-7164-89c8-03860f7a282f', 5, 'jaego.stock.released.v1', '{"productId":"01a2237b-3a24-7164-89c8-03860f7a282f","version":5,"onHand":18,"reserved":0,"available":18,"onHandDelta":0,"reservedDelta":-1,"orderId":"01a2237b-3d5c-729c-a6f5-34813da0d42f","reason":null}', '2026-11-28 18:46:48.951+00')
----
INSERT INTO public.outbox_20261128 VALUES (47, 9, '01a2237b-3d77-753a-98fc-10c6ace8d204', 'order', '01a2237b-3d5c-729c-a6f5-34813da0d42f', 2, 'jaego.order.payment-failed.v1', '{"id":"01a2237b-3d5c-729c-a6f5-34813da0d42f","version":2,"status":"payment_failed","customerId":"bo","lines":[{"productId":"01a2237b-3a24-7164-89c8-03860f7a282f","quantity":1,"unitPrice":{"amount":100,"currency":"EUR"}}],"total":{"amount":100,"currency":"EUR"},"createdAt":"2026-11-28T18:46:48.924Z","expiresAt":"2026-11-28T18:46:51.924Z"}', '2026-11-28 18:46:48.951+00')
----
INSERT INTO public.outbox_20261128 VALUES (47, 10, '01a2237b-3da5-7394-bb44-d073758900b4', 'stock', '01a2237b-3a24-7164-89c8-03860f7a282f', 6, 'jaego.stock.reserved.v1', '{"productId":"01a2237b-3a24-7164-89c8-03860f7a282f","version":6,"onHand":18,"reserved":1,"available":17,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237b-3da4-707f-b61a-ab4edff144af","reason":null}', '2026-11-28 18:46:48.996+00')
----
INSERT INTO public.outbox_20261128 VALUES (47, 11, '01a2237b-3da5-7395-8cad-698adff882ec', 'order', '01a2237b-3da4-707f-b61a-ab4edff144af', 1, 'jaego.order.placed.v1', '{"id":"01a2237b-3da4-707f-b61a-ab4edff144af","version":1,"status":"reserved","customerId":"cy","lines":[{"productId":"01a2237b-3a24-7164-89c8-03860f7a282f","quantity":1,"unitPrice":{"amount":100,"currency":"EUR"}}],"total":{"amount":100,"currency":"EUR"},"createdAt":"2026-11-28T18:46:48.996Z","expiresAt":"2026-11-28T18:46:51.996Z"}', '2026-11-28 18:46:48.996+00')
----
INSERT INTO public.outbox_20261128 VALUES (47, 12, '01a2237b-4831-755c-adb3-881dd5af67ac', 'order', '01a2237b-3b94-77c4-96ad-3df849af0cef', 3, 'jaego.order.shipped.v1', '{"id":"01a2237b-3b94-77c4-96ad-3df849af0cef","version":3,"status":"shipped","customerId":"ann","lines":[{"productId":"01a2237b-3a24-7164-89c8-03860f7a282f","quantity":2,"unitPrice":{"amount":100,"currency":"EUR"}},{"productId":"01a2237b-3a8b-764c-946c-e667a62ff2d9","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}}],"total":{"amount":400,"currency":"EUR"},"createdAt":"2026-11-28T18:46:48.467Z","expiresAt":"2026-11-28T18:46:51.467Z"}', '2026-11-28 18:46:51.696+00')
----
INSERT INTO public.outbox_20261128 VALUES (47, 13, '01a2237b-495e-72e0-96f5-6cf04ba4a444', 'stock', '01a2237b-3a24-7164-89c8-03860f7a282f', 7, 'jaego.stock.expired.v1', '{"productId":"01a2237b-3a24-7164-89c8-03860f7a282f","version":7,"onHand":18,"reserved":0,"available":18,"onHandDelta":0,"reservedDelta":-1,"orderId":"01a2237b-3da4-707f-b61a-ab4edff144af","reason":null}', '2026-11-28 18:46:51.998+00')
----
INSERT INTO public.outbox_20261128 VALUES (47, 14, '01a2237b-495e-72e1-b53b-237c459e4cd4', 'order', '01a2237b-3da4-707f-b61a-ab4edff144af', 2, 'jaego.order.expired.v1', '{"id":"01a2237b-3da4-707f-b61a-ab4edff144af","version":2,"status":"expired","customerId":"cy","lines":[{"productId":"01a2237b-3a24-7164-89c8-03860f7a282f","quantity":1,"unitPrice":{"amount":100,"currency":"EUR"}}],"total":{"amount":100,"currency":"EUR"},"createdAt":"2026-11-28T18:46:48.996Z","expiresAt":"2026-11-28T18:46:51.996Z"}', '2026-11-28 18:46:51.998+00')
----
INSERT INTO public.outbox_20261128 VALUES (47, 15, '01a2237b-53ec-7403-a6bc-7aa30064c205', 'order', '01a2237b-3b94-77c4-96ad-3df849af0cef', 4, 'jaego.order.delivered.v1', '{"id":"01a2237b-3b94-77c4-96ad-3df849af0cef","version":4,"status":"delivered","customerId":"ann","lines":[{"productId":"01a2237b-3a24-7164-89c8-03860f7a282f","quantity":2,"unitPrice":{"amount":100,"currency":"EUR"}},{"productId":"01a2237b-3a8b-764c-946c-e667a62ff2d9","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}}],"total":{"amount":400,"currency":"EUR"},"createdAt":"2026-11-28T18:46:48.467Z","expiresAt":"2026-11-28T18:46:51.467Z"}', '2026-11-28 18:46:54.7+00')
----
INSERT INTO public.outbox_20261128 VALUES (18, 15, '01a2237b-6143-70a5-8da4-988845792780', 'stock', '01a2237b-3b03-7127-a387-9ce6119a4992', 9, 'jaego.stock.reserved.v1', '{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","version":9,"onHand":19,"reserved":1,"available":18,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237b-6142-7032-a357-cb510b7df052","reason":null}', '2026-11-28 18:46:58.115+00')
----
INSERT INTO public.outbox_20261128 VALUES (18, 16, '01a2237b-6143-70a6-9d92-6a07f8a38474', 'order', '01a2237b-6142-7032-a357-cb510b7df052', 1, 'jaego.order.placed.v1', '{"id":"01a2237b-6142-7032-a357-cb510b7df052","version":1,"status":"reserved","customerId":"di","lines":[{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:46:58.114Z","expiresAt":"2026-11-28T18:47:01.114Z"}', '2026-11-28 18:46:58.115+00')
----
INSERT INTO public.outbox_20261128 VALUES (18, 17, '01a2237b-6169-7475-ad3e-9b20705b90b5', 'stock', '01a2237b-3b03-7127-a387-9ce6119a4992', 10, 'jaego.stock.reserved.v1', '{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","version":10,"onHand":19,"reserved":2,"available":17,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237b-6168-7139-b2d8-88c6ef5c7792","reason":null}', '2026-11-28 18:46:58.153+00')
----
INSERT INTO public.outbox_20261128 VALUES (18, 18, '01a2237b-6169-7476-9cd1-dcc18d542cd3', 'order', '01a2237b-6168-7139-b2d8-88c6ef5c7792', 1, 'jaego.order.placed.v1', '{"id":"01a2237b-6168-7139-b2d8-88c6ef5c7792","version":1,"status":"reserved","customerId":"di","lines":[{"productId":"01a2237b-3b03-7127-a387-9ce6119a4992","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:46:58.152Z","expiresAt":"2026-11-28T18:47:01.152Z"}', '2026-11-28 18:46:58.153+00')
----
INSERT INTO public.products VALUES ('01a2237b-387f-7668-b38f-d33cd00d1005', 'DROP-001', 'Moon jar, numbered edition of 50', 24900, 'EUR', NULL, 5, '2026-11-28 18:46:47.679+00')
----
INSERT INTO public.products VALUES ('01a2237b-38ae-71bf-8f5b-9eb73972ef24', 'TICKET-001', 'Hanok concert, standing ticket', 6500, 'EUR', 2, 36, '2026-11-28 18:46:47.726+00')
----
INSERT INTO public.products VALUES ('01a2237b-38fd-77d7-80ad-059de2e0af9c', 'LAST-001', 'Celadon tea bowl, last piece', 8900, 'EUR', NULL, 28, '2026-11-28 18:46:47.805+00')
----
INSERT INTO public.products VALUES ('01a2237b-3914-77d6-8726-e63d11a7fd64', 'TEA-001', 'Green tea from Boseong, 100 g', 1890, 'EUR', NULL, 36, '2026-11-28 18:46:47.828+00')
----
INSERT INTO public.products VALUES ('01a2237b-3920-7516-bfdd-395321678393', 'TEA-002', 'Roasted barley tea, 30 bags', 690, 'EUR', NULL, 19, '2026-11-28 18:46:47.84+00')
----
INSERT INTO public.products VALUES ('01a2237b-3930-7193-a28d-fc659425ebb7', 'CUP-001', 'White porcelain cup', 2400, 'EUR', NULL, 55, '2026-11-28 18:46:47.856+00')
----
INSERT INTO public.products VALUES ('01a2237b-3941-7342-b5a6-ae9e466615f7', 'PAPER-001', 'Hanji paper, 10 sheets', 1250, 'EUR', NULL, 55, '2026-11-28 18:46:47.873+00')
----
INSERT INTO public.products VALUES ('01a2237b-394a-7372-a78a-20a23fa37170', 'BRUSH-001', 'Ink brush, medium', 1690, 'EUR', NULL, 48, '2026-11-28 18:46:47.882+00')
----
INSERT INTO public.products VALUES ('01a2237b-3962-70e6-899e-41c5718cb56c', 'BAG-001', 'Bojagi wrapping cloth', 1990, 'EUR', NULL, 44, '2026-11-28 18:46:47.906+00')
----
INSERT INTO public.products VALUES ('01a2237b-3977-7500-b162-b6b4a633e736', 'BOOK-001', 'The Shelf That Never Lied, paperback', 1450, 'EUR', NULL, 54, '2026-11-28 18:46:47.927+00')
----
INSERT INTO public.products VALUES ('01a2237b-3992-7311-b8f4-3920af0e1cb0', 'SNACK-001', 'Honey cookies, box of 12', 890, 'EUR', NULL, 48, '2026-11-28 18:46:47.954+00')
----
INSERT INTO public.products VALUES ('01a2237b-39b5-7140-b8ad-240562e01ef2', 'GIFT-001', 'Gift card, 25 euro', 2500, 'EUR', NULL, 50, '2026-11-28 18:46:47.989+00')
----
INSERT INTO public.products VALUES ('01a2237b-3a24-7164-89c8-03860f7a282f', 'S-1', 'Thing 1', 100, 'EUR', NULL, 47, '2026-11-28 18:46:48.1+00')
----
INSERT INTO public.products VALUES ('01a2237b-3a8b-764c-946c-e667a62ff2d9', 'S-2', 'Thing 2', 200, 'EUR', 5, 25, '2026-11-28 18:46:48.203+00')
----
INSERT INTO public.products VALUES ('01a2237b-3b03-7127-a387-9ce6119a4992', 'S-3', 'Thing 3', 300, 'EUR', NULL, 18, '2026-11-28 18:46:48.323+00')
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
INSERT INTO public.relay_cursors VALUES (26, 0)
----
INSERT INTO public.relay_cursors VALUES (27, 0)
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
INSERT INTO public.relay_cursors VALUES (5, 1)
----
INSERT INTO public.relay_cursors VALUES (19, 1)
----
INSERT INTO public.relay_cursors VALUES (28, 1)
----
INSERT INTO public.relay_cursors VALUES (18, 18)
----
INSERT INTO public.relay_cursors VALUES (25, 10)
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
INSERT INTO public.relay_cursors VALUES (45, 0)
----
INSERT INTO public.relay_cursors VALUES (46, 0)
----
INSERT INTO public.relay_cursors VALUES (49, 0)
----
INSERT INTO public.relay_cursors VALUES (51, 0)
----
INSERT INTO public.relay_cursors VALUES (52, 0)
----
INSERT INTO public.relay_cursors VALUES (53, 0)
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
INSERT INTO public.relay_cursors VALUES (36, 2)
----
INSERT INTO public.relay_cursors VALUES (55, 2)
----
INSERT INTO public.relay_cursors VALUES (44, 1)
----
INSERT INTO public.relay_cursors VALUES (54, 1)
----
INSERT INTO public.relay_cursors VALUES (48, 2)
----
INSERT INTO public.relay_cursors VALUES (50, 1)
----
INSERT INTO public.relay_cursors VALUES (47, 15)
----
INSERT INTO public.shipments VALUES ('01a2237b-3c47-77be-9904-7252c35ef859', 'cancelled', 0, NULL, NULL, NULL, NULL, 2)
----
INSERT INTO public.shipments VALUES ('01a2237b-3b94-77c4-96ad-3df849af0cef', 'delivered', 1, '2026-11-28 18:46:51.689+00', NULL, 'JCD2E011F3DCD0', NULL, 5)
----
INSERT INTO public.shipments VALUES ('01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', 'delivered', 1, '2026-11-28 18:46:51.689+00', NULL, 'JC811993BAD508', NULL, 5)
----
INSERT INTO public.stock VALUES ('01a2237b-387f-7668-b38f-d33cd00d1005', 50, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237b-38ae-71bf-8f5b-9eb73972ef24', 400, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237b-38fd-77d7-80ad-059de2e0af9c', 1, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237b-3914-77d6-8726-e63d11a7fd64', 240, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237b-3920-7516-bfdd-395321678393', 1000, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237b-3930-7193-a28d-fc659425ebb7', 180, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237b-3941-7342-b5a6-ae9e466615f7', 600, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237b-394a-7372-a78a-20a23fa37170', 320, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237b-3962-70e6-899e-41c5718cb56c', 410, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237b-3977-7500-b162-b6b4a633e736', 2500, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237b-3992-7311-b8f4-3920af0e1cb0', 5000, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237b-39b5-7140-b8ad-240562e01ef2', 100000, 0, 1)
----
INSERT INTO public.stock VALUES ('01a2237b-3a8b-764c-946c-e667a62ff2d9', 19, 0, 6)
----
INSERT INTO public.stock VALUES ('01a2237b-3a24-7164-89c8-03860f7a282f', 18, 0, 7)
----
INSERT INTO public.stock VALUES ('01a2237b-3b03-7127-a387-9ce6119a4992', 19, 2, 10)
----
INSERT INTO public.timeline VALUES ('01a2237b-3b94-77c4-96ad-3df849af0cef', '01a2237b-3bc3-71e0-bca4-8b49155d34ae', 'jaego.order.paid.v1', 2, '2026-11-28 18:46:48.514+00', NULL)
----
INSERT INTO public.timeline VALUES ('01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', '01a2237b-3c0d-71d5-96f6-1bbcc877d8dd', 'jaego.order.paid.v1', 2, '2026-11-28 18:46:48.587+00', NULL)
----
INSERT INTO public.timeline VALUES ('01a2237b-3c47-77be-9904-7252c35ef859', '01a2237b-3ca4-701f-89ea-efc6f7f9e625', 'jaego.order.paid.v1', 2, '2026-11-28 18:46:48.74+00', NULL)
----
INSERT INTO public.timeline VALUES ('01a2237b-3c47-77be-9904-7252c35ef859', '01a2237b-3d06-733a-a2e0-1528b52aef4c', 'jaego.order.cancelled.v1', 3, '2026-11-28 18:46:48.837+00', '{"reason":"no"}')
----
INSERT INTO public.timeline VALUES ('01a2237b-3c47-77be-9904-7252c35ef859', '01a2237b-3d37-701c-b9e9-4c0f36ef946c', 'jaego.order.refunded.v1', 4, '2026-11-28 18:46:48.886+00', '{"reason":"no"}')
----
INSERT INTO public.timeline VALUES ('01a2237b-3d5c-729c-a6f5-34813da0d42f', '01a2237b-3d77-753a-98fc-10c6ace8d204', 'jaego.order.payment-failed.v1', 2, '2026-11-28 18:46:48.951+00', NULL)
----
INSERT INTO public.timeline VALUES ('01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', '01a2237b-4836-75a3-8f6b-9bfd41a3aff2', 'jaego.order.shipped.v1', 3, '2026-11-28 18:46:51.701+00', NULL)
----
INSERT INTO public.timeline VALUES ('01a2237b-3b94-77c4-96ad-3df849af0cef', '01a2237b-4831-755c-adb3-881dd5af67ac', 'jaego.order.shipped.v1', 3, '2026-11-28 18:46:51.696+00', NULL)
----
INSERT INTO public.timeline VALUES ('01a2237b-3b94-77c4-96ad-3df849af0cef', '01a2237b-483a-7258-aaea-2e005df2b113', 'jaego.shipment.registered', NULL, '2026-11-28 18:46:51.696+00', '{"trackingId":"JCD2E011F3DCD0","attempt":1}')
----
INSERT INTO public.timeline VALUES ('01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', '01a2237b-483d-711a-93f3-2ce9be41784f', 'jaego.shipment.registered', NULL, '2026-11-28 18:46:51.696+00', '{"trackingId":"JC811993BAD508","attempt":1}')
----
INSERT INTO public.timeline VALUES ('01a2237b-3da4-707f-b61a-ab4edff144af', '01a2237b-495e-72e1-b53b-237c459e4cd4', 'jaego.order.expired.v1', 2, '2026-11-28 18:46:51.998+00', NULL)
----
INSERT INTO public.timeline VALUES ('01a2237b-3b94-77c4-96ad-3df849af0cef', '01a2237b-4c1b-77cb-a63a-5c4580edfbac', 'jaego.carrier.collected', NULL, '2026-11-28 18:46:52.695+00', '{"trackingId":"JCD2E011F3DCD0"}')
----
INSERT INTO public.timeline VALUES ('01a2237b-3dd1-7410-ac73-460693017112', '01a2237b-498b-7029-9cd9-5663d3cd7f3d', 'jaego.order.expired.v1', 2, '2026-11-28 18:46:52.043+00', NULL)
----
INSERT INTO public.timeline VALUES ('01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', '01a2237b-4c5c-736f-a75f-6ea081ed1434', 'jaego.carrier.collected', NULL, '2026-11-28 18:46:52.696+00', '{"trackingId":"JC811993BAD508"}')
----
INSERT INTO public.timeline VALUES ('01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', '01a2237b-53f3-701d-bae2-f2410ebb721c', 'jaego.carrier.delivered', NULL, '2026-11-28 18:46:54.697+00', '{"trackingId":"JC811993BAD508"}')
----
INSERT INTO public.timeline VALUES ('01a2237b-3b94-77c4-96ad-3df849af0cef', '01a2237b-53f4-71ed-a3d7-69e9a5b41722', 'jaego.carrier.delivered', NULL, '2026-11-28 18:46:54.696+00', '{"trackingId":"JCD2E011F3DCD0"}')
----
INSERT INTO public.timeline VALUES ('01a2237b-3bdf-775c-bfe3-ff14e5dd7a52', '01a2237b-53ef-740e-ac03-0fb6d69e50c8', 'jaego.order.delivered.v1', 4, '2026-11-28 18:46:54.703+00', NULL)
----
INSERT INTO public.timeline VALUES ('01a2237b-3b94-77c4-96ad-3df849af0cef', '01a2237b-53ec-7403-a6bc-7aa30064c205', 'jaego.order.delivered.v1', 4, '2026-11-28 18:46:54.7+00', NULL)
----
SELECT pg_catalog.setval('public.dead_letters_id_seq', 1, false)
----
ALTER TABLE ONLY public.carrier_callbacks
    ADD CONSTRAINT carrier_callbacks_pkey PRIMARY KEY (id)
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
ALTER TABLE ONLY public.inbox_20261128
    ADD CONSTRAINT inbox_20261128_pkey PRIMARY KEY (event_id, consumer)
----
ALTER TABLE ONLY public.inbox_20261129
    ADD CONSTRAINT inbox_20261129_pkey PRIMARY KEY (event_id, consumer)
----
ALTER TABLE ONLY public.inbox_20261130
    ADD CONSTRAINT inbox_20261130_pkey PRIMARY KEY (event_id, consumer)
----
ALTER TABLE ONLY public.inbox_20261201
    ADD CONSTRAINT inbox_20261201_pkey PRIMARY KEY (event_id, consumer)
----
ALTER TABLE ONLY public.inbox_rest
    ADD CONSTRAINT inbox_rest_pkey PRIMARY KEY (event_id, consumer)
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
ALTER TABLE ONLY public.shipments
    ADD CONSTRAINT shipments_pkey PRIMARY KEY (order_id)
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
CREATE INDEX shipments_due ON public.shipments USING btree (next_attempt_at) WHERE (next_attempt_at IS NOT NULL)
----
ALTER INDEX public.inbox_pkey ATTACH PARTITION public.inbox_20261128_pkey
----
ALTER INDEX public.inbox_pkey ATTACH PARTITION public.inbox_20261129_pkey
----
ALTER INDEX public.inbox_pkey ATTACH PARTITION public.inbox_20261130_pkey
----
ALTER INDEX public.inbox_pkey ATTACH PARTITION public.inbox_20261201_pkey
----
ALTER INDEX public.inbox_pkey ATTACH PARTITION public.inbox_rest_pkey
----
ALTER TABLE ONLY public.stock
    ADD CONSTRAINT stock_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(id)
