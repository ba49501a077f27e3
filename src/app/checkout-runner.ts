/**
 * The checkout runner: performs what the checkout's rules say (`domain/checkout.ts`), in the background, until an order is
 * settled. Everything it does is journalled in the order first and carries the order's id as key, so it may die at any
 * moment: the sweep finds what is unsettled and goes on, reading before it charges.
 *
 * Law: I9, no turn and no transaction waits here; one driver per order in this process.
 * Limits: as many orders are driven at a time as calls may be under way or wait; the others wait in the table, where the sweep finds
 * them (`checkout-sweep.ts`). A silent provider is called ever more slowly, by all drivers together.
 */
import { Clock, Context, Deferred, Effect, Exit, FiberMap, Layer, Schedule } from "effect"
import * as Checkout from "../domain/checkout.ts"
import type { OrderId } from "../domain/ids.ts"
import type { Order, PaymentRecord } from "../domain/order.ts"
import { type Unavailable, unavailable } from "../ports/failures.ts"
import { type Claim, type Command, Inventory } from "../ports/inventory.ts"
import { type Capture, VOIDED } from "../ports/payment.ts"
import { Probe } from "../ports/probe.ts"
import { Sleepers } from "../std/sleepers.ts"
import { announceEnd } from "./announce.ts"
import * as TakenOnShipment from "./capture.ts"
import * as CheckoutSweep from "./checkout-sweep.ts"
import { CommonPace } from "./common-pace.ts"
import * as OtherProvider from "./other-provider.ts"
import * as OutsideCall from "./outside-call.ts"
import * as Backlog from "./payment-backlog.ts"
import { NOT_MADE, PaymentCalls } from "./payment-calls.ts"

/** An open outcome is asked for again after 100 ms, then ever more slowly, at most every 5 s. */
const askAgainMs = (times: number): number => Math.min(5_000, 100 * 1.6 ** times)
/** Whether a buyer has done what the provider asks of them is read this often (ms). */
const BUYER_POLL_MS = 5_000
/** After so many silences, a driver makes room for an order that waits. */
const SILENCES_MAX = 8
/** A record that was not possible is tried again this often, until it is durable. */
const RECORD_RETRIES = Schedule.spaced("200 millis")
/** Refunds, captures, and looks whether a buyer has acted, wait behind charges whose holds end within this (ms): those seats are at stake. */
const LATER_MS = 24 * 3_600_000
/** Orders that wait for their first driver and need not be looked up first: so many are remembered, 100 bytes each. */
const UNTRIED_MAX = 200_000

/**
 * A request that still waits for the outcome: its stored answer becomes the outcome. Once it has gone (the deadline, or an
 * outcome that is unknown), its answer stays the 202 it got. When the outcome cannot be recorded now, it is answered so: asking
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
    /**
     * Starts driving an order whose attempt or refund has just been committed. `trace`: the context in which that was asked for; an
     * order that the sweep takes up has none.
     */
    readonly begin: (order: Order, waiter: Waiter | null, trace?: string | undefined) => Effect.Effect<void>
    /** Something may have changed at the provider: this order's payment is read as soon as can be, in the background. */
    readonly look: (order: Order) => Effect.Effect<void>
    /** Takes what is kept for this order, which is on its way out. Of one whose money is here already nothing is asked. */
    readonly capture: ReturnType<typeof TakenOnShipment.make>
  } & Backlog.Foresight
>()("jaego/app/CheckoutRunner") {}

export interface Options {
  readonly graceMs: number
  /** When money is taken; without it, when it is charged. */
  readonly capture?: Capture
  /** Without it, as many as calls may be under way or wait. */
  readonly driversMax?: number
}

type Ask = "confirm" | "read"

