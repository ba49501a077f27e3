/** On a machine that is slower than the plan foresees the lab ends in time all the same, and says what it has cut. */
import { describe, expect, it } from "vitest"
import { Budget } from "../../src/lab/budget.ts"
import { Pace } from "../../src/lab/pace.ts"
import * as Plan from "../../src/lab/plan.ts"

/** Counts by itself, ms. */
const clock = () => {
  let now = 0
  const pass = (seconds: number) => {
    now += seconds * 1_000
  }
  return { now: () => now, pass }
}

describe("a budget", () => {
  const foreseen = { setUp: 10, guards: 100, oversell: 20, audits: 10, faults: 30 }

  it("leaves to a piece what those after it do not need", async () => {
    const { now, pass } = clock()
    const budget = new Budget(foreseen, 200, 0, now)
    await budget.during("setUp", async () => pass(10))
    expect(budget.slowness).toBe(1)
    expect(budget.leftFor("guards")).toBe(200 - 10 - 60)
    await budget.during("guards", async () => pass(130))
    expect(budget.leftFor("oversell")).toBe(60 - 40)
    expect(budget.leftFor("faults")).toBe(60)
    expect(budget.took).toEqual([
      { piece: "setUp", foreseenSeconds: 10, tookSeconds: 10 },
      { piece: "guards", foreseenSeconds: 100, tookSeconds: 130 },
    ])
  })

  it("takes those after it to be as slow as what was measured", () => {
    const { now, pass } = clock()
    const budget = new Budget(foreseen, 200, 0, now)
    pass(25)
    budget.ended("setUp", 0)
    expect(budget.slowness).toBe(2.5)
    expect(budget.leftFor("guards")).toBe(200 - 25 - 60 * 2.5)
  })

  it("has no end, if there is none", () => {
    expect(new Budget(foreseen, null, 0).leftFor("guards")).toBe(Number.POSITIVE_INFINITY)
  })
})

/** The rounds of a plan on a machine where each load takes so much more than itself; when they end, and how they were paced. */
const paced = (plan: Plan.Plan, aroundALoad: number, setUpSeconds: number) => {
  const { now, pass } = clock()
  const budget = new Budget(plan.foreseen, plan.budgetSeconds, 0, now)
  pass(setUpSeconds)
  budget.ended("setUp", 0)
  const pace = new Pace(plan, budget)
  const lengths: Array<number> = []
  const { guards } = plan.options
  for (let round = 1; round <= pace.rounds; round++)
    for (const turn of guards.keys()) {
      const seconds = pace.secondsOf(round, turn)
      if (round > pace.rounds) break
      const loads = Plan.loadsFrom(plan, round, 0, round) / guards.length
      pass(loads * (seconds + aroundALoad))
      lengths.push(seconds)
      pace.took(loads, seconds, loads * (seconds + aroundALoad))
    }
  return { left: budget.leftFor("guards"), lengths, pace }
}

describe("rounds", () => {
  const plan = Plan.plan({ quick: false })
  const setUp = plan.foreseen.setUp!

  it("are as planned on a machine that is as foreseen", () => {
    const { left, lengths, pace } = paced(plan, Plan.AROUND_A_LOAD, setUp)
    expect(new Set(lengths)).toEqual(new Set([plan.options.seconds]))
    expect(pace).toMatchObject({ rounds: 3, said: [] })
    expect(left).toBeGreaterThan(-4)
  })

  it("have shorter loads on one that is slower, and end in time", () => {
    const few = Plan.plan({ quick: false, guards: ["actors", "atomic", "optimistic", "naive"] })
    const { left, lengths, pace } = paced(few, Plan.AROUND_A_LOAD * 2, few.foreseen.setUp!)
    expect(Math.min(...lengths)).toBeLessThan(few.options.seconds)
    expect(pace.said).toEqual([
      { part: "guards", guards: [], what: `loads of ${Math.min(...lengths)} s, not all of ${few.options.seconds}` },
    ])
    expect(left).toBeGreaterThan(-5)
  })

  it("are fewer on one that is much slower, and the first is always whole", () => {
    const slow = paced(plan, Plan.AROUND_A_LOAD * 3, setUp * 1.5)
    expect(slow.pace.rounds).toBeLessThan(3)
    expect(slow.pace.said.at(-1)!.what).toBe(`${slow.pace.rounds} of 3 rounds`)
    const slowest = paced(plan, 30, setUp * 5)
    expect(slowest.pace.rounds).toBe(1)
    expect(slowest.lengths).toHaveLength(plan.options.guards.length)
  })
})
