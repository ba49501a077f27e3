/** The circuit breaker against a plain model of its rules, over random programs of calls, results and time. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { CircuitBreaker, type Permit, type Settings, type State } from "../../../src/app/resilience/circuit-breaker.ts"

const SETTINGS: Settings = {
  failureRate: 0.5,
  slowRate: 0.5,
  slowMs: 100,
  calls: 10,
  minCalls: 4,
  openMs: 1_000,
  openMaxMs: 4_000,
  probeMs: 300,
}
const PROBES = 3

/** The rules, as plainly as they can be written: everything is kept, and each question is answered from all of it. */
class Model {
  state: State = "closed"
  period = 0
  openUntil = 0
  soundAt = 0
  opensFor = SETTINGS.openMs
  results: Array<{ readonly at: number; readonly bad: boolean; readonly slow: boolean }> = []
  probes: Array<{ readonly permit: Permit; readonly deadline: number; ended: "no" | "well" | "released" }> = []

  become(state: State): void {
    this.state = state
    this.period++
    this.results = []
    this.probes = []
  }
  open(now: number): void {
    if (this.state === "half-open") this.opensFor = Math.min(SETTINGS.openMaxMs, this.opensFor * 2)
    this.openUntil = now + this.opensFor
    this.soundAt = now + SETTINGS.openMs
    this.become("open")
  }
  look(now: number): void {
    if (this.state === "open" && now >= this.openUntil) this.become("half-open")
    if (this.state === "half-open" && this.probes.some(({ deadline, ended }) => ended === "no" && now >= deadline))
      this.open(now)
  }
  admits(now: number): boolean {
    this.look(now)
    if (this.state === "closed") return true
    if (this.state === "open") return now >= this.soundAt
    return this.state === "half-open" && this.probes.filter(({ ended }) => ended !== "released").length < PROBES
  }
  admitted(permit: Permit): void {
    if (this.state === "open") this.soundAt = permit.admittedAt + SETTINGS.openMs
    if (this.state !== "half-open") return
    this.probes.push({ permit, deadline: permit.admittedAt + SETTINGS.probeMs, ended: "no" })
  }
  report(permit: Permit, bad: boolean, now: number): void {
    this.look(now)
    if (permit.period !== this.period) return
    const slow = now - permit.admittedAt >= SETTINGS.slowMs
    if (this.state === "open") {
      if (!bad && !slow) this.become("half-open")
      return
    }
    if (this.state === "half-open") {
      this.probes.find((probe) => probe.permit === permit)!.ended = "well"
      if (bad || slow) return this.open(now)
      if (this.probes.filter(({ ended }) => ended === "well").length < PROBES) return
      this.opensFor = SETTINGS.openMs
      return this.become("closed")
    }
    this.results.push({ at: now, bad, slow })
    const counted = this.results.slice(-SETTINGS.calls).filter(({ at }) => at > now - 60_000)
    const share = (of: "bad" | "slow") => counted.filter((result) => result[of]).length / counted.length
    if (counted.length >= SETTINGS.minCalls && (share("bad") >= 0.5 || share("slow") >= 0.5)) this.open(now)
  }
  release(permit: Permit): void {
    const probe = this.probes.find((each) => each.permit === permit)
    if (probe !== undefined) probe.ended = "released"
  }
}

type Step =
  | { readonly do: "call" }
  | { readonly do: "end"; readonly which: number; readonly how: "good" | "bad" | "given up" }
  | { readonly do: "wait"; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ do: "call" } as const) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("end" as const),
      which: fc.nat(20),
      how: fc.constantFrom("good", "good", "bad", "given up"),
    }),
  },
  // Hours, too: a clock that jumps.
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.oneof(fc.nat(120), fc.nat(1_500), fc.nat(10_000), fc.nat(10_000_000)),
    }),
  },
)

