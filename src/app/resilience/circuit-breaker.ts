/**
 * A circuit breaker: refuses calls to a dependency that fails or is slow, so that its illness costs neither time nor places.
 *
 *     closed     every call is admitted; of the last `calls` within a minute, at least `minCalls` of them, a share of
 *                `failureRate` failed or a share of `slowRate` took `slowMs`  -> open
 *     open       until `openMs` have passed no call is admitted               -> half-open
 *                  but one each time `openMs` as at first have passed: quick and good -> half-open at once
 *     half-open  PROBES calls are admitted, each with a deadline
 *                  all of them quick and good                                 -> closed, and `openMs` as at first
 *                  one bad, slow, or past its deadline                        -> open, for twice as long, at most `openMaxMs`
 *
 * A policy without clock or effect: `now` (milliseconds, monotonic) comes in with every call.
 * Law: a result counts only in the period it was admitted in; a probe without a result ends at its deadline, so a hanging
 * one cannot hold the breaker half-open; of an interrupted call nothing is learnt.
 */
import { RecentResults } from "./recent-results.ts"

export interface Settings {
  /** Shares between 0 and 1 of the calls looked at; above 1: never. */
  readonly failureRate: number
  readonly slowRate: number
  /** A call that takes this long is slow (ms). */
  readonly slowMs: number
  /** How many of the newest results are looked at, and how many there have to be. */
  readonly calls: number
  readonly minCalls: number
  /** How long calls are refused at first, and at most (ms). */
  readonly openMs: number
  readonly openMaxMs: number
  /** A probe without a result counts as failed after this (ms): above the call's own time limit. */
  readonly probeMs: number
}

export type State = "closed" | "open" | "half-open"

/** `period`: grows with every change of state. */
export interface Permit {
  readonly period: number
  readonly admittedAt: number
}

/** Calls admitted when half-open. Several, because one could be lucky; few, because the dependency may still be ill. */
const PROBES = 3

export class CircuitBreaker {
  readonly #settings: Settings
  readonly #onChange: (to: State) => void
  #state: State = "closed"
  #period = 0
  readonly #recent: RecentResults
  /** And when one call is let through nevertheless: a recovery after a long illness is found as soon as after a short one. */
  #openUntil = 0
  #soundAt = 0
  #openMs: number
  /** Probes without a result, and how many have succeeded. */
  #probing: Array<Permit> = []
  #succeeded = 0

  constructor(settings: Settings, onChange: (to: State) => void = () => undefined) {
    this.#settings = settings
    this.#onChange = onChange
    this.#openMs = settings.openMs
    this.#recent = new RecentResults(settings.calls)
  }

  state(now: number): State {
    // A clock that was set back does not hold it open for longer.
    this.#openUntil = Math.min(this.#openUntil, now + this.#openMs)
    if (this.#state === "open" && now >= this.#openUntil) this.#become("half-open")
    const isHung = ({ admittedAt }: Permit) => now >= admittedAt + this.#settings.probeMs
    if (this.#state === "half-open" && this.#probing.some(isHung)) this.#open(now)
    return this.#state
  }

  /** How many calls would be admitted now. */
  room(now: number): number {
    const state = this.state(now)
    if (state === "closed") return Number.POSITIVE_INFINITY
    if (state === "open") return now >= this.#soundAt ? 1 : 0
    return PROBES - this.#probing.length - this.#succeeded
  }

  /** Null: the call is refused. */
  admit(now: number): Permit | null {
    if (this.room(now) === 0) return null
    const permit: Permit = { period: this.#period, admittedAt: now }
    if (this.#state === "half-open") this.#probing.push(permit)
    if (this.#state === "open") this.#soundAt = now + this.#settings.openMs
    return permit
  }

  report(permit: Permit, isFailure: boolean, now: number): void {
    // Deadlines of probes first: a probe that answers after its own has failed already.
    const state = this.state(now)
    if (permit.period !== this.#period) return
    const isSlow = now - permit.admittedAt >= this.#settings.slowMs
    if (state === "open") return isFailure || isSlow ? undefined : this.#become("half-open")
    if (state === "half-open") this.#endProbe(permit, isFailure || isSlow, now)
    else this.#count(isFailure, isSlow, now)
  }

  /** The call was given up by its caller: its place is free again. */
  release(permit: Permit): void {
    this.#probing = this.#probing.filter((probe) => probe !== permit)
  }

  /** How long it stays open at most (ms); 0 when it is not. */
  openForMs(now: number): number {
    return this.state(now) === "open" ? this.#openUntil - now : 0
  }

  /** Shares among the results that count. */
  rates(now: number): { readonly calls: number; readonly failures: number; readonly slow: number } {
    this.#recent.trim(now)
    const { count, failures, slow } = this.#recent
    return { calls: count, failures, slow }
  }

  #count(isFailure: boolean, isSlow: boolean, now: number): void {
    const recent = this.#recent
    recent.add(now, isFailure, isSlow)
    const { failureRate, minCalls, slowRate } = this.#settings
    if (recent.count >= minCalls && (recent.failures >= failureRate || recent.slow >= slowRate)) this.#open(now)
  }

  #endProbe(probe: Permit, isBad: boolean, now: number): void {
    this.release(probe)
    if (isBad) return this.#open(now)
    if (++this.#succeeded < PROBES) return
    this.#openMs = this.#settings.openMs
    this.#become("closed")
  }

  #open(now: number): void {
    // Only an ill dependency that was looked at again has its time doubled.
    if (this.#state === "half-open") this.#openMs = Math.min(this.#settings.openMaxMs, this.#openMs * 2)
    this.#openUntil = now + this.#openMs
    this.#soundAt = now + this.#settings.openMs
    this.#become("open")
  }

  #become(state: State): void {
    this.#state = state
    this.#period++
    this.#recent.clear()
    this.#probing = []
    this.#succeeded = 0
    this.#onChange(state)
  }
}
