/** Who owns the lanes, sentence by sentence, with a lease and a crew that do as they are told. */
import { Deferred, Effect, Exit, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import { Readiness } from "../../src/app/health.ts"
import * as Ownership from "../../src/app/inventory/ownership.ts"
import type { ProductId } from "../../src/domain/ids.ts"
import { unavailable } from "../../src/ports/failures.ts"
import { Inventory } from "../../src/ports/inventory.ts"
import { Lease } from "../../src/ports/lease.ts"
import { type Answering, Workers } from "../../src/ports/workers.ts"
import * as MemoryProbe from "../support/recording-probe.ts"

it("does not tell what an earlier lease's owner had read, though the new lease is fresh", async () => {
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
    workers: [{ submit: (_: unknown, answer: Answering) => void asked.push(answer) }],
    fenced: Effect.never,
  }
  const productId = "019b76da-a800-7000-8000-000000000000" as ProductId
  const told = await Effect.gen(function* () {
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
  expect(told).toEqual(Exit.fail(unavailable("stale-owner")))
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

  it("takes them at once when somebody else had them", async () => {
    expect(await takes(false)).toBeGreaterThan(55)
  })
})
