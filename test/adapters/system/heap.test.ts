import { describe, expect, it } from "vitest"
import { flags } from "../../../src/adapters/system/heap.ts"

const MIB = 1_048_576
const SPACIOUS = ["--no-parallel-scavenge", "--no-allocation-site-pretenuring", "--min-semi-space-size=16"]

describe("the heap", () => {
  it("has full young spaces where nothing limits it, or not closely", () => {
    expect(flags(3, 0)).toEqual(SPACIOUS)
    expect(flags(3, 24_000 * MIB)).toEqual(SPACIOUS)
    // What an unlimited cgroup of version 1 says.
    expect(flags(3, 2 ** 63)).toEqual(SPACIOUS)
  })

  it("is shared by all threads of a small container, none of which starves", () => {
    expect(flags(3, 384 * MIB)).toContain("--max-old-space-size=64")
    expect(flags(5, 512 * MIB)).toContain("--max-old-space-size=51")
    expect(flags(64, 512 * MIB)).toContain("--max-old-space-size=48")
    expect(flags(3, 384 * MIB)).not.toContain("--min-semi-space-size=16")
  })
})
