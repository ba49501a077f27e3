/**
 * Load shedding: which requests are refused while more come than can be done, the least important first.
 *
 * The signal is a standing queue (CoDel): what waits has waited for longer than the target in every look of an interval. Not the round
 * trip: batches make throughput come from concurrency, and a limiter that follows the round trip would take a healthy batch
 * for congestion. Once it stands, requests in flight are bounded by the rate at which they were measured to leave, times the target;
 * each class may fill its share of that. From there the bound rises while nothing waits beyond the target and falls while something does
 * (AIMD, but by factors): what is allowed at once takes as long as the target, and not longer. It goes when nothing has been refused for a while.
 *
 * Law: before a queue has stood, or is so long that it will, nothing is refused. Operators are never refused, and paying and
 * cancelling not before twice the bound of them is in flight. Pure: the time comes from outside, ms of one clock.
 */
import type { Class } from "../../ports/probe.ts"

/**
 * How much of the bound may be in flight of the class and those above it when one more of the class comes, the most important first. What
 * is below does not count: a crowd of orders keeps no buyer from paying.
 */
const SHARES: Readonly<Record<Class, number>> = {
  admin: Number.POSITIVE_INFINITY,
  pay: 2,
  place: 1,
  read: 0.75,
  list: 0.5,
}
const CLASSES = Object.keys(SHARES) as ReadonlyArray<Class>

/** A queue has to stand for so long (ms). */
export const INTERVAL_MS = 100

/** A standing queue: whether every sample of the last interval was beyond the target. */
export class StandingQueue {
  readonly #targetMs: number
  #since: number | null = null

  constructor(targetMs: number) {
    this.#targetMs = targetMs
  }

  /** `waitMs`: the least that anything has waited which now leaves the queue. */
  sample(waitMs: number, now: number): boolean {
    if (waitMs < this.#targetMs) this.#since = null
    else this.#since ??= now
    return this.#since !== null && now - this.#since >= INTERVAL_MS
  }
}

/**
 * So many requests may be in flight before the first is refused, however slow the machine: half of a full batch. A crowd of that size is
 * turned away nowhere.
 */
export const CROWD = 256

/**
 * So many may be in flight while more are refused than answered: such a crowd does not end by itself, and on a slow machine `CROWD` would
 * wait for longer than its callers do. Not fewer, or the ledger would wait for decisions.
 */
export const BOUND_MIN = 64

/** How long after something was refused last the bound is kept (ms): what was refused comes again. */
export const CALM_MS = 1_000

/** What the best measured rate loses in each interval: half of it in seven seconds. */
const FADING = 0.99

/** What the bound becomes in an interval in which a queue stands, and in one in which nothing waits beyond the target. */
const FALLING = 0.8
const RISING = 1.05
/** And in one in which some had waited beyond it, though not all: until a queue stood, the slowest would be answered late. */
const EASING = 0.95

/**
 * From what leaves within so many times the target and a commit on it only creeps: an order over several workers waits and commits at each.
 * It does not stop, because requests that wait for something else than a worker would keep others out.
 */
const ENOUGH = 2
const CREEPING = 1.02

/**
 * More than so many times that is a queue as soon as something has waited beyond the target: it takes several times the target to
 * leave. To wait an interval for the proof would let in as many again, who are all answered late.
 */
const TOO_MANY = 2

/** What is seen of the queues, of sockets and commands. */
export interface Sight {
  readonly isStanding: boolean
  /** What left last had waited beyond the target. */
  readonly isBeyond: boolean
  /** How long a commit takes. */
  readonly commitMs: number
}

export class Shedder {
  readonly #targetMs: number
  /** Requests in flight that were admitted, of each class. */
  readonly #counts: Record<Class, number> = { admin: 0, pay: 0, place: 0, read: 0, list: 0 }
  #left = 0
  #lookedAt = 0
  /** Requests that leave in a millisecond, at best. */
  #rate = 0
  /** Null: there is no bound. */
  #bound: number | null = null
  #isStanding = false
  #isBeyond = false
  /** More in flight than this are a queue, whether or not it has stood; null: nothing has waited. */
  #crowd: number | null = null
  #refusedAt = 0
  /** Since the interval began. */
  #refused = 0
  /** Whether more were refused than left in the last interval. */
  #isOutnumbered = false
  #now = 0

