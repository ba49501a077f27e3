/**
 * Deadlines: when holds end, in a heap by time. Memory only; the ledger finds them again after a restart.
 *
 * Limits: DEADLINES_MAX; what lies beyond `horizon` or does not fit waits in the ledger for the next scan, which has to come
 * before the horizon does.
 */
import type { OrderId } from "../../domain/ids.ts"
import { Heap } from "../../std/heap.ts"
import { DEADLINES_MAX } from "./limits.ts"

export interface Deadline {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly kind: "expiry" | "lapse"
  readonly orderId: OrderId
}

const isSooner = (a: Deadline, b: Deadline): boolean => a.at < b.at

export class Deadlines {
  readonly #heap = new Heap<Deadline>(isSooner)
  readonly #known = new Set<string>()
  /** Everything that ends before this time is here (ms since 1970). */
  horizon = 0

  get soonest(): number | null {
    return this.#heap.peek()?.at ?? null
  }

  /** True if there is something sooner to wake up for: it is the soonest now, or the horizon came nearer. */
  add(deadline: Deadline): boolean {
    if (deadline.at > this.horizon) return false
    if (this.#heap.size < DEADLINES_MAX) return this.#push(deadline)
    this.horizon = deadline.at
    return true
  }

  /** What a scan of the ledger found; a scan that was cut short moves the horizon only as far as it saw. */
  merge(found: ReadonlyArray<Deadline>, horizon: number): void {
    for (const deadline of found) this.#push(deadline)
    this.horizon = horizon
  }

  #push(deadline: Deadline): boolean {
    const key = deadline.kind + deadline.orderId
    if (this.#known.has(key)) return false
    this.#known.add(key)
    this.#heap.push(deadline)
    return this.#heap.peek() === deadline
  }

  /** Takes one whose time has come. */
  takeDue(now: number): Deadline | null {
    const first = this.#heap.peek()
    if (first === undefined || first.at > now) return null
    this.#heap.pop()
    this.#known.delete(first.kind + first.orderId)
    return first
  }
}
