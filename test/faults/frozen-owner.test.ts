/** An owner that was frozen while another took over does no harm when it wakes up. */
import { afterAll, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { killAll } from "../support/service.ts"
import * as FrozenOwner from "./frozen-owner.ts"

afterAll(killAll)

it.each([1, 3])(
  "a frozen owner of %i worker(s) that wakes up is fenced, answers nothing stale, and stands by again",
  async (workers) => {
    const times = 3
    const found = await FrozenOwner.run({ times, workers, seed: workers, freshDatabase, log: () => undefined })
    expect(found.violations).toEqual([])
    expect(found.faults["stale owners fenced"]).toBe(times)
    expect(found.faults["commits fenced"]).toBeGreaterThanOrEqual(times)
    for (const moment of Object.keys(FrozenOwner.MOMENTS)) expect(found.faults[moment], moment).toBeGreaterThan(0)
    expect(found.faults["lease ended of silence"]).toBe(1)
    expect(found.faults["lease ended by hand"]).toBeGreaterThan(0)
  },
)
