/**
 * The checkout runner: performs what the checkout's rules say (`domain/checkout.ts`), in the background, until an order is
 * settled. Everything it does is journalled in the order first and carries the order's id as key, so it may die at any
 * moment: the sweep finds what is unsettled and goes on, reading before it charges.
 *
 * Law: I9, no turn and no transaction waits here; one driver per order in this process.
 * Limits: DRIVERS_MAX orders are driven at a time, the others wait in the table. A silent provider is called ever more slowly,
 * by all drivers together. A sweep begins at a low-water mark: an older order whose driver died, or for which there was none, is found
 * by the next one from the beginning.
 */
import { Clock, Context, Deferred, Effect, FiberMap, Layer, Schedule, Stream, SubscriptionRef } from "effect"
import * as Checkout from "../domain/checkout.ts"
import type { OrderId } from "../domain/ids.ts"
import * as Lane from "../domain/lane.ts"
import type { Order, PaymentRecord } from "../domain/order.ts"
import { type Unavailable, unavailable } from "../ports/failures.ts"
import { lowest } from "../ports/ids.ts"
import { type Claim, type Command, Inventory } from "../ports/inventory.ts"
import type { Page } from "../ports/page.ts"
import { VOIDED } from "../ports/payment.ts"
import { Probe } from "../ports/probe.ts"
import { type Unsettled, UnsettledOrders } from "../ports/unsettled.ts"
import { LowWaterMark } from "../std/low-water-mark.ts"
import { Sleepers } from "../std/sleepers.ts"
import { announceEnd } from "./announce.ts"
import { Readiness, type State } from "./health.ts"
import * as OtherProvider from "./other-provider.ts"
import { PaymentCalls } from "./payment-calls.ts"

/** An open outcome is asked for again after 100 ms, then ever more slowly, at most every 5 s. */
const askAgainMs = (times: number): number => Math.min(5_000, 100 * 1.6 ** times)
/**
 * Orders that are driven at once, each a fiber and at times a call to the provider: above what buyers pay for at the same
 * moment. All others wait in the table, where the sweep finds them.
 */
const DRIVERS_MAX = 4_096
/** Whether a buyer has done what the provider asks of them is read this often, ms. */
const BUYER_AGAIN_MS = 5_000
/** After so many silences, a driver makes room for an order that waits. */
const SILENCES_MAX = 8
/** After so many unanswered calls in a row, whichever orders they were for, it is the provider that is silent. */
const SILENT_CALLS = 16
/** Between two calls that are repeated while the provider is silent, over all orders, ms. */
const SILENT_GAP_MS = 10
/** A record that was not possible is tried again this often, until it is durable. */
const RECORD_AGAIN = Schedule.spaced("200 millis")
/** What a crash left unsettled is looked for this often. */
const SWEEP = Schedule.spaced("1 second")
/** Refunds wait behind charges whose holds end within this, ms: buyers whose seats are at stake go first. */
const REFUND_LATER_MS = 24 * 3_600_000
/** Orders that were placed within it are looked at in every sweep, milliseconds: buyers pay as they order. */
const LAG_MS = 15_000
/** A younger attempt belongs to a request that is just about to drive it, milliseconds. */
const YOUNG_MS = 5_000

/**
 * A request that still waits for the outcome: its stored answer becomes the outcome. Once it has gone (the deadline, or an
 * outcome that is unknown), its answer stays the 202 it got. When the outcome cannot be recorded now, it is told so: asking
 * again with its key says what became of it.
 */
export interface Waiter {
  state: "waiting" | "recording" | "gone"
  readonly claim: Claim | null
  readonly order: Deferred.Deferred<Order, Unavailable>
}

export class CheckoutRunner extends Context.Service<
  CheckoutRunner,
  {
    /** Starts driving an order whose attempt or refund has just been committed. */
    readonly begin: (order: Order, waiter: Waiter | null) => Effect.Effect<void>
    /** Something may have changed at the provider: this order's payment is read as soon as can be, in the background. */
    readonly look: (order: Order) => Effect.Effect<void>
  }
>()("jaego/app/CheckoutRunner") {}

