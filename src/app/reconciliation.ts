/**
 * Reconciliation: the payment provider's books against our orders, now and then by itself and whenever it is asked for
 * (`domain/reconciliation.ts` says what a difference is, and what may be repaired).
 *
 * Law: I14. A difference is one that was found twice, AGAIN_MS apart: while both sides are read, payments go on. What is repaired is
 * a command like any other, decided by the order's owner; the provider is asked under the keys it knows.
 * Limits: one at a time, and only in the process that decides; CHARGES_MAX, beyond which it looks less far back. Its calls wait
 * behind those for which an order waits.
 */
import { Clock, Context, Effect, Layer, type Scope, Semaphore, SubscriptionRef } from "effect"
import { refundKey } from "../domain/checkout.ts"
import type { OrderId } from "../domain/ids.ts"
import type { Order, PaymentRecord } from "../domain/order.ts"
import * as Reconciliation from "../domain/reconciliation.ts"
import { CommittedOrders } from "../ports/committed-orders.ts"
import { type Unavailable, unavailable } from "../ports/failures.ts"
import { lowest, timeOf } from "../ports/ids.ts"
import { Inventory } from "../ports/inventory.ts"
import type { Page } from "../ports/page.ts"
import { type Happening, Probe } from "../ports/probe.ts"
import { type Unsettled, UnsettledOrders } from "../ports/unsettled.ts"
import { Readiness } from "./health.ts"
import * as OtherProvider from "./other-provider.ts"
import { PaymentCalls } from "./payment-calls.ts"
import * as ProviderBooks from "./provider-books.ts"

/** Many times what a record of an outcome takes (ms). */
const AGAIN_MS = 5_000
/** Clocks of shop and provider may differ by so much (ms). */
const SKEW_MS = 60_000
/** From one to the next by itself, and how far back one looks by default (ms). */
const EVERY_MS = 3_600_000
export const SPAN_MS = 24 * 3_600_000
/** A span is not made shorter than this (ms). */
const SPAN_MIN_MS = 600_000
/** After a start, before the first one (ms): what a crash left open is settled first. */
const FIRST_MS = 60_000
/** Orders read at once. */
const PAGE = 100
/** Differences in a line of the log; the others are counted. */
const LOGGED_MAX = 20

export interface Found extends Reconciliation.Difference {
  readonly repaired: boolean
}

export interface Report {
  /** Charges and orders since then were compared, ms since 1970. */
  readonly since: number
  readonly at: number
  /** Charges whose orders say the same. */
  readonly matched: number
  /** Charges under keys that are no order's of any shop of ours. */
  readonly foreign: number
  readonly differences: ReadonlyArray<Found>
}

/** `provider`: it does not show its books. `database`: orders could not be read. */
export type RunOutcome =
  | { readonly _tag: "Compared"; readonly report: Report }
  | { readonly _tag: "Failed"; readonly reason: "provider" | "database" | "too-many"; readonly at: number }

export interface State {
  readonly isRunning: boolean
  /** Null: there was none in this process. */
  readonly last: RunOutcome | null
}

export interface Request {
  /** How far back (ms). */
  readonly spanMs: number
  readonly repair: "report" | "fix"
}

export interface Reconciling {
  /** Begins one in the background, unless one is under way. Fails when this process does not decide. */
  readonly begin: (request: Request) => Effect.Effect<State, Unavailable>
  readonly state: Effect.Effect<State>
}

/** Where nothing is paid for, there is nothing to compare. */
export const Reconciling = Context.Reference<Reconciling>("jaego/app/Reconciling", {
  defaultValue: () => ({
    begin: () => Effect.fail(unavailable("standby")),
    state: Effect.succeed({ isRunning: false, last: null }),
  }),
})

/** `off`: only when it is asked for. */
export interface Options {
  readonly hourly: "report" | "fix" | "off"
}

interface Deps {
  readonly payment: PaymentCalls["Service"]
  readonly orders: CommittedOrders["Service"]
  readonly unsettled: UnsettledOrders["Service"]
  readonly inventory: Inventory["Service"]
}

interface Look {
  readonly matched: number
  readonly foreign: number
  readonly differences: ReadonlyMap<string, Reconciliation.Difference>
}

/** Orders of any age that wait for a provider that is not asked here. */
const elsewhere = Effect.fnUntraced(function* ({ payment, unsettled }: Deps) {
  const waiting: Array<Order> = []
  for (let after: OrderId | null = null, isMore = true; isMore; isMore = after !== null) {
    const { next, rows }: Page<Unsettled, OrderId> = yield* unsettled.list({ limit: PAGE, after })
    for (const { order } of rows) if (OtherProvider.isOf(order, payment.name)) waiting.push(order)
    after = next
  }
  return waiting
})