/** What the driver of an order works with. */
interface Deps {
  readonly inventory: Inventory["Service"]
  readonly payment: PaymentCalls["Service"]
  readonly probe: Probe["Service"]
  readonly graceMs: number
  readonly capture: Capture
  readonly isElsewhere: ReturnType<typeof OtherProvider.make>
  readonly pace: CommonPace
  readonly sleepers: Sleepers<OrderId>
  readonly backlog: Backlog.PaymentBacklog
  /** Whether other orders wait for a driver. */
  readonly isFull: () => boolean
  /** Of the order that is driven; absent: it is not traced. */
  readonly trace?: string
}

/** The order as it is once this is durable. What the checkout decides is never refused: that would be a defect. */
const recordOnce = ({ inventory, probe, trace }: Deps, command: Command): Effect.Effect<Order, Unavailable> =>
  inventory.submit(trace === undefined ? command : { ...command, trace }).pipe(
    Effect.catchTag("Refused", ({ rejection }) => Effect.die(new Error(`${command._tag}: ${rejection._tag}`))),
    Effect.map(({ reply }) => {
      if (reply._tag !== "Order") throw new Error(`${command._tag} was answered with ${reply._tag}`)
      announceEnd(probe, command, reply.order)
      return reply.order
    }),
  )

/** However long it takes. */
const record = (deps: Deps, command: Command): Effect.Effect<Order> =>
  recordOnce(deps, command).pipe(Effect.retry(RECORD_RETRIES), Effect.orDie)

const recordPayment = Effect.fnUntraced(function* (
  deps: Deps,
  { expiresAt, id: orderId }: Order,
  what: PaymentRecord,
  waiter: Waiter | null,
) {
  const recording = { _tag: "RecordPayment", orderId, record: what, expiresAt, claim: null } as const
  if (waiter?.state !== "waiting") return yield* record(deps, recording)
  waiter.state = "recording"
  return yield* recordOnce(deps, { ...recording, claim: waiter.claim }).pipe(
    // The order is placed and the provider has answered: whatever became of this record, nothing it is not.
    Effect.mapError(({ reason, retryAfterSeconds }) => unavailable(reason, "unknown", retryAfterSeconds)),
    Effect.onExit((exit) => Deferred.done(waiter.order, exit)),
    // Only the first record may become the stored answer: by now the caller may have asked again and been answered.
    Effect.catchTag("Unavailable", () => record(deps, recording)),
  )
})

const NOTHING_TO_BAR = Effect.succeed(VOIDED)

/** One step with the provider. */
const ask = (
  { capture, payment }: Deps,
  order: Order,
  step: Open,
  how: Ask,
): Effect.Effect<Checkout.ProviderAnswer> => {
  const {
    customerId,
    expiresAt,
    id: key,
    payment: { attempts, ref: named },
    total: money,
  } = order
  if (order.status === "reserved" && named === null && payment.prepare !== null)
    // Without a name no attempt was made: it is journalled before the first, so that there is nothing to bar.
    return step === "Void" ? NOTHING_TO_BAR : payment.prepare(expiresAt, { key, money, customerId, capture })
  const ref = named ?? key
  switch (step) {
    case "AskOutcome": {
      const attempt = order.status === "reserved" ? order.attempt : null
      const awaitsBuyer = attempt !== null && attempt.action !== null
      if (how === "read") return payment.read(awaitsBuyer ? expiresAt + LATER_MS : expiresAt, ref, attempts)
      const token = attempt?.token ?? ""
      return payment.confirm(expiresAt, { key, ref, attempt: attempts, token, money, customerId, capture })
    }
    case "Void":
      return payment.void(expiresAt, ref)
    case "Release":
      return payment.void(expiresAt + LATER_MS, ref)
    case "Refund":
      return payment.refund(expiresAt + LATER_MS, ref, money, Checkout.refundKey(key))
  }
}

/** The same, as a span of its trace. */
const askTraced = (deps: Deps, order: Order, step: Open, how: Ask): Effect.Effect<Checkout.ProviderAnswer> => {
  const call = ask(deps, order, step, how)
  if (deps.trace === undefined) return call
  const name = step === "AskOutcome" ? how : step.toLowerCase()
  return OutsideCall.spanned(deps.probe, deps.trace, `payment ${name}`, call, ({ _tag }) => _tag)
}

