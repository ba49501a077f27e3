/** Nothing that a command waits for keeps its caller for longer than the one deadline. */
import { Effect, Exit, Fiber, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import { COMMAND_PATIENCE_MS, PATIENCE_LOOK_MS } from "../../src/app/inventory/limits.ts"
import { Patience } from "../../src/app/inventory/patience.ts"
import { Placement } from "../../src/app/inventory/placement.ts"
import { OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import { unavailable } from "../../src/ports/failures.ts"
import type { Answer, Command } from "../../src/ports/inventory.ts"
import type { Answering, Worker } from "../../src/ports/workers.ts"
import { freshId } from "../support/scribe.ts"

const orderId = OrderId.make(Lane.place(freshId(), 0))
const productOn = (lane: number) => ProductId.make(Lane.place(freshId(), lane))
const claim = { route: "placeOrder", key: "k", fingerprint: freshId() } as never
const order = (...lanes: ReadonlyArray<number>): Command => ({
  _tag: "PlaceOrder",
  orderId,
  customerId: "kim",
  lines: lanes.map((lane) => ({ productId: productOn(lane), quantity: 1 })),
  held: [],
  token: null,
  createdAt: 0,
  expiresAt: 1,
  claim,
})
const done: Answer = { reply: { _tag: "Done" }, replayed: false }
const unknown = Exit.fail(unavailable("database", "unknown"))

/** Workers that take their time, and what they were asked. */
const silent = () => {
  const asked: Array<Answering> = []
  const worker: Worker = { submit: (_, answer) => asked.push(answer), watch: () => undefined, abandon: () => undefined }
  return { asked, worker }
}

const virtually = <A>(test: Effect.Effect<A, never, Scope.Scope>) =>
  Effect.runPromise(test.pipe(Effect.scoped, Effect.provide(TestClock.layer())))

/** Asks, as a request with a key does. */
const ask = (placement: Placement, command: Command) =>
  Effect.forkChild(Effect.uninterruptible(Effect.exit(placement.submit(command))), { startImmediately: true })

describe("a command whose worker is silent", () => {
  it.each([
    ["one worker", 1, [0]],
    ["two", 2, [0, 1]],
  ] as const)("is of unknown outcome at its deadline, over %s", (_, workers, lanes) =>
    virtually(
      Effect.gen(function* () {
        const patience = new Patience()
        yield* Effect.forkScoped(patience.run)
        const { asked, worker } = silent()
        const placement = new Placement(Array.from({ length: workers }, () => patience.with(worker)))
        const asking = yield* ask(placement, order(...lanes))
        yield* TestClock.adjust(COMMAND_PATIENCE_MS - 1)
        expect(asking.pollUnsafe()).toBeUndefined()
        yield* TestClock.adjust(PATIENCE_LOOK_MS + 1)
        expect(yield* Fiber.join(asking)).toEqual(unknown)
        // What its worker says afterwards has no caller any more.
        asked[0]!(Exit.succeed(done))
      }),
    ),
  )

  it("is answered by its worker until then", () =>
    virtually(
      Effect.gen(function* () {
        const patience = new Patience()
        yield* Effect.forkScoped(patience.run)
        const { asked, worker } = silent()
        const asking = yield* ask(new Placement([patience.with(worker)]), order(0))
        yield* TestClock.adjust(COMMAND_PATIENCE_MS)
        asked[0]!(Exit.succeed(done))
        expect(yield* Fiber.join(asking)).toEqual(Exit.succeed(done))
      }),
    ))
})
