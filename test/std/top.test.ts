/** The largest of a stream, in few places. */
import fc from "fast-check"
import { expect, it } from "vitest"
import { Top } from "../../src/std/top.ts"

it("has every key whose sum is more than its share of the places, and no sum too small", () => {
  const programs = fc.array(fc.tuple(fc.nat({ max: 12 }), fc.integer({ min: 1, max: 50 })))
  fc.assert(
    fc.property(programs, fc.integer({ min: 1, max: 8 }), (program, places) => {
      const top = new Top<number>(places)
      const truth = new Map<number, number>()
      for (const [key, amount] of program) {
        top.add(key, amount)
        truth.set(key, (truth.get(key) ?? 0) + amount)
      }
      const shown = new Map(top.first(places))
      const all = [...truth.values()].reduce((sum, each) => sum + each, 0)
      expect(shown.size).toBeLessThanOrEqual(places)
      for (const [key, sum] of truth) {
        if (sum > all / places) expect(shown.has(key)).toBe(true)
        const said = shown.get(key)
        if (said !== undefined) expect(said).toBeGreaterThanOrEqual(sum)
        if (said !== undefined) expect(said).toBeLessThanOrEqual(sum + all / places)
      }
    }),
  )
})

it("says the largest first", () => {
  const top = new Top<string>(3)
  for (const [key, amount] of [
    ["a", 1],
    ["b", 5],
    ["c", 3],
    ["b", 1],
  ] as const)
    top.add(key, amount)
  expect(top.first(2)).toEqual([
    ["b", 6],
    ["c", 3],
  ])
})