type Certain = Exclude<Checkout.Meaning, { readonly _tag: "Confirm" | "Wait" | "WaitForBuyer" }>

/** The order with what is certain. */
const recordAnswer = (deps: Deps, order: Order, what: Certain, waiter: Waiter | null): Effect.Effect<Order> => {
  switch (what._tag) {
    case "Record":
      // That the charge has a name is no outcome: a waiting caller waits on.
      return recordPayment(deps, order, what.what, what.what._tag === "RecordRef" ? null : waiter)
    case "Expire":
      return record(deps, { _tag: "ExpireOrder", orderId: order.id, voided: "voided" })
    case "RecordRefund":
      return record(deps, { _tag: "RecordRefund", orderId: order.id })
  }
}

/** Steps at the provider. */
type Open = Exclude<Checkout.Step["_tag"], "Settled" | "GiveUp">

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

/** Before an order is asked for again that was met with silence (ms); no longer than until the provider is well again. */
const pauseFor = ({ payment: { healthy }, sleepers }: Deps, id: OrderId, ms: number): Effect.Effect<void> => {
  const sleep = sleepers.sleep(id, ms)
  return healthy.isOpen() ? sleep : Effect.raceFirst(sleep, healthy.await)
}

/** What became of driving: nothing is left to do, it waits without a driver, or it was a defect. */
type End = "settled" | "waits" | "stopped"

/** Drives an order until nothing is left to do for it outside, or it makes room for another. */
const drive = Effect.fnUntraced(function* (deps: Deps, start: Order, first: Ask, waiter: Waiter | null) {
  if (yield* deps.isElsewhere(start)) {
    deps.backlog.remove(start.id)
    return "waits" as const
  }
  let order = start
  let how = first
  for (let silences = 0; ; ) {
    const step = Checkout.next(order, yield* Clock.currentTimeMillis, deps.graceMs)._tag
    if (step === "Settled") return "settled" as const
    if (step === "GiveUp") {
      order = yield* recordPayment(deps, order, { _tag: "GiveUp", attempt: order.payment.attempts }, null)
      continue
    }
    const answer = yield* askTraced(deps, order, step, how)
    const meaning = Checkout.meaning(answer, order)
    if (answer !== NOT_MADE) how = askNext(how, meaning)
    if (meaning._tag === "Wait") {
      if (waiter !== null) yield* dismiss(waiter, order)
      if (silences >= SILENCES_MAX && deps.isFull()) return "waits" as const
      yield* pauseFor(deps, order.id, deps.pace.silence(yield* Clock.currentTimeMillis, askAgainMs(silences++)))
      continue
    }
    deps.pace.answered()
    if (meaning._tag === "WaitForBuyer") {
      deps.backlog.remove(order.id)
      if (deps.isFull()) return "waits" as const
      yield* deps.sleepers.sleep(order.id, BUYER_POLL_MS)
    } else if (meaning._tag !== "Confirm") order = yield* recordAnswer(deps, order, meaning, waiter)
  }
})

/** A charge that comes to light after the order has ended without it is given back. */
const driveLate = Effect.fnUntraced(function* (deps: Deps, order: Order) {
  const { attempts, ref } = order.payment
  const answer = yield* deps.payment.read(order.expiresAt + LATER_MS, ref ?? order.id, attempts)
  const meaning = Checkout.meaning(answer, order)
  if (meaning._tag !== "Record" || !Checkout.isMoney(meaning.what)) return "settled" as const
  return yield* drive(deps, yield* recordPayment(deps, order, meaning.what, null), "read", null)
})

