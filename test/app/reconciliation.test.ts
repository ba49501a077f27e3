/** Reconciliation: planted differences of each kind are found and repaired, and what is only on its way is none. */
import { it } from "@effect/vitest"
import { Effect, Layer, SubscriptionRef } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect } from "vitest"
import { Readiness, type State } from "../../src/app/health.ts"
import * as Reconciliation from "../../src/app/reconciliation.ts"
import { OrderId } from "../../src/domain/ids.ts"
import * as Order from "../../src/domain/order.ts"
import type { Charge } from "../../src/domain/reconciliation.ts"
import { CommittedOrders } from "../../src/ports/committed-orders.ts"
import { lowest } from "../../src/ports/ids.ts"
import { Inventory } from "../../src/ports/inventory.ts"
import { ABSENT, Payment, REFUNDED, UNKNOWN, VOIDED } from "../../src/ports/payment.ts"
import { UnsettledOrders } from "../../src/ports/unsettled.ts"
import { paymentCalls } from "../support/guard.ts"
import * as MemoryProbe from "../support/recording-probe.ts"

const EUR = { amount: 250, currency: "EUR" }
const HOUR_MS = 3_600_000
/** Since the clock of tests began, ms. */
const NOW_MS = 100 * HOUR_MS

let count = 0
const placed = (agoMs: number, provider: string | null = null): Order.Order => {
  const id = OrderId.make(`${lowest(NOW_MS - agoMs)!.slice(0, -6)}${(++count).toString().padStart(6, "0")}`)
  const terms = { id, customerId: "kim", lines: [], total: EUR, createdAt: NOW_MS - agoMs, expiresAt: NOW_MS }
  return Order.place(terms, { token: "tok", startedAt: 0, action: null }, 1, provider)
}
const lived = (events: ReadonlyArray<Order.Event>, agoMs = HOUR_MS) => events.reduce(Order.evolve, placed(agoMs))
const PAID: Order.Event = { _tag: "Paid" }
const CANCELLED: Order.Event = { _tag: "Cancelled", reason: null, refund: "due" }

const charged = ({ id }: Order.Order, more: Partial<Charge> = {}): Charge => ({
  ...{ ref: `ch_${id}`, key: id, state: "charged", currency: "EUR", captured: EUR.amount, refunded: 0 },
  ...more,
})

/** The provider's pages are of three charges. */
const PAGE = 3

class World {
  readonly orders = new Map<OrderId, Order.Order>()
  readonly charges = new Map<string, Charge>()
  readonly refunds: Array<string> = []
  /** Before a page of the books is shown. */
  onPage: () => void = () => undefined
  isSilent = false

  plant(order: Order.Order | null, charge: Charge | null): void {
    if (order !== null) this.orders.set(order.id, order)
    if (charge !== null) this.charges.set(charge.ref, charge)
  }

  readonly payment = Layer.succeed(Payment, {
    ...{ name: null, defaultToken: null, prepare: null, confirm: () => Effect.never },
    ...{ read: () => Effect.never, capture: () => Effect.never },
    void: (ref) =>
      Effect.sync(() => {
        this.charges.set(ref, { ...this.charges.get(ref)!, state: "voided" })
        return VOIDED
      }),
    refund: (ref, _, key) =>
      Effect.sync(() => {
        const charge = this.charges.get(ref)
        if (charge === undefined) return ABSENT
        this.refunds.push(key)
        this.charges.set(ref, { ...charge, refunded: charge.captured })
        return REFUNDED
      }),
    list: (_, after) =>
      Effect.sync(() => {
        this.onPage()
        if (this.isSilent) return UNKNOWN
        const from = Number(after ?? 0)
        const charges = [...this.charges.values()].slice(from, from + PAGE)
        return { _tag: "Listed", charges, next: charges.length < PAGE ? null : String(from + PAGE) } as const
      }),
  })

