/** The rate limiter against a token bucket that counts exactly; and what a million keys cost. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { memory, RateLimiter } from "../../../src/app/overload/rate-limiter.ts"
import type { Rate } from "../../../src/ports/rate-limit-store.ts"

const SEED = 7
const limiter = (rate: Rate, slots = 1_024) => new RateLimiter(rate, memory(slots), SEED)

/** What a bucket says that fills continuously; tokens in thousandths, so that it counts exactly. */
const bucket = ({ burst, perSecond }: Rate) => {
  let tokens = burst * 1_000
  let last = 0
  return (now: number): number => {
    tokens = Math.min(burst * 1_000, tokens + (now - last) * perSecond)
    last = now
    if (tokens < 1_000) return (tokens - 1_000) / perSecond
    tokens -= 1_000
    return Math.floor(tokens / 1_000)
  }
}

describe("a rate limiter", () => {
  it("lets through what a token bucket does, and says what is left and how long to wait", () => {
    const rates = fc.record({ perSecond: fc.integer({ min: 1, max: 500 }), burst: fc.integer({ min: 1, max: 50 }) })
    const pauses = fc.array(
      fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 }), fc.integer({ max: 5_000, min: 0 })),
    )
    fc.assert(
      fc.property(rates, pauses, (rate, pausesMs) => {
        const limit = limiter(rate)
        const expected = bucket(rate)
        let now = 1_000
        expected(now)
        limit.take("kim", now)
        for (const pause of pausesMs) {
          now += pause
          const [left, exact] = [limit.take("kim", now), expected(now)]
          if (exact < 0) expect(left).toBeCloseTo(exact, 3)
          else expect(left).toBe(exact)
        }
      }),
      { numRuns: 200 },
    )
  })

  it("counts each key for itself, and two limiters over one memory count together", () => {
    const shared = memory(1_024)
    const one = new RateLimiter({ perSecond: 1, burst: 3 }, shared, SEED)
    const other = new RateLimiter({ perSecond: 1, burst: 3 }, shared, SEED)
    expect([one.take("kim", 0.5), other.take("kim", 0.5), one.take("kim", 0.5)]).toEqual([2, 1, 0])
    expect(other.take("kim", 0.5)).toBeLessThan(0)
    expect(other.take("lee", 0.5)).toBe(2)
  })

  it("forgets a debt that the clock makes impossible", () => {
    const limit = limiter({ perSecond: 1, burst: 1 })
    expect(limit.take("kim", 3_600_000)).toBe(0)
    expect(limit.take("kim", 10)).toBe(0)
    expect(limit.take("kim", 11)).toBeLessThan(0)
  })

  it("that is full forgets the least debt, and refuses no key that has asked for nothing", () => {
    const limit = limiter({ perSecond: 1, burst: 10 }, 64)
    for (let asked = 0; asked < 10; asked++) limit.take("greedy", 1)
    expect(limit.take("greedy", 1)).toBeLessThan(0)
    for (let key = 0; key < 10_000; key++) expect(limit.take(`key ${key}`, 1)).toBe(9)
    expect(limit.take("greedy", 1)).toBeLessThan(0)
  })

  it("remembers a million addresses and a million customers in less than 64 MiB", () => {
    const before = process.memoryUsage().arrayBuffers
    const [clients, customers] = [memory(), memory()]
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1_024 * 1_024)
    expect(clients.byteLength + customers.byteLength).toBeLessThan(64 * 1_024 * 1_024)
    const limit = new RateLimiter({ perSecond: 1, burst: 1 }, clients, SEED)
    const MANY = 1_000_000
    for (let key = 0; key < MANY; key++) limit.take(`customer-${key}`, 1)
    let forgotten = 0
    for (let key = 0; key < MANY; key++) if (limit.take(`customer-${key}`, 2) >= 0) forgotten++
    // Those whose sets ran over.
    expect(forgotten / MANY).toBeLessThan(0.02)
  })
})
