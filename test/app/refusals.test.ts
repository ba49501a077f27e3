/** A database that answers and commits nothing makes the service unready, says why, and is noticed when it commits again. */
import { Context, Effect, Layer, Logger, SubscriptionRef } from "effect"
import { TestClock } from "effect/testing"
import { expect, it } from "vitest"
import * as Health from "../../src/app/health.ts"
import * as Refusals from "../../src/app/refusals.ts"
import { type Happening, Probe } from "../../src/ports/probe.ts"
import { NotWritten, WriteTrial } from "../../src/ports/write-trial.ts"

const WHY = "could not extend file: No space left on device"

const refusal = (worker = 0, outcome: "down" | "unknown" | "unstorable" = "down"): Happening => ({
  _tag: "CommitFailed",
  worker,
  outcome,
  detail: WHY,
})
const commit = (worker = 0): Happening => ({ _tag: "BatchCommitted", worker, decisions: 1, seconds: 0, waitMs: 0 })

interface Watched {
  readonly happen: (happening: Happening, times?: number) => Effect.Effect<void>
  /** Refusals for so many seconds, two each second. */
  readonly refuseFor: (seconds: number) => Effect.Effect<void>
  readonly state: Effect.Effect<Health.State>
  readonly become: (state: Health.State) => Effect.Effect<void>
  readonly said: ReadonlyArray<string>
  /** What trials meet from now on. */
  readonly disk: { isFull: boolean; trials: number }
}

const watched = (test: (watched: Watched) => Effect.Effect<void>) => {
  const said: Array<string> = []
  const disk = { isFull: true, trials: 0 }
  const trial = Layer.succeed(WriteTrial, {
    attempt: Effect.suspend(() => {
      disk.trials++
      return disk.isFull ? Effect.fail(new NotWritten({ detail: WHY })) : Effect.void
    }),
  })
  const silent = Layer.succeed(Probe, { emit: () => undefined })
  const parts = Layer.mergeAll(Refusals.watching.pipe(Layer.provide(silent)), Health.Readiness.layer, trial)
  return Effect.gen(function* () {
    const context = yield* Layer.build(Refusals.layer.pipe(Layer.provideMerge(parts)))
    const { emit } = Context.get(context, Probe)
    const readiness = Context.get(context, Health.Readiness)
    const settle = TestClock.adjust(1)
    const happen = (happening: Happening, times = 1) =>
      Effect.andThen(
        Effect.sync(() => {
          for (let n = 0; n < times; n++) emit(happening)
        }),
        settle,
      )
    yield* Health.become(readiness, "ready")
    yield* settle
    yield* test({
      happen,
      refuseFor: (seconds) =>
        Effect.repeat(Effect.andThen(happen(refusal()), TestClock.adjust(499)), { times: 2 * seconds - 1 }).pipe(
          Effect.asVoid,
        ),
      state: SubscriptionRef.get(readiness),
      become: (state) => Effect.andThen(Health.become(readiness, state), settle),
      said,
      disk,
    })
  }).pipe(
    Effect.scoped,
    Effect.provide(TestClock.layer()),
    Effect.provide(Logger.layer([Logger.make(({ message }) => void said.push(String(message)))])),
    Effect.runPromise,
  )
}

it("is unready after twenty refusals in a row, at once, and says why", () =>
  watched(
    Effect.fnUntraced(function* ({ said, state, happen }) {
      yield* happen(refusal(), 19)
      expect(yield* state).toBe("ready")
      yield* happen(refusal())
      expect(yield* state).toBe("database")
      expect(said).toEqual([`the database refuses all commits, and the service is not ready: ${WHY}`])
    }),
  ))

it("is unready after three seconds of few refusals, reads among them, and not after a single one", () =>
  watched(
    Effect.fnUntraced(function* ({ state, happen }) {
      yield* happen({ _tag: "LoadFailed", worker: 0, detail: WHY })
      yield* TestClock.adjust("10 seconds")
      expect(yield* state).toBe("ready")
      yield* happen(refusal(0, "unknown"))
      yield* TestClock.adjust("1 second")
      expect(yield* state).toBe("database")
    }),
  ))

it("is ready while its worker commits between refusals, and while only values are refused", () =>
  watched(
    Effect.fnUntraced(function* ({ state, happen }) {
      for (let n = 0; n < 10; n++) {
        yield* happen(refusal(), 5)
        yield* happen(commit())
        yield* TestClock.adjust("1 second")
      }
      yield* happen(refusal(0, "unstorable"), 100)
      yield* TestClock.adjust("10 seconds")
      expect(yield* state).toBe("ready")
    }),
  ))

it("is ready again with the first commit of that worker, and not with another's", () =>
  watched(
    Effect.fnUntraced(function* ({ disk, said, state, happen }) {
      yield* happen(refusal(1), 20)
      yield* happen(commit(0))
      expect(yield* state).toBe("database")
      yield* happen(commit(1))
      expect(yield* state).toBe("ready")
      expect(said.at(-1)).toBe("the database commits again")
      expect(disk.trials).toBe(0)
    }),
  ))

it("tries a write when no orders come, and is ready again when it is taken", () =>
  watched(
    Effect.fnUntraced(function* ({ disk, state, happen }) {
      yield* happen(refusal(), 20)
      yield* TestClock.adjust("10 seconds")
      expect(yield* state).toBe("database")
      expect(disk.trials).toBeGreaterThan(2)
      disk.isFull = false
      yield* TestClock.adjust("1 second")
      expect(yield* state).toBe("ready")
    }),
  ))

it("tries none while orders come, and says why once a minute", () =>
  watched(
    Effect.fnUntraced(function* ({ disk, refuseFor, said, state }) {
      disk.isFull = false
      yield* refuseFor(130)
      expect(yield* state).toBe("database")
      expect(disk.trials).toBe(0)
      expect(said.length).toBe(3)
    }),
  ))

it("leaves a drain, and what is said when the lanes are lost, as they are", () =>
  watched(
    Effect.fnUntraced(function* ({ become, state, happen }) {
      yield* happen(refusal(), 20)
      yield* happen({ _tag: "LanesLost", lanes: 64 })
      yield* TestClock.adjust("2 seconds")
      expect(yield* state).toBe("database")
      yield* become("standby")
      yield* TestClock.adjust("10 seconds")
      expect(yield* state).toBe("standby")
      yield* become("draining")
      yield* happen(refusal(), 20)
      yield* happen(commit())
      expect(yield* state).toBe("draining")
    }),
  ))
