/**
 * The order book on Postgres: committed orders with their lines, each list one query. Keyset-paginated.
 *
 * Fails: Unavailable "database".
 */
import { Effect, Layer } from "effect"
import * as Hold from "../../domain/hold.ts"
import type { OrderId } from "../../domain/ids.ts"
import type { Status } from "../../domain/order.ts"
import type { Unavailable } from "../../ports/failures.ts"
import { OrderBook, type Unsettled } from "../../ports/order-book.ts"
import type { Page } from "../../ports/page.ts"
import { jsonRows, pageOf } from "./page.ts"
import { Reads } from "./reads.ts"
import { ORDER, type OrderJson, orderOf } from "./rows.ts"

const GET = `select ${ORDER} as row from orders o where o.id = $1::uuid`

/** The whole range of ids: a page from the beginning is a page after the end of it. */
const AFTER_ALL = "ffffffff-ffff-ffff-ffff-ffffffffffff"
const BEFORE_ALL = "00000000-0000-0000-0000-000000000000"

interface Filter {
  readonly customerId: string | null
  readonly status: Status | null
}

/** A hold whose end has passed counts as expired (`Order.statusAt`). $3 is now. */
const LAPSED = "o.status = 'reserved' and o.attempt_token is null and o.expires_at <= to_timestamp($3::float8 / 1000)"

/** The conditions to unite, each of which an index answers in order. $4 is the customer. */
const conditions = ({ customerId, status }: Filter): ReadonlyArray<string> => {
  const customer = customerId === null ? "" : " and o.customer_id = $4"
  switch (status) {
    case null:
      return [`true${customer}`]
    case "reserved":
      return [`o.status = 'reserved' and not (${LAPSED})${customer}`]
    case "expired":
      return [`o.status = 'expired'${customer}`, `${LAPSED}${customer}`]
    default:
      return [`o.status = '${status}'${customer}`]
  }
}

const listQuery = (filter: Filter): string => {
  const parts = conditions(filter).map(
    (condition) => `(select * from orders o where o.id < $1::uuid and ${condition} order by o.id desc limit $2::int)`,
  )
  // Parameters are named in every shape of the query, so that all shapes take the same.
  return `select ${ORDER} as row from (${parts.join(" union all ")}) o
    where $3::float8 is not null and $4::text is not distinct from $4::text order by o.id desc limit $2::int`
}

export const layer: Layer.Layer<OrderBook, never, Reads> = Layer.effect(
  OrderBook,
  Effect.map(Reads, (reads) => ({
    get: (id) =>
      Effect.map(jsonRows<OrderJson>(reads, GET, [id]), ([row]) => (row === undefined ? null : orderOf(row))),
    list: ({ after, customerId, limit, now, status }) =>
      jsonRows<OrderJson>(reads, listQuery({ customerId, status }), [
        after ?? AFTER_ALL,
        limit + 1,
        String(now),
        customerId,
      ]).pipe(Effect.map((rows) => pageOf(rows.map(orderOf), limit, (order) => order.id))),
    unsettled: ({ after, limit }) => unsettled(reads, after, limit),
  })),
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
  reads: Reads["Service"],
  after: OrderId | null,
  limit: number,
) => Effect.Effect<Page<Unsettled, OrderId>, Unavailable> = Effect.fnUntraced(function* (reads, after, limit) {
  const rows = yield* jsonRows<UnsettledJson>(reads, UNSETTLED, [after ?? BEFORE_ALL, limit + 1])
  const page = pageOf(rows, limit, (row) => row.order.id)
  const found = page.rows.map((row) => ({ row, unsettled: unsettledOf(row) }))
  const ended = found.filter(({ row, unsettled }) => row.elsewhere && unsettled.elsewhere.length === 0)
  if (ended.length > 0)
    yield* clearElsewhere(
      reads,
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
const clearElsewhere = (reads: Reads["Service"], orders: ReadonlyArray<OrderJson>) =>
  jsonRows(
    reads,
    `update orders o set elsewhere = false from unnest($1::uuid[], $2::bigint[]) w (id, version)
      where o.id = w.id and o.version = w.version returning null as row`,
    [`{${orders.map(({ id }) => id).join(",")}}`, `{${orders.map(({ version }) => version).join(",")}}`],
  )
