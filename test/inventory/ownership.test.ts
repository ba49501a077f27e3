/** Who owns the lanes, sentence by sentence, with a lease and a crew that do as they are asked. */
import { Context, Deferred, Effect, Exit, Fiber, Layer, References, type Scope, SubscriptionRef } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import * as Health from "../../src/app/health.ts"
import { Readiness } from "../../src/app/health.ts"
import { COMMAND_PATIENCE_MS, PATIENCE_LOOK_MS } from "../../src/app/inventory/limits.ts"
import * as Ownership from "../../src/app/inventory/ownership.ts"
import type { ProductId } from "../../src/domain/ids.ts"
import { unavailable } from "../../src/ports/failures.ts"
import { Inventory } from "../../src/ports/inventory.ts"
import { Lease } from "../../src/ports/lease.ts"
import { type Answering, Workers } from "../../src/ports/workers.ts"
import * as MemoryProbe from "../support/recording-probe.ts"

it("does not answer what an earlier lease's owner had read, though the new lease is fresh", async () => {
  const asked: Array<Answering> = []
  const losses: Array<Deferred.Deferred<void>> = []
  const lease = Lease.of({
    acquire: () =>
      Effect.sync(() => {
        const lost = Deferred.makeUnsafe<void>()
        losses.push(lost)
        return { lanes: [{ lane: 0, epoch: losses.length, seq: 0 }], isFresh: () => true, lost: Deferred.await(lost) }
      }),
  })
  const crew = {
    workers: [
      {
        submit: (_: unknown, answer: Answering) => void asked.push(answer),
        watch: () => undefined,
        abandon: () => undefined,
      },
    ],
    fenced: Effect.never,
  }
  const productId = "019b76da-a800-7000-8000-000000000000" as ProductId
  const answer = await Effect.gen(function* () {
    const { begin } = yield* Ownership.Ownership
    const { submit } = yield* Inventory
    yield* begin
    const read = Effect.exit(submit({ _tag: "ReadStock", productId }))
    const until = (done: () => boolean) => Effect.repeat(Effect.yieldNow, { while: () => !done() })
    yield* until(() => losses.length === 1)
    yield* Effect.yieldNow
    const reading = yield* Effect.forkChild(read)
    yield* until(() => asked.length === 1)
    yield* Deferred.succeed(losses[0]!, undefined)
    yield* until(() => losses.length === 2)
    const stock = { onHand: 5, reserved: 0, version: 1 }
    asked[0]!(Exit.succeed({ reply: { _tag: "Stock", productId, stock }, replayed: false }))
    return yield* Fiber.join(reading)
  }).pipe(
    Effect.provide(Ownership.layer(1)),
    Effect.provide(Layer.mergeAll(Readiness.layer, MemoryProbe.silent)),
    Effect.provideService(Lease, lease),
    Effect.provideService(Workers, Workers.of({ start: () => Effect.succeed(crew) })),
    Effect.scoped,
    Effect.runPromise,
  )
  expect(answer).toEqual(Exit.fail(unavailable("stale-owner")))
})

/** How often lanes are taken at once, and in a minute, by an owner that is fenced as soon as it has them. */
const takes = async (isFresh: boolean) => {
  let count = 0
  const lease = Lease.of({
    acquire: () =>
      Effect.sync(() => {
        count++
        return { lanes: [], isFresh: () => isFresh, lost: Effect.never }
      }),
  })
  // A second passes with each owner: one that is replaced at once would keep virtual time from passing.
  const crew = Workers.of({ start: () => Effect.succeed({ workers: [], fenced: Effect.sleep("1 second") }) })
  const layer = Layer.effectDiscard(Ownership.Ownership.use(({ begin }) => begin)).pipe(
    Layer.provide(Ownership.layer(1)),
    Layer.provide(Layer.mergeAll(Readiness.layer, MemoryProbe.silent)),
    Layer.provide(Layer.succeed(Lease, lease)),
    Layer.provide(Layer.succeed(Workers, crew)),
  )
  await Effect.gen(function* () {
    yield* Layer.build(layer)
    for (let passed = 0; passed < 600; passed++) yield* TestClock.adjust("100 millis")
  }).pipe(Effect.scoped, Effect.provide(TestClock.layer()), Effect.runPromise)
  return count
}

describe("an owner that is fenced again and again", () => {
  it("takes its lanes ever more slowly while its lease is its own: what broke it may break it again", async () => {
    const inAMinute = await takes(true)
    expect(inAMinute).toBeGreaterThan(10)
    expect(inAMinute).toBeLessThan(25)
  })

  it("takes them at once when another process had them", async () => {
    expect(await takes(false)).toBeGreaterThan(55)
  })
})

