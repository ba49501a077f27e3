/**
 * Stock of one product, as a decider: `decide(command, state)` gives an event or a rejection, `evolve` applies it.
 *
 * Law: I1, `onHand >= reserved >= 0` at every version; I2, versions are contiguous, 1 at creation, +1 per event.
 * Limits: `onHand` 0..MAX_ON_HAND.
 * Fails: InsufficientStock, StockOverflow (values). Ending units that are not reserved is a defect and throws: only a
 * hold can be ended, and a hold is never larger than what is reserved.
 */
import { Result } from "effect"
import type { ProductId } from "./ids.ts"
import { MAX_ON_HAND } from "./quantity.ts"

export interface Stock {
  readonly onHand: number
  readonly reserved: number
  readonly version: number
}

export type Command =
  | { readonly _tag: "Receive"; readonly quantity: number }
  | { readonly _tag: "Adjust"; readonly delta: number; readonly reason: string }
  | { readonly _tag: "Reserve"; readonly quantity: number }
  | { readonly _tag: "Release"; readonly quantity: number }
  | { readonly _tag: "Expire"; readonly quantity: number }
  | { readonly _tag: "Confirm"; readonly quantity: number }
  | { readonly _tag: "Restock"; readonly quantity: number }

/** What happened, as it stands in the product's ledger. */
export type EventType =
  | "created"
  | "received"
  | "adjusted"
  | "reserved"
  | "released"
  | "expired"
  | "confirmed"
  | "restocked"

export interface Event {
  readonly type: EventType
  /** Change of `onHand`, in units, signed. */
  readonly onHand: number
  /** Change of `reserved`, in units, signed. */
  readonly reserved: number
  /** The reason, in the words of the person who adjusted. */
  readonly reason: string | null
}

export type Rejection =
  | { readonly _tag: "InsufficientStock"; readonly productId: ProductId; readonly available: number }
  | { readonly _tag: "StockOverflow"; readonly productId: ProductId; readonly maximum: number }

export const available = (stock: Stock): number => stock.onHand - stock.reserved

export const isSoldOut = (stock: Stock): boolean => stock.onHand === stock.reserved

const event = (type: EventType, onHand: number, reserved: number, reason: string | null = null): Event => ({
  type,
  onHand,
  reserved,
  reason,
})

export const created = (onHand: number): Event => event("created", onHand, 0)

/** State before creation: nothing, at version 0. */
export const nothing: Stock = { onHand: 0, reserved: 0, version: 0 }

export const evolve = (stock: Stock, event: Event): Stock => ({
  onHand: stock.onHand + event.onHand,
  reserved: stock.reserved + event.reserved,
  version: stock.version + 1,
})

/** What a command does to the stock it may be done to: here after `decide` has said so, elsewhere by a guarded update. */
export const eventOf = (command: Command): Event => {
  switch (command._tag) {
    case "Receive":
      return event("received", command.quantity, 0)
    case "Adjust":
      return event("adjusted", command.delta, 0, command.reason)
    case "Reserve":
      return event("reserved", 0, command.quantity)
    case "Release":
      return event("released", 0, -command.quantity)
    case "Expire":
      return event("expired", 0, -command.quantity)
    case "Confirm":
      return event("confirmed", -command.quantity, -command.quantity)
    case "Restock":
      return event("restocked", command.quantity, 0)
  }
}

export const decide = (productId: ProductId, command: Command, stock: Stock): Result.Result<Event, Rejection> => {
  const short = () => Result.fail({ _tag: "InsufficientStock", productId, available: available(stock) } as const)
  const overflow = () => Result.fail({ _tag: "StockOverflow", productId, maximum: MAX_ON_HAND } as const)
  switch (command._tag) {
    case "Receive":
      return stock.onHand + command.quantity > MAX_ON_HAND ? overflow() : Result.succeed(eventOf(command))
    case "Adjust":
      if (stock.onHand + command.delta > MAX_ON_HAND) return overflow()
      return available(stock) + command.delta < 0 ? short() : Result.succeed(eventOf(command))
    case "Reserve":
      return available(stock) < command.quantity ? short() : Result.succeed(eventOf(command))
    case "Release":
    case "Expire":
    case "Confirm":
      if (command.quantity > stock.reserved)
        throw new Error(`${command._tag} of ${command.quantity} units, but only ${stock.reserved} are reserved`)
      return Result.succeed(eventOf(command))
    case "Restock":
      // Goods that come back are never refused: they were on hand before, under the same bound.
      return Result.succeed(eventOf(command))
  }
}
