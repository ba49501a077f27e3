/**
 * How holds end, in the transaction that ends them: their stock moves by the guarded update, and what a customer may still
 * buy of a limited product comes back. Every order is whole here: all of its holds end together.
 */
import { Effect } from "effect"
import * as Hold from "../../../domain/hold.ts"
import type { OrderId } from "../../../domain/ids.ts"
import * as Stock from "../../../domain/stock.ts"
import type { HoldChange } from "../../../ports/ledger.ts"
import { answered, type Coming, type Desk, type Of } from "./commands.ts"
import { record } from "./history.ts"
import * as Statements from "./statements.ts"
import { commit, rollback, type Send } from "./transaction.ts"

/** Moves the stock of these holds as `ending` says; they are locked. */
export const endHoldsOf = Effect.fnUntraced(function* (
  send: Send,
  orderId: OrderId,
  holds: ReadonlyArray<Statements.HeldUnits>,
  ending: Hold.Ending,
) {
  const endings = holds.flatMap((each) => {
    const how = Hold.endingOf(each.state, ending)
    if (how === null) return []
    const { stock, to } = Hold.TRANSITIONS[how]
    return [{ each, to, productId: each.productId, event: Stock.eventOf({ _tag: stock, quantity: each.quantity }) }]
  })
  if (endings.length === 0) return null
  const rows = yield* send(Statements.move(endings))
  const moved = Statements.movedIn(rows.at(-1)!)
  if (moved.size < endings.length)
    return yield* Effect.die(new Error(`order ${orderId} has holds that are not in the stock`))
  const stock = endings.map(({ event, productId }) => ({ productId, event, after: moved.get(productId)! }))
  const changes = endings.map(
    ({ each, to }): HoldChange => ({ orderId, productId: each.productId, from: each.state, to }),
  )
  const back = endings.filter(
    ({ productId, to }) => !Hold.isCounted(to) && moved.get(productId)!.purchaseLimit !== null,
  )
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
