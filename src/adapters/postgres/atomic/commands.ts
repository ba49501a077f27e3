/**
 * The commands of products, one transaction each, and what all commands share.
 *
 * A refusal is found out after the transaction has been rolled back: what the guard read is gone by then, so the state is
 * read again and the domain says no; if it would say yes now, the command is tried once more.
 */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Result } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import type { CustomerId, ProductId } from "../../../domain/ids.ts"
import * as PurchaseLimit from "../../../domain/purchase-limit.ts"
import { MAX_ON_HAND } from "../../../domain/quantity.ts"
import * as Stock from "../../../domain/stock.ts"
import type { UnavailableReason } from "../../../ports/failures.ts"
import type { Claim, Command, Rejection, Reply, RequestedLine } from "../../../ports/inventory.ts"
import { type Ledger, type LedgerDown, nothingWanted } from "../../../ports/ledger.ts"
import { record } from "./history.ts"
import * as Statements from "./statements.ts"
import { commit, type Ending, rollback, type Send, type Transact } from "./transaction.ts"

export type Of<Tag extends Command["_tag"]> = Extract<Command, { readonly _tag: Tag }>

/** What a command came to. */
export type Came =
  | { readonly _tag: "Answered"; readonly reply: Reply }
  | { readonly _tag: "Refused"; readonly rejection: Rejection }
  /** Its key is bound: the stored answer is the answer. */
  | { readonly _tag: "Bound" }
  /** Somebody was faster, and what he did has changed again: once more. */
  | { readonly _tag: "Again" }
  | { readonly _tag: "NotNow"; readonly reason: UnavailableReason }

export type Coming = Effect.Effect<Came, SqlError | LedgerDown>

export const answered = (reply: Reply): Came => ({ _tag: "Answered", reply })
export const refused = (rejection: Rejection): Came => ({ _tag: "Refused", rejection })
export const BOUND: Came = { _tag: "Bound" }
export const AGAIN: Came = { _tag: "Again" }

/** What the commands work with. */
export interface Desk {
  readonly sql: PgClient.PgClient
  readonly transact: Transact
  readonly ledger: Ledger["Service"]
  readonly nextId: () => string
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** A transaction that could not do what it should; why is found out after it. */
type Short = { readonly _tag: "Short" }
const SHORT: Short = { _tag: "Short" }

/** Runs the transaction; if it came short, asks `why`. */
export const orWhy = (
  { transact }: Desk,
  body: (send: Send) => Effect.Effect<Ending<Came | Short>, SqlError>,
  why: Effect.Effect<Rejection | null, LedgerDown>,
): Coming =>
  Effect.flatMap(
    transact<Came | Short>(body),
    (came): Coming =>
      came._tag === "Short"
        ? Effect.map(why, (found) => (found === null ? AGAIN : refused(found)))
        : Effect.succeed(came),
  )

export const short = (): Ending<Short> => rollback(SHORT)

/** Why these lines cannot be reserved, by the rules of the domain, line by line; null: they could be now. */
export const whyNot: (
  desk: Desk,
  lines: ReadonlyArray<RequestedLine>,
  customerId: CustomerId,
) => Effect.Effect<Rejection | null, LedgerDown> = Effect.fnUntraced(function* ({ ledger }, lines, customerId) {
  const units = lines.map(({ productId }) => ({ productId, customerId }))
  const loaded = yield* ledger.load({ ...nothingWanted, products: lines.map((line) => line.productId), units })
  const products = new Map(loaded.products.map((each) => [each.product.id, each]))
  for (const { productId } of lines) if (!products.has(productId)) return { _tag: "ProductNotFound", productId }
  for (const { productId, quantity } of lines) {
    const { product, stock } = products.get(productId)!
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

const whole = (claim: Claim, reply: Reply) => ({ claim, answer: { _tag: "Whole", reply } }) as const

/** Here as elsewhere, what ends in `In` is done inside of the transaction that it is given. */
const createIn = Effect.fnUntraced(function* (send: Send, desk: Desk, { claim, onHand, product }: Of<"CreateProduct">) {
  const reply: Reply = { _tag: "Product", product }
  const key = claim === null ? [] : [Statements.bindIfFree(whole(claim, reply))]
  const rows = yield* send([...key, Statements.insertProduct(product)])
  if (claim !== null && rows[0]!.length === 0) return rollback(BOUND)
  if (rows.at(-1)!.length === 0) return rollback(refused({ _tag: "SkuTaken", sku: product.sku }))
  const event = Stock.created(onHand)
  const after = { ...product, ...Stock.evolve(Stock.nothing, event), productId: product.id }
  const history = {
    at: desk.now(),
    orderId: null,
    stock: [{ productId: product.id, event, after }],
    order: null,
  }
  return commit([Statements.insertStock(after), ...record(history, desk.nextId)], answered(reply))
})

export const create = (desk: Desk, command: Of<"CreateProduct">): Coming =>
  desk.transact((send) => createIn(send, desk, command))

const whyNotChanged = Effect.fnUntraced(function* ({ ledger }: Desk, productId: ProductId, command: Stock.Command) {
  const loaded = yield* ledger.load({ ...nothingWanted, products: [productId] })
  const found = loaded.products[0]
  if (found === undefined) return { _tag: "ProductNotFound", productId } as const
  const decided = Stock.decide(productId, command, found.stock)
  return Result.isFailure(decided) ? decided.failure : null
})

const changeIn = Effect.fnUntraced(function* (
  send: Send,
  desk: Desk,
  { claim, productId }: Of<"Receive"> | Of<"Adjust">,
  event: Stock.Event,
) {
  const rows = yield* send(Statements.move([{ productId, event }]))
  const after = Statements.movedIn(rows.at(-1)!).get(productId)
  if (after === undefined || after.onHand > MAX_ON_HAND) return short()
  const { onHand, reserved, version } = after
  const reply: Reply = { _tag: "Stock", productId, stock: { onHand, reserved, version } }
  const history = { at: desk.now(), orderId: null, stock: [{ productId, event, after }], order: null }
  const key = claim === null ? [] : [Statements.bind(whole(claim, reply))]
  return commit([...key, ...record(history, desk.nextId)], answered(reply))
})

/** The guard is in the update. */
const changeStock = (desk: Desk, request: Of<"Receive"> | Of<"Adjust">, command: Stock.Command): Coming =>
  orWhy(
    desk,
    (send) => changeIn(send, desk, request, Stock.eventOf(command)),
    whyNotChanged(desk, request.productId, command),
  )

export const receive = (desk: Desk, command: Of<"Receive">): Coming =>
  changeStock(desk, command, { _tag: "Receive", quantity: command.quantity })

export const adjust = (desk: Desk, command: Of<"Adjust">): Coming =>
  changeStock(desk, command, { _tag: "Adjust", delta: command.delta, reason: command.reason })

export const readStock = ({ sql }: Desk, productId: ProductId): Coming =>
  Effect.map(
    sql.unsafe<Stock.Stock>(
      `select on_hand::float8 as "onHand", reserved::float8 as reserved, version::float8 as version
       from stock where product_id = $1`,
      [productId],
    ),
    ([stock]) =>
      stock === undefined
        ? refused({ _tag: "ProductNotFound", productId })
        : answered({ _tag: "Stock", productId, stock }),
  )