/** One look at both sides, from then on. */
const look = Effect.fnUntraced(function* (deps: Deps, since: number) {
  const { orders, payment } = deps
  const { charges, foreign } = yield* ProviderBooks.read(payment, since - SKEW_MS)
  const differences = new Map<string, Reconciliation.Difference>()
  let matched = 0
  const compare = (order: Order | null, charge: Reconciliation.Charge | null) => {
    // Of what was charged elsewhere these books say nothing.
    if (charge === null && order !== null && OtherProvider.isOf(order, payment.name)) return
    const difference = Reconciliation.difference(order, charge)
    if (difference !== null) differences.set(difference.key, difference)
    else if (order !== null && charge !== null) matched++
  }
  const end = lowest(yield* Clock.currentTimeMillis) ?? ""
  for (let after = lowest(since) as OrderId | null, isMore = true; isMore; ) {
    const page: Page<Order, OrderId> = yield* orders.list({ limit: PAGE, after })
    for (const order of page.rows) {
      compare(order, charges.get(order.id) ?? null)
      charges.delete(order.id)
    }
    after = page.next
    isMore = after !== null && after < end
  }
  // Charges of older orders, of orders that came meanwhile, and of none.
  const rest = [...charges.keys()]
  for (let from = 0; from < rest.length; from += PAGE) {
    const ids = rest.slice(from, from + PAGE)
    const found = new Map((yield* orders.of(ids)).map((order) => [order.id, order]))
    for (const id of ids) compare(found.get(id) ?? null, charges.get(id)!)
  }
  for (const order of yield* elsewhere(deps)) differences.set(order.id, Reconciliation.elsewhere(order))
  return { matched, foreign, differences } satisfies Look
})

/** When the order of this key was placed, by the time in a UUIDv7 (ms); 0: that is none of ours. */
const placedAt = (key: string, now: number): number => {
  const at = timeOf(key)
  return at <= now + SKEW_MS ? at : 0
}

/** What was found twice, as it was the second time. */
const lookTwice = Effect.fnUntraced(function* (deps: Deps, since: number) {
  const first = yield* look(deps, since)
  if (first.differences.size === 0) return first
  yield* Effect.sleep(AGAIN_MS)
  // Only as far back as the oldest order that was found.
  const now = yield* Clock.currentTimeMillis
  const oldest = [...first.differences.keys()].reduce((least, key) => Math.min(least, placedAt(key, now)), now)
  const second = yield* look(deps, Math.max(since, oldest - SKEW_MS))
  const isSame = ({ key, kind }: Reconciliation.Difference) => first.differences.get(key)?.kind === kind
  const differences = new Map([...second.differences].filter(([, difference]) => isSame(difference)))
  return { ...first, matched: first.matched + first.differences.size - differences.size, differences }
})

const recorded = ({ inventory }: Deps, { expiresAt, id: orderId }: Order, record: PaymentRecord) =>
  Effect.map(inventory.submit({ _tag: "RecordPayment", orderId, record, expiresAt, claim: null }), ({ reply }) =>
    reply._tag === "Order" ? reply.order : null,
  )

/** What is only kept is let go; what was taken is given back, under the same key as ever: a provider that has made it makes it no more. */
const givenBack = Effect.fnUntraced(function* ({ payment }: Deps, order: Order, ref: string) {
  if (order.payment.capture === "due") {
    const said = yield* payment.void(order.expiresAt, ref)
    if (said._tag !== "Charged") return said._tag === "Voided"
  }
  return (yield* payment.refund(order.expiresAt, ref, order.total, refundKey(order.id)))._tag === "Refunded"
})

const refunded = Effect.fnUntraced(function* (deps: Deps, order: Order, ref: string) {
  const { inventory } = deps
  if (!(yield* givenBack(deps, order, ref))) return false
  if ("refund" in order && order.refund === "due") yield* inventory.submit({ _tag: "RecordRefund", orderId: order.id })
  return true
})

/** True: it has been repaired. Otherwise it is found again. */
const repair = Effect.fnUntraced(function* (deps: Deps, { key, ref, repair: how, state }: Reconciliation.Difference) {
  if (how === "none") return false
  const [order] = yield* deps.orders.of([key as OrderId])
  if (order === undefined) return false
  const what = { _tag: state === "authorized" ? "RecordAuthorization" : "RecordCharge" } as const
  const now = how === "settle" ? yield* recorded(deps, order, what) : order
  if (now === null || !("refund" in now)) return now !== null && now.status !== "reserved"
  return yield* refunded(deps, now, ref ?? now.payment.ref ?? now.id)
})

