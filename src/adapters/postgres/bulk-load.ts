/**
 * Fills an empty database with a generated past: products, and orders that have come to their end. Server-side
 * `insert ... select`, which writes what COPY writes without sending it.
 *
 * A generated order is one unit of one product, placed, and then paid, shipped and delivered, or cancelled, or expired:
 * with its hold, two movements, facts, its shipment and its idempotency key: what a shop of this age has, but for the steps
 * of its timeline. Everything is arithmetic on the order's
 * number, so nothing has to be sorted: order i is the k-th of product p (i = k * products + p), both lie in
 * lane p mod 64, and the order is the j-th of its lane.
 *
 * Its facts have left: the cursors stand at the end. Those older than three days have gone with their partitions.
 *
 * Law: `verify` holds afterwards. One transaction, which takes the lanes first: a running owner is fenced, not surprised.
 * Limits: only into a database without products.
 * Fails: DatabaseUnusable, one line.
 */
import { PgClient, PgConnection } from "@effect/sql-pg"
import { Effect } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import * as Lane from "../../domain/lane.ts"
import { TAKE_LANES } from "./fence-functions.ts"
import { MAKE_PARTITIONS } from "./outbox-functions.ts"
import { describe } from "./sql-failure.ts"
import { DatabaseUnusable } from "./suitability.ts"

export interface Past {
  /** 1 or more. */
  readonly products: number
  /** 0 or more; needs units on hand. */
  readonly orders: number
  /** Units each product began with. */
  readonly onHand: number
  /** The present (ms since 1970); the past ends a day and an hour before. */
  readonly now: number
}

const HOUR_MS = 3_600_000
/** Orders end this long before now: longer than keys are promised to live. */
const GAP_MS = 25 * HOUR_MS
/** They are spread over four weeks. */
const SPAN_MS = 28 * 24 * HOUR_MS
const HOLD_MS = 600_000
/** What a shop keeps in its outbox of facts that have left: today and three whole days. */
const OUTBOX_DAYS = 3
const DAY_MS = 24 * HOUR_MS

/** Facts from before are not written: they would have gone. */
const horizon = ({ now }: Past): number => (Math.floor(now / DAY_MS) - OUTBOX_DAYS) * DAY_MS

/** Whole tables are read and written here: the opposite of what a session of the service is set up for. */
const SETTINGS = {
  statement_timeout: "0",
  enable_seqscan: "on",
  jit: "off",
  work_mem: "256MB",
  maintenance_work_mem: "512MB",
  synchronous_commit: "off",
}

/** A UUIDv7 of a time and a number; `byte` is its last byte, whose low bits are the lane. Equal runs give equal ids. */
const uuid = (ms: string, salt: string, number: string, byte: string) =>
  `(lpad(to_hex(${ms}), 12, '0') || '7' || substr(md5('${salt}' || ${number}), 1, 3) || '8' ||
    substr(md5('${salt}' || ${number}), 4, 13) || lpad(to_hex(${byte}), 2, '0'))::uuid`

const time = (ms: string) => `to_timestamp(${ms} / 1000.0)`
const iso = (ms: string) => `to_char(${time(ms)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

const GENERATED_PRODUCTS = ({ products, now }: Past) => `
create temporary table generated_products as
select p, ${now - GAP_MS - SPAN_MS - products} + p as ms, (p % ${Lane.COUNT})::smallint as lane, 100 + p % 9900 as price,
  ${uuid(`${now - GAP_MS - SPAN_MS - products} + p`, "product ", "p", "p % 256")} as id
from generate_series(0::bigint, ${products - 1}) p`

/** Whether the k-th order of a product was paid depends on k alone: all but the 4th and 8th of ten. */
const sold = (k: string) => `(case when ${k} % 10 in (3, 7) then 0 else 1 end)`
/** How many of those before it were. */
const soldBefore = (k: string) => `(${k} - (${k} + 6) / 10 - (${k} + 2) / 10)`

/** An order has four facts; one that was paid has two more, and so have all of its row, whatever their product. */
const GENERATED_ORDERS = ({ orders, products, now }: Past) => `
create temporary table generated_orders as
select *, '","customerId":"' || customer || '","lines":[{"productId":"' || product_id
    || '","quantity":1,"unitPrice":{"amount":' || price || ',"currency":"EUR"}}],"total":{"amount":' || price
    || ',"currency":"EUR"},"createdAt":"' || ${iso("ms")} || '","expiresAt":"' || ${iso(`(ms + ${HOLD_MS})`)} || '"' as terms
