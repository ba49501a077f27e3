/**
 * The order book on Postgres: committed orders with their lines, each list one query. Keyset-paginated.
 *
 * Fails: Unavailable "database".
 */
import { Effect, Layer } from "effect"
import type { OrderId } from "../../domain/ids.ts"
import type { Status } from "../../domain/order.ts"
import { lowest } from "../../ports/ids.ts"
import type { Outlook } from "../../ports/inventory.ts"
import { OrderBook, type OrderFilter } from "../../ports/order-book.ts"
import type { PageRequest } from "../../ports/page.ts"
import { AS_MANY } from "./as-many.ts"
import { jsonRows, pageOf } from "./page.ts"
import { type ShownLists, ShownRows } from "./reads.ts"
import * as Replicas from "./replicas.ts"
import { ms, ORDER, ORDER_OF, type OrderJson, orderOf } from "./rows.ts"

/** So many orders whose holds end next are looked through for one of the product: a few milliseconds at most. */
const NEXT_MAX = 5_000

const OUTLOOK = `select json_build_object('held', coalesce((select reserved from stock where product_id = $1::uuid), 0),
    'nextReleaseAt', (select ${ms("o.expires_at")} from (select id, expires_at from orders
        where status = 'reserved' and attempt_token is null order by expires_at limit ${NEXT_MAX}) o
      where exists (select from holds h where h.order_id = o.id and h.product_id = $1::uuid and h.state = 'held')
      order by o.expires_at limit 1)) as row`

/** The columns are compared in the order of the primary key. */
const OF_KEY = `select to_json(k.order_id) as row from idempotency_keys k
  where k.key = $1::text and k.route = 'orders' and k.order_id is not null`

const GET = `select ${ORDER} as row from ${ORDER_OF("$1::uuid")} o`

/** A page from the beginning is a page after the last of all ids. */
const AFTER_ALL = "ffffffff-ffff-ffff-ffff-ffffffffffff"

/** After all times that are taken or made, ms since 1970: RFC 3339 has four digits for a year. */
const TIMES_END = Date.UTC(10_000, 0)

/** Of all ids, the first. */
const FIRST = "00000000-0000-0000-0000-000000000000"

/**
 * How far the time in an order's id may be after the order's own (ms): ids never go back, so after the clock was set back they are ahead
 * of it for that long. So far beyond `to` a list looks, and further back than this an order may be missing there.
 */
const ID_AHEAD_MS = 1_000

/** The part of a filter that decides the shape of the statement. */
interface Shape {
  readonly customerId: string | null
  readonly status: Status | null
}

const STATUSES: ReadonlyArray<Status> = [
  ...(["reserved", "paid", "shipped", "delivered", "cancelled", "expired", "payment_failed"] as const),
]

/** A hold whose end has passed counts as expired (`Order.statusAt`). $3 is now. */
const LAPSED = "o.status = 'reserved' and o.attempt_token is null and o.expires_at <= to_timestamp($3::float8 / 1000)"

/**
 * Ids begin with the time: the same index ends a list that is bounded by time. What was placed a moment outside is left out: by a
 * `case`, as the planner would take the bounds of both columns for independent, expect next to no rows, and read all of the span.
 */
const BETWEEN = [
  "o.id < $1::uuid",
  "o.id >= $5::uuid",
  `case when o.created_at >= to_timestamp($6::float8 / 1000) and o.created_at < to_timestamp($7::float8 / 1000)
    then true else false end`,
]

/**
 * The newest orders behind $1 that have these values, at most $2. The first column is compared as one of a list of one: by
 * equality alone the planner would see that the list is in the order of ids, read the primary key, and throw away what does
 * not match, which is nearly everything when the customer is a till and the status a rare one. (Compared as a row, PostgreSQL
 * 15 would walk through all that the customer has.)
 */
const inOrder = (columns: ReadonlyArray<readonly [column: string, value: string]>, filter = "true"): string => {
  const equal = columns.map(([column, value], index) =>
    index === 0 ? `o.${column} = any (array[${value}])` : `o.${column} = ${value}`,
  )
  const order = [...columns.map(([column]) => column), "id"].map((column) => `o.${column} desc`)
  return `select o.* from orders o, ${AS_MANY} where ${[...equal, ...BETWEEN, filter].join(" and ")}
    order by ${order.join(", ")} limit $2::int`
}

/** Those that have lapsed and are not ended yet: few, and found by their time. */
const lapsed = (customerId: string | null): string =>
  `select * from (select o.* from orders o, ${AS_MANY} where ${LAPSED} order by o.expires_at offset 0) o
    where ${BETWEEN.join(" and ")}${customerId === null ? "" : " and o.customer_id = $4"} order by o.id desc limit $2::int`

/** The lists to unite, each of which an index gives in order. $4 is the customer. */
const parts = ({ customerId, status }: Shape): ReadonlyArray<string> => {
  const customer = customerId === null ? [] : [["customer_id", "$4"] as const]
  const of = (each: Status, filter?: string) => inOrder([...customer, ["status", `'${each}'`]], filter)
  switch (status) {
    case null:
      return customerId === null ? [inOrder([])] : STATUSES.map((each) => of(each))
    case "reserved":
      return [of(status, `not (${LAPSED})`)]
    case "expired":
      return [of(status), lapsed(customerId)]
    default:
      return [of(status)]
  }
}

export const listQuery = (filter: Shape): string => {
  const united = parts(filter).map((part) => `(${part})`)
  // Parameters are named in every shape of the query, so that all shapes take the same.
  return `select ${ORDER} as row from (${united.join(" union all ")}) o
    where $3::float8 is not null and $4::text is not distinct from $4::text order by o.id desc limit $2::int`
}

type ListRequest = PageRequest<string> & Omit<OrderFilter, "status"> & { readonly now: number }

/** One row more than the page has. */
export const listParameters = ({ after, customerId, from, limit, now, to }: ListRequest): ReadonlyArray<unknown> => {
  const ends = [after, to === null ? null : lowest(to + ID_AHEAD_MS)].filter((end) => end !== null)
  const before = ends.length === 0 ? AFTER_ALL : ends.reduce((a, b) => (a < b ? a : b))
  const least = from === null ? null : lowest(from)
  return [before, limit + 1, String(now), customerId, least ?? FIRST, String(from ?? 0), String(to ?? TIMES_END)]
}

export const layer: Layer.Layer<OrderBook, never, ShownRows | ShownLists> = Layer.effect(
  OrderBook,
  Effect.gen(function* () {
    const rows = yield* ShownRows
    const orders = yield* Replicas.rows
    const lists = yield* Replicas.lists
    return {
      get: (id) =>
        Effect.map(jsonRows<OrderJson>(orders, GET, [id]), ([row]) => (row === undefined ? null : orderOf(row))),
      ofKey: (key) => Effect.map(jsonRows<OrderId>(orders, OF_KEY, [key]), ([id]) => id ?? null),
      outlook: (id) => Effect.map(jsonRows<Outlook>(rows, OUTLOOK, [id]), ([row]) => row!),
      list: (request) =>
        Effect.map(jsonRows<OrderJson>(lists, listQuery(request), listParameters(request)), (found) =>
          pageOf(found.map(orderOf), request.limit, (order) => order.id),
        ),
    }
  }),
)
