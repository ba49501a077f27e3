/** The guard under virtual time: a sick dependency costs its callers neither time nor places, and gets few calls. */
import { Clock, Effect, Exit, Fiber, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import type { CallRefused, Kind } from "../../../src/app/resilience/call.ts"
import * as Dependencies from "../../../src/app/resilience/dependencies.ts"
import * as Guard from "../../../src/app/resilience/guard.ts"
import { type Happening, Probe } from "../../../src/ports/probe.ts"

const SETTINGS: Guard.Settings = {
  dependency: "payment",
  timeoutMs: 1_000,
  mode: "on",
  breaker: {
    failureRate: 0.5,
    slowRate: 0.5,
    slowMs: 800,
    calls: 50,
    minCalls: 20,
    openMs: 5_000,
    openMaxMs: 60_000,
    probeMs: 2_000,
  },
  bulkhead: { concurrency: 64, queueMax: 1_000, perSecond: null },
}

type Word = "charged" | "declined" | "unknown"

const trial = (
  settings: Guard.Settings,
  body: (guard: Guard.Guard, heard: ReadonlyArray<Happening>) => Effect.Effect<void, unknown>,
): Promise<void> => {
  const heard: Array<Happening> = []
  const program = Effect.flatMap(Guard.make(settings), (guard) => body(guard, heard))
  return Effect.runPromise(
    program.pipe(
      Effect.scoped as (
        effect: Effect.Effect<void, unknown, Probe | Dependencies.Dependencies | Scope.Scope>,
      ) => Effect.Effect<void, unknown, Probe | Dependencies.Dependencies>,
      Effect.provide(Dependencies.layer),
      Effect.provideService(Probe, { emit: (happening) => void heard.push(happening) }),
      Effect.provide(TestClock.layer()),
    ),
  )
}

const KIND: Kind<Word> = {
  name: "charge",
  isFailure: (answer) => answer === "unknown",
  isTransient: () => false,
  onTimeout: "unknown",
  outcome: (answer) => answer,
}

const settle = Effect.repeat(Effect.yieldNow, { times: 20 })

/** Runs a second of callers, so many of them, and gives what each was answered. */
const second = (guard: Guard.Guard, work: Effect.Effect<Word>, callers: number) =>
  Effect.gen(function* () {
    const fibers = []
    for (let i = 0; i < callers; i++) {
      fibers.push(yield* Effect.forkChild(Effect.exit(guard.run(KIND, 0, work))))
      yield* settle
      yield* TestClock.adjust(1_000 / callers)
    }
    return fibers
  })

describe("the guard", () => {
  it("sends a dead dependency at most one call a second, and answers the others at once", () =>
    trial(SETTINGS, (guard) =>
      Effect.gen(function* () {
        let sent = 0
        const dead = Effect.andThen(
          Effect.sync(() => void sent++),
          Effect.never,
        )
        yield* second(guard, dead, 50)
        yield* TestClock.adjust("2 seconds")
        expect(guard.status()).toMatchObject({ state: "open", openings: 1 })
        sent = 0
        let refusedAtOnce = 0
        for (let time = 0; time < 60; time++) {
          const fibers = yield* second(guard, dead, 20)
          refusedAtOnce += fibers.filter((fiber) => fiber.pollUnsafe() !== undefined).length
        }
        expect(sent).toBeLessThanOrEqual(60)
        expect(sent).toBeGreaterThan(0)
        expect(refusedAtOnce).toBeGreaterThan(1_100)
      }),
    ))

  it("closes again when the dependency is well, and declines do not open it", () =>
    trial(SETTINGS, (guard, heard) =>
      Effect.gen(function* () {
        yield* second(guard, Effect.succeed("unknown"), 50)
        expect(guard.isOpen()).toBe(true)
        yield* TestClock.adjust("5 seconds")
        yield* second(guard, Effect.succeed("declined"), 50)
        expect(guard.status().state).toBe("closed")
        const changes = heard.flatMap((each) => (each._tag === "CircuitChanged" ? [each.to] : []))
        expect(changes).toEqual(["closed", "open", "half-open", "closed"])
      }),
    ))

  it("only counts what it would have refused, when it is to observe", () =>
    trial({ ...SETTINGS, mode: "observe" }, (guard, heard) =>
      Effect.gen(function* () {
        yield* second(guard, Effect.succeed("unknown"), 50)
        const answer = yield* guard.run(KIND, 0, Effect.succeed("charged"))
        expect([answer, guard.status().state, guard.isOpen()]).toEqual(["charged", "open", false])
        expect(heard.filter((each) => each._tag === "CallRefused" && each.observed).length).toBeGreaterThan(0)
      }),
    ))

  it("does what an operator orders, until the time that was given", () =>
    trial(SETTINGS, (guard) =>
      Effect.gen(function* () {
        guard.override({ mode: "open", until: 10_000, reason: "maintenance" })
        const refused = yield* Effect.flip(guard.run<Word>(KIND, 0, Effect.succeed("charged")))
        expect(refused.reason).toBe("circuit-open")
        yield* TestClock.adjust("10 seconds")
        expect(yield* guard.run(KIND, 0, Effect.succeed("charged"))).toBe("charged")
        guard.override({ mode: "closed", until: null, reason: "we know better" })
        yield* second(guard, Effect.succeed("unknown"), 50)
        expect(guard.status()).toMatchObject({ state: "closed", override: { reason: "we know better" } })
      }),
    ))

  it("gives up each call at its own limit, with one timer for all", () =>
    trial({ ...SETTINGS, mode: "off" }, (guard) =>
      Effect.gen(function* () {
        const calls: Array<Fiber.Fiber<Word, CallRefused>> = []
        for (let i = 0; i < 10; i++) {
          calls.push(
            yield* Effect.forkChild(
              guard.run(KIND, 0, i === 3 ? Effect.delay(Effect.succeed("charged"), 50) : Effect.never),
            ),
          )
          yield* settle
          yield* TestClock.adjust(100)
        }
        const answers = () => calls.map((fiber) => fiber.pollUnsafe() !== undefined)
        expect(answers()).toEqual([true, false, false, true, ...Array(6).fill(false)])
        yield* TestClock.adjust(100)
        expect(answers().slice(0, 4)).toEqual([true, true, false, true])
        yield* TestClock.adjust(800)
        expect(yield* Effect.forEach(calls, Fiber.join)).toEqual(
          [..."012"].map(() => "unknown").concat("charged", Array(6).fill("unknown")),
        )
        expect(guard.status().load.running).toBe(0)
      }),
    ))

  it("sets a few timers a call, however often one that waits for a time limit is overtaken by a turn of the rate", () => {
    const ROUNDS = 100
    let timers = 0
    const counted = Effect.map(Clock.Clock, (clock) =>
      Object.assign(Object.create(clock) as typeof clock, {
        sleep: (duration: Parameters<typeof clock.sleep>[0]) => {
          timers++
          return clock.sleep(duration)
        },
      }),
    )
    const limited = { ...SETTINGS, bulkhead: { ...SETTINGS.bulkhead, perSecond: 10 } }
    return trial(
      { ...SETTINGS, dependency: "another" },
      () =>
        Effect.gen(function* () {
          const guard = yield* Effect.provideServiceEffect(Guard.make(limited), Clock.Clock, counted)
          // The second call of each round waits for its turn, which comes before the limit of those that are under way.
          for (let round = 0; round < ROUNDS; round++) {
            for (let call = 0; call < 2; call++) yield* Effect.forkChild(guard.run(KIND, 0, Effect.never))
            yield* settle
            for (let turn = 0; turn < 3; turn++) yield* TestClock.adjust("100 millis")
          }
          expect(timers).toBeGreaterThan(ROUNDS)
          expect(timers).toBeLessThan(7 * ROUNDS)
        }) as Effect.Effect<void>,
    )
  })

  it("makes a call again whose answer was transient, once, later, and at most one in ten", () =>
    trial({ ...SETTINGS, mode: "off" }, (guard) =>
      Effect.gen(function* () {
        const CALLS = 1_000
        const made: Array<number> = []
        const broken = Effect.sync((): Word => {
          made.push(0)
          return "unknown"
        })
        const fibers = []
        for (let i = 0; i < CALLS; i++)
          fibers.push(
            yield* Effect.forkChild(guard.run({ ...KIND, isTransient: (answer) => answer === "unknown" }, 0, broken)),
          )
        yield* settle
        expect(made).toHaveLength(CALLS)
        yield* TestClock.adjust("1 second")
        expect(yield* Effect.forEach(fibers, Fiber.join)).toEqual(Array(CALLS).fill("unknown"))
        expect(made.length).toBeGreaterThan(1.05 * CALLS)
        expect(made.length).toBeLessThanOrEqual(1.1 * CALLS + 10)
      }),
    ))

  it("says how many calls it would admit", () =>
    trial(SETTINGS, (guard) =>
      Effect.gen(function* () {
        expect(guard.room()).toBe(Number.POSITIVE_INFINITY)
        yield* second(guard, Effect.succeed("unknown"), 50)
        expect(guard.room()).toBe(0)
        yield* TestClock.adjust("5 seconds")
        expect(guard.room()).toBe(3)
        const probing = yield* Effect.forkChild(guard.run(KIND, 0, Effect.never))
        yield* settle
        expect(guard.room()).toBe(2)
        yield* Fiber.interrupt(probing)
        expect(guard.room()).toBe(3)
        guard.override({ mode: "open", until: null, reason: "maintenance" })
        expect(guard.room()).toBe(0)
      }),
    ))

  it("learns nothing of calls that their callers give up, and frees their places", () =>
    trial({ ...SETTINGS, bulkhead: { concurrency: 1, queueMax: 1, perSecond: null } }, (guard) =>
      Effect.gen(function* () {
        for (let time = 0; time < 50; time++) {
          const fiber = yield* Effect.forkChild(guard.run(KIND, 0, Effect.never))
          yield* settle
          yield* Fiber.interrupt(fiber)
        }
        expect(guard.status()).toMatchObject({ state: "closed", rates: { calls: 0 }, load: { running: 0, queued: 0 } })
        const [first, second, third] = [
          yield* Effect.forkChild(guard.run(KIND, 0, Effect.never)),
          yield* Effect.forkChild(guard.run(KIND, 0, Effect.never)),
          yield* Effect.exit(Effect.andThen(settle, guard.run(KIND, 0, Effect.never))),
        ]
        expect(Exit.isFailure(third!)).toBe(true)
        yield* Fiber.interruptAll([first!, second!])
      }),
    ))
})
