/**
 * The shop of the lesson on monitoring: a minute of orders in virtual time, and what its metrics say of it. One event loop, one commit
 * at a time that takes all who wait, a payment provider; and five things that can go wrong with them.
 */
import { mulberry32 } from "../std/mulberry32.ts"

export const FAULTS = ["database", "payment", "blocked-loop", "bad-release", "crowd"] as const
export type Fault = (typeof FAULTS)[number]

/** What a healthy minute is made of: orders a second; ms. */
const RATE = 100
const MINUTE_MS = 60_000
const WORK_MS = 0.4
const COMMIT_MS = 6
const PAYMENT_MS = 25

/** What each fault does. One order in so many; ms. */
const SLOW_COMMIT_MS = 90
const SILENT_PAYMENTS = 50
const SILENCE_MS = 900
const BLOCK_MS = 180
const BLOCK_EVERY_MS = 2_000
const BROKEN = 8
const CROWD = 26

export interface Times {
  readonly mean: number
  readonly p50: number
  readonly p99: number
}

/** Of a minute; times in ms. */
export interface Seen {
  /** Requests a second. */
  readonly rate: number
  /** Share of them that failed. */
  readonly errors: number
  readonly duration: Times
  /** Of the parts, p99. */
  readonly loopDelay: number
  readonly mailboxWait: number
  readonly commit: number
  readonly payment: number
}

/** As plain numbers: a crowd's minute has 150,000 of them, and a comparator in JavaScript would be most of its time. */
const sort = (values: ReadonlyArray<number>): Float64Array => new Float64Array(values).sort()

const quantile = (sorted: Float64Array, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0

const p99 = (values: ReadonlyArray<number>): number => quantile(sort(values), 0.99)

const timesOf = (values: ReadonlyArray<number>): Times => {
  const sorted = sort(values)
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length
  return { mean, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) }
}

/** A resource that does one thing after another. */
class Line {
  #freeAt = 0

  /** When it is done with what comes at `at`. */
  take(at: number, ms: number): number {
    this.#freeAt = Math.max(this.#freeAt, at) + ms
    return this.#freeAt
  }
}

/** Commits: one on its way, the next takes all that came meanwhile. */
class Commits {
  #begunAt = Number.NEGATIVE_INFINITY
  #doneAt = Number.NEGATIVE_INFINITY

  /** When the commit of what comes at `at` begins; times never go back. */
  join(at: number, ms: number): number {
    if (at > this.#begunAt) {
      this.#begunAt = Math.max(at, this.#doneAt)
      this.#doneAt = this.#begunAt + ms
    }
    return this.#begunAt
  }
}

/** A minute with this fault; null: none. The same seed gives the same minute. */
export const minute = (fault: Fault | null, seed: number): Seen => {
  const next = mulberry32(seed)
  const draw = (): number => (next() + 1) / 2 ** 32
  const isOne = (of: number): boolean => draw() * of < 1
  const spread = (ms: number): number => ms * (0.6 + 0.8 * draw())
  const loop = new Line()
  const commits = new Commits()
  const [durations, delays, waits, commitTimes, payments]: Array<Array<number>> = [[], [], [], [], []] as never
  const rate = fault === "crowd" ? RATE * CROWD : RATE
  let [asked, failed, blockedAt] = [0, 0, BLOCK_EVERY_MS]
  for (let at = 0; at < MINUTE_MS; at += (-Math.log(draw()) * 1_000) / rate) {
    asked++
    if (fault === "blocked-loop" && at >= blockedAt) {
      loop.take(blockedAt, BLOCK_MS)
      blockedAt += BLOCK_EVERY_MS
    }
    const turn = loop.take(at, WORK_MS)
    delays!.push(turn - WORK_MS - at)
    if (fault === "bad-release" && isOne(BROKEN)) {
      failed++
      durations!.push(turn - at)
      continue
    }
    const commitMs = spread(fault === "database" ? SLOW_COMMIT_MS : COMMIT_MS)
    const begun = commits.join(turn, commitMs)
    const paymentMs = fault === "payment" && isOne(SILENT_PAYMENTS) ? SILENCE_MS : spread(PAYMENT_MS)
    waits!.push(begun - turn)
    commitTimes!.push(commitMs)
    payments!.push(paymentMs)
    durations!.push(begun + commitMs + paymentMs - at)
  }
  return {
    rate: asked / (MINUTE_MS / 1_000),
    errors: failed / asked,
    duration: timesOf(durations!),
    loopDelay: p99(delays!),
    mailboxWait: p99(waits!),
    commit: p99(commitTimes!),
    payment: p99(payments!),
  }
}
