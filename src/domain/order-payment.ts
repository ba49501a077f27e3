/** What was tried to get the money of an order, and what is known of it. */

/** A charge that was begun: journalled before the provider is called, so that a crash cannot forget it. */
export interface Attempt {
  readonly token: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** What the buyer has to do before it is charged; null: nothing, as far as is known. */
  readonly action: Action | null
}

/** What the provider asks of the buyer: to prove who they are (3-D Secure), or to approve elsewhere. */
export interface Action {
  readonly kind: string
  readonly url: string | null
  readonly clientSecret: string | null
}

/** What was tried to get the money, over all attempts. */
export interface Payment {
  /** Attempts begun; the number of the one that is open, or was the last. */
  readonly attempts: number
  /** So many may be made while the hold lives; the decline of the last ends the order. */
  readonly attemptsMax: number
  /** Where they were made: only there the charge can be looked up, barred or given back. Null: wherever payments are made. */
  readonly provider: string | null
  /** What the provider calls this charge, where that is not our own key. */
  readonly ref: string | null
  /** The provider's code for the newest decline. */
  readonly lastError: string | null
  /**
   * Of money that the provider only keeps for us: `due` until it is taken. `never`: the charge is given up, and about to be barred;
   * what is kept for it is let go. Null: it is taken when it is charged.
   */
  readonly capture: "due" | "done" | "never" | null
}

/** Those of most orders, shared: what is paid at once allocates nothing more. */
export const UNTRIED: Payment = {
  ...{ attempts: 0, attemptsMax: 1, provider: null, ref: null, lastError: null },
  capture: null,
}
export const TRIED_ONCE: Payment = { ...UNTRIED, attempts: 1 }

/** Money that is owed back: `due` until the provider has confirmed the refund. */
export type Refund = "none" | "due" | "done"

/** Before anything became of it. */
export const begun = (attempt: Attempt | null, attemptsMax: number, provider: string | null): Payment => {
  if (attempt === null) return attemptsMax === 1 ? UNTRIED : { ...UNTRIED, attemptsMax }
  return attemptsMax === 1 && provider === null ? TRIED_ONCE : { ...TRIED_ONCE, attemptsMax, provider }
}

/** The money is here; `capture`: or is kept for us. */
export const paidBy = (payment: Payment, capture: "due" | null): Payment =>
  capture === payment.capture ? payment : { ...payment, capture }

export const isSameAction = (one: Action | null, other: Action): boolean =>
  one !== null && one.kind === other.kind && one.url === other.url && one.clientSecret === other.clientSecret
