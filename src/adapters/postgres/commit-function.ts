/**
 * `jaego_commit`: one batch in one round trip, all of it or nothing. A function that raises, because a plain statement with
 * several CTEs commits the parts that passed.
 *
 * Order of events: look up what may be contested (and lock the holds to change); if contested, return it and write nothing.
 * Then the fence: the lanes' own update, counted. Then inserts and guarded updates, each counted.
 *
 * Its plans are made once a session and kept, while the tables may be small or known as empty: so the planner is kept to index look-ups
 * in nested loops, inside what a batch has (`inner.ts`). A plan for the values of each batch costs more than a small commit itself.
 * Rows that are updated again and again (lanes, stock, orders) are found newest first (`newest.ts`).
 *
 * Law: I3, I10. No NOTIFY: it would serialise all commits. Empty parts cost a length check.
 * Returns: null (committed), or what is contested as JSON text (`ContestJson` in `ledger.ts`).
 * Fails: JG001 (stale: another owner, or memory and ledger disagree); 23505 when two lanes race for one key or SKU.
 */

import { inner } from "./inner.ts"
import { newest } from "./newest.ts"
import { sqlFunction } from "./sql-function.ts"

/** Name and type of every column of a batch, in the order `batch-columns.ts` sends them. At most 100. Edits, which are rare, are one JSON text. */
export const COMMIT_PARAMETERS = [
  ["lane", "smallint[]"],
  ["lane_epoch", "bigint[]"],
  ["lane_from", "bigint[]"],
  ["lane_to", "bigint[]"],
  ["product_id", "uuid[]"],
  ["product_sku", "text[]"],
  ["product_name", "text[]"],
  ["product_price", "bigint[]"],
  ["product_currency", "text[]"],
  ["product_limit", "bigint[]"],
  ["product_lane", "smallint[]"],
  ["product_created", "float8[]"],
  ["product_on_hand", "bigint[]"],
  ["product_reserved", "bigint[]"],
  ["product_version", "bigint[]"],
  ["stock_id", "uuid[]"],
  ["stock_expected", "bigint[]"],
  ["stock_on_hand", "bigint[]"],
  ["stock_reserved", "bigint[]"],
  ["stock_version", "bigint[]"],
  ["product_edits", "text"],
  ["order_id", "uuid[]"],
  ["order_customer", "text[]"],
  ["order_status", "text[]"],
  ["order_total", "bigint[]"],
  ["order_currency", "text[]"],
  ["order_created", "float8[]"],
  ["order_expires", "float8[]"],
  ["order_version", "bigint[]"],
  ["order_token", "text[]"],
  ["order_started", "float8[]"],
  ["order_refund", "text[]"],
  ["order_reason", "text[]"],
  ["order_payment", "text[]"],
  ["update_id", "uuid[]"],
  ["update_expected", "bigint[]"],
  ["update_status", "text[]"],
  ["update_version", "bigint[]"],
  ["update_token", "text[]"],
  ["update_started", "float8[]"],
  ["update_refund", "text[]"],
  ["update_reason", "text[]"],
  ["update_payment", "text[]"],
  ["update_elsewhere", "boolean[]"],
  ["hold_order", "uuid[]"],
  ["hold_product", "uuid[]"],
  ["hold_line", "smallint[]"],
  ["hold_customer", "text[]"],
  ["hold_lane", "smallint[]"],
  ["hold_quantity", "bigint[]"],
  ["hold_price", "bigint[]"],
  ["hold_currency", "text[]"],
  ["hold_state", "text[]"],
  ["hold_lapses", "float8[]"],
  ["change_order", "uuid[]"],
  ["change_product", "uuid[]"],
  ["change_from", "text[]"],
  ["change_to", "text[]"],
  ["units_product", "uuid[]"],
  ["units_customer", "text[]"],
  ["units_count", "bigint[]"],
  ["key_route", "text[]"],
  ["key_key", "text[]"],
  ["key_fingerprint", "uuid[]"],
  ["key_order", "uuid[]"],
  ["key_status", "text[]"],
  ["key_answer", "text[]"],
  ["outcome_route", "text[]"],
  ["outcome_key", "text[]"],
  ["outcome_status", "text[]"],
  ["move_product", "uuid[]"],
  ["move_version", "bigint[]"],
  ["move_type", "text[]"],
  ["move_on_hand_delta", "bigint[]"],
  ["move_reserved_delta", "bigint[]"],
  ["move_on_hand", "bigint[]"],
  ["move_reserved", "bigint[]"],
  ["move_order", "uuid[]"],
  ["move_reason", "text[]"],
  ["move_at", "float8[]"],
  ["fact_lane", "smallint[]"],
  ["fact_seq", "bigint[]"],
  ["fact_event", "uuid[]"],
  ["fact_kind", "text[]"],
  ["fact_subject", "uuid[]"],
  ["fact_version", "bigint[]"],
  ["fact_type", "text[]"],
  ["fact_payload", "text[]"],
  ["fact_at", "float8[]"],
  ["fact_trace", "text[]"],
] as const

/** Milliseconds since 1970, as the columns hold them: exact to the millisecond. */
const time = (column: string) => `to_timestamp(${column} / 1000)`