/** A lease that is free until it is `lost`, and a crew whose commands are answered by hand, and which drains for so long. */
const decidingUntil = Effect.fnUntraced(function* (lost: Effect.Effect<void>, drain: Effect.Effect<unknown>) {
  const asked: Array<Answering> = []
  const happened: Array<string> = []
  const missing: Array<(workers: number) => void> = []
  const lease = Lease.of({
    acquire: () =>
      Effect.acquireRelease(
        Effect.sync(() => {
          happened.push("taken")
          return { lanes: [], isFresh: () => true, lost }
        }),
        () => Effect.sync(() => happened.push("given up")),
      ),
  })
  const worker = {
    submit: (_: unknown, answer: Answering) => void asked.push(answer),
    watch: () => undefined,
    abandon: () => undefined,
  }
  const crew = Workers.of({
    start: (_, listening) => {
      missing.push(listening.missing)
      const drained = Effect.andThen(
        drain,
        Effect.sync(() => happened.push("drained")),
      )
      return Effect.as(
        Effect.addFinalizer(() => drained),
        { workers: [worker], fenced: Effect.never },
      )
    },
  })
  const context = yield* Layer.build(
    Ownership.layer(1).pipe(
      Layer.provideMerge(Layer.mergeAll(Readiness.layer, MemoryProbe.silent)),
      Layer.provide(Layer.succeed(Lease, lease)),
      Layer.provide(Layer.succeed(Workers, crew)),
    ),
  )
  const readiness = Context.get(context, Readiness)
  const { submit } = Context.get(context, Inventory)
  yield* Context.get(context, Ownership.Ownership).begin
  yield* Health.reached(readiness, "ready")
  const productId = "019b76da-a800-7000-8000-000000000000" as ProductId
  const ask = Effect.forkChild(Effect.exit(submit({ _tag: "ReadStock", productId })), { startImmediately: true })
  const answer = (index: number) => asked[index]!(Exit.succeed({ reply: { _tag: "Done" } as const, replayed: false }))
  const state = SubscriptionRef.get(readiness)
  const miss = (workers: number) =>
    Effect.andThen(
      Effect.sync(() => missing[0]!(workers)),
      settled,
    )
  return { readiness, ask, asked, answer, happened, state, miss }
})

const deciding = decidingUntil(Effect.never, Effect.void)

const settled = Effect.repeat(Effect.yieldNow, { times: 20 })

const virtually = <A>(test: Effect.Effect<A, unknown, Scope.Scope>) =>
  Effect.runPromise(test.pipe(Effect.scoped, Effect.provide(TestClock.layer())))

describe("a service that drains", () => {
  it("hands its lanes over as soon as no command is under way, though the service has not ended", () =>
    virtually(
      Effect.gen(function* () {
        const { answer, ask, asked, happened, readiness } = yield* deciding
        const before = yield* ask
        yield* Health.become(readiness, "draining")
        yield* TestClock.adjust("400 millis")
        const onItsWay = yield* ask
        yield* TestClock.adjust("10 seconds")
        expect([asked.length, happened]).toEqual([2, ["taken"]])
        answer(0)
        yield* TestClock.adjust("1 second")
        expect(happened).toEqual(["taken"])
        answer(1)
        yield* TestClock.adjust("1 second")
        expect(happened).toEqual(["taken", "drained", "given up"])
        for (const each of [before, onItsWay]) expect(yield* Fiber.join(each)).toMatchObject({ _tag: "Success" })
        expect(yield* Fiber.join(yield* ask)).toEqual(Exit.fail(unavailable("draining")))
      }),
    ))

  it("serves on as a lame duck, and never says again that it is ready", () =>
    virtually(
      Effect.gen(function* () {
        const { ask, asked, happened, miss, readiness, state } = yield* deciding
        const ending = yield* Effect.forkChild(Health.end(readiness, 5_000), { startImmediately: true })
        yield* miss(1)
        yield* miss(0)
        yield* TestClock.adjust("4999 millis")
        expect([yield* state, happened]).toEqual(["lame-duck", ["taken"]])
        yield* ask
        expect(asked.length).toBe(1)
        yield* TestClock.adjust("1 millis")
        yield* Fiber.join(ending)
        expect(yield* state).toBe("draining")
      }),
    ))
})

describe("a crew that drains after the lanes were lost", () => {
  it("keeps no caller beyond its deadline", () =>
    virtually(
      Effect.gen(function* () {
        const lost = yield* Deferred.make<void>()
        const drain = yield* Deferred.make<void>()
        const { ask, asked, happened } = yield* decidingUntil(Deferred.await(lost), Deferred.await(drain))
        const asking = yield* ask
        expect(asked.length).toBe(1)
        yield* Deferred.succeed(lost, undefined)
        yield* TestClock.adjust(COMMAND_PATIENCE_MS - 1)
        expect(asking.pollUnsafe()).toBeUndefined()
        yield* TestClock.adjust(PATIENCE_LOOK_MS + 1)
        expect(yield* Fiber.join(asking)).toEqual(Exit.fail(unavailable("database", "unknown")))
        expect(happened).toEqual(["taken"])
        yield* Deferred.succeed(drain, undefined)
      }),
    ))
})

describe("a crew that misses a worker", () => {
  it("is not ready until the worker is replaced", () =>
    virtually(
      Effect.gen(function* () {
        const { miss, state } = yield* deciding
        yield* miss(1)
        expect(yield* state).toBe("worker-lost")
        yield* miss(2)
        yield* miss(1)
        expect(yield* state).toBe("worker-lost")
        yield* miss(0)
        expect(yield* state).toBe("ready")
      }),
    ))
})

it("lanes whose taking breaks down by a defect are taken again", () =>
  virtually(
    Effect.gen(function* () {
      let tries = 0
      const held = { lanes: [], isFresh: () => true, lost: Effect.never }
      const lease = Lease.of({
        acquire: () =>
          Effect.suspend(() =>
            ++tries < 3 ? Effect.die(new Error("EAGAIN, a thread is refused")) : Effect.succeed(held),
          ),
      })
      const crew = Workers.of({ start: () => Effect.succeed({ workers: [], fenced: Effect.never }) })
      const context = yield* Layer.build(
        Ownership.layer(1).pipe(
          Layer.provideMerge(Layer.mergeAll(Readiness.layer, MemoryProbe.silent)),
          Layer.provide(Layer.succeed(Lease, lease)),
          Layer.provide(Layer.succeed(Workers, crew)),
        ),
      ).pipe(Effect.provideService(References.MinimumLogLevel, "None"))
      yield* Context.get(context, Ownership.Ownership).begin
      yield* TestClock.adjust("2 seconds")
      expect([tries, yield* SubscriptionRef.get(Context.get(context, Readiness))]).toEqual([3, "ready"])
    }),
  ))
