/**
 * Most rows of an import come to one command each: those are asked for together, without a fiber for each of them. All others are
 * worked row by row (`import-row-work.ts`), and so is each of these that was not simply accepted.
 *
 * Law: as of a row that is worked alone, under the same key: whatever became of its command, asking again finds it. Only where no runner
 * before may have bound the keys; the SKUs were looked up.
 */
import { Clock, Effect } from "effect"
import { ProductId } from "../../domain/ids.ts"
import { Ids } from "../../ports/ids.ts"
import type { RowOutcome } from "../../ports/imports.ts"
import { type Answer, Inventory } from "../../ports/inventory.ts"
import * as Volley from "../inventory/volley.ts"
import { ProductLists } from "../reads/product-lists.ts"
import * as Commands from "./import-commands.ts"
import { outcomeOf } from "./import-row-work.ts"
import type { Group } from "./import-window.ts"

/** Null: it was not simply accepted. */
const doneBy = (command: Volley.OfProduct, answer: Answer | null): Commands.Done | null => {
  if (answer === null) return null
  return command._tag === "CreateProduct"
    ? Commands.createdBy(command.onHand, answer)
    : Commands.movedBy(command.delta, answer, "moved")
}

export const make = Effect.gen(function* () {
  const ids = yield* Ids
  const lists = yield* ProductLists
  const fire = (yield* Volley.Volley) ?? Volley.oneByOne(yield* Inventory)

  /** Null: it takes more than one command, or none. */
  const commandOf = (importId: string, { known, rows }: Group, now: number): Volley.OfProduct | null => {
    const [received, second] = rows
    if (second !== undefined || !("row" in received!)) return null
    const { change, newcomer, sku } = received.row
    const claim = Commands.claimOf(importId, received.line)
    if (known.product === null)
      return newcomer === null
        ? null
        : { ...Commands.creating(sku, newcomer, claim, ProductId.make(ids.next()), now), isLookedUp: true }
    if (change._tag !== "Move" || change.delta === 0) return null
    return Commands.adjusting(known.product.productId, change.delta, claim)
  }

  /** What became of them is added to `outcomes`; gives the groups that are left. */
  return Effect.fnUntraced(function* (
    importId: string,
    groups: ReadonlyArray<Group>,
    outcomes: Map<number, RowOutcome>,
  ) {
    const now = yield* Clock.currentTimeMillis
    const commands: Array<Volley.OfProduct> = []
    const asked: Array<Group> = []
    const left: Array<Group> = []
    for (const group of groups) {
      const command = commandOf(importId, group, now)
      if (command === null) left.push(group)
      else {
        commands.push(command)
        asked.push(group)
      }
    }
    const answers = yield* fire(commands)
    for (const [index, command] of commands.entries()) {
      const group = asked[index]!
      const { line } = group.rows[0]!
      const done = doneBy(command, answers[index]!)
      if (done === null) left.push(group)
      else outcomes.set(line, outcomeOf(line, group.sku!, done))
    }
    if (lists !== null && commands.some(({ _tag }) => _tag === "CreateProduct")) yield* lists.changed
    return left
  })
})
