/** Load shedding as a policy: what a standing queue is, and who is refused while it stands, whatever comes and leaves. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { BOUND_MIN, CALM_MS, CROWD, INTERVAL_MS, Shedder, StandingQueue } from "../../../src/app/overload/shedding.ts"
import type { Class } from "../../../src/ports/probe.ts"

const TARGET = 50
const COMMIT = 10
const CLASSES: ReadonlyArray<Class> = ["admin", "pay", "place", "read", "list"]

describe("a standing queue", () => {
  it("stands once every sample of an interval was beyond the target", () => {
    const samples = fc.array(
      fc.record({ waitMs: fc.integer({ min: 0, max: 100 }), after: fc.integer({ min: 1, max: 60 }) }),
    )
    fc.assert(
      fc.property(samples, (all) => {
        const queue = new StandingQueue(TARGET)
        let now = 0
        let since: number | null = null
        for (const { after, waitMs } of all) {
          now += after
          since = waitMs < TARGET ? null : (since ?? now)
          expect(queue.sample(waitMs, now)).toBe(since !== null && now - since >= INTERVAL_MS)
        }
      }),
    )
  })
})

const sight = (isStanding: boolean, isBeyond = isStanding) => ({ isStanding, isBeyond, commitMs: 0 })

/** So many leave in each of some intervals, while a queue stands. */
const standing = (leaving: number): Shedder => {
  const shedder = new Shedder(TARGET)
  for (let interval = 1; interval <= 5; interval++) {
    for (let each = 0; each < leaving; each++) {
      shedder.begin("place")
      shedder.end("place")
    }
    shedder.look(sight(true), interval * INTERVAL_MS)
  }
  return shedder
}