  readonly committed = Layer.succeed(CommittedOrders, {
    list: ({ after }) =>
      Effect.sync(() => {
        const rest = [...this.orders.values()].filter(({ id }) => after === null || id > after)
        const rows = rest.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, 2)
        return { rows, next: rest.length > 2 ? rows[1]!.id : null }
      }),
    of: (ids) => Effect.sync(() => ids.flatMap((id) => this.orders.get(id) ?? [])),
  })

  readonly unsettled = Layer.succeed(UnsettledOrders, {
    list: ({ after }) =>
      Effect.sync(() => {
        const isOpen = (order: Order.Order) =>
          order.status === "reserved" ? order.attempt !== null : "refund" in order && order.refund === "due"
        const rest = [...this.orders.values()].filter((order) => isOpen(order) && (after === null || order.id > after))
        const rows = rest.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, 1)
        const shown = rows.map((order) => ({ order, elsewhere: [], ending: null }))
        return { rows: shown, next: rest.length > 1 ? rows[0]!.id : null }
      }),
  })

  readonly inventory = Layer.succeed(Inventory, {
    submit: (command) =>
      Effect.sync(() => {
        if (command._tag !== "RecordPayment" && command._tag !== "RecordRefund") throw new Error(command._tag)
        const order = this.orders.get(command.orderId)!
        const recorded = command._tag === "RecordPayment" ? command.record : ({ _tag: "RecordRefund" } as const)
        const decided = Order.decide(recorded, order)
        if (decided._tag === "Failure") throw new Error(decided.failure._tag)
        const next = decided.success === null ? order : Order.evolve(order, decided.success)
        this.orders.set(next.id, next)
        return { reply: { _tag: "Order", order: next, elsewhere: [], ending: null }, replayed: false }
      }),
  } as Inventory["Service"])

  readonly layer = (hourly: "report" | "off" = "off", state: State = "ready") =>
    Reconciliation.layer({ hourly }).pipe(
      Layer.provide(paymentCalls(2_000)),
      Layer.provide(Layer.mergeAll(this.payment, this.committed, this.unsettled, this.inventory)),
      Layer.provide(Layer.effect(Readiness, SubscriptionRef.make(state))),
      Layer.provideMerge(MemoryProbe.recording),
    )
}

const SPAN_MS = 24 * HOUR_MS

/** To its end, in the clock of tests. */
const reconciled = Effect.fnUntraced(function* (repair: "report" | "fix", spanMs = SPAN_MS) {
  const { begin, state } = yield* Reconciliation.Reconciling
  yield* begin({ spanMs, repair })
  while ((yield* state).isRunning) yield* TestClock.adjust("1 seconds")
  return (yield* state).last!
})

const found = (outcome: Reconciliation.RunOutcome) => {
  if (outcome._tag === "Failed") return outcome.reason
  return outcome.report.differences.map(({ key, kind, repaired }) => [kind, key, repaired])
}

/** The clock is set first: what runs in the world would have much to catch up with. */
const within = <A, E, R>(world: Layer.Layer<R>, body: Effect.Effect<A, E, R>) =>
  Effect.andThen(TestClock.setTime(NOW_MS), Effect.provide(body, world))

const PLANTED: ReadonlyArray<{
  readonly what: string
  readonly kind: string
  readonly order: Order.Order | null
  readonly charge: (order: Order.Order) => Charge | null
  /** The order's state once it is repaired; null: people have to look. */
  readonly becomes: string | null
}> = [
  {
    what: "charged, and its order waits",
    kind: "missing-here",
    order: placed(HOUR_MS),
    charge: charged,
    becomes: "paid",
  },
  {
    ...{ what: "charged, and its order has expired", kind: "missing-here", charge: charged },
    ...{ order: lived([{ _tag: "Expired" }]), becomes: "expired done" },
  },
  {
    ...{ what: "charged, and its order was called off", kind: "missing-here", charge: charged },
    ...{ order: lived([{ _tag: "Cancelled", reason: null, refund: "none" }]), becomes: "cancelled done" },
  },
  {
    ...{ what: "a refund that is due", kind: "refund-missing", charge: charged },
    ...{ order: lived([PAID, CANCELLED]), becomes: "cancelled done" },
  },
  {
    ...{ what: "a refund that was said to be made", kind: "refund-missing", charge: charged },
    ...{ order: lived([PAID, CANCELLED, { _tag: "Refunded" }]), becomes: "cancelled done" },
  },
  {
    ...{ what: "an older order that was charged today", kind: "missing-here", charge: charged },
    ...{ order: lived([{ _tag: "Expired" }], 3 * SPAN_MS), becomes: "expired done" },
  },
  { what: "paid, and never charged", kind: "missing-there", order: lived([PAID]), charge: () => null, becomes: null },
  {
    ...{ what: "another amount", kind: "amount-differs", order: lived([PAID]), becomes: null },
    charge: (order) => charged(order, { captured: 100 }),
  },
]

const stateOf = (order: Order.Order): string => `${order.status}${"refund" in order ? ` ${order.refund}` : ""}`

