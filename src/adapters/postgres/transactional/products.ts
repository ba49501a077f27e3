/** The commands of products, one transaction each. */
import { Effect, Result } from "effect"
import type { ProductId } from "../../../domain/ids.ts"
import * as Product from "../../../domain/product.ts"
import * as Stock from "../../../domain/stock.ts"
import type { Claim, Reply } from "../../../ports/inventory.ts"
import { move } from "./guard.ts"
import { record } from "./history.ts"
import * as Statements from "./statements.ts"
import { commit, rollback, type Send } from "./transaction.ts"
import { answered, BOUND, changeRejection, type Deps, type Judged, type Of, orRejection, refused } from "./verdict.ts"

const whole = (claim: Claim, reply: Reply) => ({ claim, answer: { _tag: "Whole", reply } }) as const

/** Here as elsewhere, what ends in `In` is done inside of the transaction that it is given. */
const createIn = Effect.fnUntraced(function* (send: Send, deps: Deps, { claim, onHand, product }: Of<"CreateProduct">) {
  const reply: Reply = { _tag: "Product", product }
  const key = claim === null ? [] : [Statements.bindIfFree(whole(claim, reply))]
  const rows = yield* send([...key, Statements.insertProduct(product)])
  if (claim !== null && rows[0]!.length === 0) return rollback(BOUND)
  if (rows.at(-1)!.length === 0) return rollback(refused({ _tag: "SkuTaken", sku: product.sku }))
  const event = Stock.created(onHand)
  const stock = Stock.evolve(Stock.nothing, event)
  const after = { ...product, ...stock, productId: product.id, productVersion: product.version }
  const history = {
    at: deps.now(),
    orderId: null,
    stock: [{ productId: product.id, event, after }],
    order: null,
  }
  return commit([Statements.insertStock(after), ...record(history, deps.nextId)], answered(reply))
})

export const create = (deps: Deps, command: Of<"CreateProduct">): Judged =>
  deps.transact((send) => createIn(send, deps, command))

/** It waits for the sales that have locked the stock, and those that come wait for it. */
const editIn = Effect.fnUntraced(function* (send: Send, deps: Deps, command: Of<"EditProduct">) {
  const { productId } = command
  const [, rows] = yield* send([Statements.lockStock(productId), Statements.lockedDetails(productId)])
  const details = Statements.detailsIn(rows!)
  if (details === undefined) return rollback(refused({ _tag: "ProductNotFound", productId }))
  const { isSold, product: before, stockVersion } = details
  const decided = Product.decide(command, before, isSold ? "sold" : "unsold")
  if (Result.isFailure(decided)) return rollback(refused(decided.failure))
  const after = decided.success
  if (after === null) return rollback(answered({ _tag: "Product", product: before }))
  const edit = { before, after, stockVersion, at: deps.now() }
  const history = { at: edit.at, orderId: null, stock: [], order: null, edit }
  return commit(
    [...Statements.updateProduct(edit), ...record(history, deps.nextId)],
    answered({ _tag: "Product", product: after }),
  )
})

export const edit = (deps: Deps, command: Of<"EditProduct">): Judged =>
  deps.transact((send) => editIn(send, deps, command))

const changeIn = Effect.fnUntraced(function* (
  send: Send,
  deps: Deps,
  { claim, productId }: Of<"Receive"> | Of<"Adjust">,
  command: Stock.Command,
) {
  const change = move(productId, command)
  const moving = yield* deps.guard.move(send, [change])
  if (moving._tag !== "Moved") return rollback(moving)
  const after = moving.after.get(productId)!
  const { onHand, reserved, version } = after
  const reply: Reply = { _tag: "Stock", productId, stock: { onHand, reserved, version } }
  const history = { at: deps.now(), orderId: null, stock: [{ ...change, after }], order: null }
  const key = claim === null ? [] : [Statements.bind(whole(claim, reply))]
  return commit([...key, ...record(history, deps.nextId)], answered(reply))
})

const change = (deps: Deps, request: Of<"Receive"> | Of<"Adjust">, command: Stock.Command): Judged =>
  orRejection(deps, (send) => changeIn(send, deps, request, command), changeRejection(deps, request.productId, command))

export const receive = (deps: Deps, command: Of<"Receive">): Judged =>
  change(deps, command, { _tag: "Receive", quantity: command.quantity })

export const adjust = (deps: Deps, command: Of<"Adjust">): Judged =>
  change(deps, command, { _tag: "Adjust", delta: command.delta, reason: command.reason })

export const readStock = ({ sql }: Deps, productId: ProductId): Judged =>
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