describe("a shedder", () => {
  it("refuses nothing while no queue stands, however much is in flight", () => {
    const shedder = new Shedder(TARGET)
    for (let each = 0; each < 10_000; each++) {
      for (const of of CLASSES) expect(shedder.allows(of)).toBe(true)
      shedder.begin("place")
    }
    shedder.look(sight(false), 1_000)
    expect(shedder.bound).toBeNull()
  })

  /** So many left in the last interval, and nothing waited. */
  const calm = (left: number): Shedder => {
    const shedder = new Shedder(TARGET)
    for (let each = 0; each < left; each++) {
      shedder.begin("place")
      shedder.end("place")
    }
    shedder.look(sight(false), INTERVAL_MS)
    return shedder
  }

  /** A thousand left in the last interval; then so many are in flight, and what leaves has waited beyond the target or has not. */
  const crowded = (inFlight: number, isBeyond: boolean): number | null => {
    const shedder = calm(1_000)
    for (let each = 0; each < inFlight; each++) shedder.begin("place")
    shedder.look(sight(false, isBeyond), INTERVAL_MS + 20)
    return shedder.bound
  }

  it("does not wait for a queue to stand that is sure to: more are in flight than leave within four times the target, and wait", () => {
    const four = (4 * TARGET * 1_000) / INTERVAL_MS
    expect([crowded(four, true), crowded(four + 1, true), crowded(four + 1, false)]).toEqual([null, 500, null])
  })

  it("bounds such a crowd between two looks as well: one turn of the event loop may let in hundreds", () => {
    const shedder = calm(1_000)
    shedder.look(sight(false, true), INTERVAL_MS + 20)
    let admitted = 0
    while (shedder.allows("place") && admitted < 10_000) {
      shedder.begin("place")
      admitted++
    }
    expect([admitted, shedder.bound]).toEqual([(4 * TARGET * 1_000) / INTERVAL_MS + 1, (TARGET * 1_000) / INTERVAL_MS])
  })

  it("turns no crowd of a few hundred away, however slowly it leaves", () => {
    const shedder = calm(1)
    shedder.look(sight(false, true), INTERVAL_MS + 20)
    for (let each = 0; each < CROWD; each++) {
      expect(shedder.allows("place")).toBe(true)
      shedder.begin("place")
    }
  })

  it("takes no first crowd for a queue: how fast it leaves is not known yet", () => {
    const shedder = new Shedder(TARGET)
    for (let each = 0; each < 10_000; each++) shedder.begin("place")
    shedder.look(sight(false, true), 20)
    expect(shedder.bound).toBeNull()
  })

  it("bounds what is in flight by the rate at which it leaves, times the target", () => {
    expect(standing(1_000).bound).toBe((1_000 / INTERVAL_MS) * TARGET)
    expect(standing(1).bound).toBe(CROWD)
  })

  it("goes below a small crowd only while more are refused than leave, and never so low that the ledger would wait", () => {
    const shedder = standing(1)
    let now = 5 * INTERVAL_MS
    /** So many leave in an interval and so many are refused, while a queue stands. */
    const crowd = (leaving: number, refused: number): number => {
      while (shedder.allows("place")) shedder.begin("place")
      for (let each = 1; each < refused; each++) shedder.allows("place")
      for (let each = 0; each < leaving; each++) shedder.end("place")
      now += INTERVAL_MS
      shedder.look(sight(true), now)
      return shedder.bound!
    }
    expect(crowd(10, 10)).toBe(CROWD)
    expect(crowd(10, 11)).toBe(Math.round(CROWD * 0.8))
    for (let interval = 0; interval < 20; interval++) crowd(10, 11)
    expect(shedder.bound).toBe(BOUND_MIN)
    expect(crowd(10, 10)).toBe(CROWD)
  })

  it("refuses from the bottom: lists, then reads, then orders, and payments only when twice the bound of them are under way", () => {
    const shedder = standing(2_000)
    const admitted = (of: Class): number => {
      while (shedder.allows(of)) shedder.begin(of)
      return shedder.inFlight("list")
    }
    expect([admitted("list"), admitted("read"), admitted("place"), admitted("pay")]).toEqual([
      500,
      500 + 750,
      500 + 750 + 1_000,
      500 + 750 + 1_000 + 2_000,
    ])
    expect(shedder.allows("admin")).toBe(true)
  })

  it("keeps no buyer from paying for a crowd of orders, however many were let in before", () => {
    const shedder = standing(1_000)
    for (let order = 0; order < 10_000; order++) shedder.begin("place")
    expect(CLASSES.map((of) => shedder.allows(of))).toEqual([true, true, false, false, false])
  })

  it("whatever is refused, all that is less important is too", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 6_000 }), (leaving, inFlight) => {
        const shedder = standing(leaving)
        for (let each = 0; each < inFlight; each++) shedder.begin(CLASSES[each % CLASSES.length]!)
        const allowed = CLASSES.map((of) => shedder.allows(of))
        expect(allowed).toEqual(allowed.toSorted((a, b) => Number(b) - Number(a)))
      }),
      { numRuns: 50 },
    )
  })

  it("takes the bound away once nothing has been refused for a while, and not before", () => {
    const shedder = standing(1_000)
    const over = 5 * INTERVAL_MS
    while (shedder.allows("place")) shedder.begin("place")
    while (shedder.inFlight("list") > 0) shedder.end("place")
    shedder.look(sight(false), over + CALM_MS - 1)
    expect(shedder.bound).not.toBeNull()
    shedder.look(sight(false), over + CALM_MS + INTERVAL_MS)
    expect(shedder.bound).toBeNull()
  })

  it("lets more in while some are refused and no queue stands, and less again once one does", () => {
    const shedder = standing(1_000)
    let now = 5 * INTERVAL_MS
    /** As many come as may, in an interval. */
    const crowd = (isStanding: boolean): number => {
      while (shedder.allows("place")) shedder.begin("place")
      now += INTERVAL_MS
      shedder.look({ ...sight(isStanding), commitMs: COMMIT }, now)
      return shedder.bound!
    }
    const bounds = [shedder.bound!, ...Array.from({ length: 20 }, () => crowd(false))]
    expect(bounds).toEqual(bounds.toSorted((a, b) => a - b))
    // Quickly to what leaves within twice the target and a commit, slowly beyond.
    const enough = (2 * (TARGET + COMMIT) * bounds[0]!) / TARGET
    expect(bounds.at(-1)).toBeGreaterThan(enough)
    const steps = bounds.slice(1).map((bound, index) => bound / bounds[index]!)
    expect(steps.findIndex((step) => step < 1.04)).toBe(bounds.findIndex((bound) => bound >= enough))
    expect(crowd(true)).toBeLessThan(bounds.at(-1)!)
    // A little as soon as some have waited beyond the target, though not all.
    const before = shedder.bound!
    shedder.look({ ...sight(false, true), commitMs: COMMIT }, now + INTERVAL_MS / 2)
    expect(Math.abs(crowd(false) - before * 0.95)).toBeLessThanOrEqual(1)
    for (let interval = 0; interval < 20; interval++) crowd(true)
    // Never below what leaves within the target, at a rate that was measured of late.
    expect(shedder.bound).toBeGreaterThanOrEqual(0.6 * bounds[0]!)
    expect(shedder.bound).toBeLessThanOrEqual(bounds[0]!)
  })
})
