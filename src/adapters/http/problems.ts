/**
 * Every error this service answers: its code, its status, its words. The one place that knows both.
 *
 * Why it exists: the kind of a failure decides its status (a rejection is 4xx, unavailable is 503, a defect is 500),
 * and callers switch on `code`, so both must be in one table that the OpenAPI document is also made from.
 * Law: RFC 9457 `application/problem+json`, always with `code` and `requestId`; a defect tells nothing of the inside.
 */
import { Cause } from "effect"
import { HttpServerError, HttpServerResponse } from "effect/http"
import { HttpApiError } from "effect/http-api"
import * as Health from "../../app/health.ts"
import { type Fate, Unavailable, type UnavailableReason } from "../../ports/failures.ts"
import { Refused, type Rejection } from "../../ports/inventory.ts"
import * as InvalidRequest from "./invalid-request.ts"

/** Code -> status and title. Codes are for ever; titles are for people. */
export const kinds = {
  "invalid-request": [400, "The request is not valid"],
  "malformed-json": [400, "The body is not JSON"],
  "invalid-cursor": [400, "The cursor is not valid"],
  "idempotency-key-required": [400, "An Idempotency-Key header is required"],
  "malformed-request": [400, "This is not HTTP as we understand it"],
  "invalid-signature": [401, "The signature is not valid"],
  "payment-declined": [402, "The payment was declined"],
  "product-not-found": [404, "There is no such product"],
  "order-not-found": [404, "There is no such order"],
  "shipment-not-found": [404, "There is no such shipment"],
  "route-not-found": [404, "There is nothing here"],
  "method-not-allowed": [405, "This method is not allowed here"],
  "request-timeout": [408, "The request took too long to arrive"],
  "insufficient-stock": [409, "There is not enough stock"],
  "purchase-limit-exceeded": [409, "The customer's purchase limit is exceeded"],
  "not-cancellable": [409, "The order can no longer be cancelled"],
  "not-payable": [409, "The order cannot be paid"],
  "payment-in-progress": [409, "A payment of this order is in progress"],
  "idempotency-in-progress": [409, "A request with this key is in progress"],
  "sku-taken": [409, "Another product has this SKU"],
  "mixed-currencies": [409, "The products are priced in different currencies"],
  "total-too-large": [409, "The total is too large"],
  "stock-overflow": [409, "The stock would be too large"],
  "callback-mismatch": [409, "The callback does not belong to this order"],
  "body-too-large": [413, "The body is too large"],
  "unsupported-media-type": [415, "The body must be application/json"],
  "expectation-failed": [417, "This expectation cannot be met"],
  "idempotency-key-reused": [422, "The key belongs to another request"],
  "headers-too-large": [431, "The headers are too large"],
  "internal-error": [500, "Something went wrong on our side"],
  "callbacks-not-configured": [501, "This service hears no carrier"],
  "mailbox-full": [503, "Too many requests for this product"],
  "worker-lost": [503, "The worker of this product was lost"],
  database: [503, "The database cannot be reached"],
  standby: [503, "This instance stands by"],
  starting: [503, "This instance is starting"],
  draining: [503, "This instance is shutting down"],
  "stale-owner": [503, "Another instance has taken over"],
  "hold-lapsed": [503, "The hold lapsed before it was accepted"],
  contended: [503, "Too many changes of one order at once"],
} as const satisfies Record<string, readonly [status: number, title: string]> &
  Record<UnavailableReason, readonly [503, string]>

export type Code = keyof typeof kinds

/** What callers get beside the fixed members: `available`, `limit`, `orderId`, `errors`, ... */
type Extras = Readonly<Record<string, unknown>>

export class Problem {
  readonly _tag = "Problem"
  readonly code: Code
  readonly detail: string
  readonly extras: Extras
  readonly headers: Readonly<Record<string, string>>
  constructor(code: Code, detail: string, extras: Extras, headers: Readonly<Record<string, string>>) {
    this.code = code
    this.detail = detail
    this.extras = extras
    this.headers = headers
  }
}

export const of = (
  code: Code,
  detail: string,
  extras: Extras = {},
  headers: Readonly<Record<string, string>> = {},
): Problem => new Problem(code, detail, extras, headers)

export const CONTENT_TYPE = "application/problem+json"

export const status = (problem: Problem): number => kinds[problem.code][0]

export const body = (problem: Problem, requestId: string): string => {
  const [status, title] = kinds[problem.code]
  const { code, detail, extras } = problem
  return JSON.stringify({ type: `urn:jaego:problem:${code}`, title, status, detail, code, requestId, ...extras })
}

