/** What congests a process: commands that stand in a mailbox, or on their way between the threads, for a whole interval. */
import { Clock, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import { Congestion, watching } from "../../../src/app/overload/congestion.ts"
import { INTERVAL_MS } from "../../../src/app/overload/shedding.ts"
import { type Happening, Probe } from "../../../src/ports/probe.ts"

const TARGET = 50
const STEP_MS = 20

const committed = (worker: number, waitMs: number): Happening => ({
  ...{ _tag: "BatchCommitted", decisions: 1, seconds: 0.001 },
  ...{ worker, waitMs },
})
const waited = (worker: number, waitMs: number): Happening => ({ _tag: "CommandsWaited", worker, waitMs })

/** Whether it is congested once these have been heard, each again every 20 ms for a bit more than an interval. */
const congests = (...happenings: ReadonlyArray<Happening>): Promise<boolean> =>
  Effect.gen(function* () {
    const { emit } = yield* Probe
    const { until } = yield* Congestion
    for (let passed = 0; passed <= INTERVAL_MS; passed += STEP_MS) {
      for (const happening of happenings) emit(happening)
      yield* TestClock.adjust(STEP_MS)
    }
    return (yield* Clock.currentTimeMillis) < until[0]!
  }).pipe(
    Effect.provide(watching(TARGET).pipe(Layer.provide(Layer.succeed(Probe, { emit: () => undefined })))),
    Effect.provide(TestClock.layer()),
    Effect.runPromise,
  )

describe.each([
  ["in a mailbox", committed],
  ["between the threads", waited],
])("commands that stand %s", (_, standing) => {
  it("congest it when all of them have waited for longer than the target", async () => {
    expect(await congests(standing(0, TARGET))).toBe(true)
    expect(await congests(standing(0, TARGET - 1))).toBe(false)
    expect(await congests(standing(0, TARGET), standing(0, 0))).toBe(false)
  })

  it("congest it whatever another worker's do", async () => {
    expect(await congests(standing(0, TARGET), standing(1, 0))).toBe(true)
  })
})

it("is congested by what stands between the threads although no mailbox is, and the other way round", async () => {
  expect(await congests(committed(0, 0), waited(0, TARGET))).toBe(true)
  expect(await congests(committed(0, TARGET), waited(0, 0))).toBe(true)
})

it("knows at once that commands wait beyond the target, and not for long", async () => {
  const seen = await Effect.gen(function* () {
    const { emit } = yield* Probe
    const { beyond } = yield* Congestion
    const now = Effect.map(Clock.currentTimeMillis, (time) => time < beyond[0]!)
    emit(waited(0, TARGET - 1))
    const before = yield* now
    emit(waited(0, TARGET))
    const after = yield* now
    yield* TestClock.adjust(INTERVAL_MS)
    return [before, after, yield* now]
  }).pipe(
    Effect.provide(watching(TARGET).pipe(Layer.provide(Layer.succeed(Probe, { emit: () => undefined })))),
    Effect.provide(TestClock.layer()),
    Effect.runPromise,
  )
  expect(seen).toEqual([false, true, false])
})

it("knows how long a commit takes of late", async () => {
  const commitMs = await Effect.gen(function* () {
    const { emit } = yield* Probe
    for (let commit = 0; commit < 100; commit++) emit({ ...committed(0, 0), seconds: 0.02 } as Happening)
    return (yield* Congestion).commitMs[0]
  }).pipe(
    Effect.provide(watching(TARGET).pipe(Layer.provide(Layer.succeed(Probe, { emit: () => undefined })))),
    Effect.runPromise,
  )
  expect(commitMs).toBeCloseTo(20, 1)
})
