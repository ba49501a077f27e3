/**
 * A bulkhead: at most `concurrency` calls to a dependency run at once, at most `perSecond` are begun, and at most `queueMax` wait,
 * the most urgent first. What one dependency holds up stays behind its own bulkhead.
 *
 * A policy without clock or effect, as the circuit breaker is one: `now` (ms) comes in with every call.
 *
 * Law: one that is given up while it waits takes no place and no turn of the rate.
 * Limits: `queueMax`.
 */
import { Heap } from "../../std/heap.ts"

export interface Settings {
  readonly concurrency: number
  readonly queueMax: number
  /** Calls begun a second, evenly spaced; null: as they come. */
  readonly perSecond: number | null
}

export interface Load {
  readonly running: number
  readonly queued: number
  /** When the oldest waiting call came (ms since 1970); null: none waits. */
  readonly oldestSince: number | null
}

/** What enters; the fields behind the first are the bulkhead's own. */
export interface Entry {
  /** The least goes first, say the end of a hold (ms since 1970). Equal ones go in order of arrival. */
  readonly urgency: number
  arrival: number
  since: number
  isWaiting: boolean
}

/** How late a timer may be (ms), with the rate still reached. */
const LATE_MS = 20

const isBefore = (a: Entry, b: Entry): boolean =>
  a.urgency < b.urgency || (a.urgency === b.urgency && a.arrival < b.arrival)

export class Bulkhead<E extends Entry> {
  readonly #settings: Settings
  readonly #spacingMs: number
  readonly #begin: (entry: E, now: number) => void
  #heap = new Heap<E>(isBefore)
  #waiting = 0
  #running = 0
  #arrivals = 0
  /** When the rate allows the next (ms). */
  #nextAt = 0

  /** `begin` is called for each entry when its turn has come. */
  constructor(settings: Settings, begin: (entry: E, now: number) => void) {
    this.#settings = settings
    this.#spacingMs = settings.perSecond === null ? 0 : 1_000 / settings.perSecond
    this.#begin = begin
  }

  get queued(): number {
    return this.#waiting
  }

  /** Begins it now, or queues it. False: the queue is full. */
  enter(entry: E, now: number): boolean {
    if (this.#waiting === 0 && this.#running < this.#settings.concurrency && now >= this.#rateAt(now)) {
      this.#take(entry, now)
      return true
    }
    const { queueMax } = this.#settings
    if (this.#waiting >= queueMax) return false
    entry.arrival = this.#arrivals++
    entry.since = now
    entry.isWaiting = true
    this.#waiting++
    // Those given up leave the heap when their turn comes, or here, before they outnumber the others.
    if (this.#heap.size >= 2 * queueMax) this.#heap = this.#live()
    this.#heap.push(entry)
    return true
  }

  /** One that had begun has ended. */
  leave(): void {
    this.#running--
  }

  /** One that waits is given up. */
  abandon(entry: E): void {
    entry.isWaiting = false
    this.#waiting--
  }

  /** Begins all whose turn has come. When the next one's is (ms); infinity: none waits for a time. */
  giveTurns(now: number): number {
    while (this.#waiting > 0 && this.#running < this.#settings.concurrency) {
      const at = this.#rateAt(now)
      if (now < at) return at
      const entry = this.#heap.pop()!
      if (!entry.isWaiting) continue
      entry.isWaiting = false
      this.#waiting--
      this.#take(entry, now)
    }
    return Number.POSITIVE_INFINITY
  }

  load(): Load {
    const since = this.#heap.list().flatMap((entry) => (entry.isWaiting ? [entry.since] : []))
    return {
      running: this.#running,
      queued: this.#waiting,
      oldestSince: since.length === 0 ? null : since.reduce((a, b) => Math.min(a, b)),
    }
  }

  #take(entry: E, now: number): void {
    // A quiet time is not saved up for a burst; what a timer was late is made up for.
    this.#nextAt = Math.max(this.#nextAt, now - LATE_MS) + this.#spacingMs
    this.#running++
    this.#begin(entry, now)
  }

  /** A clock that was set back holds up no turn for longer than one takes. */
  #rateAt(now: number): number {
    this.#nextAt = Math.min(this.#nextAt, now + this.#spacingMs)
    return this.#nextAt
  }

  #live(): Heap<E> {
    const rest = new Heap<E>(isBefore)
    for (const entry of this.#heap.list()) if (entry.isWaiting) rest.push(entry)
    return rest
  }
}
