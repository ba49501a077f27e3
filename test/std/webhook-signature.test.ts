/** The signature of a webhook: how old or new it may be, to the millisecond. */
import { describe, expect, it } from "vitest"
import { isFresh, TOLERANCE_SECONDS } from "../../src/std/webhook-signature.ts"

describe("a webhook's signature", () => {
  const signed = { time: 1_780_315_200, hexes: [] }
  const at = (seconds: number) => isFresh(signed, (signed.time + seconds) * 1_000)

  it("is fresh up to its tolerance before and after our clock, and no longer", () => {
    for (const side of [-1, 1]) {
      expect(at(side * TOLERANCE_SECONDS)).toBe(true)
      expect(at(side * (TOLERANCE_SECONDS + 0.001))).toBe(false)
    }
  })
})
