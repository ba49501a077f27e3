/** A shop that has grown at one go, with rows that no statistics say anything of yet. */

/** Of each table. A walk through one, or through one of its indexes, is a hundred pages and more. */
export const ROWS = 40_000

/** Of a lane that nothing else is in. */
export const FACTS = 60_000
export const FACTS_LANE = 7

/** The first of them has not left. */
const LEFT = FACTS - 100

/** Of row `n` of a table, from 1 on. */
export const id = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`
const idOf = "('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"

const each = (table: string, columns: string) =>
  `insert into ${table} select ${columns} from generate_series(1, ${ROWS}) n on conflict do nothing`

/** The statements that fill it. Every fourth order is a till's, every second one is paid, and all of those but the last ones have a shipment; every thousandth has a charge under way. */
export const FILL = [
  `insert into outbox select ${FACTS_LANE}, n, gen_random_uuid(), 'order', gen_random_uuid(), 1, 'jaego.order.placed.v1', '{}', now()
    from generate_series(1, ${FACTS}) n`,
  `update lanes set seq = ${FACTS} where lane = ${FACTS_LANE}`,
  `update relay_cursors set seq = ${LEFT} where lane = ${FACTS_LANE}`,
  each("products", `${idOf}, 'sku ' || n, 'Bread ' || n, 250, 'EUR', null, n % 64, now()`),
  each("stock", `${idOf}, 10, 1, 2`),
  each("movements", `${idOf}, 2, 'reserved', 0, 1, 10, 1, ${idOf}, null, now()`),
  each(
    "orders (id, customer_id, status, total_amount, currency, created_at, expires_at, version, attempt_token, attempt_started_at)",
    `${idOf}, case n % 4 when 2 then 'till' else 'customer ' || n end, case when n % 2 = 1 then 'paid' when n % 1000 in (0, 2) then 'reserved' else 'delivered' end, 250, 'EUR', now(), now() + interval '1 hour', 1,
      case n % 1000 when 0 then 'token' end, case n % 1000 when 0 then now() end`,
  ),
  each(
    "holds",
    `${idOf}, ${idOf}, 0, 'customer ' || n, n % 64, 1, 250, 'EUR', case n % 2 when 0 then 'held' else 'confirmed' end, null`,
  ),
  each("customer_units", `${idOf}, 'customer ' || n, 1`),
  each(
    "idempotency_keys (route, key, fingerprint, order_id, order_status)",
    `'orders', 'key ' || n, ${idOf}, ${idOf}, 'reserved'`,
  ),
  `insert into shipments (order_id, next_attempt_at)
    select id, case when id < '${id(20)}' then now() - interval '1 minute' end from orders
    where status = 'paid' and id < '${id(ROWS - 20)}'`,
  each("timeline", `${idOf}, ${idOf}, 'jaego.order.placed.v1', 1, now(), null`),
  each("consumer_keys", `${idOf}::text, 'shipping', 1`),
  each("inbox", `${idOf}, 'shipping'`),
  each("product_views", `${idOf}, 1`),
  `insert into imports (id, key, mode, dry_run, state, runner, leased_until_ms, received_at_ms)
    values ('${id(1)}', 'key', 'delta', false, 'running', '${id(2)}', 0, 0)`,
  each("import_parts (import_id, part, last_line, amount, content)", `'${id(1)}', n, n, 1, '[]'`),
  each("stock_counts", `${idOf}, '${id(3)}', 1, 1, 1, 1`),
  each("carrier_parcels", `'parcel ' || n, ${idOf}`),
  each("carrier_callbacks (order_id, id)", `${idOf}, 'callback'`),
]
