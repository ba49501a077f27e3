/** How long the audit rests: what it costs a sale at full load, and that it catches up afterwards. No clock. */
import { describe, expect, it } from "vitest"
import * as Pace from "../../../src/adapters/postgres/audit/pace.ts"

const LOOK = 300_000

/** A service that commits, and an audit beside it: a row costs it so much, and its looks take so many times as long as their work. */
const running = (perRowMs: number, products = 1, perProductMs = 0) => {
  const restAfter = Pace.make()
  const state = { at: 0, committed: 0, read: 0, workMs: 0, reachedAt: 0, lagMax: 0 }
  const pass = (ms: number, rate: number) => {
    state.at += ms
    state.committed += rate * ms
  }
  const look = (rate: number, slowness: number) => {
    const began = state.at
    const rows = Math.min(LOOK, Math.floor(state.committed) - state.read)
    state.read += rows
    const isAtEnd = state.read === Math.floor(state.committed)
    const workMs = 1 + rows * perRowMs + products * perProductMs
    state.workMs += workMs
    if (isAtEnd) state.reachedAt = began
    const lagMs = began - state.reachedAt
    state.lagMax = Math.max(state.lagMax, lagMs)
    pass(workMs * slowness, rate)
    const { at, committed } = state
    pass(restAfter({ at, tookMs: at - began, products, rows, committed: Math.floor(committed), isAtEnd, lagMs }), rate)
  }
  return {
    state,
    /** For so long, ms, while so many facts a ms are committed. Returns the part of the time that was work. */
    run: (forMs: number, rate: number, slowness = 1): number => {
      const { at, workMs } = state
      while (state.at < at + forMs) look(rate, slowness)
      return (state.workMs - workMs) / (state.at - at)
    },
  }
}

const FULL_LOAD = 36

describe("the pace of the audit", () => {
  it("looks every two seconds at what is committed now and then", () => {
    const { run, state } = running(0.001)
    run(60_000, 0.1)
    expect(state.at / 60_000).toBeCloseTo(1, 1)
    expect(state.lagMax).toBe(0)
    expect(Pace.make()({ at: 5, tookMs: 5, products: 1, rows: 10, committed: 10, isAtEnd: true, lagMs: 0 })).toBe(
      Pace.EVERY_MS,
    )
  })

  it.each([1, 2.5])(
    "keeps up with a full load, for little more than it costs (looks take %d times their work)",
    (slowness) => {
      const { run, state } = running(0.0012)
      expect(run(600_000, FULL_LOAD, slowness)).toBeLessThan(FULL_LOAD * 0.0012 + 0.005)
      expect(state.lagMax).toBeLessThan(60_000)
    },
  )

  it("works for a fifth of the time at most, where that does not suffice", () => {
    const { run, state } = running(0.012)
    expect(run(300_000, FULL_LOAD)).toBeLessThan(0.205)
    expect(state.read).toBeLessThan(state.committed * 0.6)
  })

  it("rests for longer while thousands of products sell, and still knows everything within a minute", () => {
    const [rows, perProductMs] = [0.001, 0.01]
    const many = running(rows, 10_000, perProductMs)
    // What 10,000 products cost falls on twice as many orders as it would after 24 times the work.
    expect(many.run(600_000, FULL_LOAD / 4)).toBeLessThan((FULL_LOAD / 4) * rows + 0.0075)
    expect(many.state.lagMax).toBeLessThan(2 * Pace.EVERY_MAX_MANY_MS + 1_000)
    const few = running(rows, 100, perProductMs)
    few.run(600_000, FULL_LOAD / 4)
    expect(few.state.lagMax).toBeLessThan(4_000)
  })

  it("works for a twenty-fifth of the time, and knows its work by the middle one of its looks", () => {
    const restAfter = Pace.make()
    const look = { at: 0, products: 1, rows: LOOK, committed: 10 * LOOK, isAtEnd: false, lagMs: 0 }
    expect(restAfter({ ...look, tookMs: 200 })).toBe(Pace.REST * 200)
    expect(restAfter({ ...look, at: 5_000, committed: 20 * LOOK, tookMs: 300 })).toBeCloseTo(Pace.REST * 250)
    expect(restAfter({ ...look, at: 10_000, committed: 25 * LOOK, tookMs: 600 })).toBeCloseTo(Pace.REST * 300)
    expect(restAfter({ ...look, at: 15_000, committed: 30 * LOOK, tookMs: 3_000 })).toBe(Pace.REST_LEAST * 3_000)
    expect(restAfter({ ...look, at: 30_000, committed: 40 * LOOK, tookMs: 20_000 })).toBe(Pace.EVERY_MAX_MS)
    const late = { ...look, lagMs: Pace.LATE_MS + 1, tookMs: 400 }
    expect(restAfter({ ...late, at: 35_000, committed: 45 * LOOK, lagMs: Pace.LATE_MS })).toBeCloseTo(Pace.REST * 500)
    expect(restAfter({ ...late, at: 40_000, committed: 50 * LOOK })).toBe(Pace.REST_LEAST * 400)
    expect(restAfter({ ...late, at: 50_000, rows: 10, isAtEnd: true, tookMs: 1 })).toBe(Pace.REST_LEAST_MS)
  })

  it("knows its work by the looks of late that read much", () => {
    const restAfter = Pace.make()
    let looks = 0
    const rest = (tookMs: number, rows = LOOK) => {
      looks++
      const committed = looks * LOOK
      return restAfter({ at: looks * 5_000, tookMs, products: 1, rows, committed, isAtEnd: false, lagMs: 0 })
    }
    rest(1, 1_000)
    expect(rest(200)).toBeCloseTo(Pace.REST * 200)
    for (let before = 0; before < 14; before++) rest(200)
    for (let later = 0; later < 14; later++) expect(rest(400)).toBeCloseTo(Pace.REST * 200)
    for (let later = 0; later < 16; later++) rest(400)
    expect(rest(400)).toBeCloseTo(Pace.REST * 400)
  })

  it("catches up in a quiet hour, and not before", () => {
    const { run, state } = running(0.012)
    run(60_000, 2 * FULL_LOAD)
    const behind = state.committed - state.read
    expect(behind).toBeGreaterThan(2_000_000)
    // Some sale is a sale.
    expect(run(20_000, 1)).toBeLessThan(0.205)
    run(behind * 0.012 * 3, 0.5)
    expect(state.committed - state.read).toBeLessThan(5_000)
  })
})