/** Those who drive orders, so many at most. */
const crewOf = Effect.fnUntraced(function* (means: Omit<Deps, "pace" | "sleepers" | "isFull">, most: number) {
  const drivers = yield* FiberMap.make<OrderId>()
  const clock = yield* Clock.Clock
  let driving = 0
  const deps: Deps = { ...means, pace: new CommonPace(), sleepers: new Sleepers(), isFull: () => driving >= most }
  const { backlog, isFull, payment } = deps
  /** Orders for which there was no driver yet. */
  const untried = new Set<OrderId>()

  const leave = (id: OrderId, end: Exit.Exit<End>): void => {
    driving--
    if (Exit.isSuccess(end) && end.value === "waits") return
    backlog.remove(id)
    backlog.settled(clock.currentTimeMillisUnsafe(), payment.queues())
  }

  const start = (order: Order, work: Effect.Effect<End>, first: Ask, waiter: Waiter | null): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (FiberMap.hasUnsafe(drivers, order.id)) return Effect.void
      const isCharge = order.status === "reserved"
      if (isCharge) backlog.add(order.id, order.expiresAt)
      if (isFull()) {
        // The buyer is answered 202; the sweep takes the order up when there is room.
        if (isCharge && first === "confirm" && untried.size < UNTRIED_MAX) untried.add(order.id)
        return waiter === null ? Effect.void : dismiss(waiter, order)
      }
      driving++
      const driver = work.pipe(
        Effect.catchCause((cause) =>
          Effect.as(
            Effect.logError(`the checkout of order ${order.id} stopped; the sweep will take it up`, cause),
            "stopped" as const,
          ),
        ),
        Effect.onExit((end) => Effect.sync(() => leave(order.id, end))),
      )
      return Effect.asVoid(FiberMap.run(drivers, order.id, driver))
    })

  const run = (order: Order, first: Ask, waiter: Waiter | null, trace?: string): Effect.Effect<void> =>
    start(order, drive(trace === undefined ? deps : { ...deps, trace }, order, first, waiter), first, waiter)

  const look = (order: Order): Effect.Effect<void> => {
    const work = Checkout.mayHaveBeenCharged(order) ? driveLate(deps, order) : drive(deps, order, "read", null)
    return start(order, work, "read", null)
  }

  return {
    ...deps,
    run,
    look,
    untried,
    isDriven: (id: OrderId) => FiberMap.hasUnsafe(drivers, id),
  }
})

export const layer = ({ capture = "auto", driversMax, graceMs }: Options) =>
  Layer.effect(
    CheckoutRunner,
    Effect.gen(function* () {
      const payment = yield* PaymentCalls
      const { callsMax } = payment
      if (driversMax !== undefined && driversMax > callsMax)
        return yield* Effect.die(new Error(`${driversMax} drivers make more calls than the ${callsMax} that may wait`))
      const clock = yield* Clock.Clock
      const backlog = new Backlog.PaymentBacklog(payment.chargesPerSecond)
      const isElsewhere = OtherProvider.make(payment.name)
      const means = {
        inventory: yield* Inventory,
        payment,
        isElsewhere,
        probe: yield* Probe,
        graceMs,
        backlog,
        capture,
      }
      const crew = yield* crewOf(means, driversMax ?? callsMax)
      const decidingSince = yield* CheckoutSweep.whenReady
      yield* Effect.forkScoped(yield* CheckoutSweep.make(crew, decidingSince))
      const isYoung = (order: Order): boolean =>
        CheckoutSweep.hasJustBegun(order, decidingSince(), clock.currentTimeMillisUnsafe())
      return CheckoutRunner.of({
        capture: TakenOnShipment.make({ ...means, laterMs: LATER_MS, record: (command) => recordOnce(crew, command) }),
        begin: (order, waiter, trace) => crew.run(order, "confirm", waiter, trace),
        look: (order) =>
          Effect.suspend(() => (crew.sleepers.wake(order.id) || isYoung(order) ? Effect.void : crew.look(order))),
        ...Backlog.foresight(backlog, payment, graceMs, () => clock.currentTimeMillisUnsafe()),
      })
    }),
  )
