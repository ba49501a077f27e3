/**
 * Deadlines: when holds end, as a binary heap by time. Memory only; the ledger finds them again after a restart.
 *
 * Limits: DEADLINES_MAX; what lies beyond `horizon` or does not fit waits in the ledger for the next scan, which has to come
 * before the horizon does.
 */
import type { OrderId } from "../../domain/ids.ts"
import { DEADLINES_MAX } from "./limits.ts"

export interface Deadline {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly kind: "expiry" | "lapse"
  readonly orderId: OrderId
}

export class Deadlines {
  readonly #heap: Array<Deadline> = []
  readonly #known = new Set<string>()
  /** Everything that ends before this time is here, milliseconds since 1970. */
  horizon = 0

  get soonest(): number | null {
    return this.#heap[0]?.at ?? null
  }

  /** True if there is something sooner to wake up for: it is the soonest now, or the horizon came nearer. */
  add(deadline: Deadline): boolean {
    if (deadline.at > this.horizon) return false
    if (this.#heap.length < DEADLINES_MAX) return this.#push(deadline)
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
    const heap = this.#heap
    let i = heap.length
    heap.push(deadline)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (heap[parent]!.at <= deadline.at) break
      heap[i] = heap[parent]!
      i = parent
    }
    heap[i] = deadline
    return i === 0
  }

  /** Takes one whose time has come. */
  takeDue(now: number): Deadline | null {
    const heap = this.#heap
    const first = heap[0]
    if (first === undefined || first.at > now) return null
    this.#known.delete(first.kind + first.orderId)
    const last = heap.pop()!
    if (heap.length > 0) this.#sink(last)
    return first
  }

  #sink(deadline: Deadline): void {
    const heap = this.#heap
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++
      if (heap[child]!.at >= deadline.at) break
      heap[i] = heap[child]!
      i = child
    }
    heap[i] = deadline
  }
}