const reconcile = Effect.fnUntraced(function* (deps: Deps, { repair: mode, spanMs }: Request) {
  const at = yield* Clock.currentTimeMillis
  const failed = (reason: "provider" | "database" | "too-many") => ({ _tag: "Failed", reason, at }) as const
  for (let span = spanMs; ; span /= 4) {
    const since = at - span
    const done = yield* Effect.result(lookTwice(deps, since))
    if (done._tag === "Failure") {
      const { failure } = done
      if (failure._tag === "Unavailable") return failed("database")
      if (failure._tag === "BooksClosed") return failed("provider")
      if (span <= SPAN_MIN_MS) return failed("too-many")
      continue
    }
    const { differences, foreign, matched } = done.success
    const found = yield* Effect.forEach(differences.values(), (difference) =>
      mode === "report"
        ? Effect.succeed({ ...difference, repaired: false })
        : repair(deps, difference).pipe(
            Effect.catch(() => Effect.succeed(false)),
            Effect.map((repaired) => ({ ...difference, repaired })),
          ),
    )
    const report: Report = { since, at, matched, foreign, differences: found }
    return { _tag: "Compared", report } as const
  }
})

const inWords = ({ captured, key, kind, owed, refunded, repaired, status }: Found): string =>
  `${key}: ${kind}, ${status ?? "no order"}, owed ${owed?.amount ?? 0}, captured ${captured}, refunded ${refunded}${repaired ? ", repaired" : ""}`

const logged = (outcome: RunOutcome): Effect.Effect<void> => {
  if (outcome._tag === "Failed")
    return Effect.logWarning(`the payment provider's books could not be compared: ${outcome.reason}`)
  const { differences, foreign, matched, since } = outcome.report
  const span = `since ${new Date(since).toISOString()}: ${matched} payments match, ${differences.length} differ`
  if (differences.length === 0) return Effect.logInfo(`reconciliation ${span}; ${foreign} charges are of others`)
  const lines = differences.slice(0, LOGGED_MAX).map(inWords)
  return Effect.logWarning(`reconciliation ${span}: ${lines.join("; ")}`)
}

/** As it is counted: the differences that are left. */
const counted = (outcome: RunOutcome): Extract<Happening, { readonly _tag: "Reconciled" }> => {
  if (outcome._tag === "Failed")
    return { _tag: "Reconciled", outcome: outcome.reason, matched: 0, repaired: 0, left: [] }
  const { differences, matched } = outcome.report
  const left = Reconciliation.KINDS.map((kind) => ({
    kind,
    differences: differences.filter((each) => each.kind === kind && !each.repaired).length,
  }))
  const repaired = differences.filter((each) => each.repaired).length
  return { _tag: "Reconciled", outcome: "compared", matched, repaired, left }
}

export const layer = ({ hourly }: Options) =>
  Layer.effect(
    Reconciling,
    Effect.gen(function* () {
      const deps: Deps = {
        payment: yield* PaymentCalls,
        orders: yield* CommittedOrders,
        unsettled: yield* UnsettledOrders,
        inventory: yield* Inventory,
      }
      const readiness = yield* Readiness
      const probe = yield* Probe
      const scope: Scope.Scope = yield* Effect.scope
      const one = yield* Semaphore.make(1)
      let state: State = { isRunning: false, last: null }

      const run = (request: Request) =>
        Effect.gen(function* () {
          state = { ...state, isRunning: true }
          const last = yield* reconcile(deps, request)
          state = { isRunning: true, last }
          probe.emit(counted(last))
          yield* logged(last)
        }).pipe(Effect.ensuring(Effect.sync(() => (state = { ...state, isRunning: false }))))

      const byItself = Effect.gen(function* () {
        if ((yield* SubscriptionRef.get(readiness)) !== "ready" || hourly === "off") return
        yield* one.withPermits(1)(run({ spanMs: SPAN_MS, repair: hourly }))
      }).pipe(Effect.catchCause((cause) => Effect.logError("the reconciliation broke off", cause)))
      yield* Effect.forkScoped(
        Effect.andThen(Effect.sleep(FIRST_MS), Effect.forever(Effect.andThen(byItself, Effect.sleep(EVERY_MS)))),
      )

      return {
        begin: Effect.fnUntraced(function* (request) {
          if ((yield* SubscriptionRef.get(readiness)) !== "ready") return yield* unavailable("standby")
          yield* Effect.forkIn(one.withPermitsIfAvailable(1)(run(request)), scope, { startImmediately: true })
          return state
        }),
        state: Effect.sync(() => state),
      }
    }),
  )
