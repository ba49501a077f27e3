/** Orders over several workers, with workers that do as they are told. */
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import { Placement } from "../../src/app/inventory/placement.ts"
import { OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import { UNTRIED } from "../../src/domain/order.ts"
import { unavailable } from "../../src/ports/failures.ts"
import type { Answer, Command } from "../../src/ports/inventory.ts"
import type { OrderReply, Worker } from "../../src/ports/workers.ts"
import { freshId } from "../support/scribe.ts"

const productOn = (lane: number) => ProductId.make(Lane.place(freshId(), lane))
const here = productOn(0)
const there = productOn(1)
const orderId = OrderId.make(Lane.place(freshId(), 0))
const EUR = { amount: 250, currency: "EUR" }

const cancelled: OrderReply = {
  _tag: "Order",
  order: {
    id: orderId,
    customerId: "kim",
    lines: [here, there].map((productId) => ({ productId, quantity: 1, unitPrice: EUR })),
    total: { amount: 500, currency: "EUR" },
    createdAt: 0,
    expiresAt: 1,
    version: 2,
    payment: UNTRIED,
    status: "cancelled",
    reason: null,
    refund: "none",
  },
  elsewhere: [there],
  ending: "release",
}

/** The home answers the cancellation so; the sibling fails so many times before its holds end. */
const cancelling = (answer: Answer, failures: number) => {
  const ended: Array<Command> = []
  let left = failures
  const home: Worker = { submit: (_, tell) => tell(Exit.succeed(answer)) }
  const sibling: Worker = {
    submit: (command, tell) => {
      if (left-- > 0) return tell(Exit.fail(unavailable("worker-lost")))
      ended.push(command)
      tell(Exit.succeed({ reply: { _tag: "Done" }, replayed: false }))
    },
  }
  const placement = new Placement([home, sibling])
  const command: Command = { _tag: "CancelOrder", orderId, reason: null, claim: null }
  return { ended, asked: Effect.exit(placement.submit(command)) }
}

const virtually = <A>(test: Effect.Effect<A>) => Effect.runPromise(test.pipe(Effect.provide(TestClock.layer())))

describe("a cancellation", () => {
  const first: Answer = { reply: cancelled, replayed: false }

  it("is answered once the holds on a lost worker have ended, however often that is tried", () =>
    virtually(
      Effect.gen(function* () {
        const { asked, ended } = cancelling(first, 30)
        const asking = yield* Effect.forkChild(asked, { startImmediately: true })
        yield* TestClock.adjust("1400 millis")
        expect([asking.pollUnsafe(), ended]).toEqual([undefined, []])
        yield* TestClock.adjust("200 millis")
        expect(yield* Fiber.join(asking)).toEqual(Exit.succeed(first))
        expect(ended).toMatchObject([{ _tag: "EndHolds", orderId, lane: 1 }])
      }),
    ))

  it("is of unknown outcome when they cannot be ended in time", () =>
    virtually(
      Effect.gen(function* () {
        const asking = yield* Effect.forkChild(cancelling(first, Number.POSITIVE_INFINITY).asked)
        yield* TestClock.adjust("5 seconds")
        expect(yield* Fiber.join(asking)).toEqual(Exit.fail(unavailable("worker-lost", "unknown")))
      }),
    ))

  it.each([
    ["found done", { reply: { ...cancelled, elsewhere: [], ending: null }, replayed: false }],
    ["a stored answer", { reply: { ...cancelled, elsewhere: [], ending: null }, replayed: true }],
  ] as ReadonlyArray<readonly [string, Answer]>)("that is repeated ends them as well: %s", (_, answer) =>
    virtually(
      Effect.gen(function* () {
        const { asked, ended } = cancelling(answer, 0)
        expect(yield* asked).toEqual(Exit.succeed(answer))
        expect(ended).toMatchObject([{ _tag: "EndHolds", orderId }])
      }),
    ),
  )
})
