/**
 * What the guards share that decide outside of the database (read, check, write): they read the stock, let the domain
 * decide, and write what it becomes. How they read and how they write is what makes them safe, or not.
 */
import { Effect, Result } from "effect"
import type { ProductId } from "../../../domain/ids.ts"
import * as Stock from "../../../domain/stock.ts"
import { uuids } from "../batch-columns.ts"
import { type Guard, type Move, type Moved, OVERTAKEN, SHORT } from "./guard.ts"
import { movedIn, READ_STOCK } from "./statements.ts"
import { type Statement, say } from "./transaction.ts"

/**
 * Makes it what it becomes: `blindly`, whatever it has become meanwhile; or if it is `unchanged` since it was read. The
 * version is counted in the database, so that each stands once in the product's ledger. Both write only if the product was not edited
 * since its price was read.
 */
const WRITE = {
  blindly: `update stock set on_hand = $2, reserved = $3, version = version + 1
    where product_id = $1 and product_version = $4 returning version::float8`,
  unchanged: `update stock set on_hand = $2, reserved = $3, version = version + 1
    where product_id = $1 and product_version = $4 and version = $5 returning version::float8`,
}

/** The products as they become; null: one of them does not exist, or may not be moved so. */
const decide = (moves: ReadonlyArray<Move>, before: ReadonlyMap<ProductId, Moved>): ReadonlyArray<Moved> | null => {
  const after: Array<Moved> = []
  for (const { command, productId } of moves) {
    const found = before.get(productId)
    if (found === undefined) return null
    const decided = Stock.decide(productId, command, found)
    if (Result.isFailure(decided)) return null
    after.push({ ...found, ...Stock.evolve(found, decided.success) })
  }
  return after
}

const write = (
  writing: keyof typeof WRITE,
  { onHand, productId, productVersion, reserved, version }: Moved,
): Statement => {
  const before = writing === "unchanged" ? [String(version - 1)] : []
  return say(WRITE[writing], productId, String(onHand), String(reserved), String(productVersion), ...before)
}

/** How the products are read: what is sent, whose rows are theirs, one statement or several. */
export type Reading = (moves: ReadonlyArray<Move>) => ReadonlyArray<Statement>

const idsOf = (moves: ReadonlyArray<Move>) => uuids(moves, ({ productId }) => productId)

/** All in one statement. `locking` ends it: an order of the products `s`, a lock. */
export const reading =
  (locking = ""): Reading =>
  (moves) => [say(`${READ_STOCK} ${locking}`, idsOf(moves))]

/** Rows are written in the order of their ids. */
export const deciding = (read: Reading, writing: keyof typeof WRITE): Guard["move"] =>
  Effect.fnUntraced(function* (send, moves) {
    const rows = yield* send(read(moves))
    // Only a reading that has locked can have waited; the second sees what was committed while the first did.
    const before = movedIn(rows.flat()) ?? movedIn((yield* send(read(moves))).flat())
    if (before === null) return OVERTAKEN
    const decided = decide(moves, before)
    if (decided === null) return SHORT
    const inOrder = decided.toSorted((a, b) => (a.productId < b.productId ? -1 : 1))
    const written = yield* send(inOrder.map((each) => write(writing, each)))
    const after = new Map<ProductId, Moved>()
    for (const [index, each] of inOrder.entries()) {
      const version = written[index]![0]?.[0]
      if (version === undefined) return OVERTAKEN
      after.set(each.productId, { ...each, version: version as number })
    }
    return { _tag: "Moved", after }
  })
