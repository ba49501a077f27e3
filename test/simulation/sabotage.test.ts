/**
 * The simulation is put to the test: each planted bug has to be found by the check that is named for it, within a stated
 * number of seeds; over the same seeds the shop without a bug keeps every law.
 */
import { beforeAll, describe, expect, it } from "vitest"
import { HISTORY } from "../support/history-laws.ts"
import { SETTLED, STANDING } from "../support/laws.ts"
import { SETTLEMENT } from "../support/settlement-laws.ts"
import { STORABLE } from "./database.ts"
import { DROPPED } from "./hung-up.ts"
import { IMPORTED } from "./imports.ts"
import { ALL, type Harvest, harvest, SEEDS_MAX } from "./mutants/all.ts"
import { changed } from "./mutants/load.ts"
import { CERTAIN, SHIPPING } from "./shipping-judge.ts"
import { FACT_LAWS } from "./witness.ts"

const harvests = new Map<string | null, Harvest>()

beforeAll(() => harvest((each) => void harvests.set(each.name, each)))

describe("a planted bug is found", () => {
  it.each(ALL)("$name: by `$caughtBy`, within $seedsMax seeds", ({ name }) => {
    const { said, seedsNeeded } = harvests.get(name)!
    expect(seedsNeeded, `what was said instead: ${said.join("\n") || "nothing"}`).not.toBeNull()
  })

  it(`nothing is found where nothing was planted, in seeds 1 to ${SEEDS_MAX}`, () => {
    expect(harvests.get(null)!.said).toEqual([])
  })

  const named = [...STANDING, ...SETTLED, ...HISTORY, ...SETTLEMENT, ...SHIPPING]
  const laws = [...named.map(({ name }) => name), ...FACT_LAWS, ...DROPPED, ...IMPORTED, CERTAIN, STORABLE]
  it.each(laws)("there is one for the law `%s`", (law) => {
    expect(ALL.filter(({ caughtBy }) => caughtBy === law)).not.toEqual([])
  })

  it("a mutant whose line is no longer there is an error, not a bug that is never found", () => {
    const change = { file: "a.ts", from: "two", to: "three" }
    expect(changed("one two", "a.ts", [change])).toBe("one three")
    expect(() => changed("one", "a.ts", [change])).toThrow("0 times")
    expect(() => changed("two two", "a.ts", [change])).toThrow("2 times")
  })
})
