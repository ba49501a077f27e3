/**
 * How holds end, in the transaction that ends them: their stock moves by the guarded update, and what a customer may still
 * buy of a limited product comes back. Every order is whole here: all of its holds end together.
 */
import { Effect } from "effect"
import type { OrderId } from "../../../domain/ids.ts"
import type { Event as StockEvent } from "../../../domain/stock.ts"
import type { HoldChange, HoldState } from "../../../ports/ledger.ts"
import { answered, type Coming, type Desk, type Of } from "./commands.ts"
import { record } from "./history.ts"
import * as Statements from "./statements.ts"
import { commit, rollback, type Send } from "./transaction.ts"

interface HoldEnding {
  readonly to: HoldState
  readonly event: (quantity: number) => StockEvent
}

const gone = (type: "released" | "expired", to: HoldState): HoldEnding => ({
  to,
  event: (quantity) => ({ type, onHand: 0, reserved: -quantity, reason: null }),
})
const RELEASED = gone("released", "released")
const EXPIRED = gone("expired", "expired")
const CONFIRMED: HoldEnding = {
  to: "confirmed",
  event: (quantity) => ({ type: "confirmed", onHand: -quantity, reserved: -quantity, reason: null }),
}
const RETURNED: HoldEnding = {
  to: "returned",
  event: (quantity) => ({ type: "restocked", onHand: quantity, reserved: 0, reason: null }),
}

/**
 * How a hold in this state is to end; null: it has ended already. A paid order may be cancelled before the hold of another
 * worker was confirmed (by whoever ran before us): those units have not left, they are released.
 */
const endingOf = (state: HoldState, ending: Of<"EndHolds">["ending"]): HoldEnding | null => {
  const tentative = state === "tentative"
  const live = state === "held"
  switch (ending) {
    case "drop":
      return tentative ? RELEASED : null
    case "lapse":
      return tentative ? EXPIRED : null
    case "confirm":
      return live ? CONFIRMED : null
    case "release":
      return live ? RELEASED : null
    case "expire":
      return live ? EXPIRED : null
    case "restock":
      return state === "confirmed" ? RETURNED : live ? RELEASED : null
  }
}

/** Moves the stock of these holds as `ending` says; they are locked. */
export const endHoldsOf = Effect.fnUntraced(function* (
  send: Send,
  orderId: OrderId,
  holds: ReadonlyArray<Statements.Hold>,
  ending: Of<"EndHolds">["ending"],
) {
  const endings = holds.flatMap((each) => {
    const how = endingOf(each.state, ending)
    return how === null ? [] : [{ each, how, productId: each.productId, event: how.event(each.quantity) }]
  })
  if (endings.length === 0) return null
  const rows = yield* send(Statements.move(endings))
  const moved = Statements.movedIn(rows.at(-1)!)
  if (moved.size < endings.length)
    return yield* Effect.die(new Error(`order ${orderId} has holds that are not in the stock`))
  const stock = endings.map(({ event, productId }) => ({ productId, event, after: moved.get(productId)! }))
  const changes = endings.map(
    ({ each, how }): HoldChange => ({ orderId, productId: each.productId, from: each.state, to: how.to }),
  )
  const back = endings.filter(({ how, productId }) => how !== CONFIRMED && moved.get(productId)!.purchaseLimit !== null)
  const units =
    back.length === 0
      ? []
      : [
          Statements.giveUnitsBack(
            back.map(({ each }) => each),
            back[0]!.each.customerId,
          ),
        ]
  return { stock, last: [...units, Statements.changeHolds(changes)] }
})

const endHoldsIn = Effect.fnUntraced(function* (send: Send, desk: Desk, { ending, orderId }: Of<"EndHolds">) {
  const done = answered({ _tag: "Done" })
  const [rows] = yield* send([Statements.lockHolds(orderId)])
  const ended = yield* endHoldsOf(send, orderId, Statements.holdsIn(rows!), ending)
  if (ended === null) return rollback(done)
  const history = { at: desk.now(), orderId, stock: ended.stock, order: null }
  return commit([...ended.last, ...record(history, desk.nextId)], done)
})

export const endHolds = (desk: Desk, command: Of<"EndHolds">): Coming =>
  desk.transact((send) => endHoldsIn(send, desk, command))