const CONTESTED = `
  if cardinality(p_key_key) > 0 then
    select json_agg(json_build_object('route', k.route, 'key', k.key)) into v_keys
    from unnest(p_key_route, p_key_key) w (route, key), ${inner(
      "select i.route, i.key from idempotency_keys i where i.key = w.key and i.route = w.route",
    )} k;
  end if;
  if cardinality(p_product_id) > 0 then
    select array_agg(p.sku) into v_skus from products p where p.sku = any (p_product_sku);
  end if;
  if cardinality(p_change_order) > 0 then
    -- Locked in primary key order: another worker may be at the same holds. A row that is locked stays at its place.
    select array_agg(l.place), array_agg(l.till), array_agg(distinct l.order_id) filter (where l.state <> l.wanted)
      into v_places, v_states, v_changed
    from (
      select c.order_id, c.wanted, c.till, h.place, h.state
      from (
        select * from unnest(p_change_order, p_change_product, p_change_from, p_change_to) w (order_id, product_id, wanted, till)
        order by w.order_id, w.product_id offset 0) c, ${inner(
          "select k.ctid as place, k.state from holds k where k.order_id = c.order_id and k.product_id = c.product_id for update",
        )} h offset 0) l;
    if cardinality(v_places) is distinct from cardinality(p_change_order) then
      select v_changed || array_agg(distinct c.order_id) into v_changed
      from unnest(p_change_order, p_change_product) c (order_id, product_id)
      where not exists (select from holds h where h.order_id = c.order_id and h.product_id = c.product_id offset 0);
    end if;
  end if;
  if v_keys is not null or v_skus is not null or v_changed is not null then
    return json_build_object('keys', v_keys, 'skus', v_skus, 'holds', v_changed)::text;
  end if;`

const FENCE = `
  if cardinality(p_lane) = 0 then
    if cardinality(p_key_key) + cardinality(p_fact_seq) + cardinality(p_hold_order) + cardinality(p_change_order)
      + cardinality(p_stock_id) + cardinality(p_update_id) > 0 or p_product_edits <> '[]' then
      raise exception 'a batch that writes carries no lane' using errcode = 'JG001';
    end if;
    return null;
  end if;
  update lanes l set seq = f.till
  from unnest(p_lane, p_lane_epoch, p_lane_from, p_lane_to) f (lane, epoch, since, till),
    lateral (${newest("lanes", "lane", "f.lane")}) live
  where l.ctid = live.ctid and l.epoch = f.epoch and l.seq = f.since;
  get diagnostics v_count = row_count;
  if v_count <> cardinality(p_lane) then
    raise exception '% of % lanes were as expected', v_count, cardinality(p_lane) using errcode = 'JG001';
  end if;`

const STOCK = `
  if cardinality(p_product_id) > 0 then
    insert into products
      select id, sku, name, price, currency, lim, lane, ${time("created")}
      from unnest(p_product_id, p_product_sku, p_product_name, p_product_price, p_product_currency, p_product_limit,
        p_product_lane, p_product_created) p (id, sku, name, price, currency, lim, lane, created);
    insert into stock
      select * from unnest(p_product_id, p_product_on_hand, p_product_reserved, p_product_version);
  end if;
  if cardinality(p_stock_id) > 0 then
    update stock s set on_hand = u.on_hand, reserved = u.reserved, version = u.version
    from unnest(p_stock_id, p_stock_expected, p_stock_on_hand, p_stock_reserved, p_stock_version)
      u (id, expected, on_hand, reserved, version),
      lateral (${newest("stock", "product_id", "u.id")}) live
    where s.ctid = live.ctid and s.version = u.expected;
    get diagnostics v_count = row_count;
    if v_count <> cardinality(p_stock_id) then
      raise exception '% of % products had the expected version', v_count, cardinality(p_stock_id)
        using errcode = 'JG001';
    end if;
  end if;
  if cardinality(p_move_product) > 0 then
    insert into movements
      select product_id, version, type, on_hand_delta, reserved_delta, on_hand, reserved, order_id, reason, ${time("at")}
      from unnest(p_move_product, p_move_version, p_move_type, p_move_on_hand_delta, p_move_reserved_delta,
        p_move_on_hand, p_move_reserved, p_move_order, p_move_reason, p_move_at)
        m (product_id, version, type, on_hand_delta, reserved_delta, on_hand, reserved, order_id, reason, at);
  end if;
  if cardinality(p_units_product) > 0 then
    insert into customer_units as c
      select * from unnest(p_units_product, p_units_customer, p_units_count)
      on conflict (product_id, customer_id) do update set units = excluded.units;
  end if;`

