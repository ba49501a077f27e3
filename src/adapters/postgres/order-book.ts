/**
 * The order book on Postgres: committed orders with their lines, each list one query. Keyset-paginated.
 *
 * Fails: Unavailable "database".
 */
import type { PgPool } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import * as Hold from "../../domain/hold.ts"
import type { OrderId } from "../../domain/ids.ts"
import type { Status } from "../../domain/order.ts"
import type { Unavailable } from "../../ports/failures.ts"
import { OrderBook, type Unsettled } from "../../ports/order-book.ts"
import type { Page } from "../../ports/page.ts"
import { jsonRows, jsonWrite, pageOf } from "./page.ts"
import { Deciding, type Reads, ShownLists, ShownRows } from "./reads.ts"
import { ORDER, type OrderJson, orderOf } from "./rows.ts"
import { Writes } from "./writing-pool.ts"

const GET = `select ${ORDER} as row from orders o where o.id = $1::uuid`

/** The whole range of ids: a page from the beginning is a page after the end of it. */
const AFTER_ALL = "ffffffff-ffff-ffff-ffff-ffffffffffff"
const BEFORE_ALL = "00000000-0000-0000-0000-000000000000"

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

export const layer: Layer.Layer<OrderBook, never, ShownRows | ShownLists | Deciding | Writes> = Layer.effect(
  OrderBook,
  Effect.gen(function* () {
    const rows = yield* ShownRows
    const lists = yield* ShownLists
    const deciding = yield* Deciding
    const writes = yield* Writes
    return {
      get: (id) =>
        Effect.map(jsonRows<OrderJson>(rows, GET, [id]), ([row]) => (row === undefined ? null : orderOf(row))),
      list: ({ after, customerId, limit, now, status }) =>
        jsonRows<OrderJson>(lists, listQuery({ customerId, status }), [
          after ?? AFTER_ALL,
          limit + 1,
          String(now),
          customerId,
        ]).pipe(Effect.map((found) => pageOf(found.map(orderOf), limit, (order) => order.id))),
      unsettled: ({ after, limit }) => unsettled(deciding, writes, after, limit),
    }
  }),
)

interface UnsettledJson {
  readonly order: OrderJson
  readonly elsewhere: boolean
  /** Null: the order has none on other workers that are still to be ended. */
  readonly holds: ReadonlyArray<Pick<Hold.Hold, "productId" | "state">> | null
}

const UNSETTLED = `select json_build_object('order', ${ORDER}, 'elsewhere', o.elsewhere, 'holds', case when o.elsewhere then (
    select json_agg(json_build_object('productId', h.product_id, 'state', h.state) order by h.line_no)
    from holds h where h.order_id = o.id) end) as row
  from orders o
  where (o.attempt_token is not null or o.refund = 'due' or o.elsewhere) and o.id > $1::uuid
  order by o.id limit $2::int`

const unsettled: (
  reads: Reads,
  writes: PgPool.PgPool,
  after: OrderId | null,
  limit: number,
) => Effect.Effect<Page<Unsettled, OrderId>, Unavailable> = Effect.fnUntraced(function* (reads, writes, after, limit) {
  const rows = yield* jsonRows<UnsettledJson>(reads, UNSETTLED, [after ?? BEFORE_ALL, limit + 1])
  const page = pageOf(rows, limit, (row) => row.order.id)
  const found = page.rows.map((row) => ({ row, unsettled: unsettledOf(row) }))
  const ended = found.filter(({ row, unsettled }) => row.elsewhere && unsettled.elsewhere.length === 0)
  if (ended.length > 0)
    yield* clearElsewhere(
      writes,
      ended.map(({ row }) => row.order),
    )
  return { rows: found.map(({ unsettled }) => unsettled).filter(isOpen), next: page.next }
})

const NONE_LEFT = { elsewhere: [], ending: null }

const unsettledOf = ({ holds, order }: UnsettledJson): Unsettled => {
  const { elsewhere, ending } = Hold.leftOver(order.status, holds ?? []) ?? NONE_LEFT
  return { order: orderOf(order), elsewhere, ending }
}

const isOpen = ({ elsewhere, order }: Unsettled): boolean =>
  elsewhere.length > 0 ||
  (order.status === "reserved" && order.attempt !== null) ||
  ("refund" in order && order.refund === "due")

/** The flag's work is done. The version guards against a newer change, whose holds are still to be ended. */
const clearElsewhere = (writes: PgPool.PgPool, orders: ReadonlyArray<OrderJson>) =>
  jsonWrite(
    writes,
    `update orders o set elsewhere = false from unnest($1::uuid[], $2::bigint[]) w (id, version)
      where o.id = w.id and o.version = w.version returning null as row`,
    [`{${orders.map(({ id }) => id).join(",")}}`, `{${orders.map(({ version }) => version).join(",")}}`],
  )
