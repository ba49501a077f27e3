/**
 * A rate limiter (GCRA: the token bucket as one time a key) of bounded memory: a fixed table in shared memory, which the HTTP
 * threads of a process use together.
 *
 * Why it exists: a limiter that remembers each key is a map that an attacker fills, and one on the hot route may neither allocate
 * nor start a fiber ([0033](../../../docs/decisions/0033-our-own-rate-limiter.md)).
 * Law: a key gets at most `burst` at once and `perSecond` in the long run. What does not fit is forgotten, the key with the least
 * debt first: a full table lets too much through, and never refuses a key for what another has done.
 * Limits: `SLOTS` keys, 12 bytes each. Two threads that count one key in the same instant may count once.
 */

import type { Rate } from "../../ports/rate-limit-store.ts"

/** Twice the million keys that are to fit, so that their sets of eight hardly ever run over. */
export const SLOTS = 2 ** 21

/** A key may stand in any slot of its set: one cache line of tags and two of times. */
const WAYS = 8

const TAG_BYTES = 4
const TIME_BYTES = 8

/** Times since 1970 are exact to a quarter of a microsecond. */
const ROUNDING_MS = 1e-3

/** The memory of one limiter, which threads may share. */
export const memory = (slots = SLOTS): SharedArrayBuffer => new SharedArrayBuffer(slots * (TAG_BYTES + TIME_BYTES))

export class RateLimiter {
  readonly rate: Rate
  /** When a key is free of debt again, ms of the clock of `take`; 0: no key has been here. */
  readonly #times: Float64Array
  readonly #tags: Uint32Array
  readonly #seed: number
  readonly #sets: number
  /** One request's share of time (ms). */
  readonly #each: number
  readonly #burstMs: number

  /** `seed`: secret, so that no client can choose keys that share a slot; the same for all that share the memory. */
  constructor(rate: Rate, shared: SharedArrayBuffer, seed: number) {
    const slots = shared.byteLength / (TAG_BYTES + TIME_BYTES)
    this.rate = rate
    this.#times = new Float64Array(shared, 0, slots)
    this.#tags = new Uint32Array(shared, slots * TIME_BYTES, slots)
    this.#seed = seed
    this.#sets = slots / WAYS
    this.#each = 1_000 / rate.perSecond
    this.#burstMs = rate.burst * this.#each
  }

  /** How many more may come at once; below zero: none, and minus the milliseconds until one may. `now`: ms, the same clock for all. */
  take(key: string, now: number): number {
    const slot = this.#slotOf(key, now)
    const debt = this.#times[slot]! - now
    // Beyond any debt there can be: the clock has gone back.
    const owed = debt > 0 && debt <= this.#burstMs + ROUNDING_MS ? debt : 0
    const left = this.#burstMs - owed - this.#each
    if (left < -ROUNDING_MS) return left
    this.#times[slot] = now + owed + this.#each
    return Math.floor((left + ROUNDING_MS) / this.#each)
  }

  /** The key's own slot, or one that it takes over. */
  #slotOf(key: string, now: number): number {
    let first = this.#seed
    let second = ~this.#seed
    for (let at = 0; at < key.length; at++) {
      const unit = key.charCodeAt(at)
      first = Math.imul(first ^ unit, 0x85eb_ca6b)
      first = (first << 13) | (first >>> 19)
      second = Math.imul(second ^ unit, 0xc2b2_ae35)
      second = (second << 15) | (second >>> 17)
    }
    first = mix(first)
    const tag = mix(second ^ Math.imul(first, 0x9e37_79b1)) >>> 0
    const begin = ((first >>> 0) % this.#sets) * WAYS
    let least = begin
    for (let slot = begin; slot < begin + WAYS; slot++) {
      if (this.#tags[slot] === tag && this.#times[slot] !== 0) return slot
      if (this.#times[slot]! < this.#times[least]!) least = slot
    }
    this.#tags[least] = tag
    this.#times[least] = now
    return least
  }
}

/** The last step of MurmurHash3: every bit of it depends on every bit of what goes in. */
const mix = (hash: number): number => {
  let mixed = hash ^ (hash >>> 16)
  mixed = Math.imul(mixed, 0x85eb_ca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2_ae35)
  return mixed ^ (mixed >>> 16)
}
