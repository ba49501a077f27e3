/** The lag of a replica: how long the primary has been further, whether or not it writes. */
import { expect, it } from "vitest"
import { lagOf } from "../../../src/adapters/postgres/replica.ts"

const history = [
  { at: 1_000, position: 10n },
  { at: 2_000, position: 20n },
  { at: 3_000, position: 30n },
]

it.each([
  ["at the primary's place has none, however long ago that was written", 30n, 99_000, 0],
  ["beyond what was last seen of the primary has none", 31n, 3_100, 0],
  ["at an older place is behind since the primary went on", 20n, 3_500, 500],
  ["between two places is behind since the later one", 15n, 3_500, 1_500],
  ["behind all that is kept is behind since the oldest of it", 5n, 61_000, 60_000],
])("one that is %s", (_, position, now, lag) => {
  expect(lagOf(position, history, now)).toBe(lag)
})

it("is none before the primary was seen", () => {
  expect(lagOf(5n, [], 1_000)).toBe(0)
})
