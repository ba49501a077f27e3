/** Orders over several workers, with workers that do as they are asked. */
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import { Placement } from "../../src/app/inventory/placement.ts"
import { OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import { UNTRIED } from "../../src/domain/order.ts"
import { type Unavailable, unavailable } from "../../src/ports/failures.ts"
import { type Answer, type Command, Refused } from "../../src/ports/inventory.ts"
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
  const home: Worker = {
    submit: (_, reply) => reply(Exit.succeed(answer)),
    watch: () => undefined,
    abandon: () => undefined,
  }
  const sibling: Worker = {
    submit: (command, reply) => {
      if (left-- > 0) return reply(Exit.fail(unavailable("worker-lost")))
      ended.push(command)
      reply(Exit.succeed({ reply: { _tag: "Done" }, replayed: false }))
    },
    watch: () => undefined,
    abandon: () => undefined,
  }
  const placement = new Placement([home, sibling])
  const command: Command = { _tag: "CancelOrder", orderId, reason: null, claim: null }
  return { ended, asked: Effect.exit(placement.submit(command)) }
}

const virtually = <A>(test: Effect.Effect<A>) => Effect.runPromise(test.pipe(Effect.provide(TestClock.layer())))

/** Workers that answer the question so; what else they are asked is written down, and refused. */
const placing = (said: ReadonlyArray<Exit.Exit<Answer, Refused | Unavailable>>) => {
  const held: Array<string> = []
  const workers = said.map(
    (exit): Worker => ({
      submit: (command, reply) => {
        if (command._tag === "CheckLines") return reply(exit)
        if (command._tag === "EndHolds") return reply(Exit.succeed({ reply: { _tag: "Done" }, replayed: false }))
        held.push(command._tag)
        reply(Exit.fail(unavailable("draining")))
      },
      watch: () => undefined,
      abandon: () => undefined,
    }),
  )
  const command: Command = {
    ...{ _tag: "PlaceOrder", orderId, customerId: "kim", held: [], token: null, createdAt: 0, expiresAt: 1 },
    lines: said.map((_, lane) => ({ productId: productOn(lane), quantity: 1 })),
    claim: { route: "orders", key: "k", fingerprint: freshId() },
  }
  return Effect.map(Effect.exit(new Placement(workers).submit(command)), (exit) => ({ exit, held }))
}

const could = (currency = "EUR"): Exit.Exit<Answer> => {
  const unitPrice = { amount: 250, currency }
  const reply = { _tag: "Held", lines: [{ productId: there, quantity: 1, unitPrice }] } as const
  return Exit.succeed({ reply, replayed: false })
}

const soldOut = (productId: ProductId) => {
  const rejection = { _tag: "InsufficientStock", productId, requested: 1, available: 0 } as const
  return Exit.fail(new Refused(rejection))
}

describe("an order over several workers", () => {
  it.each([
    ["its home", [soldOut(here), could(), could()], soldOut(here)],
    ["the last of the others", [could(), could(), soldOut(there)], soldOut(there)],
    ["several: the first of the others is answered", [soldOut(here), soldOut(there), soldOut(here)], soldOut(there)],
    [
      "none of them, but what they have makes no order",
      [could(), could("USD"), could()],
      Exit.fail(new Refused({ _tag: "MixedCurrencies" })),
    ],
  ] as const)("is refused before anything is held: by %s", (_, said, exit) =>
    virtually(
      Effect.gen(function* () {
        expect(yield* placing(said)).toEqual({ exit, held: [] })
      }),
    ),
  )

  it("is answered as it was answered before, by whichever worker knows it", () =>
    virtually(
      Effect.gen(function* () {
        const before = Exit.succeed({ reply: cancelled, replayed: true })
        expect(yield* placing([before, could(), could()])).toEqual({ exit: before, held: [] })
      }),
    ))

  it("is held once all of them could", () =>
    virtually(
      Effect.gen(function* () {
        expect((yield* placing([could(), could(), could()])).held).toEqual(["HoldTentatively"])
      }),
    ))
})

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
