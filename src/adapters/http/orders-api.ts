/** Orders: the routes, what they take and everything they can answer. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import * as Problems from "./problem-schemas.ts"
import * as Words from "./schemas.ts"

const id = { id: Words.OrderIdText }
const prefer = { prefer: Schema.optionalKey(Schema.String) }
/** Sent twice without a key, an order is paid once and cancelled once. */
const optionalKey = { "idempotency-key": Schema.optionalKey(Words.IdempotencyKey) }

const place = HttpApiEndpoint.post("place", "/v1/orders", {
  headers: { "idempotency-key": Words.IdempotencyKey, ...prefer },
  payload: Words.NewOrder,
  success: [Words.OrderView.pipe(HttpApiSchema.status(201)), Words.ReservedOrderView.pipe(HttpApiSchema.status(202))],
  error: Problems.writing(
    "idempotency-key-required",
    "payment-token-required",
    "payment-declined",
    "product-not-found",
    "product-archived",
    "insufficient-stock",
    "purchase-limit-exceeded",
    "holds-per-customer",
    "mixed-currencies",
    "total-too-large",
  ),
}).annotate(OpenApi.Summary, "Place an order: all of its lines or nothing")

const list = HttpApiEndpoint.get("list", "/v1/orders", {
  headers: Words.position,
  query: {
    customerId: Schema.optionalKey(Words.CustomerId),
    status: Schema.optionalKey(Words.Status),
    from: Schema.optionalKey(Words.Moment),
    to: Schema.optionalKey(Words.Moment),
    limit: Schema.optionalKey(Words.Limit),
    cursor: Schema.optionalKey(Words.Cursor),
  },
  success: Words.pageOf(Words.OrderView, "OrderPage"),
  error: Problems.reading("invalid-cursor"),
})
  .annotate(OpenApi.Summary, "List orders, newest first")
  .annotate(
    OpenApi.Description,
    "Those placed at `from` or later and before `to`. A list is stable while orders arrive: each that was there at its first page is on one page, and on one only, unless its status no longer fits.",
  )

const get = HttpApiEndpoint.get("get", "/v1/orders/:id", {
  params: id,
  headers: Words.position,
  success: Words.OrderDetailView,
  error: Problems.reading("order-not-found", "route-not-found"),
}).annotate(OpenApi.Summary, "Read an order, how its payment stands, and what is owed back")

const timeline = HttpApiEndpoint.get("timeline", "/v1/orders/:id/timeline", {
  params: id,
  headers: Words.position,
  success: Words.TimelineView,
  error: Problems.reading("order-not-found", "route-not-found"),
}).annotate(OpenApi.Summary, "Read what happened to an order, oldest first")

const explain = HttpApiEndpoint.get("explain", "/v1/orders/:id/explain", {
  params: id,
  success: Words.ExplainedView,
  error: Problems.reading("order-not-found", "route-not-found"),
}).annotate(
  OpenApi.Summary,
  "Read how an order was accepted: lane, sequence, batch, stock before and after, units counted",
)

const explainRequest = HttpApiEndpoint.get("explainRequest", "/v1/requests/:requestId/explain", {
  params: { requestId: Schema.String },
  success: Words.RefusedView,
  error: Problems.reading("request-not-found"),
})
  .annotate(OpenApi.Summary, "Read why an order was refused, by the x-request-id of its answer")
  .annotate(OpenApi.Description, "The newest 100,000 refusals of the process that is asked.")

const pay = HttpApiEndpoint.post("pay", "/v1/orders/:id/pay", {
  params: id,
  headers: { ...optionalKey, ...prefer },
  payload: Words.NewPayment,
  success: [Words.OrderView, Words.ReservedOrderView.pipe(HttpApiSchema.status(202))],
  error: Problems.writing(
    "payment-token-required",
    "payment-declined",
    "order-not-found",
    "route-not-found",
    "not-payable",
    "payment-in-progress",
  ),
})
  .annotate(OpenApi.Summary, "Pay an order that was placed to be paid later")
  .annotate(
    OpenApi.Description,
    "Repeated without a key it charges nothing more: an order that is paid is answered as paid, any other with 409 and where it stands.",
  )

const cancel = HttpApiEndpoint.post("cancel", "/v1/orders/:id/cancel", {
  params: id,
  headers: optionalKey,
  // Null is what an absent body is read as.
  payload: [Words.Cancellation, Schema.Null],
  success: Words.OrderView,
  error: Problems.writing("order-not-found", "route-not-found", "not-cancellable", "payment-in-progress"),
})
  .annotate(OpenApi.Summary, "Cancel an order that is reserved or paid; the body may be absent")
  .annotate(
    OpenApi.Description,
    "Repeated without a key it changes nothing more: an order that is cancelled is answered as cancelled.",
  )

export const orders = HttpApiGroup.make("orders")
  .add(place, list, get, timeline, explain, explainRequest, pay, cancel)
  .annotate(OpenApi.Description, "Orders, from the hold to the end.")
