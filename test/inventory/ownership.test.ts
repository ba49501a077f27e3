/** Who owns lanes tells what he read only under the lease under which he was asked. */
import { Deferred, Effect, Exit, Fiber, Layer } from "effect"
import { expect, it } from "vitest"
import * as MemoryProbe from "../../src/adapters/memory/probe.ts"
import * as Ownership from "../../src/app/inventory/ownership.ts"
import { Readiness } from "../../src/app/readiness.ts"
import type { ProductId } from "../../src/domain/ids.ts"
import { unavailable } from "../../src/ports/failures.ts"
import { Inventory } from "../../src/ports/inventory.ts"
import { Lease } from "../../src/ports/lease.ts"
import { type Answering, Workers } from "../../src/ports/workers.ts"

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