export const response = (problem: Problem, requestId: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(body(problem, requestId), {
    status: status(problem),
    contentType: CONTENT_TYPE,
    headers: problem.headers,
  })

/** For now, in seconds: long enough for the first of two racing requests to be answered. */
export const RETRY_RACING_AFTER_SECONDS = 1

export const idempotencyInProgress = (): Problem =>
  of(
    "idempotency-in-progress",
    "The first request with this Idempotency-Key has not been answered yet.",
    {},
    { "retry-after": String(RETRY_RACING_AFTER_SECONDS) },
  )

/** The business says no. */
export const fromRejection = (rejection: Rejection): Problem => {
  switch (rejection._tag) {
    case "InsufficientStock": {
      const { productId, available } = rejection
      return of("insufficient-stock", `Only ${available} units are available.`, { productId, available })
    }
    case "StockOverflow": {
      const { productId, maximum } = rejection
      return of("stock-overflow", `A product has at most ${maximum} units on hand.`, { productId, maximum })
    }
    case "PurchaseLimitExceeded": {
      const { productId, limit, remaining } = rejection
      const detail = `A customer may have ${limit} units of this product, and may order ${remaining} more.`
      return of("purchase-limit-exceeded", detail, { productId, limit, remaining })
    }
    case "NotCancellable": {
      const { orderId, status } = rejection
      return of("not-cancellable", `The order is ${status}.`, { orderId, orderStatus: status })
    }
    case "NotPayable": {
      const { orderId, status } = rejection
      return of("not-payable", `The order is ${status}.`, { orderId, orderStatus: status })
    }
    case "PaymentInProgress":
      return of("payment-in-progress", "Wait for the payment's outcome.", { orderId: rejection.orderId })
    case "ProductNotFound": {
      const { productId } = rejection
      return of("product-not-found", `No product has the id ${productId}.`, { productId })
    }
    case "OrderNotFound": {
      const { orderId } = rejection
      return of("order-not-found", `No order has the id ${orderId}.`, { orderId })
    }
    case "ShipmentNotFound": {
      const { orderId } = rejection
      return of("shipment-not-found", `Nothing was to be shipped for the order ${orderId}.`, { orderId })
    }
    case "CallbackMismatch": {
      const { orderId } = rejection
      const detail = "Its tracking id is not that of the order's parcel, or its id was used for something else."
      return of("callback-mismatch", detail, { orderId })
    }
    case "SkuTaken":
      return of("sku-taken", "A SKU belongs to one product.", { sku: rejection.sku })
    case "MixedCurrencies":
      return of("mixed-currencies", "All lines of an order are priced in one currency.")
    case "TotalTooLarge":
      return of("total-too-large", "The total is beyond what can be counted exactly.")
    case "KeyReused":
      return of("idempotency-key-reused", "This Idempotency-Key was used with another path or body.")
    case "KeyInProgress":
      return idempotencyInProgress()
  }
}

const FATES: { readonly [F in Fate]: string } = {
  undecided: "Nothing was decided. Try again with the same Idempotency-Key.",
  unknown: "The outcome is unknown. Repeat with the same Idempotency-Key to learn it.",
}

/** The world says not now; the same request may be sent again with the same key. */
export const fromUnavailable = ({ fate, reason, retryAfterSeconds }: Unavailable): Problem =>
  of(reason, FATES[fate], {}, { "retry-after": String(retryAfterSeconds) })

/** The other failures that handlers know. */
export const from = (failure: Refused | Unavailable | Problem): Problem => {
  switch (failure._tag) {
    case "Problem":
      return failure
    case "Refused":
      return fromRejection(failure.rejection)
    case "Unavailable":
      return fromUnavailable(failure)
  }
}

/** Not ready yet, or no longer: ask again soon, an orchestrator does anyway. */
export const notReady = (state: Exclude<Health.State, "ready">, extras: Extras = {}): Problem =>
  of(Health.shown(state), "Send traffic elsewhere for now.", extras, { "retry-after": "1" })

export const routeNotFound = of("route-not-found", "See /docs for what there is.")

export const callbacksNotConfigured = of(
  "callbacks-not-configured",
  "Start it with CARRIER_WEBHOOK_SECRET, which the carrier knows too.",
)
export const invalidSignature = (detail: string): Problem =>
  of("invalid-signature", detail, {}, { "www-authenticate": "Carrier-Signature" })

export const methodNotAllowed = (allow: string): Problem =>
  of("method-not-allowed", `Allowed here: ${allow}.`, {}, { allow })

export /** The rest of the body is not read, so the connection cannot be used again. */
const bodyTooLarge = of("body-too-large", "A body is at most 64 KiB.", {}, { connection: "close" })
export const unsupportedMediaType = of("unsupported-media-type", "Send content-type: application/json.")
export const malformed = of("malformed-request", "The request could not be read.", {}, { connection: "close" })
export const headersTooLarge = of("headers-too-large", "Headers are at most 16 KiB.", {}, { connection: "close" })
export const requestTimeout = of("request-timeout", "Send it again, faster.", {}, { connection: "close" })
export const expectationFailed = of("expectation-failed", "Expect only 100-continue.")
export const internal = of("internal-error", "The request may be sent again with the same Idempotency-Key.")

/** Null when there is nothing in the query after all. */
export const unknownQuery = (names: ReadonlyArray<string>): Problem | null =>
  fromFaults(names.length === 0 ? null : InvalidRequest.unexpected(names))

const fromFaults = (faults: InvalidRequest.Description | null): Problem | null =>
  faults && of(faults.code, faults.detail, { errors: faults.errors })

/** The HTTP layer's own errors; those of the answer, not the request, are ours and unforeseen. */
const fromHttp = ({ reason }: HttpServerError.HttpServerError): Problem | null => {
  if (reason._tag === "RouteNotFound") return routeNotFound
  if (reason._tag !== "RequestParseError") return null
  return reason.reason === "BodyTooLarge" ? bodyTooLarge : malformed
}

const known = (value: unknown): Problem | null => {
  if (value instanceof Problem || value instanceof Refused || value instanceof Unavailable) return from(value)
  if (HttpApiError.HttpApiSchemaError.is(value)) return fromFaults(InvalidRequest.describe(value))
  if (value instanceof HttpServerError.HttpServerError) return fromHttp(value)
  return null
}

/** Whatever went wrong; what nobody foresaw is an `internal-error`. */
export const fromCause = (cause: Cause.Cause<unknown>): Problem => {
  for (const reason of cause.reasons) {
    if (Cause.isInterruptReason(reason)) continue
    const problem = known(Cause.isFailReason(reason) ? reason.error : reason.defect)
    if (problem !== null) return problem
  }
  return internal
}
