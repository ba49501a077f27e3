/**
 * Every error this service answers, in its words. What its code means and which status it has: `problem-kinds.ts`.
 *
 * Why it exists: the kind of a failure decides its status (a rejection is 4xx, unavailable is 503, a defect is 500),
 * and callers switch on `code`.
 * Law: RFC 9457 `application/problem+json`, always with `code` and `requestId`; a defect shows nothing of the inside.
 */
import { Cause } from "effect"
import { HttpServerError, HttpServerResponse } from "effect/http"
import { HttpApiError } from "effect/http-api"
import * as Health from "../../app/health.ts"
import { type Fate, Unavailable } from "../../ports/failures.ts"
import { Refused, type Rejection } from "../../ports/inventory.ts"
import * as Rfc3339 from "../../std/rfc3339.ts"
import * as InvalidRequest from "./invalid-request.ts"
import { type Code, kinds } from "./problem-kinds.ts"

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

/** "1 unit", "2 units". */
const units = (count: number): string => `${count} ${count === 1 ? "unit" : "units"}`

/** "Sold out, 12 units may come back at 14:03:20 UTC." */
const mayComeBack = (available: number, held: number, at: string): string => {
  const now = available === 0 ? "Sold out" : `Only ${units(available)} ${available === 1 ? "is" : "are"} available`
  return `${now}, ${units(held)} may come back at ${at.slice(11, 19)} UTC.`
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
  return JSON.stringify({ type: `/problems/${code}`, title, status, detail, code, requestId, ...extras })
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

const insufficientStock = (rejection: Extract<Rejection, { readonly _tag: "InsufficientStock" }>): Problem => {
  const { productId, available } = rejection
  const none = `Only ${units(available)} ${available === 1 ? "is" : "are"} available.`
  if (!("held" in rejection)) return of("insufficient-stock", none, { productId, available })
  const { held } = rejection
  const nextReleaseAt = rejection.nextReleaseAt === null ? null : Rfc3339.text(rejection.nextReleaseAt)
  const detail = nextReleaseAt === null || held === 0 ? none : mayComeBack(available, held, nextReleaseAt)
  return of("insufficient-stock", detail, { productId, available, held, nextReleaseAt })
}

export const keyReused = of("idempotency-key-reused", "This Idempotency-Key was used with another path or body.")

type OfProduct = Extract<
  Rejection,
  { readonly _tag: "ProductChanged" | "ProductArchived" | "CurrencyFixed" | "PurchaseLimitFixed" }
>

const ofProduct = (rejection: OfProduct): Problem => {
  const { productId } = rejection
  switch (rejection._tag) {
    case "ProductChanged":
      return of("product-changed", `It has version ${rejection.version} by now.`, {
        productId,
        version: rejection.version,
      })
    case "ProductArchived":
      return of("product-archived", `The product ${productId} is archived.`, { productId })
    case "CurrencyFixed":
      return invalid("#/price/currency", `Expected ${rejection.currency}: a product keeps its currency`)
    case "PurchaseLimitFixed": {
      const { purchaseLimit } = rejection
      const how = purchaseLimit === null ? "without" : "with"
      const detail = `Units of it were ordered ${how} a purchase limit, or may have been a moment ago.`
      return of("purchase-limit-fixed", detail, { productId, purchaseLimit })
    }
  }
}

type OfOrder = Extract<Rejection, { readonly orderId: unknown }>

const ofOrder = (rejection: OfOrder): Problem => {
  const { orderId } = rejection
  switch (rejection._tag) {
    case "NotCancellable":
      return of("not-cancellable", `The order is ${rejection.status}.`, { orderId, orderStatus: rejection.status })
    case "NotPayable":
      return of("not-payable", `The order is ${rejection.status}.`, { orderId, orderStatus: rejection.status })
    case "PaymentInProgress":
      return of("payment-in-progress", "Wait for the payment's outcome.", { orderId })
    case "OrderNotFound":
      return of("order-not-found", `No order has the id ${orderId}.`, { orderId })
    case "ShipmentNotFound":
      return of("shipment-not-found", `Nothing was to be shipped for the order ${orderId}.`, { orderId })
    case "CallbackMismatch": {
      const detail = "Its tracking id is not that of the order's parcel, or its id was used for something else."
      return of("callback-mismatch", detail, { orderId })
    }
  }
}

/** The business says no. */
export const fromRejection = (rejection: Rejection): Problem => {
  if ("orderId" in rejection) return ofOrder(rejection)
  switch (rejection._tag) {
    case "InsufficientStock":
      return insufficientStock(rejection)
    case "StockOverflow": {
      const { productId, maximum } = rejection
      return of("stock-overflow", `A product has at most ${units(maximum)} on hand.`, { productId, maximum })
    }
    case "PurchaseLimitExceeded": {
      const { productId, limit, remaining } = rejection
      const detail = `A customer may have ${units(limit)} of this product, and may order ${remaining} more.`
      return of("purchase-limit-exceeded", detail, { productId, limit, remaining })
    }
    case "TooManyUnpaidHolds": {
      const { productId, limit } = rejection
      const detail = `A customer may have ${limit} unpaid ${limit === 1 ? "order" : "orders"} of this product at once.`
      return of("holds-per-customer", detail, { productId, limit })
    }
    case "ProductNotFound": {
      const { productId } = rejection
      return of("product-not-found", `No product has the id ${productId}.`, { productId })
    }
    case "ProductChanged":
    case "ProductArchived":
    case "CurrencyFixed":
    case "PurchaseLimitFixed":
      return ofProduct(rejection)
    case "RequestNotFound": {
      const { requestId } = rejection
      return of("request-not-found", `No order of the request ${requestId} was refused here.`, { ofRequest: requestId })
    }
    case "SkuTaken":
      return of("sku-taken", "A SKU belongs to one product.", { sku: rejection.sku })
    case "MixedCurrencies":
      return of("mixed-currencies", "All lines of an order are priced in one currency.")
    case "TotalTooLarge":
      return of("total-too-large", "The total is beyond what can be counted exactly.")
    case "TokenRequired":
      return of("payment-token-required", "Name what is to be charged: payment.token.")
    case "KeyReused":
      return keyReused
    case "KeyInProgress":
      return idempotencyInProgress()
  }
}

const FATES: { readonly [F in Fate]: string } = {
  undecided: "Nothing was decided. Send the request again, with the same Idempotency-Key if it has one.",
  unknown: "The outcome is not known yet. Repeat the request, with its Idempotency-Key if it has one, to learn it.",
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

/** `headers`: what there is, and what is left of it. */
export const rateLimited = (
  by: "client" | "customer",
  seconds: number,
  headers: Readonly<Record<string, string>>,
): Problem =>
  of(
    "rate-limited",
    `This ${by} asks more often than it may. Nothing was decided.`,
    { limitedBy: by },
    { ...headers, "retry-after": String(seconds) },
  )

export const routeNotFound = of("route-not-found", "See /docs for what there is.")

export const loopbackOnly = of("loopback-only", "It is answered to the loopback only, and not through a proxy.")
export const profileInProgress = of("profile-in-progress", "There is one profile at a time.")
export const threadNotFound = (name: string, threads: ReadonlyArray<string>): Problem =>
  of("thread-not-found", `No thread is called ${JSON.stringify(name)}.`, { threads })
export const dependencyNotFound = (name: string): Problem =>
  of("dependency-not-found", `No dependency is called ${JSON.stringify(name)}.`)

export const callbacksNotConfigured = (knob: string): Problem =>
  of("callbacks-not-configured", `Start it with ${knob}, which the sender knows too.`)
export const invalidSignature = (header: string, detail: string): Problem =>
  of("invalid-signature", detail, {}, { "www-authenticate": header })

export const methodNotAllowed = (allow: string): Problem =>
  of("method-not-allowed", `Allowed here: ${allow}.`, {}, { allow })

/** What cannot be read on from here: the rest of the body, or whatever follows, is not taken for a request. */
const CLOSE = { connection: "close" }

export const malformed = of("malformed-request", "The request could not be read.", {}, CLOSE)
export const headersTooLarge = of("headers-too-large", "Headers are at most 16 KiB.", {}, CLOSE)
export const requestTimeout = of("request-timeout", "Nothing was decided. Send it again, faster.", {}, CLOSE)
export const bodyTooLarge = of("body-too-large", "A body is at most 64 KiB.", {}, CLOSE)
export const importTooLarge = (bytesMax: number): Problem =>
  of("body-too-large", `An import is at most ${bytesMax} bytes here (IMPORT_MAX_BYTES).`, {}, CLOSE)
export const notUtf8 = of("malformed-json", "The body is not UTF-8.")
export const unsupportedMediaType = of("unsupported-media-type", "Send content-type: application/json.")
export const unsupportedImportType = of(
  "unsupported-media-type",
  "Send content-type: application/x-ndjson, or text/csv with a head.",
)
export const unsupportedCharset = of("unsupported-media-type", "The only charset is utf-8.")
export const unsupportedContentCoding = of(
  "unsupported-media-type",
  "Send the body as it is, without content-encoding.",
  {},
  { "accept-encoding": "identity" },
)
export const unsupportedTransferCoding = of("unsupported-transfer-coding", "Only chunked is known.", {}, CLOSE)
export const expectationFailed = of("expectation-failed", "Expect only 100-continue.")
export const internal = of("internal-error", "It may be sent again, with the same Idempotency-Key if it has one.")

export const foreignHost = of("foreign-host", "The name in Host is not one of this service's names (ALLOWED_HOSTS).")
export const foreignOrigin = of("foreign-origin", "The page that asks is of another origin (CORS_ORIGINS).")

const overloaded = (detail: string): Problem =>
  of("overloaded", `${detail} Nothing was decided.`, {}, { "retry-after": "1", ...CLOSE })
/** More come than can be done: the connection may stay. */
export const shed = of(
  "overloaded",
  "More is asked than can be done now. Nothing was decided.",
  {},
  { "retry-after": "1" },
)
export const tooManyConnections = overloaded("Too many connections are open (MAX_CONNECTIONS).")
export const tooManyStreams = overloaded("Too many streams are open (STREAMS_MAX).")
export const tooManyExports = overloaded("Too many exports are running.")
export const tooManyImports = overloaded("Too many imports are received, or wait.")
export const tooManyBodies = overloaded("Too many large bodies arrive at once.")

/** A header that names an intent came twice, or was joined of two on the way. */
export const sentTwice = (header: string): Problem =>
  invalid(`header/${header}`, "Sent twice, or two values joined by a comma")

/** A fault that no schema sees. */
export const invalid = (pointer: string, detail: string): Problem =>
  of("invalid-request", `${pointer}: ${detail}`, { errors: [{ pointer, detail }] })

export const keyRequired = of("idempotency-key-required", "header/idempotency-key: Missing key", {
  errors: [{ pointer: "header/idempotency-key", detail: "Missing key" }],
})

export const importNotFound = (id: string): Problem =>
  of("import-not-found", `No import has the id ${id}.`, { importId: id })

/** `place` null: it is about the text as a whole. */
export const invalidImport = (
  place: { readonly line: number; readonly column: number } | null,
  what: string,
): Problem => {
  const where = place === null ? "" : `line ${place.line}, column ${place.column}: `
  return of("invalid-import", `${where}${what}`, { line: place?.line ?? null, column: place?.column ?? null })
}

/** The rest of the request is not read: what comes on its connection is no other one. */
export const closing = ({ code, detail, extras, headers }: Problem): Problem =>
  of(code, detail, extras, { ...headers, ...CLOSE })

/** Null when there is nothing in the query after all. */
export const unknownQuery = (names: ReadonlyArray<string>): Problem | null =>
  fromFaults(names.length === 0 ? null : InvalidRequest.unexpected(names))

export const badTimeout = (max: number): Problem =>
  of("invalid-request", "header/request-timeout-ms: not valid", {
    errors: [
      { pointer: "header/request-timeout-ms", detail: `Expected a whole number of milliseconds from 1 to ${max}` },
    ],
  })

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

/** Whatever went wrong; what was not foreseen is an `internal-error`. */
export const fromCause = (cause: Cause.Cause<unknown>): Problem => {
  for (const reason of cause.reasons) {
    if (Cause.isInterruptReason(reason)) continue
    const problem = known(Cause.isFailReason(reason) ? reason.error : reason.defect)
    if (problem !== null) return problem
  }
  return internal
}
