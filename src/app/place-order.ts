/**
 * Placing and paying: reserve durably, then pay. The answer waits for the payment outcome up to the payment deadline;
 * after it the buyer has a 202 and payment goes on in the background.
 *
 * Law: I4; the commit that places (or pays) journals the charge attempt before the provider is called.
 */
import { Clock, Deferred, Effect } from "effect"
import { OrderId } from "../domain/ids.ts"
import * as Lane from "../domain/lane.ts"
import type * as Order from "../domain/order.ts"
import { mergeLines } from "../domain/order-lines.ts"
import { type Unavailable, unavailable } from "../ports/failures.ts"
import { Ids } from "../ports/ids.ts"
import { type Answer, type Claim, Inventory, Refused, type RequestedLine } from "../ports/inventory.ts"
import { Payment } from "../ports/payment.ts"
import { Probe } from "../ports/probe.ts"
import { CheckoutRunner, type Waiter } from "./checkout-runner.ts"
import * as Health from "./health.ts"
import { COMMAND_PATIENCE_MS, PATIENCE_LOOK_MS } from "./inventory/limits.ts"
import { Pausing } from "./pausing.ts"
import { RefusedOrders } from "./refused-orders.ts"
import type { OnDecline, Paying, Replayable, Sale } from "./shop.ts"

export interface Options {
  /** How long a buyer waits for the outcome (ms). */
  readonly deadlineMs: number
  readonly holdMs: number
  /** How many attempts an order may have that outlives a decline. */
  readonly attemptsMax: number
}

/**
 * Once the service is ending, no caller waits longer than this for an outcome (ms): long enough for a provider that
 * answers, and all other buyers wait for the hand-over meanwhile.
 */
export const DRAINING_MS = 200

export interface PlaceOrder {
  readonly customerId: string
  readonly lines: ReadonlyArray<RequestedLine>
  readonly paying: Paying
  readonly claim: Claim
  readonly answerBy?: number | undefined
  readonly trace?: string | undefined
  readonly requestId?: string | undefined
}

export interface PayOrder {
  readonly orderId: OrderId
  readonly token: string | null
  readonly answer: "wait" | "async"
  /** Undefined: as the order was placed. */
  readonly onDecline?: OnDecline | undefined
  readonly claim: Claim | null
  readonly answerBy?: number | undefined
  readonly trace?: string | undefined
}

export const orderOf = ({ reply }: Answer): Order.Order => {
  if (reply._tag !== "Order") throw new Error(`an order was asked for, the inventory answered ${reply._tag}`)
  return reply.order
}

const saleOf = (order: Order.Order): Sale => ({
  order,
  outcome: order.status === "payment_failed" ? "declined" : order.status === "reserved" ? "reserved" : "paid",
})

const tokenRequired = new Refused({ _tag: "TokenRequired" })

/**
 * Where buyers wait for their outcome: until the deadline, or until the service ends. Of one that is being recorded then, nothing
 * but its commit is waited for, as long as a decision and the deadline may take together.
 */
const waitingRoom = Effect.fnUntraced(function* (deadlineMs: number) {
  const readiness = yield* Health.Readiness
  const inside = new Set<() => void>()
  let patienceMs = deadlineMs
  const hurry = Effect.gen(function* () {
    patienceMs = Math.min(deadlineMs, DRAINING_MS)
    yield* Effect.sleep(patienceMs)
    for (const giveUp of inside) giveUp()
  })
  yield* Effect.forkScoped(Effect.andThen(Health.reached(readiness, "draining"), hurry))

  const mostMs = COMMAND_PATIENCE_MS + PATIENCE_LOOK_MS + deadlineMs

  /** The outcome; when there is none in time, the answer is fixed as `reserved`. `since`: when the request came (ms). */
  return (waiter: Waiter, reserved: Order.Order, since: number) => {
    const outcome = Deferred.await(waiter.order)
    const giveUp = () => {
      // The outcome is being recorded as this request's answer: it comes with the next commit.
      if (waiter.state !== "waiting") return
      waiter.state = "gone"
      Deferred.doneUnsafe(waiter.order, Effect.succeed(reserved))
    }
    inside.add(giveUp)
    const recorded = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.timeoutOrElse(outcome, {
        duration: Math.min(mostMs, Math.max(0, since + mostMs - now)),
        orElse: () => Effect.fail(unavailable("database", "unknown")),
      }),
    )
    const deadline = Effect.sleep(patienceMs).pipe(Effect.andThen(Effect.sync(giveUp)), Effect.andThen(recorded))
    return Effect.raceFirst(outcome, deadline).pipe(
      Effect.interruptible,
      Effect.ensuring(Effect.sync(() => inside.delete(giveUp))),
    )
  }
})

/** Refuses an order that could not be charged before its hold and its grace end, before it takes a unit. */
const chargeableIn = (runner: CheckoutRunner["Service"], holdMs: number) => {
  /** On their way to the inventory: their charges follow. */
  let placing = 0
  const left = Effect.sync(() => void placing--)
  return <A, E>(placed: Effect.Effect<A, E>): Effect.Effect<A, E | Unavailable> =>
    Effect.suspend((): Effect.Effect<A, E | Unavailable> => {
      const refusal = runner.refusal(placing, holdMs)
      if (refusal !== null) return Effect.fail(refusal)
      placing++
      return Effect.ensuring(placed, left)
    })
}

