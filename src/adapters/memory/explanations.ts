/** Explanations in memory. The commit of a fact is not kept: there is no batch. */
import { Effect, Layer } from "effect"
import * as Lane from "../../domain/lane.ts"
import type { Order } from "../../domain/order.ts"
import { type ExplainedLine, Explanations } from "../../ports/explanations.ts"
import * as Store from "./store.ts"

const ENDED: ReadonlyArray<Order["status"]> = ["cancelled", "expired", "payment_failed"]

/** Of orders that have ended the end is not kept: their units are left out. */
const countedOf = (store: Store.Tables, { createdAt, customerId }: Order, productId: string): number =>
  [...store.orders.values()]
    .filter((each) => each.customerId === customerId && each.createdAt <= createdAt && !ENDED.includes(each.status))
    .flatMap(({ lines }) => lines)
    .reduce((sum, line) => sum + (line.productId === productId ? line.quantity : 0), 0)

const linesOf = (store: Store.Tables, order: Order): ReadonlyArray<ExplainedLine & { readonly at: number }> =>
  order.lines.flatMap(({ productId, quantity }) => {
    const movement = store.movements.get(productId)?.find(({ orderId }) => orderId === order.id)
    if (movement === undefined) return []
    const { at, onHand, onHandDelta, reserved, reservedDelta, version } = movement
    const before = { onHand: onHand - onHandDelta, reserved: reserved - reservedDelta }
    const ended = store.productVersions.get(productId)?.find(({ stockVersion }) => stockVersion >= version)?.product
    const limit = (ended ?? store.products.get(productId))?.purchaseLimit ?? null
    const counted = countedOf(store, order, productId)
    return [
      {
        productId,
        lane: Lane.of(productId),
        quantity,
        version,
        before,
        after: { onHand, reserved },
        limit,
        counted,
        at,
      },
    ]
  })

export const make = (store: Store.Tables): Explanations["Service"] => ({
  order: (orderId) =>
    Effect.sync(() => {
      const order = store.orders.get(orderId)
      const lines = order === undefined ? [] : linesOf(store, order)
      if (lines.length === 0) return null
      const fact = store.facts.find(({ subject, subjectVersion }) => subject === orderId && subjectVersion === 1)
      return {
        orderId,
        lane: Lane.of(orderId),
        seq: fact?.seq ?? null,
        batch: null,
        decidedAt: Math.max(...lines.map(({ at }) => at)),
        committedAt: null,
        trace: fact?.trace ?? null,
        lines: lines.map(({ at: _, ...line }) => line),
      }
    }),
})

export const layer: Layer.Layer<Explanations, never, Store.Store> = Layer.effect(
  Explanations,
  Effect.map(Store.Store, make),
)
