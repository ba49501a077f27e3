/**
 * How holds end, in the transaction that ends them: their stock moves under the guard, and what a customer may still buy of
 * a limited product comes back. Every order is whole here: all of its holds end together.
 */
import { Effect } from "effect"
import type { Scope } from "effect/Scope"
import type { SqlError } from "effect/sql/SqlError"
import * as Hold from "../../../domain/hold.ts"
import type { OrderId } from "../../../domain/ids.ts"
import type { HoldChange } from "../../../ports/ledger.ts"
import { move, type Overtaken } from "./guard.ts"
import { type History, record } from "./history.ts"
import * as Statements from "./statements.ts"
import { commit, rollback, type Send, type Statement } from "./transaction.ts"
import { answered, type Deps, type Judged, type Of } from "./verdict.ts"

interface Ended {
  readonly _tag: "Ended"
  readonly stock: History["stock"]
  /** What is still to be written of it. */
  readonly last: ReadonlyArray<Statement>
}

/** Moves the stock of these holds, which are locked, as `ending` says; null: nothing is to be ended. */
export const endHoldsOf: (
  send: Send,
  deps: Deps,
  orderId: OrderId,
  holds: ReadonlyArray<Statements.HeldUnits>,
  ending: Hold.Ending,
) => Effect.Effect<Ended | Overtaken | null, SqlError, Scope> = Effect.fnUntraced(function* (
  send,
  { guard },
  orderId,
  holds,
  ending,
) {
  const endings = holds.flatMap((hold) => {
    const how = Hold.endingOf(hold.state, ending)
    if (how === null) return []
    const { stock, to } = Hold.TRANSITIONS[how]
    return [{ hold, to, ...move(hold.productId, { _tag: stock, quantity: hold.quantity }) }]
  })
  if (endings.length === 0) return null
  const moving = yield* guard.move(send, endings)
  if (moving._tag === "Overtaken") return moving
  if (moving._tag === "Short")
    return yield* Effect.die(new Error(`order ${orderId} has holds that are not in the stock`))
  const { after } = moving
  const stock = endings.map(({ event, productId }) => ({ productId, event, after: after.get(productId)! }))
  const changes = endings.map(
    ({ hold, to }): HoldChange => ({ orderId, productId: hold.productId, from: hold.state, to }),
  )
  const back = endings.filter(
    ({ productId, to }) => !Hold.isCounted(to) && after.get(productId)!.purchaseLimit !== null,
  )
  const units = back.map(({ hold }) => hold)
  const unitsBack = units.length === 0 ? [] : [Statements.giveUnitsBack(units, units[0]!.customerId)]
  return { _tag: "Ended", stock, last: [...unitsBack, Statements.changeHolds(changes)] }
})

const endHoldsIn = Effect.fnUntraced(function* (send: Send, deps: Deps, { ending, orderId }: Of<"EndHolds">) {
  const done = answered({ _tag: "Done" })
  const [rows] = yield* send([Statements.lockHolds(orderId)])
  const ended = yield* endHoldsOf(send, deps, orderId, Statements.holdsIn(rows!), ending)
  if (ended === null) return rollback(done)
  if (ended._tag === "Overtaken") return rollback(ended)
  const history = { at: deps.now(), orderId, stock: ended.stock, order: null }
  return commit([...ended.last, ...record(history, deps.nextId)], done)
})

export const endHolds = (deps: Deps, command: Of<"EndHolds">): Judged =>
  deps.transact((send) => endHoldsIn(send, deps, command))
