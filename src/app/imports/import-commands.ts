/**
 * The commands that a row of an import comes to, and what they came to, also if that was before.
 *
 * Fails: Refused; Unavailable, after it was asked again for some ten seconds.
 */
import { Clock, Effect, Schedule } from "effect"
import { ProductId } from "../../domain/ids.ts"
import type { Newcomer } from "../../domain/import-row.ts"
import { MAX_ON_HAND } from "../../domain/quantity.ts"
import type { Unavailable } from "../../ports/failures.ts"
import { Ids } from "../../ports/ids.ts"
import { Imports, type What } from "../../ports/imports.ts"
import { type Answer, type Claim, type Command, Inventory, type Refused } from "../../ports/inventory.ts"
import * as ProductLists from "../reads/product-lists.ts"

/** A command that cannot be decided now is asked again for some ten seconds; then the import waits as a whole. */
const RETRY = { schedule: Schedule.spaced("200 millis"), times: 50, while: isUnavailable }

function isUnavailable(error: Refused | Unavailable): boolean {
  return error._tag === "Unavailable"
}

export type Done = {
  readonly productId: ProductId
  readonly delta: number
  readonly version: number
  readonly what: What
}

/** Bound by whatever the row of this line comes to. */
export const claimOf = (importId: string, line: number): Claim => ({
  route: "imports",
  key: `${importId}:${line}`,
  fingerprint: importId,
})

export const creating = (
  sku: string,
  { name, onHand, price }: Newcomer,
  claim: Claim,
  id: ProductId,
  createdAt: number,
) => {
  const terms = { sku, name, price, purchaseLimit: null, version: 1, archived: false }
  return { _tag: "CreateProduct", product: { id, ...terms, createdAt }, onHand, claim } as const
}

export const adjusting = (productId: ProductId, delta: number, claim: Claim) =>
  ({ _tag: "Adjust", productId, delta, reason: `import ${claim.key}`, claim }) as const

/** Null: the row did not create a product. */
export const createdBy = (onHand: number, { reply }: Answer): Done | null =>
  reply._tag === "Product" ? { productId: reply.product.id, delta: onHand, version: 1, what: "created" } : null

/** Null: what the row came to was decided before. */
export const movedBy = (delta: number, { replayed, reply }: Answer, what: What): Done | null =>
  replayed || reply._tag !== "Stock" ? null : { productId: reply.productId, delta, version: reply.stock.version, what }

export const make = Effect.gen(function* () {
  const imports = yield* Imports
  const inventory = yield* Inventory
  const ids = yield* Ids
  const renewing = yield* ProductLists.renewing

  const again = (command: Command) =>
    Effect.andThen(Effect.sleep("200 millis"), Effect.retry(inventory.submit(command), RETRY))
  // A retry costs something also where nothing fails.
  const submit = (command: Command) =>
    Effect.catch(inventory.submit(command), (error) => (isUnavailable(error) ? again(command) : Effect.fail(error)))

  /** What the row came to before; of a product that was there the change is read in its ledger. */
  const before = Effect.fnUntraced(function* ({ reply }: Answer, what: What) {
    if (reply._tag !== "Stock") throw new Error(`a row of an import was answered ${reply._tag}`)
    const { productId, stock } = reply
    const versions = [stock.version - 1, stock.version]
    const [then, now] = yield* imports.books(versions.map((version) => ({ productId, version })))
    return { productId, delta: now!.onHandThen - then!.onHandThen, version: stock.version, what } as Done
  })

  const create = Effect.fnUntraced(function* (sku: string, newcomer: Newcomer, claim: Claim, what: What) {
    const createdAt = yield* Clock.currentTimeMillis
    const command = creating(sku, newcomer, claim, ProductId.make(ids.next()), createdAt)
    const answer = yield* renewing(submit(command))
    return createdBy(newcomer.onHand, answer) ?? (yield* before(answer, what))
  })

  const adjust = Effect.fnUntraced(function* (productId: ProductId, delta: number, claim: Claim, what: What) {
    const answer = yield* submit(adjusting(productId, delta, claim))
    return movedBy(delta, answer, what) ?? (yield* before(answer, what))
  })

  /**
   * What a row came to before; null: nothing, or it created its product. Asked by taking more units than there can be, which is refused
   * unless the row's key is bound.
   */
  const recall = Effect.fnUntraced(function* (productId: ProductId, claim: Claim, what: What) {
    const beyond = { _tag: "Adjust", productId, delta: -1 - MAX_ON_HAND, reason: "", claim } as const
    const asked = yield* Effect.result(submit(beyond))
    if (asked._tag === "Success")
      return asked.success.reply._tag === "Stock" ? yield* before(asked.success, what) : null
    return asked.failure._tag === "Refused" ? null : yield* Effect.fail(asked.failure)
  })

  return { adjust, create, recall }
})