export interface Options {
  readonly graceMs: number
  readonly driversMax?: number
}

/** The common back-off: while the provider is silent, repeated calls come one after another, however many orders wait. */
class Pace {
  #silences = 0
  #nextAt = 0

  /** The pause before an order is asked for again, ms, after it was met with silence. */
  silence(now: number, ownMs: number): number {
    if (++this.#silences < SILENT_CALLS) return ownMs
    this.#nextAt = Math.max(this.#nextAt + SILENT_GAP_MS, now + ownMs)
    return this.#nextAt - now
  }

  answered(): void {
    this.#silences = 0
    this.#nextAt = 0
  }
}

type Ask = "confirm" | "read"

/** What the driver of an order works with. */
interface Desk {
  readonly inventory: Inventory["Service"]
  readonly payment: PaymentCalls["Service"]
  readonly probe: Probe["Service"]
  readonly graceMs: number
  readonly isElsewhere: ReturnType<typeof OtherProvider.make>
  readonly pace: Pace
  readonly sleepers: Sleepers<OrderId>
  /** Whether other orders wait for a driver. */
  readonly isFull: () => boolean
}

/** The order as it is once this is durable. What the checkout decides is never refused: that would be a defect. */
const recordOnce = ({ inventory, probe }: Desk, command: Command): Effect.Effect<Order, Unavailable> =>
  inventory.submit(command).pipe(
    Effect.catchTag("Refused", ({ rejection }) => Effect.die(new Error(`${command._tag}: ${rejection._tag}`))),
    Effect.map(({ reply }) => {
      if (reply._tag !== "Order") throw new Error(`${command._tag} was answered with ${reply._tag}`)
      announceEnd(probe, command, reply.order)
      return reply.order
    }),
  )

/** However long it takes. */
const record = (desk: Desk, command: Command): Effect.Effect<Order> =>
  recordOnce(desk, command).pipe(Effect.retry(RECORD_AGAIN), Effect.orDie)

const recordPayment = Effect.fnUntraced(function* (
  desk: Desk,
  { expiresAt, id: orderId }: Order,
  what: PaymentRecord,
  waiter: Waiter | null,
) {
  const recording = { _tag: "RecordPayment", orderId, record: what, expiresAt, claim: null } as const
  if (waiter?.state !== "waiting") return yield* record(desk, recording)
  waiter.state = "recording"
  return yield* recordOnce(desk, { ...recording, claim: waiter.claim }).pipe(
    // The order is placed and the provider has answered: whatever became of this record, nothing it is not.
    Effect.mapError(({ reason, retryAfterSeconds }) => unavailable(reason, "unknown", retryAfterSeconds)),
    Effect.onExit((exit) => Deferred.done(waiter.order, exit)),
    // Only the first record may become the stored answer: by now the caller may have asked again and been told.
    Effect.catchTag("Unavailable", () => record(desk, recording)),
  )
})

const NOTHING_TO_BAR = Effect.succeed(VOIDED)

/** One step with the provider. */
const ask = ({ payment }: Desk, order: Order, step: Open, how: Ask): Effect.Effect<Checkout.Answer> => {
  const {
    customerId,
    expiresAt,
    id: key,
    payment: { attempts, ref: named },
    total: money,
  } = order
  if (order.status === "reserved" && named === null && payment.prepare !== null)
    // Without a name no attempt was made: it is journalled before the first, so that there is nothing to bar.
    return step === "Void" ? NOTHING_TO_BAR : payment.prepare(expiresAt, { key, money, customerId })
  const ref = named ?? key
  switch (step) {
    case "AskOutcome": {
      if (how === "read") return payment.read(expiresAt, ref, attempts)
      const token = order.status === "reserved" ? (order.attempt?.token ?? "") : ""
      return payment.confirm(expiresAt, { key, ref, attempt: attempts, token, money, customerId })
    }
    case "Void":
      return payment.void(expiresAt, ref)
    case "Refund":
      return payment.refund(expiresAt + REFUND_LATER_MS, ref, money, Checkout.refundKey(key))
  }
}

type Certain = Exclude<Checkout.Meaning, { readonly _tag: "Confirm" | "Wait" | "WaitForBuyer" }>

/** The order with what is certain. */
const recordAnswer = (desk: Desk, order: Order, what: Certain, waiter: Waiter | null): Effect.Effect<Order> => {
  switch (what._tag) {
    case "Record":
      // That the charge has a name is no outcome: a waiting caller waits on.
      return recordPayment(desk, order, what.what, what.what._tag === "RecordRef" ? null : waiter)
    case "Expire":
      return record(desk, { _tag: "ExpireOrder", orderId: order.id, voided: "voided" })
    case "RecordRefund":
      return record(desk, { _tag: "RecordRefund", orderId: order.id })
  }
}

type Open = Exclude<Checkout.Step["_tag"], "Settled">

/** The outcome is unknown, for an unknown time: a waiting caller is answered `reserved` now. */
const dismiss = (waiter: Waiter, order: Order): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (waiter.state !== "waiting") return Effect.void
    waiter.state = "gone"
    return Effect.asVoid(Deferred.succeed(waiter.order, order))
  })

