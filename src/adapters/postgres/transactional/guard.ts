/**
 * A guard: how stock moves inside one transaction, and with that what keeps two transactions from selling the same units.
 * All else that a command does is the same under every guard (concurrency control as a strategy; at most 120 lines each).
 *
 * A guard may lock, compare versions, or trust the isolation that its transactions begin with. What it needs outside of
 * the database it opens in the scope that `move` is given, which closes when the transaction has ended: with a success if
 * it was committed, with a failure if not.
 *
 * Law: I1 and I2, unless a guard is made to show what happens without them; its contract then says so (`exempt`). I15 under every
 * guard: what moves is compared with the product's version, so that no edit goes unnoticed.
 */
import type { Effect, Scope } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import type { ProductId } from "../../../domain/ids.ts"
import * as Stock from "../../../domain/stock.ts"
import type { Send, Statement } from "./transaction.ts"

/** What is to happen to a product's stock. */
export interface Move {
  readonly productId: ProductId
  readonly command: Stock.Command
  /** What the command does, if it may be done. */
  readonly event: Stock.Event
}

export const move = (productId: ProductId, command: Stock.Command): Move => ({
  productId,
  command,
  event: Stock.eventOf(command),
})

/** A product as it is after its move. */
export interface Moved {
  readonly productId: ProductId
  readonly onHand: number
  readonly reserved: number
  readonly version: number
  readonly price: { readonly amount: number; readonly currency: string }
  readonly purchaseLimit: number | null
  readonly archived: boolean
  /** Of the product, apart from that of its stock. */
  readonly productVersion: number
}

/** Not all of them may be moved. Why is found out when the transaction has been rolled back. */
export interface Short {
  readonly _tag: "Short"
}
export const SHORT: Short = { _tag: "Short" }

/** Another transaction was faster: the command is tried once more. */
export interface Overtaken {
  readonly _tag: "Overtaken"
}
export const OVERTAKEN: Overtaken = { _tag: "Overtaken" }

export type Moving = { readonly _tag: "Moved"; readonly after: ReadonlyMap<ProductId, Moved> } | Short | Overtaken

export interface Guard {
  /** The first statement of every transaction: its isolation. */
  readonly begin: Statement
  /** How often a command is tried that is overtaken, deadlocked or not serializable. */
  readonly triesMax: number
  /**
   * All of the moves, at least one, of different products; or none. It locks in the order of product ids, so that two
   * transactions never wait for each other.
   */
  readonly move: (send: Send, moves: ReadonlyArray<Move>) => Effect.Effect<Moving, SqlError, Scope.Scope>
}
