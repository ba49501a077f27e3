/** A throttle lets one through in a while, and counts the others. */
import { expect, it } from "vitest"
import * as Throttle from "../../src/std/throttle.ts"

it("lets the first through, then one each interval, and says how many it held back", () => {
  const throttle = Throttle.make(1_000)
  expect([0, 1, 999, 1_000, 1_500, 5_000, 5_001].map(throttle)).toEqual([0, null, null, 2, null, 1, null])
})
