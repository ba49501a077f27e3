/**
 * Committed orders on Postgres, by primary key. Keyset-paginated.
 *
 * Fails: Unavailable "database".
 */
import { Effect, Layer } from "effect"
import { CommittedOrders } from "../../ports/committed-orders.ts"
import { BEFORE_ALL, jsonRows, pageOf } from "./page.ts"
import { Deciding } from "./reads.ts"
import { ORDER, ORDERS_OF, type OrderJson, orderOf } from "./rows.ts"

const LIST = `select ${ORDER} as row from orders o where o.id > $1::uuid order by o.id limit $2::int`
const OF = `select ${ORDER} as row from ${ORDERS_OF("$1")} o`

export const layer: Layer.Layer<CommittedOrders, never, Deciding> = Layer.effect(
  CommittedOrders,
  Effect.map(Deciding, (reads) => ({
    list: ({ after, limit }) =>
      Effect.map(jsonRows<OrderJson>(reads, LIST, [after ?? BEFORE_ALL, limit + 1]), (rows) =>
        pageOf(rows.map(orderOf), limit, ({ id }) => id),
      ),
    of: (ids) => Effect.map(jsonRows<OrderJson>(reads, OF, [`{${ids.join(",")}}`]), (rows) => rows.map(orderOf)),
  })),
)