/** One after another: a batch may have several of one product. */
const EDITS = `
  if p_product_edits <> '[]' then
    for v_edit in select * from json_to_recordset(p_product_edits::json) e (id uuid, version bigint, stock bigint, name text,
      price bigint, lim bigint, archived boolean, at float8)
    loop
      insert into product_versions
        select p.id, p.version, v_edit.stock, p.name, p.price_amount, p.purchase_limit, p.archived, ${time("v_edit.at")}
        from products p where p.id = v_edit.id;
      update products p set version = v_edit.version, name = v_edit.name, price_amount = v_edit.price,
        purchase_limit = v_edit.lim, archived = v_edit.archived
      where p.id = v_edit.id and p.version = v_edit.version - 1;
      get diagnostics v_count = row_count;
      if v_count <> 1 then
        raise exception 'product % was not version %', v_edit.id, v_edit.version - 1 using errcode = 'JG001';
      end if;
      update stock s set product_version = v_edit.version where s.product_id = v_edit.id;
    end loop;
  end if;`

const ORDERS = `
  if cardinality(p_order_id) > 0 then
    insert into orders (id, customer_id, status, total_amount, currency, created_at, expires_at, version,
        attempt_token, attempt_started_at, refund, cancel_reason, payment)
      select id, customer, status, total, currency, ${time("created")}, ${time("expires")}, version,
        token, ${time("started")}, refund, reason, payment::jsonb
      from unnest(p_order_id, p_order_customer, p_order_status, p_order_total, p_order_currency, p_order_created,
        p_order_expires, p_order_version, p_order_token, p_order_started, p_order_refund, p_order_reason, p_order_payment)
        o (id, customer, status, total, currency, created, expires, version, token, started, refund, reason, payment);
  end if;
  if cardinality(p_update_id) > 0 then
    v_left := cardinality(p_update_id);
    -- An order that another session moves meanwhile, and makes no version of (unsettled.ts), is passed over, and found by the next look.
    for v_look in 1..2 loop
      update orders o set status = u.status, version = u.version, attempt_token = u.token,
        attempt_started_at = ${time("u.started")}, refund = u.refund, cancel_reason = u.reason,
        payment = u.payment::jsonb,
        elsewhere = o.elsewhere or u.elsewhere
      from unnest(p_update_id, p_update_expected, p_update_status, p_update_version, p_update_token, p_update_started,
        p_update_refund, p_update_reason, p_update_payment, p_update_elsewhere)
        u (id, expected, status, version, token, started, refund, reason, payment, elsewhere),
        lateral (${newest("orders", "id", "u.id")}) live
      where o.ctid = live.ctid and o.version = u.expected;
      get diagnostics v_count = row_count;
      v_left := v_left - v_count;
      exit when v_left = 0;
    end loop;
    if v_left <> 0 then
      raise exception '% of % orders had not the expected version', v_left, cardinality(p_update_id)
        using errcode = 'JG001';
    end if;
  end if;
  if cardinality(p_hold_order) > 0 then
    insert into holds
      select order_id, product_id, line_no, customer, lane, quantity, price, currency, state, ${time("lapses")}
      from unnest(p_hold_order, p_hold_product, p_hold_line, p_hold_customer, p_hold_lane, p_hold_quantity, p_hold_price,
        p_hold_currency, p_hold_state, p_hold_lapses)
        h (order_id, product_id, line_no, customer, lane, quantity, price, currency, state, lapses);
  end if;
  if cardinality(p_change_order) > 0 then
    update holds h set state = c.state, lapses_at = null
    from unnest(v_places, v_states) c (place, state) where h.ctid = c.place;
  end if;`

const KEYS_AND_FACTS = `
  if cardinality(p_key_key) > 0 then
    insert into idempotency_keys (route, key, fingerprint, order_id, order_status, answer)
      select * from unnest(p_key_route, p_key_key, p_key_fingerprint, p_key_order, p_key_status, p_key_answer);
  end if;
  if cardinality(p_outcome_key) > 0 then
    -- By bounds. By equality a walk through all keys would be a way to join, and to a planner that knows of none the best.
    update idempotency_keys k set order_status = c.status
    from unnest(p_outcome_route, p_outcome_key, p_outcome_status) c (route, key, status)
    where (k.key, k.route) >= (c.key, c.route) and (k.key, k.route) <= (c.key, c.route) and k.order_status = 'reserved';
  end if;
  if cardinality(p_fact_seq) > 0 then
    insert into outbox
      select lane, seq, event_id, kind, subject, version, type, payload, ${time("at")}, trace
      from unnest(p_fact_lane, p_fact_seq, p_fact_event, p_fact_kind, p_fact_subject, p_fact_version, p_fact_type,
        p_fact_payload, p_fact_at, p_fact_trace) f (lane, seq, event_id, kind, subject, version, type, payload, at, trace);
  end if;`

export const COMMIT = sqlFunction(
  "jaego_commit",
  `(${COMMIT_PARAMETERS.map(([name, type]) => `p_${name} ${type}`).join(", ")})
returns text language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
declare
  v_keys json;
  v_skus text[];
  v_changed uuid[];
  v_places tid[];
  v_states text[];
  v_count bigint;
  v_left bigint;
  v_edit record;
begin
${CONTESTED}
${FENCE}
${STOCK}
${EDITS}
${ORDERS}
${KEYS_AND_FACTS}
  return null;
end
$$`,
)

/** One parameter a column. */
export const COMMIT_STATEMENT = `select ${COMMIT.name}(${COMMIT_PARAMETERS.map((_, index) => `$${index + 1}`).join(", ")})`
