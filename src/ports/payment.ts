/**
 * The payment provider (PSP). One order is one charge: it has one key (the order's id), one ref, and numbered attempts.
 *
 * What a provider must promise:
 * - A charge is made at most once for a ref, however many attempts there are. An attempt is done once, however often it is
 *   sent; a new key or number is never made for a retry.
 * - What was charged or voided stays so. A declined attempt stays declined; the next one may do better.
 * - A void bars the ref: what has not been charged never will be, also by an attempt that is still on its way.
 * - What is only to be kept until it ships is `Authorized`: it can be captured, once, and until then be voided, which lets it go.
 * - A refund is made once for its key. Of a ref it has never heard of it is not made, and says so (`Absent`).
 * - Its books (`list`) have every charge that was begun since then, once it has answered it, with our key as it was given, in any
 *   order. What was in them when the listing began is on one of its pages, as it stood at one moment of the listing.
 *
 * Every call may be repeated and never fails: trouble on the way, and a timeout, are `Unknown`, for it may have happened.
 * Where the provider makes up the ref (`prepare`), it is journalled by a commit of its own before the first attempt; where the
 * ref is our key, nothing more is written than the attempt itself.
 */
import { Context, type Effect } from "effect"
import type * as Checkout from "../domain/checkout.ts"
import type { CustomerId } from "../domain/ids.ts"
import type { Money } from "../domain/money.ts"
import type { Charge } from "../domain/reconciliation.ts"

/** `on-shipment`: the money is kept for us, and taken when the goods leave. */
export type Capture = "auto" | "on-shipment"

export interface Preparation {
  /** Our key for this charge: the order's id. */
  readonly key: string
  readonly money: Money
  readonly customerId: CustomerId
  readonly capture: Capture
}

export interface Confirmation extends Preparation {
  readonly ref: string
  /** From 1 on. */
  readonly attempt: number
  readonly token: string
}

type Of<Tag extends Checkout.ProviderAnswer["_tag"]> = Extract<Checkout.ProviderAnswer, { readonly _tag: Tag }>

export type Prepared = Of<"Prepared" | "Declined" | "Unknown">
export type ChargeOutcome = Of<"Charged" | "Authorized" | "Declined" | "ActionRequired" | "Unknown">
/** `Absent`: this attempt may be sent again. */
export type Reading = ChargeOutcome | Of<"Absent">
/** `Declined`: what was kept has lapsed, or was let go. */
export type Capturing = Of<"Charged" | "Declined" | "Unknown">
export type Voiding = Of<"Voided" | "Charged" | "Unknown">
/** `Absent`: there is no such charge; that is not given back. */
export type Refunding = Of<"Refunded" | "Absent" | "Unknown">

export type { Charge, ChargeState } from "../domain/reconciliation.ts"

/** A page of the books; `next` is what to ask for the next one with, null at the end. */
export type Listing =
  | { readonly _tag: "Listed"; readonly charges: ReadonlyArray<Charge>; readonly next: string | null }
  | Of<"Unknown">

export const CHARGED: Of<"Charged"> = { _tag: "Charged" }
export const AUTHORIZED: Of<"Authorized"> = { _tag: "Authorized" }
export const ABSENT: Of<"Absent"> = { _tag: "Absent" }
export const VOIDED: Of<"Voided"> = { _tag: "Voided" }
export const REFUNDED: Of<"Refunded"> = { _tag: "Refunded" }
export const UNKNOWN: Of<"Unknown"> = { _tag: "Unknown" }
/** The provider itself says that it is not decided yet: as unknown as a silence, and no sign of illness. Recognized by identity. */
export const PENDING: Of<"Unknown"> = { _tag: "Unknown" }

/** Longest code, ref and kind of action that is kept, code points. */
export const CODE_MAX = 64
export const REF_MAX = 128
/** Longest URL or client secret of an action that is kept, code points. */
export const ACTION_MAX = 2_000

export class Payment extends Context.Service<
  Payment,
  {
    /**
     * Written down with each attempt: where it was made it is looked up, and nowhere else. Null: it need not be, for this one
     * forgets.
     */
    readonly name: string | null
    /** Charged when a buyer names no token; null: a buyer has to name one. */
    readonly defaultToken: string | null
    /** Null: a charge's ref is our key, and there is nothing to prepare. */
    readonly prepare: ((preparation: Preparation) => Effect.Effect<Prepared>) | null
    readonly confirm: (confirmation: Confirmation) => Effect.Effect<ChargeOutcome>
    /** What became of this attempt. */
    readonly read: (ref: string, attempt: number) => Effect.Effect<Reading>
    /** Takes what is kept; `key`: ours, the same whenever this is asked for. `Charged`: it is taken, now or before. */
    readonly capture: (ref: string, money: Money, key: string) => Effect.Effect<Capturing>
    /** `Charged`: too late. `Unknown`: ask again. */
    readonly void: (ref: string) => Effect.Effect<Voiding>
    /** `key`: ours, the same whenever this refund is asked for. Of what was never charged nothing is owed: that is `Refunded`. */
    readonly refund: (ref: string, money: Money, key: string) => Effect.Effect<Refunding>
    /** Charges that were begun since then (ms since 1970), a page; `after`: the `next` of the page before, null: the first. */
    readonly list: (since: number, after: string | null) => Effect.Effect<Listing>
  }
>()("jaego/ports/Payment") {}