/** An attempt is sent again only when the provider says that it never came; a name for the charge comes before the first. */
const askNext = (before: Ask, meaning: Checkout.Meaning): Ask => {
  if (meaning._tag === "Record" && meaning.what._tag === "RecordRef") return before
  return meaning._tag === "Confirm" ? "confirm" : "read"
}

/** Drives an order until nothing is left to do for it outside. */
const drive = Effect.fnUntraced(function* (desk: Desk, start: Order, first: Ask, waiter: Waiter | null) {
  if (yield* desk.isElsewhere(start)) return
  let order = start
  let how = first
  for (let silences = 0; ; ) {
    const step = Checkout.next(order, yield* Clock.currentTimeMillis, desk.graceMs)._tag
    if (step === "Settled") return
    const meaning = Checkout.meaning(yield* ask(desk, order, step, how), order)
    how = askNext(how, meaning)
    if (meaning._tag === "Wait") {
      if (waiter !== null) yield* dismiss(waiter, order)
      if (silences >= SILENCES_MAX && desk.isFull()) return
      yield* desk.sleepers.sleep(order.id, desk.pace.silence(yield* Clock.currentTimeMillis, askAgainMs(silences++)))
      continue
    }
    desk.pace.answered()
    if (meaning._tag === "WaitForBuyer") {
      if (desk.isFull()) return
      yield* desk.sleepers.sleep(order.id, BUYER_AGAIN_MS)
    } else if (meaning._tag !== "Confirm") order = yield* recordAnswer(desk, order, meaning, waiter)
  }
})

/** A charge that comes to light after the order has ended without it is given back. */
const driveLate = Effect.fnUntraced(function* (desk: Desk, order: Order) {
  const { attempts, ref } = order.payment
  const answer = yield* desk.payment.read(order.expiresAt + REFUND_LATER_MS, ref ?? order.id, attempts)
  if (answer._tag !== "Charged") return
  yield* drive(desk, yield* recordPayment(desk, order, { _tag: "RecordCharge" }, null), "read", null)
})

/** Since when this process decides, ms: what was begun earlier was begun by another process, so no request drives it here. */
const whenReady = Effect.fnUntraced(function* (readiness: Readiness["Service"]) {
  const clock = yield* Clock.Clock
  let since = clock.currentTimeMillisUnsafe()
  const becameReady = (state: State): void => {
    if (state === "ready") since = clock.currentTimeMillisUnsafe()
  }
  yield* Effect.forkScoped(
    Stream.runForEach(SubscriptionRef.changes(readiness), (state) => Effect.sync(() => becameReady(state))),
  )
  return () => since
})