/** Counts refusals, and keeps them to be explained. */
const notingIn =
  (probe: Probe["Service"], refused: RefusedOrders) =>
  <A>(placed: Effect.Effect<A, Refused | Unavailable>, request: PlaceOrder, at: number) =>
    Effect.catch(placed, (error) => {
      if (error._tag === "Refused") {
        probe.emit({ _tag: "OrderRefused", rejection: error.rejection._tag })
        refused.note(request, error.rejection, at)
      }
      return Effect.fail(error)
    })

/** Has a placed order driven, and waits for its outcome if its caller does. */
const payingWith = Effect.fnUntraced(function* (runner: CheckoutRunner["Service"], deadlineMs: number) {
  const wait = yield* waitingRoom(deadlineMs)
  const waitForOutcome = Effect.fnUntraced(function* (reserved: Order.Order, { claim, trace }: Driven, since: number) {
    const waiter: Waiter = { state: "waiting", claim, order: yield* Deferred.make<Order.Order, Unavailable>() }
    yield* runner.begin(reserved, waiter, trace)
    // The order is placed and driven with or without its caller: one that hangs up here stops nothing but its own waiting.
    return yield* wait(waiter, reserved, since)
  })
  /** Of charges that wait longer than their callers would, the answer is `reserved` at once. */
  return (reserved: Order.Order, answer: "wait" | "async", request: Driven, since: number) =>
    answer === "wait" && runner.delayMs(0) <= deadlineMs
      ? waitForOutcome(reserved, request, since)
      : Effect.as(runner.begin(reserved, null, request.trace), reserved)
})

type Driven = Pick<PayOrder, "claim" | "trace">
type Pay = Effect.Success<ReturnType<typeof payingWith>>

/** What a placed order comes to: it is answered at once, or paid. */
const followingWith =
  (probe: Probe["Service"], pay: Pay) =>
  (request: PlaceOrder, answer: Answer, at: number): Effect.Effect<Replayable<Sale>, Refused | Unavailable> => {
    const { paying } = request
    const order = orderOf(answer)
    if (answer.replayed) return Effect.succeed({ value: saleOf(order), replayed: true })
    probe.emit({ _tag: "OrderPlaced", mode: paying._tag === "Later" ? "later" : "pay" })
    return paying._tag === "Later"
      ? Effect.succeed({ value: saleOf(order), replayed: false })
      : Effect.map(pay(order, paying.answer, request, at), (ended) => ({ value: saleOf(ended), replayed: false }))
  }

/** Has an order paid that was placed before. */
const payingOrders = Effect.fnUntraced(function* (pay: Pay, attemptsOf: (onDecline: OnDecline | undefined) => number) {
  const inventory = yield* Inventory
  const { defaultToken, name } = yield* Payment
  return Effect.fnUntraced(function* (request: PayOrder) {
    const { orderId, answer, answerBy, claim, trace, ...named } = request
    const since = yield* Clock.currentTimeMillis
    const token = named.token ?? defaultToken
    if (token === null) return yield* Effect.fail(tokenRequired)
    const provider = name ?? undefined
    const command = { _tag: "StartPayment", orderId, token, provider, claim, answerBy, trace } as const
    const started = yield* inventory.submit(
      named.onDecline === undefined ? command : { ...command, attemptsMax: attemptsOf(named.onDecline) },
    )
    const order = orderOf(started)
    if (started.replayed || order.status !== "reserved")
      return { value: saleOf(order), replayed: started.replayed } satisfies Replayable<Sale>
    return { value: saleOf(yield* pay(order, answer, request, since)), replayed: false } satisfies Replayable<Sale>
  })
})

export const make = Effect.fnUntraced(function* (
  { attemptsMax, deadlineMs, holdMs }: Options,
  refused = new RefusedOrders(),
) {
  const inventory = yield* Inventory
  const ids = yield* Ids
  const { defaultToken, name } = yield* Payment
  const probe = yield* Probe
  const pausing = yield* Pausing
  const clock = yield* Clock.Clock
  const runner = yield* CheckoutRunner
  const pay = yield* payingWith(runner, deadlineMs)
  const chargeable = chargeableIn(runner, holdMs)
  const noted = notingIn(probe, refused)
  const follow = followingWith(probe, pay)
  const attemptsOf = (onDecline: OnDecline | undefined): number => (onDecline === "keep" ? attemptsMax : 1)

  // Not as a generator: thousands a second come this way, and each step of one costs.
  const placeOrder = (request: PlaceOrder) =>
    Effect.suspend((): Effect.Effect<Replayable<Sale>, Refused | Unavailable> => {
      const { answerBy, customerId, paying, claim, trace } = request
      const lines = mergeLines(request.lines)
      const createdAt = clock.currentTimeMillisUnsafe()
      const paused = pausing.refusal(lines, createdAt)
      if (paused !== null) return Effect.fail(paused)
      const home = Lane.home(lines.map((line) => line.productId))
      const token = paying._tag === "Later" ? null : (paying.token ?? defaultToken)
      if (token === null && paying._tag === "Token") return Effect.fail(tokenRequired)
      const placed = inventory.submit({
        _tag: "PlaceOrder",
        orderId: OrderId.make(Lane.place(ids.next(), home)),
        customerId,
        lines,
        held: [],
        token,
        provider: name ?? undefined,
        attemptsMax: attemptsOf(paying._tag === "Token" ? paying.onDecline : undefined),
        createdAt,
        expiresAt: createdAt + holdMs,
        claim,
        answerBy,
        trace,
      })
      return Effect.flatMap(noted(token === null ? placed : chargeable(placed), request, createdAt), (answer) =>
        follow(request, answer, createdAt),
      )
    })

  return { placeOrder, payOrder: yield* payingOrders(pay, attemptsOf) }
})
