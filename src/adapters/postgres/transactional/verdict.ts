/**
 * What a command comes to, and what all commands work with.
 *
 * A refusal is found out after the transaction has been rolled back: what its guard read is gone by then, so the state is
 * read again and the domain says no; if it would say yes now, the command is tried once more.
 */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Result } from "effect"
import type { Scope } from "effect/Scope"
import type { SqlError } from "effect/sql/SqlError"
import type { CustomerId, ProductId } from "../../../domain/ids.ts"
import * as PurchaseLimit from "../../../domain/purchase-limit.ts"
import * as Stock from "../../../domain/stock.ts"
import type { UnavailableReason } from "../../../ports/failures.ts"
import type { Command, Rejection, Reply, RequestedLine } from "../../../ports/inventory.ts"
import { type Ledger, type LedgerDown, nothingWanted } from "../../../ports/ledger.ts"
import { type Guard, OVERTAKEN, type Overtaken, type Short } from "./guard.ts"
import type { Finish, Send, Transact } from "./transaction.ts"

export type Of<Tag extends Command["_tag"]> = Extract<Command, { readonly _tag: Tag }>

export type Verdict =
  | { readonly _tag: "Answered"; readonly reply: Reply }
  | { readonly _tag: "Refused"; readonly rejection: Rejection }
  /** Its key is bound: the stored answer is the answer. */
  | { readonly _tag: "Bound" }
  | Overtaken
  | { readonly _tag: "NotNow"; readonly reason: UnavailableReason }

export type Judged = Effect.Effect<Verdict, SqlError | LedgerDown>

export const answered = (reply: Reply): Verdict => ({ _tag: "Answered", reply })
export const refused = (rejection: Rejection): Verdict => ({ _tag: "Refused", rejection })
export const BOUND: Verdict = { _tag: "Bound" }

export interface Deps {
  readonly sql: PgClient.PgClient
  readonly guard: Guard
  readonly transact: Transact
  readonly ledger: Ledger["Service"]
  readonly nextId: () => string
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Runs the transaction; if it came short, asks for the rejection. */
export const orRejection = (
  { transact }: Deps,
  body: (send: Send) => Effect.Effect<Finish<Verdict | Short>, SqlError, Scope>,
  rejection: Effect.Effect<Rejection | null, LedgerDown>,
): Judged =>
  Effect.flatMap(
    transact<Verdict | Short>(body),
    (verdict): Judged =>
      verdict._tag === "Short"
        ? Effect.map(rejection, (found) => (found === null ? OVERTAKEN : refused(found)))
        : Effect.succeed(verdict),
  )

/** Why these lines cannot be reserved, by the rules of the domain, line by line; null: they could be now. */
export const reserveRejection: (
  deps: Deps,
  lines: ReadonlyArray<RequestedLine>,
  customerId: CustomerId,
) => Effect.Effect<Rejection | null, LedgerDown> = Effect.fnUntraced(function* ({ ledger }, lines, customerId) {
  const units = lines.map(({ productId }) => ({ productId, customerId }))
  const loaded = yield* ledger.load({ ...nothingWanted, products: lines.map((line) => line.productId), units })
  const products = new Map(loaded.products.map((each) => [each.product.id, each]))
  for (const { productId } of lines) if (!products.has(productId)) return { _tag: "ProductNotFound", productId }
  for (const { productId, quantity } of lines) {
    const { product, stock } = products.get(productId)!
    if (product.archived) return { _tag: "ProductArchived", productId }
    if (product.purchaseLimit !== null) {
      const has = loaded.units.find((each) => each.productId === productId)?.units ?? 0
      const taken = PurchaseLimit.take(productId, product.purchaseLimit, has, quantity)
      if (Result.isFailure(taken)) return taken.failure
    }
    const decided = Stock.decide(productId, { _tag: "Reserve", quantity }, stock)
    if (Result.isFailure(decided)) return decided.failure
  }
  return null
})

/** Why the stock of a product cannot be changed so; null: it could be now. */
export const changeRejection: (
  deps: Deps,
  productId: ProductId,
  command: Stock.Command,
) => Effect.Effect<Rejection | null, LedgerDown> = Effect.fnUntraced(function* ({ ledger }, productId, command) {
  const loaded = yield* ledger.load({ ...nothingWanted, products: [productId] })
  const found = loaded.products[0]
  if (found === undefined) return { _tag: "ProductNotFound", productId }
  const decided = Stock.decide(productId, command, found.stock)
  return Result.isFailure(decided) ? decided.failure : null
})
