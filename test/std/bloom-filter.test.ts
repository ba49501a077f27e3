/** A Bloom filter that grows: it never forgets, and hardly ever errs the other way. */
import { expect, it } from "vitest"
import { BloomFilter } from "../../src/std/bloom-filter.ts"

it("never denies what was added, nor says maybe to many others, also when it has outgrown its first size", () => {
  const filter = new BloomFilter()
  const maybes = (from: number, to: number) => {
    let count = 0
    for (let n = from; n < to; n++) if (filter.mayHave(`orders ${n}`)) count++
    return count
  }
  expect(maybes(0, 1_000)).toBe(0)
  for (let n = 0; n < 100_000; n++) filter.add(`orders ${n}`)
  expect(maybes(0, 100_000)).toBe(100_000)
  expect(maybes(1_000_000, 1_100_000)).toBeLessThan(10)
  for (let n = 100_000; n < 1_000_000; n++) filter.add(`orders ${n}`)
  expect(maybes(0, 1_000_000)).toBe(1_000_000)
  expect(maybes(1_000_000, 1_100_000)).toBeLessThan(1_500)
})