  constructor(targetMs: number) {
    this.#targetMs = targetMs
  }

  /** Of the class and those above it. */
  inFlight(of: Class): number {
    let inFlight = 0
    for (const each of CLASSES) {
      inFlight += this.#counts[each]
      if (each === of) break
    }
    return inFlight
  }

  /** Requests that may be in flight; null: any number. */
  get bound(): number | null {
    return this.#bound === null ? null : Math.round(this.#bound)
  }

  /** Whether one more may come now. */
  allows(of: Class): boolean {
    // Here as well as in a look: one turn of the event loop may let in hundreds.
    if (this.#isCrowded) this.#restrict()
    if (this.#bound === null || this.inFlight(of) < this.#bound * SHARES[of]) return true
    this.#refusedAt = this.#now
    this.#refused++
    return false
  }

  begin(of: Class): void {
    this.#counts[of]++
  }

  end(of: Class): void {
    this.#counts[of]--
    this.#left++
  }

  /** Once an interval or more often. */
  look({ commitMs, isBeyond, isStanding }: Sight, now: number): void {
    this.#now = now
    const passed = now - this.#lookedAt
    this.#isStanding ||= isStanding
    this.#isBeyond ||= isBeyond
    this.#crowd = isBeyond && this.#rate > 0 ? Math.max(CROWD, TOO_MANY * this.#enough(commitMs)) : null
    if (passed < INTERVAL_MS) {
      // At once: each moment lets more in that will stand as well.
      if (this.#isCrowded || (isStanding && this.#bound === null)) this.#restrict()
      return
    }
    // While something is refused and nothing stands, it is the bound that holds the rate down.
    const fading = this.#isStanding || !this.#refuses(INTERVAL_MS) ? FADING : 1
    this.#rate = Math.max(this.#left / passed, this.#rate * fading)
    this.#isOutnumbered = this.#refused > this.#left
    this.#adapt(commitMs)
    this.#left = 0
    this.#refused = 0
    this.#lookedAt = now
    this.#isStanding = this.#isBeyond = false
  }

  get #isCrowded(): boolean {
    return this.#bound === null && this.#crowd !== null && this.inFlight("list") > this.#crowd
  }

  #restrict(): void {
    this.#bound = this.#least
    this.#refusedAt = this.#now
  }

  #adapt(commitMs: number): void {
    if (this.#bound === null) {
      if (this.#isStanding) this.#restrict()
    } else if (this.#isStanding) this.#bound = Math.max(this.#least, this.#bound * FALLING)
    else if (!this.#refuses(CALM_MS)) this.#bound = null
    else if (this.#isBeyond) this.#bound = Math.max(this.#least, this.#bound * EASING)
    else {
      const isEnough = this.#bound >= this.#enough(commitMs)
      this.#bound = Math.max(this.#least, this.#bound * (isEnough ? CREEPING : RISING))
    }
  }

  /** What leaves within some times the target and a commit. */
  #enough(commitMs: number): number {
    return this.#rate * ENOUGH * (this.#targetMs + commitMs)
  }

  /** What leaves within the target. */
  get #least(): number {
    return Math.max(this.#floor, this.#rate * this.#targetMs)
  }

  /** What may be in flight however slowly it leaves. */
  get #floor(): number {
    return this.#isOutnumbered ? BOUND_MIN : CROWD
  }

  /** Whether something was refused in the last so many milliseconds. */
  #refuses(withinMs: number): boolean {
    return this.#bound !== null && this.#now - this.#refusedAt <= withinMs
  }
}
