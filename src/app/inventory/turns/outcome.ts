/** What turns share: the memory they decide on, and the forms of what they come to. */
import type { OrderId, ProductId } from "../../../domain/ids.ts"
import type { Claim, Rejection, Reply } from "../../../ports/inventory.ts"
import type { KeyRow } from "../../../ports/ledger.ts"
import { seal } from "../../../ports/receipt.ts"
import type { Decision, Outcome } from "../decision.ts"
import type { Registry } from "../registry.ts"

/** What a worker knows, and whether a product or an order is its own. */
export interface Memory {
  readonly registry: Registry
  readonly mine: (id: ProductId | OrderId) => boolean
  /** Unpaid holds of a product that one customer may have; 0: any number, and they are not counted. */
  readonly unpaidMax: number
}

export const refusal = (rejection: Rejection): Outcome => ({ _tag: "Refusal", rejection })
export const reading = (reply: Reply): Outcome => ({ _tag: "Reading", reply })

export const NONE: ReadonlyArray<never> = []

/** In the one form of all decisions, whatever they change. The reply is sealed until the receipt of its commit is there (I4). */
export const decision = (
  reply: Reply,
  at: number,
  changes: Partial<Omit<Decision, "_tag" | "reply" | "at">>,
): Decision => ({
  _tag: "Decision",
  reply: seal(reply),
  at,
  stock: changes.stock ?? NONE,
  edit: changes.edit ?? null,
  order: changes.order ?? null,
  holds: changes.holds ?? NONE,
  holdChanges: changes.holdChanges ?? NONE,
  holdSet: changes.holdSet ?? null,
  units: changes.units ?? NONE,
  unpaid: changes.unpaid ?? NONE,
  key: changes.key ?? null,
  keyOutcome: changes.keyOutcome ?? null,
})

/** Binds a key to an answer that is kept as it is. */
export const whole = (claim: Claim | null, reply: Reply): KeyRow | null =>
  claim === null ? null : { claim, answer: { _tag: "Whole", reply } }

/** Memory runs ahead of the ledger by these changes. */
export const moveAhead = ({ stock, units, unpaid }: Pick<Decision, "stock" | "units" | "unpaid">): void => {
  for (const { cell, after } of stock) cell.current = after
  for (const { cell, after } of units) cell.current = after
  for (const { cell, after } of unpaid) cell.current = after
}
