/**
 * A listener knows every unit: the whole shop in memory trades, its facts leave over a stream that loses answers
 * and repeats itself, the relay loses its leadership, and stock rebuilt from what was published is what stands on the shelves.
 */
import { it } from "@effect/vitest"
import { Effect, Layer, References } from "effect"
import { expect } from "vitest"
import * as MemoryEventStream from "../../src/adapters/memory/event-stream.ts"
import * as Store from "../../src/adapters/memory/store.ts"
import * as Relay from "../../src/app/outbox-relay.ts"
import { type Paying, Shop } from "../../src/app/shop.ts"
import { type Delivery, EventSource, EventStream, type Handler, StreamDown } from "../../src/ports/event-stream.ts"
import * as MemoryShop from "../support/memory-shop.ts"
import { type Random, randomOf } from "../support/random.ts"
import * as Scribe from "../support/scribe.ts"
import { StockMirror } from "../support/stock-mirror.ts"

const ORDERS = 120

/** Of ten publishings three are reported to have failed although they did not, two fail, and one happens twice. */
const unreliable = (random: Random) =>
  Layer.effect(
    EventStream,
    Effect.map(EventStream, ({ publish }) => ({
      publish: (events) =>
        Effect.suspend(() => {
          const lost = new StreamDown({ detail: "no answer" })
          const dice = random(10)
          if (dice < 3) return Effect.andThen(publish(events), Effect.fail(lost))
          if (dice < 5) return Effect.fail(lost)
          return dice === 5 ? Effect.andThen(publish(events), publish(events)) : publish(events)
        }),
    })),
  )

/** Gives again what it gave before, as a group does whose members change: from some place on. */
const forgetful = (random: Random, honest: Handler): Handler => {
  const given = new Map<string, Array<Delivery>>()
  return {
    ...honest,
    handle: ({ deliveries, source }) => {
      const before = given.get(source) ?? []
      given.set(source, [...before, ...deliveries])
      const again = random(3) === 0 ? before.slice(random(before.length + 1)) : []
      return honest.handle({ source, deliveries: [...again, ...deliveries] })
    },
  }
}

const payings: ReadonlyArray<Paying> = [
  { _tag: "Token", token: "tok_ok", answer: "wait" },
  { _tag: "Token", token: "tok_decline", answer: "wait" },
  { _tag: "Later" },
]

/** Everything that changes stock, in turn and at random. */
const trade = Effect.fnUntraced(function* (random: Random) {
  const { adjustStock, cancelOrder, createProduct, placeOrder, receiveStock } = yield* Shop
  const store = yield* Store.Store
  const wake = yield* Relay.Wake
  const terms = { name: "Moon jar", price: { amount: 250, currency: "EUR" }, onHand: 60, purchaseLimit: null }
  const create = (sku: string) => createProduct({ ...terms, sku, claim: Scribe.claim("products") })
  const ids = yield* Effect.forEach(["a", "b", "c"], (sku) => Effect.map(create(sku), ({ value }) => value.id))
  const anyId = () => ids[random(ids.length)]!
  const one = Effect.fnUntraced(function* (index: number) {
    const lines = [...new Set([anyId(), anyId()])].map((productId) => ({ productId, quantity: 1 + random(2) }))
    const paying = payings[random(payings.length)]!
    const placed = yield* Effect.option(
      placeOrder({ customerId: `buyer ${index}`, lines, paying, claim: Scribe.claim("orders") }),
    )
    if (index % 5 === 0) yield* receiveStock({ productId: anyId(), quantity: 3, claim: Scribe.claim("receipts") })
    if (index % 7 === 0)
      yield* adjustStock({ productId: anyId(), delta: 1, reason: "found", claim: Scribe.claim("adjustments") })
    if (placed._tag === "Some" && random(3) === 0)
      yield* Effect.ignore(
        cancelOrder({ orderId: placed.value.value.order.id, reason: null, claim: Scribe.claim("cancel") }),
      )
    // So that facts leave meanwhile.
    wake.notify()
    yield* Effect.sleep("20 millis")
    if (index % 50 === 25) yield* store.relay.leadership.sever
  })
  yield* Effect.forEach(
    Array.from({ length: ORDERS }, (_, index) => index),
    one,
    { concurrency: 2, discard: true },
  )
})

it.live("stock rebuilt from the stream is what stands on the shelves", () =>
  Effect.gen(function* () {
    const random = randomOf(7)
    const mirror = new StockMirror()
    const shop = MemoryShop.layer({ workers: 2 })
    const relay = Layer.effectDiscard(Relay.start([])).pipe(Layer.provideMerge(Relay.waking))
    const stream = unreliable(random).pipe(Layer.provideMerge(MemoryEventStream.layer([mirror.handler.consumer])))
    yield* Effect.gen(function* () {
      yield* MemoryShop.opened
      const { consume } = yield* EventSource
      yield* Effect.forkScoped(consume(forgetful(random, mirror.handler)))
      yield* trade(random)
      const { stocks } = yield* Store.Store
      yield* mirror.until(stocks)
      expect(mirror.mistakes).toEqual([])
      expect(mirror.stocks).toEqual(stocks)
      expect(mirror.repeats).toBeGreaterThan(0)
      const versions = [...stocks.values()].reduce((sum, { version }) => sum + version, 0)
      expect(versions).toBeGreaterThan(ORDERS)
    }).pipe(
      Effect.scoped,
      Effect.provide(relay.pipe(Layer.provideMerge(stream), Layer.provideMerge(shop))),
      Effect.provideService(References.MinimumLogLevel, "None"),
    )
  }),
)
