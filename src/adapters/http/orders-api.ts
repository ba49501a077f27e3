/** Orders: the routes, what they take and everything they can answer. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import * as Problems from "./problem-schemas.ts"
import * as Words from "./schemas.ts"

const id = { id: Words.OrderIdText }
const prefer = { prefer: Schema.optionalKey(Schema.String) }
const optionalKey = { "idempotency-key": Schema.optionalKey(Words.IdempotencyKey) }

const answered = (status: number, description: string) =>
  Words.OrderView.pipe(HttpApiSchema.status(status), (schema) => schema.annotate({ description }))

const place = HttpApiEndpoint.post("place", "/v1/orders", {
  headers: { "idempotency-key": Words.IdempotencyKey, ...prefer },
  query: {},
  payload: Words.NewOrder,
  success: [
    answered(201, "Paid."),
    answered(202, "Reserved; payment goes on in the background, or comes later with `POST /v1/orders/{id}/pay`."),
  ],
  error: Problems.writing(
    "idempotency-key-required",
    "payment-declined",
    "product-not-found",
    "insufficient-stock",
    "purchase-limit-exceeded",
    "mixed-currencies",
    "total-too-large",
  ),
}).annotate(OpenApi.Summary, "Place an order: all of its lines or nothing")

const list = HttpApiEndpoint.get("list", "/v1/orders", {
  query: {
    customerId: Schema.optionalKey(Words.CustomerId),
    status: Schema.optionalKey(Words.Status),
    limit: Schema.optionalKey(Words.Limit),
    cursor: Schema.optionalKey(Words.Cursor),
  },
  success: Words.pageOf(Words.OrderView, "OrderPage"),
  error: Problems.reading("invalid-cursor"),
}).annotate(OpenApi.Summary, "List orders, newest first")

const get = HttpApiEndpoint.get("get", "/v1/orders/:id", {
  params: id,
  query: {},
  success: Words.OrderView,
  error: Problems.reading("order-not-found", "route-not-found"),
}).annotate(OpenApi.Summary, "Read an order")

const pay = HttpApiEndpoint.post("pay", "/v1/orders/:id/pay", {
  params: id,
  headers: { ...optionalKey, ...prefer },
  query: {},
  payload: Words.NewPayment,
  success: [answered(200, "Paid."), answered(202, "Payment goes on in the background.")],
  error: Problems.writing(
    "payment-declined",
    "order-not-found",
    "route-not-found",
    "not-payable",
    "payment-in-progress",
  ),
}).annotate(OpenApi.Summary, "Pay an order that was placed to be paid later")

const cancel = HttpApiEndpoint.post("cancel", "/v1/orders/:id/cancel", {
  params: id,
  headers: optionalKey,
  query: {},
  payload: Schema.UndefinedOr(Words.Cancellation),
  success: answered(200, "Cancelled; a paid order is refunded and its units return."),
  error: Problems.writing("order-not-found", "route-not-found", "not-cancellable", "payment-in-progress"),
}).annotate(OpenApi.Summary, "Cancel an order that is reserved or paid; the body may be absent")

export const orders = HttpApiGroup.make("orders")
  .add(place, list, get, pay, cancel)
  .annotate(OpenApi.Description, "Orders, from the hold to the end.")
