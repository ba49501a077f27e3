/**
 * The payment provider. Every call carries our own key, so each may be repeated: the provider does it once.
 *
 * A timeout is `unknown`, never a failure: the charge may have happened.
 */
import { Context, type Effect } from "effect"
import type { Money } from "../domain/money.ts"

export interface Charge {
  /** Our key for this charge: the order's id. */
  readonly key: string
  readonly token: string
  readonly money: Money
}

export type Outcome = "charged" | "declined" | "unknown"

export class Payment extends Context.Service<
  Payment,
  {
    /** Charged when a buyer names no token; null: a buyer has to name one. */
    readonly defaultToken: string | null
    /** Never fails: trouble on the way is `unknown`. */
    readonly charge: (charge: Charge) => Effect.Effect<Outcome>
    /** What became of a charge: `absent` when the provider has never heard of the key, `unknown` when it did not say. */
    readonly lookUp: (key: string) => Effect.Effect<Outcome | "absent">
    /**
     * Bars the key: a charge that has not happened never will. `charged`: too late, it has. `unknown`: ask again.
     */
    readonly void: (key: string) => Effect.Effect<"voided" | "charged" | "unknown">
    readonly refund: (key: string) => Effect.Effect<"refunded" | "unknown">
  }
>()("jaego/ports/Payment") {}
