/**
 * The checkout runner: performs what the checkout's rules say (`domain/checkout.ts`), in the background, until an order is
 * settled. Everything it does is journalled in the order first and carries the order's id as key, so it may die at any
 * moment: the sweep finds what is unsettled and goes on, looking up before it charges.
 *
 * Law: I9, no turn and no transaction waits here; one driver per order in this process.
 */
import { Clock, Context, Deferred, Effect, FiberMap, Layer, Schedule, SubscriptionRef } from "effect"
import * as Checkout from "../domain/checkout.ts"
import type { OrderId } from "../domain/ids.ts"
import * as Lane from "../domain/lane.ts"
import type { Order } from "../domain/order.ts"
import { type Claim, type Command, Inventory, type Refused } from "../ports/inventory.ts"
import { OrderBook, type Unsettled } from "../ports/order-book.ts"
import { Payment } from "../ports/payment.ts"
import { Probe } from "../ports/probe.ts"
import { announceEnd } from "./announce.ts"
import { Readiness } from "./readiness.ts"

/** An open outcome is asked for again after 100 ms, then ever more slowly, at most every 5 s. */
const askAgainMs = (times: number): number => Math.min(5_000, 100 * 1.6 ** times)
/** A record that was not possible is tried again this often, until it is durable. */
const RECORD_AGAIN = Schedule.spaced("200 millis")
/** What a crash left unsettled is looked for this often. */
const SWEEP = Schedule.spaced("1 second")
/** A younger attempt belongs to a request that is just about to drive it, milliseconds. */
const YOUNG_MS = 5_000

/**
 * A request that still waits for the outcome: its stored answer becomes the outcome. Once it has gone (deadline), its
 * answer stays the 202 it got.
 */
export interface Waiter {
  state: "waiting" | "recording" | "gone"
  readonly claim: Claim | null
  readonly order: Deferred.Deferred<Order>
}

export class CheckoutRunner extends Context.Service<
  CheckoutRunner,
  {
    /** Starts driving an order whose attempt or refund has just been committed. */
    readonly begin: (order: Order, waiter: Waiter | null) => Effect.Effect<void>
  }
>()("jaego/app/CheckoutRunner") {}

export interface Options {
  /** One call to the provider, milliseconds. */
  readonly callTimeoutMs: number
  readonly graceMs: number
}

type Ask = "charge" | "lookUp"