describe("the circuit breaker", () => {
  it("does what its rules say, whatever is called, answered, given up or left hanging, and however time jumps", () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 160, size: "max" }), (steps) => {
        const model = new Model()
        const breaker = new CircuitBreaker(SETTINGS)
        let now = 1_000
        let before: State = "closed"
        const open: Array<Permit> = []
        for (const each of steps) {
          if (each.do === "wait") now += each.ms
          else if (each.do === "call") {
            const admits = model.admits(now)
            const permit = breaker.admit(now)
            expect(permit !== null).toBe(admits)
            if (permit !== null) {
              model.admitted(permit)
              open.push(permit)
            }
          } else if (open.length > 0) {
            const [permit] = open.splice(each.which % open.length, 1)
            if (each.how === "given up") {
              model.release(permit!)
              breaker.release(permit!)
            } else {
              model.report(permit!, each.how === "bad", now)
              breaker.report(permit!, each.how === "bad", now)
            }
          }
          model.look(now)
          expect(breaker.state(now)).toBe(model.state)
          if (model.state !== before) seen.add(`${before} -> ${model.state}`)
          before = model.state
        }
      }),
      { numRuns: 1_000 },
    )
    // Without these the programs prove little.
    expect([...seen].sort()).toEqual(
      expect.arrayContaining(["closed -> open", "half-open -> closed", "half-open -> open", "open -> half-open"]),
    )
  })

  const failed = (breaker: CircuitBreaker, times: number, now: number): void => {
    for (let time = 0; time < times; time++) {
      const permit = breaker.admit(now)
      if (permit !== null) breaker.report(permit, true, now)
    }
  }

  it("opens when calls are slow, although each of them succeeds", () => {
    const breaker = new CircuitBreaker(SETTINGS)
    for (let time = 0; time < SETTINGS.minCalls; time++) breaker.report(breaker.admit(0)!, false, SETTINGS.slowMs)
    expect(breaker.state(SETTINGS.slowMs)).toBe("open")
  })

  it("is not held half-open by a probe that hangs", () => {
    const breaker = new CircuitBreaker(SETTINGS)
    failed(breaker, SETTINGS.minCalls, 0)
    expect(breaker.admit(1_000)).not.toBeNull()
    expect(breaker.state(1_299)).toBe("half-open")
    expect(breaker.state(1_300)).toBe("open")
    // And its time is doubled.
    expect(breaker.openForMs(1_300)).toBe(2_000)
  })

  it("admits three probes, however many ask at once", () => {
    const breaker = new CircuitBreaker(SETTINGS)
    failed(breaker, SETTINGS.minCalls, 0)
    const admitted = Array.from({ length: 1_000 }, () => breaker.admit(1_000)).filter((permit) => permit !== null)
    expect(admitted).toHaveLength(PROBES)
  })

  it("finds a recovery within the time it is open at first, however long the illness has made it stay open", () => {
    const breaker = new CircuitBreaker(SETTINGS)
    let now = 0
    failed(breaker, SETTINGS.minCalls, now)
    let calls = 0
    // A caller asks every 10 ms; all of it fails.
    for (; now < 20_000; now += 10) {
      const permit = breaker.admit(now)
      if (permit === null) continue
      calls++
      breaker.report(permit, true, now)
    }
    expect(calls).toBeGreaterThan(15)
    expect(calls).toBeLessThanOrEqual(20)
    const recovered = now
    for (; breaker.state(now) !== "closed"; now += 10) {
      const permit = breaker.admit(now)
      if (permit !== null) breaker.report(permit, false, now)
    }
    expect(now - recovered).toBeLessThanOrEqual(SETTINGS.openMs + 100)
  })

  it("is not taken for well by a call that was slow, nor by two", () => {
    const breaker = new CircuitBreaker(SETTINGS)
    failed(breaker, SETTINGS.minCalls, 0)
    failed(breaker, 1, 1_000)
    for (const now of [2_000, 2_100]) expect(breaker.admit(now) !== null).toBe(now === 2_000)
    breaker.report(breaker.admit(SETTINGS.openMaxMs * 10)!, true, SETTINGS.openMaxMs * 10)
    const now = SETTINGS.openMaxMs * 10 + SETTINGS.openMs
    breaker.report(breaker.admit(now)!, false, now + SETTINGS.slowMs)
    expect(breaker.state(now + SETTINGS.slowMs)).toBe("open")
  })

  it("forgets failures of more than a minute ago", () => {
    const breaker = new CircuitBreaker(SETTINGS)
    failed(breaker, SETTINGS.minCalls - 1, 0)
    failed(breaker, 1, 60_000)
    expect(breaker.state(60_000)).toBe("closed")
  })
})
