/**
 * Answers the routes of orders, from the shop.
 *
 * The answer of a mutation, and its replay, shows the order as it was answered; a read shows it as it stands now. What is foreseen of
 * a charge that waits (`payment.eta`) is always of the moment.
 */
import { Clock, Effect } from "effect"
import type { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { type Paying, type Replayable, type Sale, Shop } from "../../app/shop.ts"
import type { CustomerId, OrderId } from "../../domain/ids.ts"
import * as Order from "../../domain/order.ts"
import type { Unavailable } from "../../ports/failures.ts"
import type { Refused } from "../../ports/inventory.ts"
import { Probe } from "../../ports/probe.ts"
import * as Rfc3339 from "../../std/rfc3339.ts"
import * as Answers from "./answers.ts"
import { api } from "./api.ts"
import * as Cursors from "./cursors.ts"
import { answerBy } from "./head.ts"
import * as Claims from "./idempotency.ts"
import * as Problems from "./problems.ts"
import type { RateLimits } from "./rate-limits.ts"
import type { NewOrder } from "./schemas.ts"
import { LIMIT } from "./schemas.ts"
import * as Views from "./views.ts"

/** RFC 7240: a list of preferences, of which we know one. */
const answerOf = (headers: { readonly prefer?: string }): "wait" | "async" =>
  /(^|,)\s*respond-async\s*($|[,;])/i.test(headers.prefer ?? "") ? "async" : "wait"

const payingOf = (payment: (typeof NewOrder.Type)["payment"], answer: "wait" | "async"): Paying =>
  payment === "later"
    ? { _tag: "Later" }
    : { _tag: "Token", token: payment?.token ?? null, answer, onDecline: payment?.onDecline }

const NONE = Effect.succeed(null)

/** When it can be charged (ms since 1970); null: nothing holds that up. */
const etaOf = (shop: Shop["Service"], order: Order.Order) =>
  Views.isPending(order) ? shop.chargeEta({ id: order.id, expiresAt: order.expiresAt }) : NONE

const sold = (
  shop: Shop["Service"],
  paid: 200 | 201,
  sale: Replayable<Sale>,
): Effect.Effect<HttpServerResponse.HttpServerResponse, Refused | Unavailable | Problems.Problem> => {
  const { order, outcome } = sale.value
  switch (outcome) {
    case "declined":
      return Effect.fail(Answers.declined(order.id, sale))
    case "paid":
      return Effect.succeed(Answers.accepted(paid, Views.order(order, order.status), sale))
    case "reserved":
      return Effect.map(etaOf(shop, order), (eta) => Answers.accepted(202, Views.reserved(order, eta), sale))
  }
}

const claimOf = (
  route: "pay" | "cancel",
  id: OrderId,
  headers: { readonly "idempotency-key"?: string },
  payload: unknown,
) => {
  const key = headers["idempotency-key"]
  return key === undefined ? null : Claims.make(route, key, `/v1/orders/${id}/${route}`, payload)
}

/** What a request to place an order has been read as. */
export interface Placing {
  readonly request: Answers.Asked
  readonly headers: { readonly "idempotency-key": string; readonly prefer?: string }
  readonly payload: typeof NewOrder.Type
}

/** Whether the customer may order, as far as other processes know. */
const elsewhere = (limits: RateLimits, request: Answers.Asked, customerId: string) =>
  Effect.callback<void, Problems.Problem>((resume) =>
    limits.ofCustomerShared(request, customerId, (problem) =>
      resume(problem === null ? Effect.void : Effect.fail(problem)),
    ),
  )

/** Apart from the other routes, because the hot route calls it too (`hot-route.ts`). */
export const placing =
  (shop: Shop["Service"], answer: Answers.Responder, inFlight: Claims.InFlight, limits: RateLimits) =>
  ({ request, headers, payload }: Placing) => {
    const { customerId, lines, payment } = payload
    const limited = limits.ofCustomer(request, customerId)
    if (limited !== null) return answer(request, Effect.fail(limited))
    const claim = Claims.make("orders", headers["idempotency-key"], "/v1/orders", payload)
    const placed = shop.placeOrder({
      customerId,
      lines,
      paying: payingOf(payment, answerOf(headers)),
      claim,
      answerBy: answerBy(request.headers),
      trace: Answers.trace(request),
      requestId: Answers.requestId(request),
    })
    const answered = Effect.flatMap(inFlight.once(claim, placed), (sale) => sold(shop, 201, sale))
    return answer(
      request,
      limits.isShared ? Effect.andThen(elsewhere(limits, request, customerId), answered) : answered,
    )
  }

interface ListQuery {
  readonly customerId?: CustomerId
  readonly status?: Order.Status
  readonly from?: string
  readonly to?: string
  readonly limit?: string
  readonly cursor?: string
}

/** The schema has seen that it is one. */
const timeOf = (text: string | undefined): number | null => (text === undefined ? null : Rfc3339.parse(text))

const endsBeforeItBegins = Problems.invalid("query/to", "Expected a time after `from`")

const list = Effect.fnUntraced(function* (shop: Shop["Service"], query: ListQuery) {
  const after = (yield* Cursors.read("orders", query.cursor, Cursors.ID)) as OrderId | null
  const from = timeOf(query.from)
  const to = timeOf(query.to)
  if (from !== null && to !== null && to <= from) return yield* Effect.fail(endsBeforeItBegins)
  const page = yield* shop.listOrders({
    limit: Number(query.limit ?? LIMIT.default),
    after,
    customerId: query.customerId ?? null,
    status: query.status ?? null,
    from,
    to,
  })
  const now = yield* Clock.currentTimeMillis
  return Answers.page("orders", page, (order) => Views.order(order, Order.statusAt(order, now)))
})

const get = Effect.fnUntraced(function* (shop: Shop["Service"], id: OrderId) {
  const order = yield* shop.getOrder(id)
  const eta = yield* etaOf(shop, order)
  const now = yield* Clock.currentTimeMillis
  return Answers.ok(Views.orderDetail(order, Order.statusAt(order, now), eta))
})

export const layer = (inFlight: Claims.InFlight, limits: RateLimits) =>
  HttpApiBuilder.group(
    api,
    "orders",
    Effect.fnUntraced(function* (handlers) {
      const shop = yield* Shop
      const answer = Answers.to(yield* Probe)
      return handlers.handleAll({
        place: placing(shop, answer, inFlight, limits),
        list: ({ request, query }) => answer(request, list(shop, query)),
        get: ({ request, params }) => answer(request, get(shop, params.id)),
        timeline: ({ request, params }) =>
          answer(
            request,
            Effect.map(shop.readTimeline(params.id), (entries) => Answers.ok(Views.timeline(entries))),
          ),
        explain: ({ request, params }) =>
          answer(
            request,
            Effect.map(shop.explainOrder(params.id), (explained) => Answers.ok(Views.explained(explained))),
          ),
        explainRequest: ({ request, params }) =>
          answer(
            request,
            Effect.map(shop.explainRequest(params.requestId), (refused) =>
              Answers.ok(Views.refused(refused, Problems.fromRejection(refused.rejection))),
            ),
          ),
        pay: ({ request, params, headers, payload }) => {
          const { onDecline, token = null } = payload
          const claim = claimOf("pay", params.id, headers, payload)
          const asked = { orderId: params.id, token, answer: answerOf(headers), onDecline, claim }
          const paid = shop.payOrder({ ...asked, answerBy: answerBy(request.headers), trace: Answers.trace(request) })
          return answer(
            request,
            Effect.flatMap(inFlight.once(claim, paid), (sale) => sold(shop, 200, sale)),
          )
        },
        cancel: ({ request, params, headers, payload }) => {
          const claim = claimOf("cancel", params.id, headers, payload)
          const cancelled = shop.cancelOrder({
            orderId: params.id,
            reason: payload?.reason ?? null,
            claim,
            answerBy: answerBy(request.headers),
            trace: Answers.trace(request),
          })
          return answer(
            request,
            Effect.map(inFlight.once(claim, cancelled), (done) =>
              Answers.accepted(200, Views.order(done.value, done.value.status), done),
            ),
          )
        },
      })
    }),
  )