export const layer = ({ callTimeoutMs, graceMs }: Options) =>
  Layer.effect(
    CheckoutRunner,
    Effect.gen(function* () {
      const inventory = yield* Inventory
      const orderBook = yield* OrderBook
      const payment = yield* Payment
      const probe = yield* Probe
      const readiness = yield* Readiness
      const drivers = yield* FiberMap.make<OrderId>()
      const startedAt = yield* Clock.currentTimeMillis

      const timed = <A extends string>(
        call: "charge" | "lookUp" | "void" | "refund",
        asking: Effect.Effect<A>,
      ): Effect.Effect<A | "unknown"> =>
        Effect.gen(function* () {
          const before = yield* Clock.currentTimeMillis
          const outcome = yield* Effect.timeoutOrElse(asking, {
            duration: callTimeoutMs,
            orElse: () => Effect.succeed("unknown" as const),
          })
          const seconds = ((yield* Clock.currentTimeMillis) - before) / 1_000
          probe.emit({ _tag: "PaymentAnswered", call, outcome, seconds })
          return outcome
        })

      /** Until it is durable; the order as it is then. */
      const record = (command: Command): Effect.Effect<Order, Refused> =>
        inventory.submit(command).pipe(
          Effect.retry({ schedule: RECORD_AGAIN, while: (error) => error._tag === "Unavailable" }),
          Effect.catchTag("Unavailable", () => Effect.never),
          Effect.map(({ reply }) => {
            if (reply._tag !== "Order") throw new Error(`${command._tag} was answered with ${reply._tag}`)
            announceEnd(probe, command, reply.order)
            return reply.order
          }),
        )

      const recordPayment = Effect.fnUntraced(function* (
        orderId: OrderId,
        outcome: "charged" | "declined",
        waiter: Waiter | null,
      ) {
        const waited = waiter?.state === "waiting" ? waiter : null
        if (waited === null) return yield* record({ _tag: "RecordPayment", orderId, outcome, claim: null })
        waited.state = "recording"
        const order = yield* record({ _tag: "RecordPayment", orderId, outcome, claim: waited.claim })
        yield* Deferred.succeed(waited.order, order)
        return order
      })

      const ask = (order: Order, how: Ask) => {
        const token = order.status === "reserved" ? (order.attempt?.token ?? "") : ""
        return how === "charge"
          ? timed("charge", payment.charge({ key: order.id, token, money: order.total }))
          : timed("lookUp", payment.lookUp(order.id))
      }

      const drive = Effect.fnUntraced(function* (start: Order, first: Ask, waiter: Waiter | null) {
        let order = start
        let how = first
        let asked = 0
        const pause = Effect.suspend(() => Effect.sleep(askAgainMs(asked++)))
        for (;;) {
          const step = Checkout.next(order, yield* Clock.currentTimeMillis, graceMs)
          if (step._tag === "Settled") return
          if (step._tag === "AskOutcome") {
            const outcome = yield* ask(order, how)
            how = outcome === "absent" ? "charge" : "lookUp"
            if (outcome === "charged" || outcome === "declined") order = yield* recordPayment(order.id, outcome, waiter)
            else if (outcome === "unknown") yield* pause
          } else if (step._tag === "Void") {
            const outcome = yield* timed("void", payment.void(order.id))
            if (outcome === "charged") order = yield* recordPayment(order.id, outcome, waiter)
            else if (outcome === "voided")
              order = yield* record({ _tag: "ExpireOrder", orderId: order.id, voided: "voided" })
            else yield* pause
          } else {
            const outcome = yield* timed("refund", payment.refund(order.id))
            if (outcome === "refunded") order = yield* record({ _tag: "RecordRefund", orderId: order.id })
            else yield* pause
          }
        }
      })

      const run = (order: Order, first: Ask, waiter: Waiter | null) =>
        FiberMap.run(
          drivers,
          order.id,
          Effect.catchCause(drive(order, first, waiter), (cause) =>
            Effect.logError(`the checkout of order ${order.id} stopped; the sweep will take it up`, cause),
          ),
          { onlyIfMissing: true },
        ).pipe(Effect.asVoid)

      const takeUp = Effect.fnUntraced(function* ({ order, elsewhere, ending }: Unsettled) {
        if (ending !== null)
          for (const productId of elsewhere)
            yield* Effect.ignore(
              inventory.submit({ _tag: "EndHolds", orderId: order.id, lane: Lane.of(productId), ending }),
            )
        const now = yield* Clock.currentTimeMillis
        const attempt = order.status === "reserved" ? order.attempt : null
        const young = attempt !== null && attempt.startedAt >= startedAt && attempt.startedAt > now - YOUNG_MS
        if (!young) yield* run(order, "lookUp", null)
      })

      const sweep = Effect.gen(function* () {
        if ((yield* SubscriptionRef.get(readiness)) !== "ready") return
        let after: OrderId | null = null
        do {
          const page: { readonly rows: ReadonlyArray<Unsettled>; readonly next: OrderId | null } =
            yield* orderBook.unsettled({ limit: 100, after })
          for (const unsettled of page.rows) yield* takeUp(unsettled)
          after = page.next
        } while (after !== null)
      }).pipe(Effect.ignore)

      yield* Effect.forkScoped(Effect.repeat(sweep, SWEEP))

      return CheckoutRunner.of({ begin: (order, waiter) => run(order, "charge", waiter) })
    }),
  )