from (
  select o.i, o.k, p.lane, p.price, o.ms, p.id as product_id, 'customer-' || o.i % ${Math.max(1, Math.floor(orders / 10))} as customer,
    ${uuid("o.ms", "order ", "o.i", `(o.i / ${Lane.COUNT}) % 4 * ${Lane.COUNT} + p.lane`)} as id,
    case o.k % 10 when 3 then 'cancelled' when 7 then 'expired' else 'paid' end as status,
    case o.k % 10 when 3 then 'released' when 7 then 'expired' else 'confirmed' end as ending,
    case o.k % 10 when 7 then o.ms + ${HOLD_MS} else o.ms + 1 end as ended,
    ${sold("o.k")} as sold,
    ${soldBefore("o.k")} as sold_before,
    ${inLane(products)} * (1 + 4 * o.k + 2 * ${soldBefore("o.k")})
      + o.p / ${Lane.COUNT} * (4 + 2 * ${sold("o.k")}) as seq
  from (
    select i, i / ${products} as k, i % ${products} as p, ${now - GAP_MS - SPAN_MS} + i * ${SPAN_MS} / ${orders} as ms
    from generate_series(0::bigint, ${orders - 1}) i) o
  join generated_products p on p.p = o.p
  order by o.i) o`

/** How many of the first `count` numbers lie in lane `p.lane`. */
const inLane = (count: number, lane = "p.lane") => `((${count} - ${lane} + ${Lane.COUNT - 1}) / ${Lane.COUNT})`

const PARTITIONS = (past: Past) => {
  const [from, to] = [horizon(past), past.now].map((ms) => `(${time(String(ms))} at time zone 'UTC')::date`)
  return `select ${MAKE_PARTITIONS.name}(${from}, ${to})`
}

const PRODUCTS = (past: Past) => {
  const { onHand } = past
  return [
    `insert into products
   select id, 'GEN-' || lpad(p::text, 9, '0'), 'Generated product ' || p, price, 'EUR', null, lane, ${time("ms")}
   from generated_products`,
    `insert into movements
   select id, 1, 'created', ${onHand}, 0, ${onHand}, 0, null, null, ${time("ms")} from generated_products`,
    `insert into outbox
   select lane, p / ${Lane.COUNT} + 1, md5('created ' || p)::uuid, 'stock', id, 1, 'jaego.stock.created.v1',
     ${stockPayload({ product: "id", version: "1", onHand: String(onHand), reserved: "0", onHandDelta: String(onHand), reservedDelta: "0", order: null })},
     ${time("ms")}
   from generated_products where ms >= ${horizon(past)}`,
  ]
}

const STOCK = ({ onHand, orders, products }: Past) => {
  const k = `(${Math.floor(orders / products)} + (p < ${orders % products})::int)`
  return `insert into stock
    select id, ${onHand} - ${soldBefore(k)}, 0, 1 + 2 * ${k} from generated_products`
}

const ORDERS = (past: Past) => {
  const { onHand } = past
  return [
    `insert into orders (id, customer_id, status, total_amount, currency, created_at, expires_at, version)
   select id, customer, case status when 'paid' then 'delivered' else status end, price, 'EUR', ${time("ms")},
     ${time(`(ms + ${HOLD_MS})`)}, 2 + 2 * sold
   from generated_orders`,
    `insert into shipments (order_id, state, attempts, first_attempt_at, tracking_id)
   select id, 'delivered', 1, ${time("ended")}, 'GEN-' || i from generated_orders where sold = 1`,
    `insert into holds
   select id, product_id, 0, customer, lane, 1, price, 'EUR',
     case status when 'paid' then 'confirmed' when 'cancelled' then 'released' else 'expired' end, null
   from generated_orders`,
    `insert into idempotency_keys
   select 'orders', 'generated-' || i, md5('request ' || i)::uuid, id, case status when 'paid' then 'paid' else 'reserved' end,
     null, ${time("ms")}
   from generated_orders`,
    `insert into movements
   select o.product_id, m.* from generated_orders o, lateral (values
     (2 * k + 2, 'reserved', 0, 1, ${onHand} - sold_before, 1, o.id, null, ${time("ms")}),
     (2 * k + 3, ending, -sold, -1, ${onHand} - sold_before - sold, 0, o.id, null, ${time("ended")})) m`,
    `insert into outbox
   select o.lane, o.seq + f.n, md5(f.n || ' of ' || o.i)::uuid, f.kind, f.subject, f.version, f.type, f.payload, f.at
   from generated_orders o, lateral (values
     (1, 'stock', product_id, 2 * k + 2, 'jaego.stock.reserved.v1', ${stockPayload({ product: "product_id", version: "2 * k + 2", onHand: `${onHand} - sold_before`, reserved: "1", onHandDelta: "0", reservedDelta: "1", order: "id" })}, ${time("ms")}),
     (2, 'order', id, 1, 'jaego.order.placed.v1', ${orderPayload("1", "'reserved'")}, ${time("ms")}),
     (3, 'stock', product_id, 2 * k + 3, 'jaego.stock.' || ending || '.v1', ${stockPayload({ product: "product_id", version: "2 * k + 3", onHand: `${onHand} - sold_before - sold`, reserved: "0", onHandDelta: "-sold", reservedDelta: "-1", order: "id" })}, ${time("ended")}),
     (4, 'order', id, 2, 'jaego.order.' || status || '.v1', ${orderPayload("2", "status")}, ${time("ended")}),
     (5, 'order', id, 3, 'jaego.order.shipped.v1', ${orderPayload("3", "'shipped'")}, ${time("(ended + 1)")}),
     (6, 'order', id, 4, 'jaego.order.delivered.v1', ${orderPayload("4", "'delivered'")}, ${time("(ended + 2)")}))
     f (n, kind, subject, version, type, payload, at)
   where f.n <= 4 + 2 * o.sold and o.ended >= ${horizon(past)} and f.at >= ${time(String(horizon(past)))}`,
  ]
}

const LANES = ({ orders, products }: Past) => `
update lanes l set seq = seq + ${inLane(products, "l.lane")}
  + ${inLane(products, "l.lane")} * (4 * ${rows({ orders, products })} + 2 * ${soldBefore(String(rows({ orders, products })))})
  + ${inLane(orders % products, "l.lane")} * (4 + 2 * ${sold(String(rows({ orders, products })))})`

/** How many orders every product has had; some have had one more. */
const rows = ({ orders, products }: Pick<Past, "orders" | "products">): number => Math.floor(orders / products)

/** Everything has left, and what is not there has gone. */
const LEFT = (past: Past) => [
  "update relay_cursors c set seq = l.seq from lanes l where l.lane = c.lane",
  `insert into outbox_dropped
   select 'the generated past', ${time(String(horizon(past)))}, l.lane, l.seq - coalesce(f.facts, 0)
   from lanes l left join (select lane, count(*) as facts from outbox group by lane) f on f.lane = l.lane
   where l.seq > coalesce(f.facts, 0)`,
]

interface StockWords {
  readonly product: string
  readonly version: string
  readonly onHand: string
  readonly reserved: string
  readonly onHandDelta: string
  readonly reservedDelta: string
  readonly order: string | null
}

/** As the owner of a product writes it, member by member. */
function stockPayload({ product, version, onHand, reserved, onHandDelta, reservedDelta, order }: StockWords): string {
  const orderId = order === null ? "null" : `"' || ${order} || '"`
  return `'{"productId":"' || ${product} || '","version":' || (${version}) || ',"onHand":' || (${onHand}) || ',"reserved":${reserved}'
    || ',"available":' || (${onHand} - ${reserved}) || ',"onHandDelta":' || (${onHandDelta}) || ',"reservedDelta":${reservedDelta}'
    || ',"orderId":${orderId},"reason":null}'`
}

/** As the home of an order writes it. */
function orderPayload(version: string, status: string): string {
  return `'{"id":"' || id || '","version":${version},"status":"' || ${status} || terms
    || case ${status} when 'cancelled' then ',"reason":null}' else '}' end`
}

/** What is filled in the order it is listed, each with the statements that fill it. */
const stages = (past: Past): ReadonlyArray<readonly [string, ReadonlyArray<string>]> => [
  [
    "products",
    [
      PARTITIONS(past),
      GENERATED_PRODUCTS(past),
      "analyze generated_products",
      ...PRODUCTS(past),
      STOCK(past),
      LANES(past),
    ],
  ],
  ...(past.orders === 0
    ? []
    : ([["orders", [GENERATED_ORDERS(past), "analyze generated_orders", ...ORDERS(past)]]] as const)),
  ["facts that have left", LEFT(past)],
]

const TABLES = [
  "products",
  "stock",
  "orders",
  "holds",
  "idempotency_keys",
  "movements",
  "outbox",
  "shipments",
  "lanes",
  "relay_cursors",
]

/** `begins` is called with each stage. */
export const fill = (
  past: Past,
  begins: (stage: string) => Effect.Effect<void>,
): Effect.Effect<void, DatabaseUnusable, PgClient.PgClient> =>
  Effect.gen(function* () {
    const { config } = yield* PgClient.PgClient
    const connection = yield* PgConnection.make({
      ...config,
      multiplex: false,
      startupParameters: { ...config.startupParameters, ...SETTINGS },
    })
    const run = (statement: string) => connection.query(statement, [], false)
    yield* run("begin")
    yield* run(`select * from ${TAKE_LANES.name}()`)
    const { rows } = yield* run("select exists(select from products) as found")
    if (rows[0]!["found"] === true)
      return yield* new DatabaseUnusable({ message: "only an empty database can be filled: this one has products" })
    for (const [stage, statements] of stages(past)) {
      yield* begins(stage)
      for (const statement of statements) yield* run(statement)
    }
    yield* run("drop table if exists generated_orders, generated_products")
    yield* run("commit")
    yield* begins("statistics")
    // Now, once, and not by autovacuum when work has begun.
    for (const table of TABLES) yield* run(`vacuum (analyze) ${table}`)
  }).pipe(
    Effect.scoped,
    Effect.catchTag("SqlError", (error: SqlError) =>
      Effect.fail(new DatabaseUnusable({ message: `the database could not be filled: ${describe(error)}` })),
    ),
  )
