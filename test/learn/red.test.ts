/** The lesson on monitoring: each fault is led to by the metrics, and shown to a reader who has guessed, or has not. */
import { describe, expect, it } from "vitest"
import { play, red, suspectOf } from "../../src/learn/red.ts"
import { FAULTS, minute } from "../../src/learn/watched-shop.ts"
import { mulberry32 } from "../../src/std/mulberry32.ts"
import { runs } from "../support/runs.ts"

const SEEDS = Array.from({ length: runs(5, 20) }, (_, seed) => 1_000 + seed)

/** Of each seed, which every fault is held against. */
const healthy = new Map(SEEDS.map((seed) => [seed, minute(null, seed)]))

const reading = (answer?: string) => {
  const printed: Array<string> = []
  const stage = {
    print: (line: string) => void printed.push(line),
    ...(answer === undefined ? {} : { ask: () => Promise.resolve(answer) }),
  }
  return { stage, text: () => printed.join("\n") }
}

describe.each(FAULTS)("%s", (fault) => {
  it("is what rate, errors and duration lead to, and its part", () => {
    for (const [seed, before] of healthy) expect(suspectOf(before, minute(fault, seed + 1)), `seed ${seed}`).toBe(fault)
  })

  it("is shown when the reader has found it, and when not", async () => {
    const place = String(FAULTS.indexOf(fault) + 1)
    const right = reading(place)
    expect(await play(right.stage, fault, 1)).toBe(true)
    expect(right.text()).toContain("\nYes.")
    const wrong = reading(FAULTS.find((each) => each !== fault)!)
    await play(wrong.stage, fault, 1)
    expect(wrong.text()).toContain("Not that one")
    const silent = reading()
    await play(silent.stage, fault, 1)
    expect(silent.text()).toContain("It is: ")
  })
})

it("finds nothing wrong with a healthy minute", () => {
  for (const [seed, before] of healthy) expect(suspectOf(before, minute(null, seed + 1)), `seed ${seed}`).toBeNull()
})

it("shows each time that the mean keeps something to itself, whichever fault is drawn", async () => {
  const next = mulberry32(7)
  const draw = () => next() / 2 ** 32
  const found = new Set<string>()
  // Until each was drawn.
  for (let round = 0; round < 40 && found.size < FAULTS.length; round++) {
    const { stage, text } = reading()
    expect(await red.run({ ...stage, draw, database: () => Promise.reject(new Error("not needed")) })).toEqual({
      failed: true,
      held: true,
    })
    found.add(/It is: ([^.]+)/.exec(text())![1]!)
  }
  expect(found.size).toBe(FAULTS.length)
})
