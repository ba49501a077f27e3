/** The pace of an import under virtual time: all at once in a quiet shop, a tenth of the time in a busy one. */
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { expect, it } from "vitest"
import * as Pace from "../../../src/app/imports/import-pace.ts"
import { Congestion } from "../../../src/app/overload/congestion.ts"
import { Traffic } from "../../../src/app/overload/traffic.ts"

const ROWS = Array.from({ length: 4 * Pace.BURST }, (_, row) => row)

/** How long it took (ms) in bursts of which size. `each`: after every burst, so many requests have come. */
const paced = (traffic: Traffic, each: number, until = new Float64Array(1), rows: ReadonlyArray<number> = ROWS) =>
  Effect.gen(function* () {
    const bursts: Array<number> = []
    const worked: Array<number> = []
    const pace = yield* Pace.make
    const work = (some: ReadonlyArray<number>) =>
      Effect.gen(function* () {
        yield* Effect.sleep("10 millis")
        traffic.requests += each
        bursts.push(some.length)
        worked.push(...some)
      })
    const began = yield* Clock.currentTimeMillis
    yield* Effect.raceFirst(
      pace.through(rows, work),
      Effect.forever(Effect.andThen(TestClock.adjust("1 milli"), Effect.yieldNow)),
    )
    expect(worked).toEqual(rows)
    return { bursts, tookMs: (yield* Clock.currentTimeMillis) - began }
  }).pipe(
    Effect.provideService(Traffic, traffic),
    Effect.provideService(Congestion, { until, beyond: new Float64Array(1), commitMs: new Float64Array(1) }),
    Effect.provide(TestClock.layer()),
    Effect.runPromise,
  )

it("goes as fast as it can while hardly anything else is asked", async () => {
  expect(await paced({ requests: 3 }, 0)).toEqual({ bursts: [ROWS.length], tookMs: 10 })
})

it("rests nine times as long as it has worked while other things are asked", async () => {
  const { bursts, tookMs } = await paced({ requests: 1_000 }, 100)
  expect(bursts).toEqual([Pace.BURST, Pace.BURST, Pace.BURST, Pace.BURST])
  expect(tookMs).toBeGreaterThanOrEqual(4 * 10 * 10)
})

it("is fast again when a second was quiet", async () => {
  const many = Array.from({ length: 40 * Pace.BURST }, (_, row) => row)
  const { bursts } = await paced({ requests: 1_000 }, 0, new Float64Array(1), many)
  expect(bursts.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => Pace.BURST))
  expect(bursts.at(-1)).toBeGreaterThanOrEqual(10 * Pace.BURST)
})

it("waits while commands stand in mailboxes, but not for ever", async () => {
  const few = ROWS.slice(0, Pace.BURST)
  const rest = 10 * (1 + Pace.REST)
  const short = await paced({ requests: 1_000 }, 0, Float64Array.of(300), few)
  expect(short.tookMs).toBeGreaterThanOrEqual(300 + rest)
  expect(short.tookMs).toBeLessThan(500 + rest)
  const long = await paced({ requests: 1_000 }, 0, Float64Array.of(1e12), few)
  expect(long.tookMs).toBeGreaterThanOrEqual(2_000 + rest)
  expect(long.tookMs).toBeLessThan(2_500 + rest)
})

it("does not wait for its own commands to leave the mailboxes", async () => {
  expect(await paced({ requests: 0 }, 0, Float64Array.of(1e12))).toEqual({ bursts: [ROWS.length], tookMs: 10 })
})

it("counts as work what was done between two bursts", async () => {
  const traffic: Traffic = { requests: 1_000 }
  const test = Effect.gen(function* () {
    const pace = yield* Pace.make
    const began = yield* Clock.currentTimeMillis
    const asked = Effect.sync(() => {
      traffic.requests += 100
    })
    const inTime = <A>(wanted: Effect.Effect<A>) =>
      Effect.raceFirst(wanted, Effect.forever(Effect.andThen(TestClock.adjust("1 milli"), Effect.yieldNow)))
    expect(yield* pace.isBusy).toBe(true)
    yield* TestClock.adjust("100 millis")
    yield* inTime(pace.through([1], () => asked))
    yield* TestClock.adjust("50 millis")
    yield* inTime(pace.through([1], () => asked))
    return (yield* Clock.currentTimeMillis) - began
  })
  const tookMs = await test.pipe(
    Effect.provideService(Traffic, traffic),
    Effect.provide(TestClock.layer()),
    Effect.runPromise,
  )
  expect(tookMs).toBeGreaterThanOrEqual((100 + 50) * (1 + Pace.REST))
  expect(tookMs).toBeLessThan((100 + 50) * (1 + Pace.REST) + 200)
})

it("rests for seconds and not for hours after a burst that met a database that was away, or a clock that was set forward", async () => {
  const test = Effect.gen(function* () {
    const pace = yield* Pace.make
    yield* TestClock.adjust("1 hour")
    const began = yield* Clock.currentTimeMillis
    const resting = yield* Effect.forkChild(pace.through([1], () => Effect.void))
    yield* TestClock.adjust(Pace.REST_MAX_MS)
    yield* Fiber.join(resting)
    return (yield* Clock.currentTimeMillis) - began
  })
  const tookMs = await test.pipe(
    Effect.provideService(Traffic, { requests: 1_000 }),
    Effect.provide(TestClock.layer()),
    Effect.runPromise,
  )
  expect(tookMs).toBe(Pace.REST_MAX_MS)
})
