/**
 * The order book on Postgres: committed orders with their lines, each list one query. Keyset-paginated.
 *
 * Fails: Unavailable "database".
 */
import { Effect, Layer } from "effect"
import type { OrderId, ProductId } from "../../domain/ids.ts"
import type { Ending, Status } from "../../domain/order.ts"
import type { Unavailable } from "../../ports/failures.ts"
import type { HoldState } from "../../ports/ledger.ts"
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
  readonly open: ReadonlyArray<{ readonly productId: ProductId; readonly state: HoldState }> | null
}

const UNSETTLED = `select json_build_object('order', ${ORDER}, 'elsewhere', o.elsewhere, 'open', case when o.elsewhere then (
    select json_agg(json_build_object('productId', h.product_id, 'state', h.state) order by h.line_no)
    from holds h where h.order_id = o.id and h.state in ('held', 'confirmed')) end) as row
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
  const found = page.rows.map((row) => ({ row, unsettled: { order: orderOf(row.order), ...openHolds(row) } }))
  const ended = found.filter(({ row, unsettled }) => row.elsewhere && unsettled.elsewhere.length === 0)
  if (ended.length > 0)
    yield* clearElsewhere(
      reads,
      ended.map(({ row }) => row.order),
    )
  return { rows: found.map(({ unsettled }) => unsettled).filter(isOpen), next: page.next }
})

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

/** Which holds are not as their order's status wants them, and how they end. Units that had left come back first. */
const openHolds = ({ open, order }: UnsettledJson): Pick<Unsettled, "elsewhere" | "ending"> => {
  const inState = (state: HoldState) =>
    (open ?? []).filter((hold) => hold.state === state).map((hold) => hold.productId)
  const end = (elsewhere: ReadonlyArray<ProductId>, ending: Ending) =>
    elsewhere.length === 0 ? { elsewhere, ending: null } : { elsewhere, ending }
  const held = inState("held")
  switch (order.status) {
    case "reserved":
      return { elsewhere: [], ending: null }
    case "paid":
    case "shipped":
    case "delivered":
      return end(held, "confirm")
    case "payment_failed":
      return end(held, "release")
    case "expired":
      return end(held, "expire")
    case "cancelled": {
      const confirmed = inState("confirmed")
      return confirmed.length > 0 ? end(confirmed, "restock") : end(held, "release")
    }
  }
}
