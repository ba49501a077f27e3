/** A low-water mark spares a look what is done, and loses nothing that is open. */
import { describe, expect, it } from "vitest"
import { type Look, LowWaterMark, REWIND_MS, SHARE_MAX_MS } from "../../src/std/low-water-mark.ts"

const LAG = 1_000
const NOON = 1_000_000
const BEGINNING = Number.NEGATIVE_INFINITY

/** A mark whose first look, at noon, was from the beginning and saw this. */
const marked = (oldest: number | null, tookMs = 0) => {
  const mark = new LowWaterMark(LAG)
  mark.reached(mark.begin(NOON), oldest, NOON + tookMs)
  return mark
}

const sinceOf = ({ since }: Look): number => since

describe("a low-water mark", () => {
  it("has the first look begin at the beginning, also after one that failed", () => {
    const mark = new LowWaterMark(LAG)
    expect([NOON, NOON + 1].map((now) => sinceOf(mark.begin(now)))).toEqual([BEGINNING, BEGINNING])
  })

  it("stays the lag behind the begin of a look that found nothing", () => {
    expect(marked(null, 500).begin(NOON + 600).since).toBe(NOON - LAG)
  })

  it("does not pass what is open", () => {
    expect(marked(NOON - 5_000).begin(NOON + 1).since).toBe(NOON - 5_000)
  })

  it("goes on from where it was when a look fails", () => {
    const mark = marked(null)
    mark.begin(NOON + 5_000)
    expect(mark.begin(NOON + 6_000).since).toBe(NOON - LAG)
  })

  it("rewinds in time for what has become due behind it, and then stands there", () => {
    const mark = marked(null)
    expect(mark.begin(NOON + REWIND_MS - 1).since).toBe(NOON - LAG)
    const rewound = mark.begin(NOON + REWIND_MS)
    expect(rewound.since).toBe(BEGINNING)
    mark.reached(rewound, 7, NOON + REWIND_MS)
    expect(mark.begin(NOON + REWIND_MS + 1).since).toBe(7)
  })

  it("rewinds as rarely as it is asked to, where looks are rare", () => {
    const mark = new LowWaterMark(LAG, 10 * REWIND_MS)
    mark.reached(mark.begin(NOON), null, NOON)
    expect(mark.begin(NOON + 10 * REWIND_MS - 1).since).toBe(NOON - LAG)
    expect(mark.begin(NOON + 10 * REWIND_MS).since).toBe(BEGINNING)
  })

  it("rewinds the more rarely the longer that takes", () => {
    const mark = marked(null, 1_000)
    expect(mark.begin(NOON + 49_999).since).toBe(NOON - LAG)
    expect(mark.begin(NOON + 50_000).since).toBe(BEGINNING)
  })

  it("rewinds within a minute of one that took very long: a database that was away", () => {
    const mark = marked(null, 10_000)
    expect(mark.begin(NOON + SHARE_MAX_MS - 1).since).toBe(NOON - LAG)
    expect(mark.begin(NOON + SHARE_MAX_MS).since).toBe(BEGINNING)
  })

  it("rewinds when it is asked to", () => {
    const mark = marked(null)
    mark.rewind()
    expect(mark.begin(NOON + 1).since).toBe(BEGINNING)
  })

  it("rewinds when the clock was set back", () => {
    expect(marked(null).begin(NOON - 3_600_000).since).toBe(BEGINNING)
  })
})
