/** The shipping runner before a carrier that does what a test says, in memory and under virtual time. */
import { Clock, Context, Effect, Layer, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import * as MemoryShipments from "../../src/adapters/memory/shipments.ts"
import * as Store from "../../src/adapters/memory/store.ts"
import * as SimulatedPayment from "../../src/adapters/payment-simulator/payment.ts"
import * as CarrierCalls from "../../src/app/carrier-calls.ts"
import * as CarrierCallbacks from "../../src/app/carrier-webhook.ts"
import type { Settings as Breaker } from "../../src/app/resilience/circuit-breaker.ts"
import * as Dependencies from "../../src/app/resilience/dependencies.ts"
import * as ShippingRunner from "../../src/app/shipping-runner.ts"
import { Shop } from "../../src/app/shop.ts"
import type { OrderId } from "../../src/domain/ids.ts"
import { type Callback, type Cancellation, Carrier, type Registration } from "../../src/ports/carrier.ts"
import { unavailable } from "../../src/ports/failures.ts"
import { type Command, Inventory } from "../../src/ports/inventory.ts"
import { type Capture, Payment } from "../../src/ports/payment.ts"
import { Shipments } from "../../src/ports/shipments.ts"
import * as LowWaterMark from "../../src/std/low-water-mark.ts"
import { guard } from "../support/guard.ts"
import * as MemoryShop from "../support/memory-shop.ts"
import * as Scribe from "../support/scribe.ts"

const GIVE_UP_MS = 10_000
const TIMEOUT_MS = 1_000
const SETTINGS = guard("carrier")

type Registering = (times: number) => Effect.Effect<Registration>
type Cancelling = (times: number) => Effect.Effect<Cancellation>

const taken: Registration = { _tag: "Registered", trackingId: "T1" }
const says = <A>(answer: A) => Effect.succeed(answer)

interface Script {
  readonly register?: Registering
  readonly cancel?: Cancelling
  readonly capture?: Capture
  /** Commands that cannot be answered now. */
  readonly away?: (command: Command) => boolean
}

/** A shop with one paid order whose shipment is due, and what its carrier was asked. */
const shipping = ({ away, cancel, capture = "auto", register }: Script, breaker: Partial<Breaker>) =>
  Effect.gen(function* () {
    const asked: Array<string> = []
    const attemptsSeen: Array<number> = []
    const shopLayer = MemoryShop.layer({ workers: 1, capture })
    const books = yield* Layer.build(shopLayer)
    const store = Context.get(books, Store.Store)
    const shop = Context.get(books, Shop)
    const charge = (id: string) => Context.get(books, SimulatedPayment.Books).accounts().get(id)?.state
    const chargesSeen: Array<string | undefined> = []
    const count = (call: string) => asked.filter((each) => each === call).length
    const carrier = Carrier.of({
      register: ({ key }) =>
        Effect.suspend(() => {
          asked.push("register")
          chargesSeen.push(charge(key))
          attemptsSeen.push(store.shipments.get(key)?.attempts ?? 0)
          return register?.(count("register")) ?? says(taken)
        }),
      cancel: () =>
        Effect.suspend(() => {
          asked.push("cancel")
          return cancel?.(count("cancel")) ?? says("cancelled" as const)
        }),
    })
    const { submit } = Context.get(books, Inventory)
    const inventory = Inventory.of({
      // Others have their turn meanwhile, as over any real inventory.
      submit: (command) =>
        Effect.andThen(
          Effect.yieldNow,
          Effect.suspend(() => (away?.(command) === true ? Effect.fail(unavailable("database")) : submit(command))),
        ),
    })
    let looks = 0
    const shipments = Context.get(books, Shipments)
    const counted = Shipments.of({
      ...shipments,
      due: (...asked) =>
        Effect.suspend(() => {
          looks++
          return shipments.due(...asked)
        }),
    })
    const outside = Layer.mergeAll(
      Layer.succeed(Carrier, carrier),
      Layer.succeed(Inventory, inventory),
      Layer.succeed(Shipments, counted),
    )
    const runner = ShippingRunner.layer({ giveUpMs: GIVE_UP_MS }).pipe(
      Layer.provide(
        CarrierCalls.layer({ ...SETTINGS, timeoutMs: TIMEOUT_MS, breaker: { ...SETTINGS.breaker, ...breaker } }),
      ),
      Layer.provide(Dependencies.layer),
    )
    const { hear } = yield* Layer.build(
      Layer.merge(runner, Layer.fresh(CarrierCallbacks.layer)).pipe(
        Layer.provide(outside),
        Layer.provide(Layer.succeedContext(books)),
      ),
    ).pipe(Effect.map((built) => Context.get(built, CarrierCallbacks.CarrierCallbacks)))
    yield* TestClock.adjust("1 second")
    const made = yield* shop
      .createProduct({
        sku: Scribe.freshId(),
        name: "bread",
        price: { amount: 250, currency: "EUR" },
        onHand: 5,
        purchaseLimit: null,
        claim: null,
      })
      .pipe(Effect.retry(Schedule.spaced("5 millis")))
    /** A paid order, whose shipment is due at this time (ms since 1970). */
    const openAt = Effect.fnUntraced(function* (at: number) {
      const placed = yield* shop.placeOrder({
        customerId: "kim",
        lines: [{ productId: made.value.id, quantity: 2 }],
        paying: { _tag: "Token", token: "tok_ok", answer: "wait" },
        claim: Scribe.claim(),
      })
      MemoryShipments.openShipment(store, placed.value.order.id, at)
      return placed.value.order.id
    })
    const id = yield* openAt(0)
    return {
      id,
      openAt,
      shop,
      asked,
      looks: () => looks,
      attemptsSeen,
      chargesSeen,
      charge: () => charge(id),
      /** The provider lets go what it keeps. */
      lapse: Effect.suspend(() => Context.get(books, Payment).void(id)),
      /** In small steps, so that whatever is due runs when it is. */
      pass: (ms: number) => Effect.repeat(TestClock.adjust("50 millis"), { times: ms / 50 - 1 }),
      shipment: () => store.shipments.get(id)!,
      notes: () => [...(store.timeline.get(id)?.values() ?? [])].map(({ type }) => type.replace("jaego.", "")),
      order: (which = id) => store.orders.get(which)!,
      onHand: () => store.stocks.get(made.value.id)!.onHand,
      timeline: () => shop.readTimeline(id),
      /** The carrier has given it to another order. */
      claimed: (trackingId: string) => void store.parcels.set(trackingId, Scribe.freshId() as OrderId),
      hear: (what: "collected" | "delivered", callback: string = Scribe.freshId(), more: Partial<Callback> = {}) =>
        hear({ id: callback, what, key: id, trackingId: "T1", at: 0, ...more }),
    }
  })

const run = <A, E>(
  script: Script,
  test: (shop: Effect.Success<ReturnType<typeof shipping>>) => Effect.Effect<A, E>,
  breaker: Partial<Breaker> = {},
) =>
  Effect.runPromise(
    Effect.flatMap(shipping(script, breaker), test).pipe(
      Effect.scoped,
      Effect.provide(TestClock.layer()),
    ) as Effect.Effect<A, E>,
  )

const never = (): Effect.Effect<never> => Effect.never

describe("the shipping runner", () => {
  it("journals an attempt before the carrier is asked, and records what it has taken", () =>
    run({}, ({ asked, attemptsSeen, order, pass, shipment }) =>
      Effect.gen(function* () {
        yield* pass(500)
        expect([asked, attemptsSeen]).toEqual([["register"], [1]])
        expect(order().status).toBe("shipped")
        expect(shipment()).toMatchObject({ state: "shipped", trackingId: "T1", nextAttemptAt: null })
      }),
    ))

  it("takes the money that is kept for an order before the carrier is asked", () =>
    run({ capture: "on-shipment" }, ({ charge, chargesSeen, order, pass }) =>
      Effect.gen(function* () {
        expect([charge(), order().status, order().payment.capture]).toEqual(["authorized", "paid", "due"])
        yield* pass(500)
        expect(chargesSeen).toEqual(["charged"])
        expect([order().status, order().payment.capture]).toEqual(["shipped", "done"])
      }),
    ))

  it("cancels an order whose money is kept no longer, and asks no carrier", () =>
    run({ capture: "on-shipment" }, ({ asked, lapse, notes, onHand, order, pass }) =>
      Effect.gen(function* () {
        yield* lapse
        yield* pass(500)
        const reason = "its payment could not be captured: voided"
        expect(order()).toMatchObject({ status: "cancelled", reason, refund: "done" })
        expect([asked, notes(), onHand()]).toEqual([[], ["shipment.uncaptured"], 5])
      }),
    ))

  it("lets go what is kept for an order that is cancelled in time", () =>
    run({ capture: "on-shipment" }, ({ asked, charge, id, order, pass, shop }) =>
      Effect.gen(function* () {
        yield* shop.cancelOrder({ orderId: id, reason: null, claim: null })
        yield* pass(500)
        expect([charge(), asked]).toEqual(["voided", []])
        expect(order()).toMatchObject({ status: "cancelled", refund: "done", payment: { capture: "due" } })
      }),
    ))

  it("ships also what becomes due behind what it has looked at", () =>
    run({ register: (times) => says({ ...taken, trackingId: `T${times}` }) }, ({ openAt, order, pass }) =>
      Effect.gen(function* () {
        yield* pass(LowWaterMark.REWIND_MS)
        const late = yield* openAt(2)
        yield* pass(1_000)
        expect(order(late).status).toBe("paid")
        yield* pass(LowWaterMark.REWIND_MS)
        expect(order(late).status).toBe("shipped")
      }),
    ))

  it("looks five times a second while shipments fall due, and once when none has for ten seconds", () =>
    run({ register: (times) => says({ ...taken, trackingId: `T${times}` }) }, ({ looks, openAt, order, pass }) =>
      Effect.gen(function* () {
        yield* pass(20_000)
        const quiet = looks()
        yield* pass(10_000)
        expect(looks() - quiet).toBe(10)
        const first = yield* openAt(yield* Clock.currentTimeMillis)
        yield* pass(1_050)
        expect(order(first).status).toBe("shipped")
        const lively = looks()
        yield* pass(2_000)
        expect(looks() - lively).toBe(10)
      }),
    ))

  it("asks a silent carrier again, and takes the answer when it comes", () =>
    run({ register: (times) => (times < 3 ? never() : says(taken)) }, ({ asked, notes, order, pass }) =>
      Effect.gen(function* () {
        yield* pass(TIMEOUT_MS + 400)
        expect(order().status).toBe("paid")
        yield* pass(6_000)
        expect(asked).toEqual(["register", "register", "register"])
        expect(order().status).toBe("shipped")
        expect(notes()).toEqual(["shipment.unanswered", "shipment.unanswered", "shipment.registered"])
      }),
    ))

  it("begins no attempt while the carrier's circuit is open, and goes on with what is due when it is well", () => {
    let isDown = true
    return run(
      { register: () => says(isDown ? { _tag: "Unknown", code: "status-503" } : taken) },
      ({ asked, notes, order, pass, shipment }) =>
        Effect.gen(function* () {
          yield* pass(2_000)
          expect([asked.length, shipment().attempts]).toEqual([2, 2])
          yield* pass(3_000)
          expect([asked.length, shipment().attempts]).toEqual([2, 2])
          isDown = false
          yield* pass(4_000)
          expect(order().status).toBe("shipped")
          expect(notes()).toEqual(["shipment.unanswered", "shipment.unanswered", "shipment.registered"])
        }),
      { minCalls: 2 },
    )
  })

  it("records what was taken without asking again, when that was not possible at once", () => {
    let isAway = true
    return run({ away: ({ _tag }) => isAway && _tag === "RecordShipment" }, ({ asked, order, pass, shipment }) =>
      Effect.gen(function* () {
        yield* pass(500)
        expect(order().status).toBe("paid")
        expect(shipment()).toMatchObject({ state: "open", trackingId: "T1" })
        isAway = false
        yield* pass(2_000)
        expect(order().status).toBe("shipped")
        expect(asked).toEqual(["register"])
      }),
    )
  })

  it("cancels nothing before the carrier has barred it, however long it is given up", () => {
    let isSilent = true
    return run(
      { register: never, cancel: () => (isSilent ? never() : says("cancelled")) },
      ({ asked, notes, onHand, order, pass, shipment }) =>
        Effect.gen(function* () {
          yield* pass(6 * GIVE_UP_MS)
          expect(asked.filter((call) => call === "cancel").length).toBeGreaterThan(1)
          expect(order().status).toBe("paid")
          expect(onHand()).toBe(3)
          isSilent = false
          yield* pass(40_000)
          expect(order()).toMatchObject({
            status: "cancelled",
            reason: "the carrier could not be reached: no-answer",
            refund: "done",
          })
          expect(onHand()).toBe(5)
          expect(shipment()).toMatchObject({ state: "cancelled", nextAttemptAt: null })
          expect(notes().filter((note) => note === "shipment.withdrawing")).toHaveLength(1)
        }),
    )
  })

  it("ships after all what had left before it could be barred", () =>
    run({ register: never, cancel: () => says("shipped") }, ({ notes, onHand, order, pass, shipment }) =>
      Effect.gen(function* () {
        yield* pass(10 * GIVE_UP_MS)
        expect(order().status).toBe("shipped")
        expect(shipment()).toMatchObject({ state: "shipped", trackingId: null, nextAttemptAt: null })
        expect(notes()).toContain("shipment.too-late")
        expect(onHand()).toBe(3)
      }),
    ))

  it("asks for the tracking id of what had left before it could be barred", () => {
    let hasLeft = false
    return run(
      {
        register: () => (hasLeft ? says(taken) : never()),
        cancel: () => {
          hasLeft = true
          return says("shipped")
        },
      },
      ({ asked, notes, order, pass, shipment }) =>
        Effect.gen(function* () {
          yield* pass(4 * GIVE_UP_MS)
          expect(order().status).toBe("shipped")
          expect(shipment()).toMatchObject({ state: "shipped", trackingId: "T1", nextAttemptAt: null })
          expect(asked.at(-1)).toBe("register")
          expect(notes().slice(-2)).toEqual(["shipment.too-late", "shipment.registered"])
        }),
    )
  })

  it("keeps what the carrier says in words that a database keeps", () =>
    run(
      { register: () => says({ _tag: "Refused", reason: `no\0pe \ud83d ${"🧺".repeat(300)}` }) },
      ({ order, pass, timeline }) =>
        Effect.gen(function* () {
          yield* pass(500)
          const reason = `no\uFFFDpe \uFFFD ${"🧺".repeat(192)}`
          expect(order()).toMatchObject({ status: "cancelled", reason: `the carrier refused it: ${reason}` })
          const refused = (yield* timeline()).find(({ type }) => type === "jaego.shipment.refused")
          expect(JSON.parse(refused!.detail!)).toEqual({ reason, attempt: 1 })
        }),
    ))

  it("ships with a tracking id that needed cleaning", () =>
    run({ register: () => says({ _tag: "Registered", trackingId: "A\0B" }) }, ({ order, pass, shipment }) =>
      Effect.gen(function* () {
        yield* pass(500)
        expect(order().status).toBe("shipped")
        expect(shipment()).toMatchObject({ state: "shipped", trackingId: "A\uFFFDB" })
      }),
    ))

  it("does not take another order's parcel for its own, and asks again", () =>
    run(
      { register: (times) => says(times < 3 ? { _tag: "Registered", trackingId: "T9" } : taken) },
      ({ claimed, notes, order, pass, shipment }) =>
        Effect.gen(function* () {
          claimed("T9")
          yield* pass(300)
          expect([order().status, shipment().trackingId]).toEqual(["paid", null])
          yield* pass(3_000)
          expect([order().status, shipment().trackingId]).toEqual(["shipped", "T1"])
          expect(notes()).toEqual(["shipment.unanswered", "shipment.unanswered", "shipment.registered"])
        }),
    ))

  it("comes again with the compensation, when that was not possible at once", () => {
    let isAway = true
    return run(
      {
        register: () => says({ _tag: "Refused", reason: "too far" }),
        away: ({ _tag }) => isAway && _tag === "CancelOrder",
      },
      ({ onHand, order, pass }) =>
        Effect.gen(function* () {
          yield* pass(500)
          expect(order().status).toBe("paid")
          isAway = false
          yield* pass(3_000)
          expect(order()).toMatchObject({
            status: "cancelled",
            reason: "the carrier refused it: too far",
            refund: "done",
          })
          expect(onHand()).toBe(5)
        }),
    )
  })

  it("asks no carrier when the order was cancelled in time", () =>
    run({}, ({ asked, id, notes, order, pass, shipment, shop }) =>
      Effect.gen(function* () {
        yield* shop.cancelOrder({ orderId: id, reason: null, claim: null })
        yield* pass(500)
        expect([asked, notes()]).toEqual([[], []])
        expect(order().status).toBe("cancelled")
        expect(shipment()).toMatchObject({ state: "cancelled", nextAttemptAt: null })
      }),
    ))

  it("calls back what was taken while its order was cancelled", () =>
    run({ register: () => Effect.delay(says(taken), 500) }, ({ asked, id, order, pass, shipment, shop }) =>
      Effect.gen(function* () {
        yield* pass(300)
        expect(asked).toEqual(["register"])
        yield* shop.cancelOrder({ orderId: id, reason: null, claim: null })
        yield* pass(2_000)
        expect(asked).toEqual(["register", "cancel"])
        expect(order().status).toBe("cancelled")
        expect(shipment()).toMatchObject({ state: "cancelled", trackingId: "T1" })
      }),
    ))

  it("says so when goods have left whose order was cancelled, and leaves them to people", () =>
    run(
      { register: () => Effect.delay(says(taken), 500), cancel: () => says("shipped") },
      ({ id, notes, order, pass, shipment, shop }) =>
        Effect.gen(function* () {
          yield* pass(300)
          yield* shop.cancelOrder({ orderId: id, reason: null, claim: null })
          yield* pass(2_000)
          expect(order().status).toBe("cancelled")
          expect(shipment()).toMatchObject({ state: "stray", nextAttemptAt: null })
          expect(notes().at(-1)).toBe("shipment.stray")
        }),
    ))
})

describe("what the carrier reports by itself", () => {
  it("proves what must have come before it, whatever our own calls say", () =>
    run({ register: never }, ({ asked, hear, order, pass, shipment }) =>
      Effect.gen(function* () {
        yield* pass(300)
        expect(yield* hear("delivered")).toBe("news")
        expect(order().status).toBe("delivered")
        expect(yield* hear("collected")).toBe("news")
        expect(order().status).toBe("delivered")
        yield* pass(3 * GIVE_UP_MS)
        expect(asked).toEqual(["register"])
        expect(shipment()).toMatchObject({ state: "delivered", trackingId: "T1", nextAttemptAt: null })
      }),
    ))

  it("is heard once, also when it is reported many times at once", () =>
    run({}, ({ hear, notes, order, pass }) =>
      Effect.gen(function* () {
        yield* pass(500)
        const callback = Scribe.freshId()
        const heard = yield* Effect.all(
          Array.from({ length: 5 }, () => hear("collected", callback)),
          { concurrency: "unbounded" },
        )
        expect(heard.toSorted()).toEqual(["known", "known", "known", "known", "news"])
        expect(order().status).toBe("shipped")
        expect(notes().filter((note) => note === "carrier.collected")).toHaveLength(1)
      }),
    ))

  it("is heard each, when two things are reported at the same moment", () =>
    run({}, ({ hear, notes, order, pass, shipment }) =>
      Effect.gen(function* () {
        yield* pass(500)
        const heard = yield* Effect.all([hear("delivered"), hear("collected")], { concurrency: "unbounded" })
        expect(heard).toEqual(["news", "news"])
        expect([order().status, shipment().state]).toEqual(["delivered", "delivered"])
        expect(notes()).toEqual(expect.arrayContaining(["carrier.collected", "carrier.delivered"]))
      }),
    ))

  it("is heard each, when a storm of it comes at the same moment, as many as may wait for one another", () =>
    run({}, ({ hear, notes, pass }) =>
      Effect.gen(function* () {
        yield* pass(500)
        const ends = yield* Effect.all(
          Array.from({ length: 40 }, () => Effect.result(hear("delivered"))),
          { concurrency: "unbounded" },
        )
        const failed = ends.flatMap((end) => (end._tag === "Failure" ? [end.failure] : []))
        expect(failed).toHaveLength(8)
        expect(failed).toEqual(failed.map(() => expect.objectContaining({ _tag: "Unavailable", reason: "contended" })))
        expect(notes().filter((note) => note === "carrier.delivered")).toHaveLength(32)
      }),
    ))

  it("moves nothing when it names another parcel, and is shown once", () =>
    run({}, ({ hear, notes, order, pass, shipment }) =>
      Effect.gen(function* () {
        yield* pass(500)
        for (let times = 0; times < 2; times++) {
          const heard = hear("delivered", "C-1", { trackingId: "T2" })
          expect(yield* Effect.flip(heard)).toMatchObject({ rejection: { _tag: "CallbackMismatch" } })
        }
        expect([order().status, shipment().trackingId]).toEqual(["shipped", "T1"])
        expect(notes().filter((note) => note === "carrier.mismatch")).toHaveLength(1)
      }),
    ))

  it("moves nothing when it names another order's parcel, before our own call was answered", () =>
    run({ register: never }, ({ claimed, hear, order, pass, shipment }) =>
      Effect.gen(function* () {
        yield* pass(300)
        claimed("T1")
        expect(yield* Effect.flip(hear("delivered"))).toMatchObject({ rejection: { _tag: "CallbackMismatch" } })
        expect([order().status, shipment().trackingId]).toEqual(["paid", null])
      }),
    ))

  it("moves nothing when the carrier was never asked to take it", () =>
    run({}, ({ hear, order, shipment }) =>
      Effect.gen(function* () {
        expect(yield* Effect.flip(hear("collected"))).toMatchObject({ rejection: { _tag: "CallbackMismatch" } })
        expect([order().status, shipment().state]).toEqual(["paid", "open"])
      }),
    ))

  it("is not believed when it says something else under an id that was heard", () =>
    run({}, ({ hear, order, pass }) =>
      Effect.gen(function* () {
        yield* pass(500)
        expect(yield* hear("collected", "1")).toBe("news")
        expect(yield* hear("collected", "1")).toBe("known")
        expect(yield* Effect.flip(hear("delivered", "1"))).toMatchObject({ rejection: { _tag: "CallbackMismatch" } })
        expect(order().status).toBe("shipped")
      }),
    ))

  it("is shown no earlier than its order was placed, and no later than it was reported", () =>
    run({}, ({ hear, order, pass, timeline }) =>
      Effect.gen(function* () {
        yield* pass(500)
        yield* hear("collected", "1", { at: 0 })
        yield* hear("delivered", "2", { at: Date.UTC(2099, 0, 1) })
        const now = yield* Clock.currentTimeMillis
        const entries = yield* timeline()
        expect(entries[0]!.type).toBe("jaego.order.placed.v1")
        const times = entries.map(({ at }) => at)
        expect(times).toEqual(times.toSorted((a, b) => a - b))
        expect([times[0], times.at(-1)]).toEqual([order().createdAt, now])
      }),
    ))

  it("is not heard of an order that was never to be shipped", () =>
    run({}, ({ shop }) =>
      Effect.gen(function* () {
        const key = Scribe.freshId() as OrderId
        const heard = shop.hearCarrier({ id: "x", what: "collected", key, trackingId: "T1", at: 0 })
        expect(yield* Effect.flip(heard)).toMatchObject({ rejection: { _tag: "ShipmentNotFound", orderId: key } })
      }),
    ))

  it("is not forgotten when it cannot be kept now", () => {
    let isAway = true
    const away = ({ _tag }: Command) => isAway && _tag === "RecordDelivery"
    return run({ register: never, away }, ({ hear, order, pass }) =>
      Effect.gen(function* () {
        yield* pass(300)
        const callback = Scribe.freshId()
        expect(yield* Effect.flip(hear("delivered", callback))).toMatchObject({ _tag: "Unavailable" })
        expect(order().status).toBe("shipped")
        isAway = false
        expect(yield* hear("delivered", callback)).toBe("news")
        expect(order().status).toBe("delivered")
      }),
    )
  })
})
