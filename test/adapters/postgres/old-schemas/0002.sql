-- What the build of commit e50a397 made and sold, as pg_dump tells it. A statement ends before a line of dashes.

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
      attempt_started_at = to_timestamp(u.started / 1000), refund = u.refund, cancel_reason = u.reason, elsewhere = u.elsewhere
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
CREATE TABLE public.customer_units (
    product_id uuid NOT NULL,
    customer_id text NOT NULL COLLATE pg_catalog."C",
    units bigint NOT NULL,
    CONSTRAINT customer_units_units_check CHECK ((units >= 0))
)
WITH (fillfactor='80')
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
INSERT INTO public.customer_units VALUES ('01a22379-ea43-753e-a315-4056b395a0c8', 'ann', 1)
----
INSERT INTO public.holds VALUES ('01a22379-ea91-744c-8633-8d73eaa07132', '01a22379-ea24-7c82-b5a7-429f29216f72', 0, 'ann', 50, 2, 100, 'EUR', 'confirmed', NULL)
----
INSERT INTO public.holds VALUES ('01a22379-ea91-744c-8633-8d73eaa07132', '01a22379-ea43-753e-a315-4056b395a0c8', 1, 'ann', 8, 1, 200, 'EUR', 'confirmed', NULL)
----
INSERT INTO public.holds VALUES ('01a22379-eacc-72c1-979b-852ef1900f38', '01a22379-ea67-7f95-aef7-28e9306e12b8', 0, 'bo', 56, 1, 300, 'EUR', 'confirmed', NULL)
----
INSERT INTO public.holds VALUES ('01a22379-eaee-7b3c-90d0-65ca70fd3188', '01a22379-ea43-753e-a315-4056b395a0c8', 0, 'ann', 8, 1, 200, 'EUR', 'returned', NULL)
----
INSERT INTO public.holds VALUES ('01a22379-eaee-7b3c-90d0-65ca70fd3188', '01a22379-ea67-7f95-aef7-28e9306e12b8', 1, 'ann', 56, 3, 300, 'EUR', 'returned', NULL)
----
INSERT INTO public.holds VALUES ('01a22379-eb48-7dfc-aa3c-fcfd5cea29f2', '01a22379-ea24-7c82-b5a7-429f29216f72', 0, 'bo', 50, 1, 100, 'EUR', 'released', NULL)
----
INSERT INTO public.holds VALUES ('01a22379-eb6a-71d4-8fa5-cf2a62a69e72', '01a22379-ea24-7c82-b5a7-429f29216f72', 0, 'cy', 50, 1, 100, 'EUR', 'expired', NULL)
----
INSERT INTO public.holds VALUES ('01a22379-eb81-7075-9bae-a18c51facdb8', '01a22379-ea67-7f95-aef7-28e9306e12b8', 0, 'cy', 56, 1, 300, 'EUR', 'expired', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-0ee0-7e70-8ef1-27247521a3b8', '01a22379-ea67-7f95-aef7-28e9306e12b8', 0, 'di', 56, 1, 300, 'EUR', 'held', NULL)
----
INSERT INTO public.holds VALUES ('01a2237a-0ef4-7daa-b78c-ae6da3659778', '01a22379-ea67-7f95-aef7-28e9306e12b8', 0, 'di', 56, 1, 300, 'EUR', 'held', NULL)
----
INSERT INTO public.idempotency_keys VALUES ('products', 'p-1', '8237491a-011e-d703-6b75-cc0bf1b6cfd3', NULL, NULL, '{"_tag":"Product","product":{"id":"01a22379-ea24-7c82-b5a7-429f29216f72","sku":"S-1","name":"Thing 1","price":{"amount":100,"currency":"EUR"},"purchaseLimit":null,"createdAt":1795891522084}}', '2026-11-28 18:45:22.089+00')
----
INSERT INTO public.idempotency_keys VALUES ('products', 'p-2', '6b42b84b-564d-e6c5-17f2-8ff0d1c4f4f7', NULL, NULL, '{"_tag":"Product","product":{"id":"01a22379-ea43-753e-a315-4056b395a0c8","sku":"S-2","name":"Thing 2","price":{"amount":200,"currency":"EUR"},"purchaseLimit":5,"createdAt":1795891522115}}', '2026-11-28 18:45:22.117+00')
----
INSERT INTO public.idempotency_keys VALUES ('products', 'p-3', '8acbe12f-2a1d-f311-6897-0c1b543388dc', NULL, NULL, '{"_tag":"Product","product":{"id":"01a22379-ea67-7f95-aef7-28e9306e12b8","sku":"S-3","name":"Thing 3","price":{"amount":300,"currency":"EUR"},"purchaseLimit":null,"createdAt":1795891522151}}', '2026-11-28 18:45:22.16+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-1', '7e742b36-2005-e9b4-1dbb-d1f6b3a9e1ba', '01a22379-ea91-744c-8633-8d73eaa07132', 'paid', NULL, '2026-11-28 18:45:22.202+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-2', 'c5f4a39d-04b5-7a2a-3394-e787d64a9657', '01a22379-eacc-72c1-979b-852ef1900f38', 'paid', NULL, '2026-11-28 18:45:22.254+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-3', 'd90e6b2b-a11e-a667-b7b2-f66b1b6edb17', '01a22379-eaee-7b3c-90d0-65ca70fd3188', 'paid', NULL, '2026-11-28 18:45:22.289+00')
----
INSERT INTO public.idempotency_keys VALUES ('cancel', 'c-3', 'ed25ab03-2373-bbce-0e2b-74a1579e87ed', '01a22379-eaee-7b3c-90d0-65ca70fd3188', 'cancelled', NULL, '2026-11-28 18:45:22.348+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-4', '98b7f2d4-7592-e7bb-8e69-fe1c76dd083b', '01a22379-eb48-7dfc-aa3c-fcfd5cea29f2', 'payment_failed', NULL, '2026-11-28 18:45:22.38+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-5', '39d1a779-4ef3-ccb4-e1b8-c992d94f88a2', '01a22379-eb6a-71d4-8fa5-cf2a62a69e72', 'reserved', NULL, '2026-11-28 18:45:22.412+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-7', '0d0ee02a-1a7a-967f-0c0e-c7e6e82f225d', '01a22379-eb81-7075-9bae-a18c51facdb8', 'reserved', NULL, '2026-11-28 18:45:22.436+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-6', 'baa1d756-90aa-0501-6db4-e6de0d9ef210', '01a2237a-0ee0-7e70-8ef1-27247521a3b8', 'reserved', NULL, '2026-11-28 18:45:31.49+00')
----
INSERT INTO public.idempotency_keys VALUES ('orders', 'o-8', 'baa1d756-90aa-0501-6db4-e6de0d9ef210', '01a2237a-0ef4-7daa-b78c-ae6da3659778', 'reserved', NULL, '2026-11-28 18:45:31.51+00')
----
INSERT INTO public.jaego_migrations VALUES (1, '2026-11-28 18:45:20.204443+00', 'ledger')
----
INSERT INTO public.jaego_migrations VALUES (2, '2026-11-28 18:45:20.204443+00', 'commit')
----
INSERT INTO public.lanes VALUES (22, 1, 1)
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
INSERT INTO public.lanes VALUES (9, 1, 0)
----
INSERT INTO public.lanes VALUES (10, 1, 0)
----
INSERT INTO public.lanes VALUES (0, 1, 1)
----
INSERT INTO public.lanes VALUES (12, 1, 0)
----
INSERT INTO public.lanes VALUES (13, 1, 0)
----
INSERT INTO public.lanes VALUES (14, 1, 0)
----
INSERT INTO public.lanes VALUES (24, 1, 2)
----
INSERT INTO public.lanes VALUES (16, 1, 0)
----
INSERT INTO public.lanes VALUES (17, 1, 0)
----
INSERT INTO public.lanes VALUES (18, 1, 0)
----
INSERT INTO public.lanes VALUES (19, 1, 0)
----
INSERT INTO public.lanes VALUES (20, 1, 0)
----
INSERT INTO public.lanes VALUES (21, 1, 0)
----
INSERT INTO public.lanes VALUES (8, 1, 10)
----
INSERT INTO public.lanes VALUES (23, 1, 0)
----
INSERT INTO public.lanes VALUES (15, 1, 1)
----
INSERT INTO public.lanes VALUES (25, 1, 0)
----
INSERT INTO public.lanes VALUES (26, 1, 0)
----
INSERT INTO public.lanes VALUES (27, 1, 0)
----
INSERT INTO public.lanes VALUES (28, 1, 0)
----
INSERT INTO public.lanes VALUES (11, 1, 1)
----
INSERT INTO public.lanes VALUES (30, 1, 0)
----
INSERT INTO public.lanes VALUES (29, 1, 1)
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
INSERT INTO public.lanes VALUES (36, 1, 0)
----
INSERT INTO public.lanes VALUES (60, 1, 1)
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
INSERT INTO public.lanes VALUES (44, 1, 0)
----
INSERT INTO public.lanes VALUES (45, 1, 0)
----
INSERT INTO public.lanes VALUES (48, 1, 1)
----
INSERT INTO public.lanes VALUES (46, 1, 1)
----
INSERT INTO public.lanes VALUES (49, 1, 0)
----
INSERT INTO public.lanes VALUES (56, 1, 16)
----
INSERT INTO public.lanes VALUES (51, 1, 0)
----
INSERT INTO public.lanes VALUES (52, 1, 0)
----
INSERT INTO public.lanes VALUES (53, 1, 0)
----
INSERT INTO public.lanes VALUES (54, 1, 0)
----
INSERT INTO public.lanes VALUES (55, 1, 0)
----
INSERT INTO public.lanes VALUES (50, 1, 13)
----
INSERT INTO public.lanes VALUES (57, 1, 0)
----
INSERT INTO public.lanes VALUES (58, 1, 0)
----
INSERT INTO public.lanes VALUES (59, 1, 0)
----
INSERT INTO public.lanes VALUES (47, 1, 1)
----
INSERT INTO public.lanes VALUES (61, 1, 0)
----
INSERT INTO public.lanes VALUES (37, 1, 1)
----
INSERT INTO public.lanes VALUES (62, 1, 0)
----
INSERT INTO public.lanes VALUES (63, 1, 0)
----
INSERT INTO public.movements VALUES ('01a22379-e8b1-713b-aeeb-e10215874b65', 1, 'created', 50, 0, 50, 0, NULL, NULL, '2026-11-28 18:45:21.715+00')
----
INSERT INTO public.movements VALUES ('01a22379-e8d1-79a8-803b-792bf3d52a5d', 1, 'created', 400, 0, 400, 0, NULL, NULL, '2026-11-28 18:45:21.746+00')
----
INSERT INTO public.movements VALUES ('01a22379-e8d7-7c06-a0f3-556eb10c3cfc', 1, 'created', 1, 0, 1, 0, NULL, NULL, '2026-11-28 18:45:21.755+00')
----
INSERT INTO public.movements VALUES ('01a22379-e909-77c9-b39a-56a83c0f0b0b', 1, 'created', 240, 0, 240, 0, NULL, NULL, '2026-11-28 18:45:21.802+00')
----
INSERT INTO public.movements VALUES ('01a22379-e911-7f64-898e-874167712700', 1, 'created', 1000, 0, 1000, 0, NULL, NULL, '2026-11-28 18:45:21.81+00')
----
INSERT INTO public.movements VALUES ('01a22379-e919-7a63-8ce6-406c3287beef', 1, 'created', 180, 0, 180, 0, NULL, NULL, '2026-11-28 18:45:21.818+00')
----
INSERT INTO public.movements VALUES ('01a22379-e91e-7d93-b677-5df04d703b70', 1, 'created', 600, 0, 600, 0, NULL, NULL, '2026-11-28 18:45:21.823+00')
----
INSERT INTO public.movements VALUES ('01a22379-e927-72f2-9e78-923915d78e16', 1, 'created', 320, 0, 320, 0, NULL, NULL, '2026-11-28 18:45:21.832+00')
----
INSERT INTO public.movements VALUES ('01a22379-e92d-7a32-aecc-274b929bcb6e', 1, 'created', 410, 0, 410, 0, NULL, NULL, '2026-11-28 18:45:21.838+00')
----
INSERT INTO public.movements VALUES ('01a22379-e937-7488-bf1b-98ce3c13bb98', 1, 'created', 2500, 0, 2500, 0, NULL, NULL, '2026-11-28 18:45:21.848+00')
----
INSERT INTO public.movements VALUES ('01a22379-e93d-748f-aea7-fc3d6ae69e8f', 1, 'created', 5000, 0, 5000, 0, NULL, NULL, '2026-11-28 18:45:21.854+00')
----
INSERT INTO public.movements VALUES ('01a22379-e943-71d8-8f69-5ea3f3e9ed98', 1, 'created', 100000, 0, 100000, 0, NULL, NULL, '2026-11-28 18:45:21.859+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea24-7c82-b5a7-429f29216f72', 1, 'created', 20, 0, 20, 0, NULL, NULL, '2026-11-28 18:45:22.085+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea43-753e-a315-4056b395a0c8', 1, 'created', 20, 0, 20, 0, NULL, NULL, '2026-11-28 18:45:22.115+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea67-7f95-aef7-28e9306e12b8', 1, 'created', 20, 0, 20, 0, NULL, NULL, '2026-11-28 18:45:22.152+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea24-7c82-b5a7-429f29216f72', 2, 'reserved', 0, 2, 20, 2, '01a22379-ea91-744c-8633-8d73eaa07132', NULL, '2026-11-28 18:45:22.199+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea43-753e-a315-4056b395a0c8', 2, 'reserved', 0, 1, 20, 1, '01a22379-ea91-744c-8633-8d73eaa07132', NULL, '2026-11-28 18:45:22.199+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea24-7c82-b5a7-429f29216f72', 3, 'confirmed', -2, -2, 18, 0, '01a22379-ea91-744c-8633-8d73eaa07132', NULL, '2026-11-28 18:45:22.209+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea43-753e-a315-4056b395a0c8', 3, 'confirmed', -1, -1, 19, 0, '01a22379-ea91-744c-8633-8d73eaa07132', NULL, '2026-11-28 18:45:22.209+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea67-7f95-aef7-28e9306e12b8', 2, 'reserved', 0, 1, 20, 1, '01a22379-eacc-72c1-979b-852ef1900f38', NULL, '2026-11-28 18:45:22.252+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea67-7f95-aef7-28e9306e12b8', 3, 'confirmed', -1, -1, 19, 0, '01a22379-eacc-72c1-979b-852ef1900f38', NULL, '2026-11-28 18:45:22.258+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea43-753e-a315-4056b395a0c8', 4, 'reserved', 0, 1, 19, 1, '01a22379-eaee-7b3c-90d0-65ca70fd3188', NULL, '2026-11-28 18:45:22.287+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea67-7f95-aef7-28e9306e12b8', 4, 'reserved', 0, 3, 19, 3, '01a22379-eaee-7b3c-90d0-65ca70fd3188', NULL, '2026-11-28 18:45:22.287+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea43-753e-a315-4056b395a0c8', 5, 'confirmed', -1, -1, 18, 0, '01a22379-eaee-7b3c-90d0-65ca70fd3188', NULL, '2026-11-28 18:45:22.302+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea67-7f95-aef7-28e9306e12b8', 5, 'confirmed', -3, -3, 16, 0, '01a22379-eaee-7b3c-90d0-65ca70fd3188', NULL, '2026-11-28 18:45:22.302+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea43-753e-a315-4056b395a0c8', 6, 'restocked', 1, 0, 19, 0, '01a22379-eaee-7b3c-90d0-65ca70fd3188', NULL, '2026-11-28 18:45:22.344+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea67-7f95-aef7-28e9306e12b8', 6, 'restocked', 3, 0, 19, 0, '01a22379-eaee-7b3c-90d0-65ca70fd3188', NULL, '2026-11-28 18:45:22.344+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea24-7c82-b5a7-429f29216f72', 4, 'reserved', 0, 1, 18, 1, '01a22379-eb48-7dfc-aa3c-fcfd5cea29f2', NULL, '2026-11-28 18:45:22.378+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea24-7c82-b5a7-429f29216f72', 5, 'released', 0, -1, 18, 0, '01a22379-eb48-7dfc-aa3c-fcfd5cea29f2', NULL, '2026-11-28 18:45:22.385+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea24-7c82-b5a7-429f29216f72', 6, 'reserved', 0, 1, 18, 1, '01a22379-eb6a-71d4-8fa5-cf2a62a69e72', NULL, '2026-11-28 18:45:22.41+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea67-7f95-aef7-28e9306e12b8', 7, 'reserved', 0, 1, 19, 1, '01a22379-eb81-7075-9bae-a18c51facdb8', NULL, '2026-11-28 18:45:22.434+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea24-7c82-b5a7-429f29216f72', 7, 'expired', 0, -1, 18, 0, '01a22379-eb6a-71d4-8fa5-cf2a62a69e72', NULL, '2026-11-28 18:45:25.414+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea67-7f95-aef7-28e9306e12b8', 8, 'expired', 0, -1, 19, 0, '01a22379-eb81-7075-9bae-a18c51facdb8', NULL, '2026-11-28 18:45:25.44+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea67-7f95-aef7-28e9306e12b8', 9, 'reserved', 0, 1, 19, 1, '01a2237a-0ee0-7e70-8ef1-27247521a3b8', NULL, '2026-11-28 18:45:31.488+00')
----
INSERT INTO public.movements VALUES ('01a22379-ea67-7f95-aef7-28e9306e12b8', 10, 'reserved', 0, 1, 19, 2, '01a2237a-0ef4-7daa-b78c-ae6da3659778', NULL, '2026-11-28 18:45:31.509+00')
----
INSERT INTO public.orders VALUES ('01a22379-ea91-744c-8633-8d73eaa07132', 'ann', 'paid', 400, 'EUR', '2026-11-28 18:45:22.193+00', '2026-11-28 18:45:25.193+00', 2, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a22379-eacc-72c1-979b-852ef1900f38', 'bo', 'paid', 300, 'EUR', '2026-11-28 18:45:22.252+00', '2026-11-28 18:45:25.252+00', 2, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a22379-eaee-7b3c-90d0-65ca70fd3188', 'ann', 'cancelled', 1100, 'EUR', '2026-11-28 18:45:22.286+00', '2026-11-28 18:45:25.286+00', 4, NULL, NULL, 'done', 'no', false)
----
INSERT INTO public.orders VALUES ('01a22379-eb48-7dfc-aa3c-fcfd5cea29f2', 'bo', 'payment_failed', 100, 'EUR', '2026-11-28 18:45:22.376+00', '2026-11-28 18:45:25.376+00', 2, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a22379-eb6a-71d4-8fa5-cf2a62a69e72', 'cy', 'expired', 100, 'EUR', '2026-11-28 18:45:22.41+00', '2026-11-28 18:45:25.41+00', 2, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a22379-eb81-7075-9bae-a18c51facdb8', 'cy', 'expired', 300, 'EUR', '2026-11-28 18:45:22.433+00', '2026-11-28 18:45:25.433+00', 2, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237a-0ee0-7e70-8ef1-27247521a3b8', 'di', 'reserved', 300, 'EUR', '2026-11-28 18:45:31.487+00', '2026-11-28 18:45:34.487+00', 1, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.orders VALUES ('01a2237a-0ef4-7daa-b78c-ae6da3659778', 'di', 'reserved', 300, 'EUR', '2026-11-28 18:45:31.508+00', '2026-11-28 18:45:34.508+00', 1, NULL, NULL, 'none', NULL, false)
----
INSERT INTO public.outbox VALUES (37, 1, '01a22379-e8b5-732f-96d4-9fbcfac41371', 'stock', '01a22379-e8b1-713b-aeeb-e10215874b65', 1, 'jaego.stock.created.v1', '{"productId":"01a22379-e8b1-713b-aeeb-e10215874b65","version":1,"onHand":50,"reserved":0,"available":50,"onHandDelta":50,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:21.715+00')
----
INSERT INTO public.outbox VALUES (29, 1, '01a22379-e8d2-7cca-8473-f2162bec5681', 'stock', '01a22379-e8d1-79a8-803b-792bf3d52a5d', 1, 'jaego.stock.created.v1', '{"productId":"01a22379-e8d1-79a8-803b-792bf3d52a5d","version":1,"onHand":400,"reserved":0,"available":400,"onHandDelta":400,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:21.746+00')
----
INSERT INTO public.outbox VALUES (60, 1, '01a22379-e8dd-7f97-aa69-3c673963c14c', 'stock', '01a22379-e8d7-7c06-a0f3-556eb10c3cfc', 1, 'jaego.stock.created.v1', '{"productId":"01a22379-e8d7-7c06-a0f3-556eb10c3cfc","version":1,"onHand":1,"reserved":0,"available":1,"onHandDelta":1,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:21.755+00')
----
INSERT INTO public.outbox VALUES (11, 1, '01a22379-e90a-7947-bad0-59c4f49d6d08', 'stock', '01a22379-e909-77c9-b39a-56a83c0f0b0b', 1, 'jaego.stock.created.v1', '{"productId":"01a22379-e909-77c9-b39a-56a83c0f0b0b","version":1,"onHand":240,"reserved":0,"available":240,"onHandDelta":240,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:21.802+00')
----
INSERT INTO public.outbox VALUES (0, 1, '01a22379-e912-7490-8295-ebd4d7c8073c', 'stock', '01a22379-e911-7f64-898e-874167712700', 1, 'jaego.stock.created.v1', '{"productId":"01a22379-e911-7f64-898e-874167712700","version":1,"onHand":1000,"reserved":0,"available":1000,"onHandDelta":1000,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:21.81+00')
----
INSERT INTO public.outbox VALUES (47, 1, '01a22379-e91a-73dc-98c3-0717c4062ef1', 'stock', '01a22379-e919-7a63-8ce6-406c3287beef', 1, 'jaego.stock.created.v1', '{"productId":"01a22379-e919-7a63-8ce6-406c3287beef","version":1,"onHand":180,"reserved":0,"available":180,"onHandDelta":180,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:21.818+00')
----
INSERT INTO public.outbox VALUES (48, 1, '01a22379-e91f-77a6-ad55-ff3d59dd9dc9', 'stock', '01a22379-e91e-7d93-b677-5df04d703b70', 1, 'jaego.stock.created.v1', '{"productId":"01a22379-e91e-7d93-b677-5df04d703b70","version":1,"onHand":600,"reserved":0,"available":600,"onHandDelta":600,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:21.823+00')
----
INSERT INTO public.outbox VALUES (22, 1, '01a22379-e928-757d-ad35-6e9275458375', 'stock', '01a22379-e927-72f2-9e78-923915d78e16', 1, 'jaego.stock.created.v1', '{"productId":"01a22379-e927-72f2-9e78-923915d78e16","version":1,"onHand":320,"reserved":0,"available":320,"onHandDelta":320,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:21.832+00')
----
INSERT INTO public.outbox VALUES (46, 1, '01a22379-e92e-7ad4-8f17-4e9abc17e8e3', 'stock', '01a22379-e92d-7a32-aecc-274b929bcb6e', 1, 'jaego.stock.created.v1', '{"productId":"01a22379-e92d-7a32-aecc-274b929bcb6e","version":1,"onHand":410,"reserved":0,"available":410,"onHandDelta":410,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:21.838+00')
----
INSERT INTO public.outbox VALUES (24, 1, '01a22379-e938-7499-b4aa-93141eebc2f7', 'stock', '01a22379-e937-7488-bf1b-98ce3c13bb98', 1, 'jaego.stock.created.v1', '{"productId":"01a22379-e937-7488-bf1b-98ce3c13bb98","version":1,"onHand":2500,"reserved":0,"available":2500,"onHandDelta":2500,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:21.848+00')
----
INSERT INTO public.outbox VALUES (15, 1, '01a22379-e93e-7eaa-89e1-5d86ed16b975', 'stock', '01a22379-e93d-748f-aea7-fc3d6ae69e8f', 1, 'jaego.stock.created.v1', '{"productId":"01a22379-e93d-748f-aea7-fc3d6ae69e8f","version":1,"onHand":5000,"reserved":0,"available":5000,"onHandDelta":5000,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:21.854+00')
----
INSERT INTO public.outbox VALUES (24, 2, '01a22379-e944-7123-b4e1-f63e90314fd2', 'stock', '01a22379-e943-71d8-8f69-5ea3f3e9ed98', 1, 'jaego.stock.created.v1', '{"productId":"01a22379-e943-71d8-8f69-5ea3f3e9ed98","version":1,"onHand":100000,"reserved":0,"available":100000,"onHandDelta":100000,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:21.859+00')
----
INSERT INTO public.outbox VALUES (50, 1, '01a22379-ea25-7736-93e2-1549049b790f', 'stock', '01a22379-ea24-7c82-b5a7-429f29216f72', 1, 'jaego.stock.created.v1', '{"productId":"01a22379-ea24-7c82-b5a7-429f29216f72","version":1,"onHand":20,"reserved":0,"available":20,"onHandDelta":20,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:22.085+00')
----
INSERT INTO public.outbox VALUES (8, 1, '01a22379-ea44-79b6-b793-402a57da1a9b', 'stock', '01a22379-ea43-753e-a315-4056b395a0c8', 1, 'jaego.stock.created.v1', '{"productId":"01a22379-ea43-753e-a315-4056b395a0c8","version":1,"onHand":20,"reserved":0,"available":20,"onHandDelta":20,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:22.115+00')
----
INSERT INTO public.outbox VALUES (56, 1, '01a22379-ea68-759f-9931-4d1476cc981f', 'stock', '01a22379-ea67-7f95-aef7-28e9306e12b8', 1, 'jaego.stock.created.v1', '{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","version":1,"onHand":20,"reserved":0,"available":20,"onHandDelta":20,"reservedDelta":0,"orderId":null,"reason":null}', '2026-11-28 18:45:22.152+00')
----
INSERT INTO public.outbox VALUES (50, 2, '01a22379-ea98-794a-a8f8-dd18c26ed1e2', 'stock', '01a22379-ea24-7c82-b5a7-429f29216f72', 2, 'jaego.stock.reserved.v1', '{"productId":"01a22379-ea24-7c82-b5a7-429f29216f72","version":2,"onHand":20,"reserved":2,"available":18,"onHandDelta":0,"reservedDelta":2,"orderId":"01a22379-ea91-744c-8633-8d73eaa07132","reason":null}', '2026-11-28 18:45:22.199+00')
----
INSERT INTO public.outbox VALUES (8, 2, '01a22379-ea98-74ad-b5aa-4590fa6bde33', 'stock', '01a22379-ea43-753e-a315-4056b395a0c8', 2, 'jaego.stock.reserved.v1', '{"productId":"01a22379-ea43-753e-a315-4056b395a0c8","version":2,"onHand":20,"reserved":1,"available":19,"onHandDelta":0,"reservedDelta":1,"orderId":"01a22379-ea91-744c-8633-8d73eaa07132","reason":null}', '2026-11-28 18:45:22.199+00')
----
INSERT INTO public.outbox VALUES (50, 3, '01a22379-ea98-70e1-9d26-33baef79fdca', 'order', '01a22379-ea91-744c-8633-8d73eaa07132', 1, 'jaego.order.placed.v1', '{"id":"01a22379-ea91-744c-8633-8d73eaa07132","version":1,"status":"reserved","customerId":"ann","lines":[{"productId":"01a22379-ea24-7c82-b5a7-429f29216f72","quantity":2,"unitPrice":{"amount":100,"currency":"EUR"}},{"productId":"01a22379-ea43-753e-a315-4056b395a0c8","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}}],"total":{"amount":400,"currency":"EUR"},"createdAt":"2026-11-28T18:45:22.193Z","expiresAt":"2026-11-28T18:45:25.193Z"}', '2026-11-28 18:45:22.199+00')
----
INSERT INTO public.outbox VALUES (50, 4, '01a22379-eaa2-7e73-8757-22db31938cfd', 'stock', '01a22379-ea24-7c82-b5a7-429f29216f72', 3, 'jaego.stock.confirmed.v1', '{"productId":"01a22379-ea24-7c82-b5a7-429f29216f72","version":3,"onHand":18,"reserved":0,"available":18,"onHandDelta":-2,"reservedDelta":-2,"orderId":"01a22379-ea91-744c-8633-8d73eaa07132","reason":null}', '2026-11-28 18:45:22.209+00')
----
INSERT INTO public.outbox VALUES (8, 3, '01a22379-eaa2-717c-a0d0-3049dbaa4a02', 'stock', '01a22379-ea43-753e-a315-4056b395a0c8', 3, 'jaego.stock.confirmed.v1', '{"productId":"01a22379-ea43-753e-a315-4056b395a0c8","version":3,"onHand":19,"reserved":0,"available":19,"onHandDelta":-1,"reservedDelta":-1,"orderId":"01a22379-ea91-744c-8633-8d73eaa07132","reason":null}', '2026-11-28 18:45:22.209+00')
----
INSERT INTO public.outbox VALUES (50, 5, '01a22379-eaa2-7b57-9fd8-ec500cfcbe15', 'order', '01a22379-ea91-744c-8633-8d73eaa07132', 2, 'jaego.order.paid.v1', '{"id":"01a22379-ea91-744c-8633-8d73eaa07132","version":2,"status":"paid","customerId":"ann","lines":[{"productId":"01a22379-ea24-7c82-b5a7-429f29216f72","quantity":2,"unitPrice":{"amount":100,"currency":"EUR"}},{"productId":"01a22379-ea43-753e-a315-4056b395a0c8","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}}],"total":{"amount":400,"currency":"EUR"},"createdAt":"2026-11-28T18:45:22.193Z","expiresAt":"2026-11-28T18:45:25.193Z"}', '2026-11-28 18:45:22.209+00')
----
INSERT INTO public.outbox VALUES (56, 2, '01a22379-eacc-7aec-b981-4b0403439a87', 'stock', '01a22379-ea67-7f95-aef7-28e9306e12b8', 2, 'jaego.stock.reserved.v1', '{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","version":2,"onHand":20,"reserved":1,"available":19,"onHandDelta":0,"reservedDelta":1,"orderId":"01a22379-eacc-72c1-979b-852ef1900f38","reason":null}', '2026-11-28 18:45:22.252+00')
----
INSERT INTO public.outbox VALUES (56, 3, '01a22379-eacc-7727-aa20-d71b6433aed9', 'order', '01a22379-eacc-72c1-979b-852ef1900f38', 1, 'jaego.order.placed.v1', '{"id":"01a22379-eacc-72c1-979b-852ef1900f38","version":1,"status":"reserved","customerId":"bo","lines":[{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:45:22.252Z","expiresAt":"2026-11-28T18:45:25.252Z"}', '2026-11-28 18:45:22.252+00')
----
INSERT INTO public.outbox VALUES (56, 4, '01a22379-ead2-7edf-8cf4-63f44489337b', 'stock', '01a22379-ea67-7f95-aef7-28e9306e12b8', 3, 'jaego.stock.confirmed.v1', '{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","version":3,"onHand":19,"reserved":0,"available":19,"onHandDelta":-1,"reservedDelta":-1,"orderId":"01a22379-eacc-72c1-979b-852ef1900f38","reason":null}', '2026-11-28 18:45:22.258+00')
----
INSERT INTO public.outbox VALUES (56, 5, '01a22379-ead2-74a2-ae4a-1799f46b9450', 'order', '01a22379-eacc-72c1-979b-852ef1900f38', 2, 'jaego.order.paid.v1', '{"id":"01a22379-eacc-72c1-979b-852ef1900f38","version":2,"status":"paid","customerId":"bo","lines":[{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:45:22.252Z","expiresAt":"2026-11-28T18:45:25.252Z"}', '2026-11-28 18:45:22.258+00')
----
INSERT INTO public.outbox VALUES (8, 4, '01a22379-eaef-71a5-a5ae-1547404f9b05', 'stock', '01a22379-ea43-753e-a315-4056b395a0c8', 4, 'jaego.stock.reserved.v1', '{"productId":"01a22379-ea43-753e-a315-4056b395a0c8","version":4,"onHand":19,"reserved":1,"available":18,"onHandDelta":0,"reservedDelta":1,"orderId":"01a22379-eaee-7b3c-90d0-65ca70fd3188","reason":null}', '2026-11-28 18:45:22.287+00')
----
INSERT INTO public.outbox VALUES (56, 6, '01a22379-eaef-7b6d-98c4-b65284c89f23', 'stock', '01a22379-ea67-7f95-aef7-28e9306e12b8', 4, 'jaego.stock.reserved.v1', '{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","version":4,"onHand":19,"reserved":3,"available":16,"onHandDelta":0,"reservedDelta":3,"orderId":"01a22379-eaee-7b3c-90d0-65ca70fd3188","reason":null}', '2026-11-28 18:45:22.287+00')
----
INSERT INTO public.outbox VALUES (8, 5, '01a22379-eaef-7bf9-b8ad-a3cac7debb18', 'order', '01a22379-eaee-7b3c-90d0-65ca70fd3188', 1, 'jaego.order.placed.v1', '{"id":"01a22379-eaee-7b3c-90d0-65ca70fd3188","version":1,"status":"reserved","customerId":"ann","lines":[{"productId":"01a22379-ea43-753e-a315-4056b395a0c8","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}},{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","quantity":3,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":1100,"currency":"EUR"},"createdAt":"2026-11-28T18:45:22.286Z","expiresAt":"2026-11-28T18:45:25.286Z"}', '2026-11-28 18:45:22.287+00')
----
INSERT INTO public.outbox VALUES (8, 6, '01a22379-eafe-7bc3-a147-2ca25a8044cf', 'stock', '01a22379-ea43-753e-a315-4056b395a0c8', 5, 'jaego.stock.confirmed.v1', '{"productId":"01a22379-ea43-753e-a315-4056b395a0c8","version":5,"onHand":18,"reserved":0,"available":18,"onHandDelta":-1,"reservedDelta":-1,"orderId":"01a22379-eaee-7b3c-90d0-65ca70fd3188","reason":null}', '2026-11-28 18:45:22.302+00')
----
INSERT INTO public.outbox VALUES (56, 7, '01a22379-eafe-7452-ab56-aa0ce71331c0', 'stock', '01a22379-ea67-7f95-aef7-28e9306e12b8', 5, 'jaego.stock.confirmed.v1', '{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","version":5,"onHand":16,"reserved":0,"available":16,"onHandDelta":-3,"reservedDelta":-3,"orderId":"01a22379-eaee-7b3c-90d0-65ca70fd3188","reason":null}', '2026-11-28 18:45:22.302+00')
----
INSERT INTO public.outbox VALUES (8, 7, '01a22379-eafe-7691-8d4d-b6e3b5fbfa2a', 'order', '01a22379-eaee-7b3c-90d0-65ca70fd3188', 2, 'jaego.order.paid.v1', '{"id":"01a22379-eaee-7b3c-90d0-65ca70fd3188","version":2,"status":"paid","customerId":"ann","lines":[{"productId":"01a22379-ea43-753e-a315-4056b395a0c8","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}},{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","quantity":3,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":1100,"currency":"EUR"},"createdAt":"2026-11-28T18:45:22.286Z","expiresAt":"2026-11-28T18:45:25.286Z"}', '2026-11-28 18:45:22.302+00')
----
INSERT INTO public.outbox VALUES (8, 8, '01a22379-eb28-79c9-aa17-1ee248b0f188', 'stock', '01a22379-ea43-753e-a315-4056b395a0c8', 6, 'jaego.stock.restocked.v1', '{"productId":"01a22379-ea43-753e-a315-4056b395a0c8","version":6,"onHand":19,"reserved":0,"available":19,"onHandDelta":1,"reservedDelta":0,"orderId":"01a22379-eaee-7b3c-90d0-65ca70fd3188","reason":null}', '2026-11-28 18:45:22.344+00')
----
INSERT INTO public.outbox VALUES (56, 8, '01a22379-eb28-797b-acb3-04da9535045e', 'stock', '01a22379-ea67-7f95-aef7-28e9306e12b8', 6, 'jaego.stock.restocked.v1', '{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","version":6,"onHand":19,"reserved":0,"available":19,"onHandDelta":3,"reservedDelta":0,"orderId":"01a22379-eaee-7b3c-90d0-65ca70fd3188","reason":null}', '2026-11-28 18:45:22.344+00')
----
INSERT INTO public.outbox VALUES (8, 9, '01a22379-eb28-79dc-8345-b72866941a29', 'order', '01a22379-eaee-7b3c-90d0-65ca70fd3188', 3, 'jaego.order.cancelled.v1', '{"id":"01a22379-eaee-7b3c-90d0-65ca70fd3188","version":3,"status":"cancelled","customerId":"ann","lines":[{"productId":"01a22379-ea43-753e-a315-4056b395a0c8","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}},{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","quantity":3,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":1100,"currency":"EUR"},"createdAt":"2026-11-28T18:45:22.286Z","expiresAt":"2026-11-28T18:45:25.286Z","reason":"no"}', '2026-11-28 18:45:22.344+00')
----
INSERT INTO public.outbox VALUES (8, 10, '01a22379-eb37-7d7b-8db5-10d947e56e07', 'order', '01a22379-eaee-7b3c-90d0-65ca70fd3188', 4, 'jaego.order.refunded.v1', '{"id":"01a22379-eaee-7b3c-90d0-65ca70fd3188","version":4,"status":"cancelled","customerId":"ann","lines":[{"productId":"01a22379-ea43-753e-a315-4056b395a0c8","quantity":1,"unitPrice":{"amount":200,"currency":"EUR"}},{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","quantity":3,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":1100,"currency":"EUR"},"createdAt":"2026-11-28T18:45:22.286Z","expiresAt":"2026-11-28T18:45:25.286Z","reason":"no"}', '2026-11-28 18:45:22.358+00')
----
INSERT INTO public.outbox VALUES (50, 6, '01a22379-eb4b-7ec7-b71a-e7059ec8adde', 'stock', '01a22379-ea24-7c82-b5a7-429f29216f72', 4, 'jaego.stock.reserved.v1', '{"productId":"01a22379-ea24-7c82-b5a7-429f29216f72","version":4,"onHand":18,"reserved":1,"available":17,"onHandDelta":0,"reservedDelta":1,"orderId":"01a22379-eb48-7dfc-aa3c-fcfd5cea29f2","reason":null}', '2026-11-28 18:45:22.378+00')
----
INSERT INTO public.outbox VALUES (50, 7, '01a22379-eb4b-7baf-8adf-95ca26768b1e', 'order', '01a22379-eb48-7dfc-aa3c-fcfd5cea29f2', 1, 'jaego.order.placed.v1', '{"id":"01a22379-eb48-7dfc-aa3c-fcfd5cea29f2","version":1,"status":"reserved","customerId":"bo","lines":[{"productId":"01a22379-ea24-7c82-b5a7-429f29216f72","quantity":1,"unitPrice":{"amount":100,"currency":"EUR"}}],"total":{"amount":100,"currency":"EUR"},"createdAt":"2026-11-28T18:45:22.376Z","expiresAt":"2026-11-28T18:45:25.376Z"}', '2026-11-28 18:45:22.378+00')
----
INSERT INTO public.outbox VALUES (50, 8, '01a22379-eb51-7f3d-9a27-41c4e29909e9', 'stock', '01a22379-ea24-7c82-b5a7-429f29216f72', 5, 'jaego.stock.released.v1', '{"productId":"01a22379-ea24-7c82-b5a7-429f29216f72","version":5,"onHand":18,"reserved":0,"available":18,"onHandDelta":0,"reservedDelta":-1,"orderId":"01a22379-eb48-7dfc-aa3c-fcfd5cea29f2","reason":null}', '2026-11-28 18:45:22.385+00')
----
INSERT INTO public.outbox VALUES (50, 9, '01a22379-eb51-75f8-a3f1-bbf5543421eb', 'order', '01a22379-eb48-7dfc-aa3c-fcfd5cea29f2', 2, 'jaego.order.payment-failed.v1', '{"id":"01a22379-eb48-7dfc-aa3c-fcfd5cea29f2","version":2,"status":"payment_failed","customerId":"bo","lines":[{"productId":"01a22379-ea24-7c82-b5a7-429f29216f72","quantity":1,"unitPrice":{"amount":100,"currency":"EUR"}}],"total":{"amount":100,"currency":"EUR"},"createdAt":"2026-11-28T18:45:22.376Z","expiresAt":"2026-11-28T18:45:25.376Z"}', '2026-11-28 18:45:22.385+00')
----
INSERT INTO public.outbox VALUES (50, 10, '01a22379-eb6b-7e8c-b422-bc1b752a68db', 'stock', '01a22379-ea24-7c82-b5a7-429f29216f72', 6, 'jaego.stock.reserved.v1', '{"productId":"01a22379-ea24-7c82-b5a7-429f29216f72","version":6,"onHand":18,"reserved":1,"available":17,"onHandDelta":0,"reservedDelta":1,"orderId":"01a22379-eb6a-71d4-8fa5-cf2a62a69e72","reason":null}', '2026-11-28 18:45:22.41+00')
----
INSERT INTO public.outbox VALUES (50, 11, '01a22379-eb6b-777c-8ec0-c0c54968da12', 'order', '01a22379-eb6a-71d4-8fa5-cf2a62a69e72', 1, 'jaego.order.placed.v1', '{"id":"01a22379-eb6a-71d4-8fa5-cf2a62a69e72","version":1,"status":"reserved","customerId":"cy","lines":[{"productId":"01a22379-ea24-7c82-b5a7-429f29216f72","quantity":1,"unitPrice":{"amount":100,"currency":"EUR"}}],"total":{"amount":100,"currency":"EUR"},"createdAt":"2026-11-28T18:45:22.410Z","expiresAt":"2026-11-28T18:45:25.410Z"}', '2026-11-28 18:45:22.41+00')
----
INSERT INTO public.outbox VALUES (56, 9, '01a22379-eb82-7bd8-a823-368e0b027bcd', 'stock', '01a22379-ea67-7f95-aef7-28e9306e12b8', 7, 'jaego.stock.reserved.v1', '{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","version":7,"onHand":19,"reserved":1,"available":18,"onHandDelta":0,"reservedDelta":1,"orderId":"01a22379-eb81-7075-9bae-a18c51facdb8","reason":null}', '2026-11-28 18:45:22.434+00')
----
INSERT INTO public.outbox VALUES (56, 10, '01a22379-eb82-74bb-9490-eee21eded78f', 'order', '01a22379-eb81-7075-9bae-a18c51facdb8', 1, 'jaego.order.placed.v1', '{"id":"01a22379-eb81-7075-9bae-a18c51facdb8","version":1,"status":"reserved","customerId":"cy","lines":[{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:45:22.433Z","expiresAt":"2026-11-28T18:45:25.433Z"}', '2026-11-28 18:45:22.434+00')
----
INSERT INTO public.outbox VALUES (50, 12, '01a22379-f726-7aa0-a772-67eda7feb5a5', 'stock', '01a22379-ea24-7c82-b5a7-429f29216f72', 7, 'jaego.stock.expired.v1', '{"productId":"01a22379-ea24-7c82-b5a7-429f29216f72","version":7,"onHand":18,"reserved":0,"available":18,"onHandDelta":0,"reservedDelta":-1,"orderId":"01a22379-eb6a-71d4-8fa5-cf2a62a69e72","reason":null}', '2026-11-28 18:45:25.414+00')
----
INSERT INTO public.outbox VALUES (50, 13, '01a22379-f726-78d2-9ab3-e533d5c950d7', 'order', '01a22379-eb6a-71d4-8fa5-cf2a62a69e72', 2, 'jaego.order.expired.v1', '{"id":"01a22379-eb6a-71d4-8fa5-cf2a62a69e72","version":2,"status":"expired","customerId":"cy","lines":[{"productId":"01a22379-ea24-7c82-b5a7-429f29216f72","quantity":1,"unitPrice":{"amount":100,"currency":"EUR"}}],"total":{"amount":100,"currency":"EUR"},"createdAt":"2026-11-28T18:45:22.410Z","expiresAt":"2026-11-28T18:45:25.410Z"}', '2026-11-28 18:45:25.414+00')
----
INSERT INTO public.outbox VALUES (56, 11, '01a22379-f740-7046-9625-991f8a5e57af', 'stock', '01a22379-ea67-7f95-aef7-28e9306e12b8', 8, 'jaego.stock.expired.v1', '{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","version":8,"onHand":19,"reserved":0,"available":19,"onHandDelta":0,"reservedDelta":-1,"orderId":"01a22379-eb81-7075-9bae-a18c51facdb8","reason":null}', '2026-11-28 18:45:25.44+00')
----
INSERT INTO public.outbox VALUES (56, 12, '01a22379-f740-79b7-b815-beb50951b49c', 'order', '01a22379-eb81-7075-9bae-a18c51facdb8', 2, 'jaego.order.expired.v1', '{"id":"01a22379-eb81-7075-9bae-a18c51facdb8","version":2,"status":"expired","customerId":"cy","lines":[{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:45:22.433Z","expiresAt":"2026-11-28T18:45:25.433Z"}', '2026-11-28 18:45:25.44+00')
----
INSERT INTO public.outbox VALUES (56, 13, '01a2237a-0ee0-740e-a72c-682668864fb7', 'stock', '01a22379-ea67-7f95-aef7-28e9306e12b8', 9, 'jaego.stock.reserved.v1', '{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","version":9,"onHand":19,"reserved":1,"available":18,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237a-0ee0-7e70-8ef1-27247521a3b8","reason":null}', '2026-11-28 18:45:31.488+00')
----
INSERT INTO public.outbox VALUES (56, 14, '01a2237a-0ee0-7713-a9e7-630df98fb1f6', 'order', '01a2237a-0ee0-7e70-8ef1-27247521a3b8', 1, 'jaego.order.placed.v1', '{"id":"01a2237a-0ee0-7e70-8ef1-27247521a3b8","version":1,"status":"reserved","customerId":"di","lines":[{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:45:31.487Z","expiresAt":"2026-11-28T18:45:34.487Z"}', '2026-11-28 18:45:31.488+00')
----
INSERT INTO public.outbox VALUES (56, 15, '01a2237a-0ef5-7873-9ac9-32991bb55539', 'stock', '01a22379-ea67-7f95-aef7-28e9306e12b8', 10, 'jaego.stock.reserved.v1', '{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","version":10,"onHand":19,"reserved":2,"available":17,"onHandDelta":0,"reservedDelta":1,"orderId":"01a2237a-0ef4-7daa-b78c-ae6da3659778","reason":null}', '2026-11-28 18:45:31.509+00')
----
INSERT INTO public.outbox VALUES (56, 16, '01a2237a-0ef5-753b-ae4e-699692e20a7a', 'order', '01a2237a-0ef4-7daa-b78c-ae6da3659778', 1, 'jaego.order.placed.v1', '{"id":"01a2237a-0ef4-7daa-b78c-ae6da3659778","version":1,"status":"reserved","customerId":"di","lines":[{"productId":"01a22379-ea67-7f95-aef7-28e9306e12b8","quantity":1,"unitPrice":{"amount":300,"currency":"EUR"}}],"total":{"amount":300,"currency":"EUR"},"createdAt":"2026-11-28T18:45:31.508Z","expiresAt":"2026-11-28T18:45:34.508Z"}', '2026-11-28 18:45:31.509+00')
----
INSERT INTO public.products VALUES ('01a22379-e8b1-713b-aeeb-e10215874b65', 'DROP-001', 'Moon jar, numbered edition of 50', 24900, 'EUR', NULL, 37, '2026-11-28 18:45:21.713+00')
----
INSERT INTO public.products VALUES ('01a22379-e8d1-79a8-803b-792bf3d52a5d', 'TICKET-001', 'Hanok concert, standing ticket', 6500, 'EUR', 2, 29, '2026-11-28 18:45:21.745+00')
----
INSERT INTO public.products VALUES ('01a22379-e8d7-7c06-a0f3-556eb10c3cfc', 'LAST-001', 'Celadon tea bowl, last piece', 8900, 'EUR', NULL, 60, '2026-11-28 18:45:21.751+00')
----
INSERT INTO public.products VALUES ('01a22379-e909-77c9-b39a-56a83c0f0b0b', 'TEA-001', 'Green tea from Boseong, 100 g', 1890, 'EUR', NULL, 11, '2026-11-28 18:45:21.801+00')
----
INSERT INTO public.products VALUES ('01a22379-e911-7f64-898e-874167712700', 'TEA-002', 'Roasted barley tea, 30 bags', 690, 'EUR', NULL, 0, '2026-11-28 18:45:21.809+00')
----
INSERT INTO public.products VALUES ('01a22379-e919-7a63-8ce6-406c3287beef', 'CUP-001', 'White porcelain cup', 2400, 'EUR', NULL, 47, '2026-11-28 18:45:21.817+00')
----
INSERT INTO public.products VALUES ('01a22379-e91e-7d93-b677-5df04d703b70', 'PAPER-001', 'Hanji paper, 10 sheets', 1250, 'EUR', NULL, 48, '2026-11-28 18:45:21.822+00')
----
INSERT INTO public.products VALUES ('01a22379-e927-72f2-9e78-923915d78e16', 'BRUSH-001', 'Ink brush, medium', 1690, 'EUR', NULL, 22, '2026-11-28 18:45:21.831+00')
----
INSERT INTO public.products VALUES ('01a22379-e92d-7a32-aecc-274b929bcb6e', 'BAG-001', 'Bojagi wrapping cloth', 1990, 'EUR', NULL, 46, '2026-11-28 18:45:21.837+00')
----
INSERT INTO public.products VALUES ('01a22379-e937-7488-bf1b-98ce3c13bb98', 'BOOK-001', 'The Shelf That Never Lied, paperback', 1450, 'EUR', NULL, 24, '2026-11-28 18:45:21.847+00')
----
INSERT INTO public.products VALUES ('01a22379-e93d-748f-aea7-fc3d6ae69e8f', 'SNACK-001', 'Honey cookies, box of 12', 890, 'EUR', NULL, 15, '2026-11-28 18:45:21.853+00')
----
INSERT INTO public.products VALUES ('01a22379-e943-71d8-8f69-5ea3f3e9ed98', 'GIFT-001', 'Gift card, 25 euro', 2500, 'EUR', NULL, 24, '2026-11-28 18:45:21.859+00')
----
INSERT INTO public.products VALUES ('01a22379-ea24-7c82-b5a7-429f29216f72', 'S-1', 'Thing 1', 100, 'EUR', NULL, 50, '2026-11-28 18:45:22.084+00')
----
INSERT INTO public.products VALUES ('01a22379-ea43-753e-a315-4056b395a0c8', 'S-2', 'Thing 2', 200, 'EUR', 5, 8, '2026-11-28 18:45:22.115+00')
----
INSERT INTO public.products VALUES ('01a22379-ea67-7f95-aef7-28e9306e12b8', 'S-3', 'Thing 3', 300, 'EUR', NULL, 56, '2026-11-28 18:45:22.151+00')
----
INSERT INTO public.stock VALUES ('01a22379-e8b1-713b-aeeb-e10215874b65', 50, 0, 1)
----
INSERT INTO public.stock VALUES ('01a22379-e8d1-79a8-803b-792bf3d52a5d', 400, 0, 1)
----
INSERT INTO public.stock VALUES ('01a22379-e8d7-7c06-a0f3-556eb10c3cfc', 1, 0, 1)
----
INSERT INTO public.stock VALUES ('01a22379-e909-77c9-b39a-56a83c0f0b0b', 240, 0, 1)
----
INSERT INTO public.stock VALUES ('01a22379-e911-7f64-898e-874167712700', 1000, 0, 1)
----
INSERT INTO public.stock VALUES ('01a22379-e919-7a63-8ce6-406c3287beef', 180, 0, 1)
----
INSERT INTO public.stock VALUES ('01a22379-e91e-7d93-b677-5df04d703b70', 600, 0, 1)
----
INSERT INTO public.stock VALUES ('01a22379-e927-72f2-9e78-923915d78e16', 320, 0, 1)
----
INSERT INTO public.stock VALUES ('01a22379-e92d-7a32-aecc-274b929bcb6e', 410, 0, 1)
----
INSERT INTO public.stock VALUES ('01a22379-e937-7488-bf1b-98ce3c13bb98', 2500, 0, 1)
----
INSERT INTO public.stock VALUES ('01a22379-e93d-748f-aea7-fc3d6ae69e8f', 5000, 0, 1)
----
INSERT INTO public.stock VALUES ('01a22379-e943-71d8-8f69-5ea3f3e9ed98', 100000, 0, 1)
----
INSERT INTO public.stock VALUES ('01a22379-ea43-753e-a315-4056b395a0c8', 19, 0, 6)
----
INSERT INTO public.stock VALUES ('01a22379-ea24-7c82-b5a7-429f29216f72', 18, 0, 7)
----
INSERT INTO public.stock VALUES ('01a22379-ea67-7f95-aef7-28e9306e12b8', 19, 2, 10)
----
ALTER TABLE ONLY public.customer_units
    ADD CONSTRAINT customer_units_pkey PRIMARY KEY (product_id, customer_id)
----
ALTER TABLE ONLY public.holds
    ADD CONSTRAINT holds_pkey PRIMARY KEY (order_id, product_id)
----
ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (key, route)
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
ALTER TABLE ONLY public.stock
    ADD CONSTRAINT stock_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(id)
