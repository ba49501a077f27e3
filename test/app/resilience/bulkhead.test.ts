/** The bulkhead under virtual time: places, order, rate, and what an interrupted caller leaves behind. */
import { Deferred, Effect, Exit, Fiber, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import type { Settings } from "../../../src/app/resilience/bulkhead.ts"
import { CallRefused } from "../../../src/app/resilience/call.ts"
import * as Dependencies from "../../../src/app/resilience/dependencies.ts"
import * as Guard from "../../../src/app/resilience/guard.ts"
import { RetryBudget } from "../../../src/app/resilience/retry-budget.ts"
import { Probe } from "../../../src/ports/probe.ts"
import { guard } from "../../support/guard.ts"

type Needs = Scope.Scope | Dependencies.Dependencies | Probe

const test = <A, E>(program: Effect.Effect<A, E, Needs>): Promise<A> =>
  Effect.runPromise(
    program.pipe(
      Effect.scoped,
      Effect.provideService(Probe, { emit: () => undefined }),
      Effect.provide(Dependencies.layer),
      Effect.provide(TestClock.layer()),
    ) as Effect.Effect<A, E>,
  )

/** The bulkhead of a guard that does nothing else. */
const make = (bulkhead: Settings) =>
  Effect.map(Guard.make({ ...guard("payment"), bulkhead, mode: "off", timeoutMs: 3_600_000 }), (all) => ({
    run: <A>(urgency: number, work: Effect.Effect<A>) =>
      all.run<A | null>(
        { name: "call", onTimeout: null, isFailure: () => false, isTransient: () => false, outcome: () => "done" },
        urgency,
        work,
      ),
    load: () => all.status().load,
  }))

/** Lets what is ready run. */
const settle = Effect.repeat(Effect.yieldNow, { times: 20 })

const FREE = { concurrency: 2, queueMax: 3, perSecond: null }

describe("the bulkhead", () => {
  it("runs no more than its places at once, refuses at once beyond its queue, and goes on when one ends", () =>
    test(
      Effect.gen(function* () {
        const bulkhead = yield* make(FREE)
        const gate = yield* Deferred.make<void>()
        let most = 0
        const call = Effect.suspend(() => {
          most = Math.max(most, bulkhead.load().running)
          return Deferred.await(gate)
        })
        const calls: Array<Fiber.Fiber<unknown, CallRefused>> = []
        for (let i = 0; i < 5; i++) {
          calls.push(yield* Effect.forkChild(bulkhead.run(i, call)))
          yield* settle
        }
        expect(bulkhead.load()).toMatchObject({ running: 2, queued: 3 })
        expect(yield* Effect.flip(bulkhead.run(0, call))).toEqual(new CallRefused({ reason: "queue-full" }))
        yield* Deferred.succeed(gate, undefined)
        for (const each of calls) yield* Fiber.join(each)
        expect([most, bulkhead.load()]).toEqual([2, { running: 0, queued: 0, oldestSince: null }])
      }),
    ))

  it("lets the most urgent go first, and equal ones in order of arrival", () =>
    test(
      Effect.gen(function* () {
        const bulkhead = yield* make({ ...FREE, concurrency: 1, queueMax: 10 })
        const gate = yield* Deferred.make<void>()
        const order: Array<string> = []
        const calls = [yield* Effect.forkChild(bulkhead.run(0, Deferred.await(gate)))]
        yield* settle
        for (const [name, urgency] of [
          ["late", 9],
          ["first of two", 5],
          ["second of two", 5],
          ["soon", 1],
        ] as const)
          calls.push(
            yield* Effect.forkChild(
              bulkhead.run(
                urgency,
                Effect.sync(() => void order.push(name)),
              ),
            ),
          )
        yield* settle
        yield* Deferred.succeed(gate, undefined)
        for (const each of calls) yield* Fiber.join(each)
        expect(order).toEqual(["soon", "first of two", "second of two", "late"])
      }),
    ))

  it("begins calls at its rate, also after a quiet time", () =>
    test(
      Effect.gen(function* () {
        const bulkhead = yield* make({ concurrency: 1_000, queueMax: 1_000, perSecond: 100 })
        let begun = 0
        const call = Effect.sync(() => void begun++)
        yield* TestClock.adjust("1 minute")
        for (let i = 0; i < 300; i++) yield* Effect.forkChild(bulkhead.run(i, call))
        yield* settle
        // What a quiet minute allowed is not saved up.
        expect(begun).toBeLessThanOrEqual(3)
        yield* Effect.repeat(Effect.andThen(TestClock.adjust("10 millis"), settle), { times: 99 })
        expect(begun).toBeGreaterThanOrEqual(98)
        expect(begun).toBeLessThanOrEqual(105)
      }),
    ))

  it("an interrupted caller takes neither a place nor a turn, and leaves no trace in the queue", () =>
    test(
      Effect.gen(function* () {
        const bulkhead = yield* make({ ...FREE, concurrency: 1 })
        const gate = yield* Deferred.make<void>()
        const running = yield* Effect.forkChild(bulkhead.run(0, Deferred.await(gate)))
        yield* settle
        for (let i = 0; i < 100; i++) {
          const waiting = yield* Effect.forkChild(bulkhead.run(i, Effect.die("never run")))
          yield* settle
          yield* Fiber.interrupt(waiting)
        }
        expect(bulkhead.load()).toEqual({ running: 1, queued: 0, oldestSince: null })
        yield* Fiber.interrupt(running)
        expect(Exit.isSuccess(yield* Effect.exit(bulkhead.run(0, Effect.void)))).toBe(true)
        expect(bulkhead.load().running).toBe(0)
      }),
    ))
})

describe("the retry budget", () => {
  it("allows one retry for ten attempts, and few at once after a quiet time", () => {
    const budget = new RetryBudget(0.1)
    let saved = 0
    while (budget.takeRetry()) saved++
    expect(saved).toBe(10)
    let retries = 0
    for (let attempt = 0; attempt < 1_000; attempt++) {
      budget.attempted()
      while (budget.takeRetry()) retries++
    }
    expect(retries).toBeGreaterThanOrEqual(99)
    expect(retries).toBeLessThanOrEqual(100)
  })
})
