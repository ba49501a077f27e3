/**
 * The sweep of unsettled orders: gives each a driver (`checkout-runner.ts`), the oldest first. What a crash left open is found here,
 * and what had to wait because all drivers were busy.
 *
 * Limits: a sweep begins at a low-water mark: an older order whose driver died, or for which there was none, is found by the next one
 * from the beginning. While orders wait for a driver, a sweep ends where drivers do.
 */
import { Clock, Effect, Schedule, Stream, SubscriptionRef } from "effect"
import type { OrderId } from "../domain/ids.ts"
import * as Lane from "../domain/lane.ts"
import type { Order } from "../domain/order.ts"
import { lowest } from "../ports/ids.ts"
import { Inventory } from "../ports/inventory.ts"
import type { Page } from "../ports/page.ts"
import { type Unsettled, UnsettledOrders } from "../ports/unsettled.ts"
import { LowWaterMark } from "../std/low-water-mark.ts"
import type { CommonPace } from "./common-pace.ts"
import { Readiness, type State } from "./health.ts"
import type { PaymentBacklog } from "./payment-backlog.ts"

/** What a crash left unsettled is looked for this often. */
const SWEEP = Schedule.spaced("1 second")
/** Orders that were placed within it are looked at in every sweep (ms): buyers pay as they order. */
const LAG_MS = 15_000
/** While orders wait for a driver, one sweep in so many goes through all that is unsettled. */
const WHOLE_SWEEP = 30
/** A younger attempt belongs to a request that is just about to drive it (ms). */
const YOUNG_MS = 5_000

/** Who drives orders. */
export interface Crew {
  readonly pace: CommonPace
  readonly backlog: PaymentBacklog
  readonly isFull: () => boolean
  readonly isDriven: (id: OrderId) => boolean
  /** Orders whose charge has not been asked for by this process or another: they had no driver yet. */
  readonly untried: Set<OrderId>
  readonly run: (order: Order, first: "confirm" | "read", waiter: null) => Effect.Effect<void>
}

/** Since when this process decides (ms): what was begun earlier was begun by another process, so no request drives it here. */
export const whenReady = Effect.gen(function* () {
  const readiness = yield* Readiness
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

/** Its request is just about to drive it. */
export const hasJustBegun = (order: Order, since: number, now: number): boolean => {
  const attempt = order.status === "reserved" ? order.attempt : null
  return attempt !== null && attempt.startedAt >= since && attempt.startedAt > now - YOUNG_MS
}

/** Holds of an order that has ended, on workers that have not learnt it. */
const endElsewhere = Effect.fnUntraced(function* (
  inventory: Inventory["Service"],
  { elsewhere, ending, order }: Unsettled,
) {
  if (ending === null) return
  for (const productId of elsewhere)
    yield* Effect.ignore(inventory.submit({ _tag: "EndHolds", orderId: order.id, lane: Lane.of(productId), ending }))
})

/** The sweep, for ever. */
export const make = Effect.fnUntraced(function* (crew: Crew, decidingSince: () => number) {
  const { isDriven, run, untried } = crew
  const inventory = yield* Inventory
  const unsettledOrders = yield* UnsettledOrders
  const readiness = yield* Readiness
  const clock = yield* Clock.Clock
  /** Where the last sweep ran out of drivers: the next one goes on behind it, so that every order has its turn. */
  let drivenUpTo: OrderId | null = null
  let sweeps = 0
  let wasSilent = false
  /** Of the time in orders' ids. What lies behind it has its driver, or one that died. */
  const mark = new LowWaterMark(LAG_MS)

  /** True: it has to wait for a driver. */
  const takeUp = Effect.fnUntraced(function* (unsettled: Unsettled) {
    const { order } = unsettled
    yield* endElsewhere(inventory, unsettled)
    const isUntried = untried.has(order.id)
    const isYoung = !isUntried && hasJustBegun(order, decidingSince(), clock.currentTimeMillisUnsafe())
    if (isYoung || (drivenUpTo !== null && order.id <= drivenUpTo)) return false
    if (isDriven(order.id)) return false
    if (crew.isFull()) {
      if (order.status === "reserved" && order.attempt !== null) crew.backlog.add(order.id, order.expiresAt)
      return true
    }
    untried.delete(order.id)
    yield* run(order, isUntried ? "confirm" : "read", null)
    drivenUpTo = order.id
    return false
  })

  const sweep = Effect.gen(function* () {
    if ((yield* SubscriptionRef.get(readiness)) !== "ready") return mark.rewind()
    const look = mark.begin(clock.currentTimeMillisUnsafe())
    const someWere = drivenUpTo !== null
    const isLong = ++sweeps % WHOLE_SWEEP === 0
    // An order that is driven now is settled, so the oldest go first again; at a silent provider each has its turn.
    if (!crew.pace.isSilent && (wasSilent || isLong)) drivenUpTo = null
    wasSilent = crew.pace.isSilent
    const isWhole = drivenUpTo === null || isLong
    let after = isWhole ? (lowest(look.since) as OrderId | null) : drivenUpTo
    let someWait = false
    do {
      const page: Page<Unsettled, OrderId> = yield* unsettledOrders.list({ limit: 100, after })
      for (const unsettled of page.rows) if (yield* takeUp(unsettled)) someWait = true
      after = page.next
    } while (after !== null && (isWhole || !someWait))
    mark.reached(look, null, clock.currentTimeMillisUnsafe())
    if (someWait || someWere) mark.rewind()
    if (!someWait) drivenUpTo = null
  }).pipe(Effect.ignore)

  return Effect.repeat(sweep, SWEEP)
})
