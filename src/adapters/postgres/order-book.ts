/**
 * The order book on Postgres: committed orders with their lines, each list one query. Keyset-paginated.
 *
 * Fails: Unavailable "database".
 */
import { Effect, Layer } from "effect"
import type { Status } from "../../domain/order.ts"
import type { Outlook } from "../../ports/inventory.ts"
import { OrderBook } from "../../ports/order-book.ts"
import { jsonRows, pageOf } from "./page.ts"
import { ShownLists, ShownRows } from "./reads.ts"
import { ms, ORDER, type OrderJson, orderOf } from "./rows.ts"

/** So many orders whose holds end next are looked through for one of the product: a few milliseconds at most. */
const NEXT_MAX = 5_000

const OUTLOOK = `select json_build_object('held', coalesce((select reserved from stock where product_id = $1::uuid), 0),
    'nextReleaseAt', (select ${ms("o.expires_at")} from (select id, expires_at from orders
        where status = 'reserved' and attempt_token is null order by expires_at limit ${NEXT_MAX}) o
      where exists (select from holds h where h.order_id = o.id and h.product_id = $1::uuid and h.state = 'held')
      order by o.expires_at limit 1)) as row`

const GET = `select ${ORDER} as row from orders o where o.id = $1::uuid`

/** A page from the beginning is a page after the last of all ids. */
const AFTER_ALL = "ffffffff-ffff-ffff-ffff-ffffffffffff"

interface Filter {
  readonly customerId: string | null
  readonly status: Status | null
}

const STATUSES: ReadonlyArray<Status> = [
  ...(["reserved", "paid", "shipped", "delivered", "cancelled", "expired", "payment_failed"] as const),
]

/** A hold whose end has passed counts as expired (`Order.statusAt`). $3 is now. */
const LAPSED = "o.status = 'reserved' and o.attempt_token is null and o.expires_at <= to_timestamp($3::float8 / 1000)"

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
  return `select * from orders o where ${[...equal, "o.id < $1::uuid", filter].join(" and ")}
    order by ${order.join(", ")} limit $2::int`
}

/** Those that have lapsed and are not ended yet: few, and found by their time. */
const lapsed = (customerId: string | null): string =>
  `select * from (select * from orders o where ${LAPSED} offset 0) o
    where o.id < $1::uuid${customerId === null ? "" : " and o.customer_id = $4"} order by o.id desc limit $2::int`

/** The lists to unite, each of which an index gives in order. $4 is the customer. */
const parts = ({ customerId, status }: Filter): ReadonlyArray<string> => {
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

export const listQuery = (filter: Filter): string => {
  const united = parts(filter).map((part) => `(${part})`)
  // Parameters are named in every shape of the query, so that all shapes take the same.
  return `select ${ORDER} as row from (${united.join(" union all ")}) o
    where $3::float8 is not null and $4::text is not distinct from $4::text order by o.id desc limit $2::int`
}

export const layer: Layer.Layer<OrderBook, never, ShownRows | ShownLists> = Layer.effect(
  OrderBook,
  Effect.gen(function* () {
    const rows = yield* ShownRows
    const lists = yield* ShownLists
    return {
      get: (id) =>
        Effect.map(jsonRows<OrderJson>(rows, GET, [id]), ([row]) => (row === undefined ? null : orderOf(row))),
      outlook: (id) => Effect.map(jsonRows<Outlook>(rows, OUTLOOK, [id]), ([row]) => row!),
      list: ({ after, customerId, limit, now, status }) =>
        jsonRows<OrderJson>(lists, listQuery({ customerId, status }), [
          after ?? AFTER_ALL,
          limit + 1,
          String(now),
          customerId,
        ]).pipe(Effect.map((found) => pageOf(found.map(orderOf), limit, (order) => order.id))),
    }
  }),
)