describe("reconciliation", () => {
  it.effect.each(PLANTED)("finds $what, and repairs it if it may", ({ becomes, charge, kind, order }) => {
    const world = new World()
    for (let sound = 0; sound < 7; sound++) {
      const paid = lived([PAID], sound * 1_000)
      world.plant(paid, charged(paid))
    }
    world.plant(order, charge(order!))
    return within(
      world.layer(),
      Effect.gen(function* () {
        expect(found(yield* reconciled("report"))).toEqual([[kind, order!.id, false]])
        expect(world.orders.get(order!.id)).toEqual(order)
        expect(world.refunds).toEqual([])
        const isRepaired = becomes !== null
        expect(found(yield* reconciled("fix"))).toEqual([[kind, order!.id, isRepaired]])
        expect(stateOf(world.orders.get(order!.id)!)).toBe(becomes ?? stateOf(order!))
        const again = yield* reconciled("fix")
        expect(found(again)).toEqual(isRepaired ? [] : [[kind, order!.id, false]])
        if (again._tag === "Compared" && isRepaired) expect(again.report.matched).toBe(8)
      }),
    )
  })

  it.effect("finds money of no order, and never gives it back by itself", () => {
    const world = new World()
    const lost = placed(HOUR_MS)
    world.plant(null, charged(lost))
    world.plant(null, charged(lost, { ref: "ch_other", key: "another shop's" }))
    return within(
      world.layer(),
      Effect.gen(function* () {
        const outcome = yield* reconciled("fix")
        expect(found(outcome)).toEqual([["missing-here", lost.id, false]])
        expect(outcome).toMatchObject({ report: { foreign: 1 } })
        expect(world.refunds).toEqual([])
      }),
    )
  })

  it.effect("lists what waits for another provider, however old it is, and leaves it alone", () => {
    const world = new World()
    const held = placed(3 * SPAN_MS, "stripe")
    const owed = [PAID, CANCELLED].reduce(Order.evolve, placed(HOUR_MS, "stripe"))
    // Nothing is left to do for it, and of one that is under way here nothing is found.
    const paid = [PAID].reduce(Order.evolve, placed(HOUR_MS, "stripe"))
    for (const order of [held, owed, paid, placed(HOUR_MS)]) world.plant(order, null)
    return within(
      world.layer(),
      Effect.gen(function* () {
        const outcome = yield* reconciled("fix")
        expect(found(outcome)).toEqual([
          ["other-provider", held.id, false],
          ["other-provider", owed.id, false],
        ])
        expect(outcome).toMatchObject({
          report: { differences: [{ status: "reserved" }, { status: "cancelled", owed: EUR }] },
        })
        expect([world.orders.get(held.id), world.orders.get(owed.id)]).toEqual([held, owed])
      }),
    )
  })

  it.effect("takes nothing for a difference that was only on its way", () => {
    const world = new World()
    const order = placed(HOUR_MS)
    world.plant(order, charged(order))
    let looks = 0
    // The record of the charge comes between the two looks.
    world.onPage = () => {
      if (++looks === 2) world.orders.set(order.id, Order.evolve(order, PAID))
    }
    return within(
      world.layer(),
      Effect.gen(function* () {
        const outcome = yield* reconciled("fix")
        expect(outcome).toMatchObject({ report: { differences: [], matched: 1 } })
        expect(looks).toBe(2)
      }),
    )
  })

  it.effect("does not say that all is well when the provider shows nothing, or does not decide", () => {
    const world = new World()
    world.isSilent = true
    return within(
      world.layer(),
      Effect.gen(function* () {
        expect(found(yield* reconciled("fix"))).toBe("provider")
        const standby = Effect.flatMap(Reconciliation.Reconciling, ({ begin }) =>
          Effect.flip(begin({ spanMs: SPAN_MS, repair: "fix" })),
        )
        expect(yield* Effect.provide(standby, world.layer("off", "standby"))).toMatchObject({ reason: "standby" })
      }),
    )
  })

  it.effect("compares once an hour by itself, and counts what it found and left", () => {
    const world = new World()
    const lost = lived([PAID])
    world.plant(lost, null)
    return within(
      world.layer("report"),
      Effect.gen(function* () {
        const recording = yield* MemoryProbe.Recording
        yield* TestClock.adjust("2 minutes")
        expect(recording.all().filter(MemoryProbe.is("Reconciled"))).toMatchObject([
          {
            outcome: "compared",
            matched: 0,
            repaired: 0,
            left: expect.arrayContaining([{ kind: "missing-there", differences: 1 }]),
          },
        ])
        yield* TestClock.adjust("1 hours")
        expect(recording.count(MemoryProbe.is("Reconciled"))).toBe(2)
      }),
    )
  })
})
