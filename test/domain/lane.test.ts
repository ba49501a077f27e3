/** Lanes: where an id lies, how it is moved, and that a crowd of ids spreads over all of them. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as SystemIds from "../../src/adapters/system/ids.ts"
import type { ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import * as MemoryIds from "../support/counting-ids.ts"

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const id = fc.uuid({ version: 7 }).map((text) => text as ProductId)
const lane = fc.nat({ max: Lane.COUNT - 1 })

describe("a lane", () => {
  it("is one of 64, the same for the same id, and says what the last byte says", () => {
    fc.assert(
      fc.property(id, (each) => {
        expect(Lane.of(each)).toBe(Number.parseInt(each.slice(34), 16) % 64)
      }),
    )
  })

  it("is where an id is placed, and changes nothing else of it", () => {
    fc.assert(
      fc.property(id, lane, (each, wanted) => {
        const placed = Lane.place(each, wanted) as ProductId
        expect(Lane.of(placed)).toBe(wanted)
        expect(placed.slice(0, 34)).toBe(each.slice(0, 34))
        expect(placed).toMatch(UUID_V7)
        expect(Number.parseInt(placed.slice(34), 16) >> 6).toBe(Number.parseInt(each.slice(34), 16) >> 6)
        expect(Lane.place(placed, Lane.of(each))).toBe(each)
      }),
    )
  })

  it("is home to an order by its lowest product, in whatever order they are named", () => {
    fc.assert(
      fc.property(fc.uniqueArray(id, { minLength: 1, maxLength: 100 }), (products) => {
        const lowest = products.toSorted()[0]!
        expect(Lane.home(products)).toBe(Lane.of(lowest))
        expect(Lane.home(products.toReversed())).toBe(Lane.of(lowest))
      }),
    )
  })
})

describe.each([
  ["the machine", () => SystemIds.make()],
  ["a seed", () => MemoryIds.make(7)],
])("ids from %s", (_, make) => {
  const { next } = make()
  const ids = Array.from({ length: 64_000 }, next) as Array<ProductId>

  it("are UUIDv7, lower case, and grow", () => {
    for (const each of ids.slice(0, 1_000)) expect(each).toMatch(UUID_V7)
    expect(ids.every((each, index) => index === 0 || ids[index - 1]! < each)).toBe(true)
  })

  it("spread over the lanes almost evenly", () => {
    const counts = new Array<number>(Lane.COUNT).fill(0)
    for (const each of ids) counts[Lane.of(each)]!++
    // 1,000 are expected in each, with a deviation of 32: six of those is one false alarm in millions of runs.
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(6 * 32)
  })
})

describe("ids from a seed", () => {
  it("are the same for the same seed, and others for another", () => {
    const some = (seed: number) => Array.from({ length: 10 }, MemoryIds.make(seed).next)
    expect(some(1)).toEqual(some(1))
    expect(some(1)).not.toEqual(some(2))
  })
})
