/**
 * The backlog of charges: the orders that wait for theirs, and when each can be charged, as a fluid queue: the earliest hold end
 * first, at the rate at which charges were settled while calls queued. What is foreseen is shown (`payment.eta`), and what could
 * not be charged before its hold and its grace end is refused before it takes a unit.
 *
 * A policy without clock or effect: `now` (ms) comes in.
 *
 * Limits: an order is kept from its attempt until that is settled, wherever it waits: in the provider's queue, between two calls, or
 * in the table for want of a driver.
 */
import type { OrderId } from "../domain/ids.ts"
import type { Order } from "../domain/order.ts"
import { type Unavailable, unavailable } from "../ports/failures.ts"
import type { PaymentCalls } from "./payment-calls.ts"

/** Ends of holds that lie so close together are counted as one (ms): at a hundred charges a second some ten of them. */
const CLOSE_MS = 100

/** So long is counted (ms), and so much of what was counted makes the new rate: a second's chance does not sway it. */
const WINDOW_MS = 1_000
const SHARE = 0.3

export class PaymentBacklog {
  readonly #mostPerSecond: number
  readonly #ends = new Map<OrderId, number>()
  /** How many holds end in each stretch of CLOSE_MS. */
  readonly #stretches = new Map<number, number>()
  #perSecond: number
  /** Since when settled charges are counted (ms); null: none queue, so what is settled says nothing of the rate. */
  #since: number | null = null
  #settled = 0

  /** `mostPerSecond`: charges that may leave a second; infinity: as they come. */
  constructor(mostPerSecond: number) {
    this.#mostPerSecond = mostPerSecond
    this.#perSecond = mostPerSecond
  }

  get size(): number {
    return this.#ends.size
  }

  has(id: OrderId): boolean {
    return this.#ends.has(id)
  }

  /** An order whose attempt is begun; `expiresAt`: the end of its hold, ms since 1970. */
  add(id: OrderId, expiresAt: number): void {
    if (this.#ends.has(id)) return
    this.#ends.set(id, expiresAt)
    this.#count(expiresAt, 1)
  }

  /** Its attempt is settled, or it is the buyer's turn. */
  remove(id: OrderId): void {
    const expiresAt = this.#ends.get(id)
    if (expiresAt === undefined) return
    this.#ends.delete(id)
    this.#count(expiresAt, -1)
  }

  /** A charge was settled; `queues`: whether calls wait for a place or their turn. */
  settled(now: number, queues: boolean): void {
    if (!queues || this.#since === null) {
      this.#since = queues ? now : null
      this.#settled = 0
      return
    }
    this.#settled++
    const elapsed = now - this.#since
    if (elapsed < WINDOW_MS) return
    const seen = Math.min(this.#mostPerSecond, (this.#settled * 1_000) / elapsed)
    this.#perSecond = Number.isFinite(this.#perSecond) ? this.#perSecond + SHARE * (seen - this.#perSecond) : seen
    this.#since = now
    this.#settled = 0
  }

  /** Until so many charges have left (ms). */
  leaveMs(charges: number): number {
    return (charges * 1_000) / this.#perSecond
  }

  /** Charges that leave before one whose hold ends then. */
  ahead(expiresAt: number): number {
    const own = Math.floor(expiresAt / CLOSE_MS)
    let before = (this.#stretches.get(own) ?? 0) / 2
    for (const [stretch, count] of this.#stretches) if (stretch < own) before += count
    return before
  }

  #count(expiresAt: number, by: 1 | -1): void {
    const stretch = Math.floor(expiresAt / CLOSE_MS)
    const count = (this.#stretches.get(stretch) ?? 0) + by
    if (count === 0) this.#stretches.delete(stretch)
    else this.#stretches.set(stretch, count)
  }
}

/** The longest that a buyer is asked to wait until the backlog is shorter (seconds): it may be so before. */
const RETRY_MAX_SECONDS = 60

export interface Foresight {
  /** How long a charge would wait that is begun after all others and `more` of them (ms); 0: nothing holds charges up. */
  readonly delayMs: (more: number) => number
  /** Why an order that is held for so long may not be placed: its charge could not be made in time. Null: it may. */
  readonly refusal: (more: number, holdMs: number) => Unavailable | null
  /** When its charge can be made, ms since 1970; null: it does not wait here, or nothing holds it up. */
  readonly etaOf: (order: Pick<Order, "id" | "expiresAt">) => number | null
}

type Calls = Pick<PaymentCalls["Service"], "openForMs" | "queues">

export const foresight = (backlog: PaymentBacklog, calls: Calls, graceMs: number, now: () => number): Foresight => {
  const delayMs = (charges: number): number => {
    const openMs = calls.openForMs()
    return openMs > 0 || calls.queues() ? openMs + backlog.leaveMs(charges) : 0
  }
  return {
    delayMs: (more) => delayMs(backlog.size + more),
    refusal: (more, holdMs) => {
      const lateMs = delayMs(backlog.size + more) - holdMs - graceMs
      if (lateMs <= 0) return null
      return unavailable("payment-backlog", "undecided", Math.min(RETRY_MAX_SECONDS, Math.ceil(lateMs / 1_000)))
    },
    etaOf: ({ expiresAt, id }) => {
      if (!backlog.has(id)) return null
      const ms = delayMs(backlog.ahead(expiresAt))
      return ms === 0 ? null : Math.round(now() + ms)
    },
  }
}
