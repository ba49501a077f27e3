/**
 * Unsettled orders on Postgres, by a partial index of those that may be. Keyset-paginated.
 *
 * Fails: Unavailable "database".
 */
import type { PgPool } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import * as Hold from "../../domain/hold.ts"
import type { OrderId } from "../../domain/ids.ts"
import type { Unavailable } from "../../ports/failures.ts"
import type { Page } from "../../ports/page.ts"
import { type Unsettled, UnsettledOrders } from "../../ports/unsettled.ts"
import { newest } from "./newest.ts"
import { BEFORE_ALL, jsonRows, jsonWrite, pageOf } from "./page.ts"
import { Deciding, type Reads } from "./reads.ts"
import { ORDER, type OrderJson, orderOf } from "./rows.ts"
import { Writes } from "./writing-pool.ts"

interface UnsettledJson {
  readonly order: OrderJson
  readonly elsewhere: boolean
  /** Null: the order has none on other workers that are still to be ended. */
  readonly holds: ReadonlyArray<Pick<Hold.Hold, "productId" | "state">> | null
}

export const UNSETTLED = `select json_build_object('order', ${ORDER}, 'elsewhere', o.elsewhere, 'holds', case when o.elsewhere then (
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
    `update orders o set elsewhere = false from unnest($1::uuid[], $2::bigint[]) w (id, version),
        lateral (${newest("orders", "id", "w.id")}) live
      where o.ctid = live.ctid and o.version = w.version returning null as row`,
    [`{${orders.map(({ id }) => id).join(",")}}`, `{${orders.map(({ version }) => version).join(",")}}`],
  )

export const layer: Layer.Layer<UnsettledOrders, never, Deciding | Writes> = Layer.effect(
  UnsettledOrders,
  Effect.gen(function* () {
    const reads = yield* Deciding
    const writes = yield* Writes
    return { list: ({ after, limit }) => unsettled(reads, writes, after, limit) }
  }),
)