const logged = ({ id }: Order, work: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.catchCause(work, (cause) =>
    Effect.logError(`the checkout of order ${id} stopped; the sweep will take it up`, cause),
  )

/** Its request is just about to drive it. */
const hasJustBegun = (order: Order, since: number, now: number): boolean => {
  const attempt = order.status === "reserved" ? order.attempt : null
  return attempt !== null && attempt.startedAt >= since && attempt.startedAt > now - YOUNG_MS
}

/** Holds of an order that has ended, on workers that have not learnt it. */
const endElsewhere = Effect.fnUntraced(function* ({ inventory }: Desk, { elsewhere, ending, order }: Unsettled) {
  if (ending === null) return
  for (const productId of elsewhere)
    yield* Effect.ignore(inventory.submit({ _tag: "EndHolds", orderId: order.id, lane: Lane.of(productId), ending }))
})

export const layer = ({ driversMax = DRIVERS_MAX, graceMs }: Options) =>
  Layer.effect(
    CheckoutRunner,
    Effect.gen(function* () {
      const unsettledOrders = yield* UnsettledOrders
      const readiness = yield* Readiness
      const drivers = yield* FiberMap.make<OrderId>()
      let driving = 0
      const isFull = (): boolean => driving >= driversMax
      const payment = yield* PaymentCalls
      const desk: Desk = {
        inventory: yield* Inventory,
        payment,
        isElsewhere: OtherProvider.make(payment.name),
        probe: yield* Probe,
        graceMs,
        pace: new Pace(),
        sleepers: new Sleepers(),
        isFull,
      }
      const clock = yield* Clock.Clock
      const decidingSince = yield* whenReady(readiness)

      const start = (order: Order, work: Effect.Effect<void>, waiter: Waiter | null): Effect.Effect<void> =>
        Effect.suspend(() => {
          if (FiberMap.hasUnsafe(drivers, order.id)) return Effect.void
          // The buyer is told 202; the sweep takes the order up when there is room.
          if (isFull()) return waiter === null ? Effect.void : dismiss(waiter, order)
          driving++
          const done = Effect.sync(() => void driving--)
          return Effect.asVoid(FiberMap.run(drivers, order.id, Effect.ensuring(logged(order, work), done)))
        })
      const run = (order: Order, first: Ask, waiter: Waiter | null): Effect.Effect<void> =>
        start(order, drive(desk, order, first, waiter), waiter)

      const isYoung = (order: Order): boolean => hasJustBegun(order, decidingSince(), clock.currentTimeMillisUnsafe())
      const look = (order: Order): Effect.Effect<void> => {
        if (desk.sleepers.wake(order.id) || isYoung(order)) return Effect.void
        const work = Checkout.mayHaveBeenCharged(order) ? driveLate(desk, order) : drive(desk, order, "read", null)
        return start(order, work, null)
      }

      /** Where the last sweep ran out of drivers: the next one goes on behind it, so that every order has its turn. */
      let drivenUpTo: OrderId | null = null
      /** Of the time in orders' ids. What lies behind it has its driver, or one that died. */
      const mark = new LowWaterMark(LAG_MS)

      /** True: it has to wait for a driver. */
      const takeUp = Effect.fnUntraced(function* (unsettled: Unsettled) {
        const { order } = unsettled
        yield* endElsewhere(desk, unsettled)
        if (isYoung(order) || (drivenUpTo !== null && order.id <= drivenUpTo)) return false
        if (isFull()) return true
        yield* run(order, "read", null)
        drivenUpTo = order.id
        return false
      })

      const sweep = Effect.gen(function* () {
        if ((yield* SubscriptionRef.get(readiness)) !== "ready") return mark.rewind()
        const span = mark.begin(clock.currentTimeMillisUnsafe())
        const someWere = drivenUpTo !== null
        let after = lowest(span.since) as OrderId | null
        let someWait = false
        do {
          const page: Page<Unsettled, OrderId> = yield* unsettledOrders.list({ limit: 100, after })
          for (const unsettled of page.rows) if (yield* takeUp(unsettled)) someWait = true
          after = page.next
        } while (after !== null)
        mark.reached(span, null, clock.currentTimeMillisUnsafe())
        if (someWait || someWere) mark.rewind()
        if (!someWait) drivenUpTo = null
      }).pipe(Effect.ignore)

      yield* Effect.forkScoped(Effect.repeat(sweep, SWEEP))

      return CheckoutRunner.of({ begin: (order, waiter) => run(order, "confirm", waiter), look })
    }),
  )
