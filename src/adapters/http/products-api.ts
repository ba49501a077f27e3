/** Products and their stock: the routes, what they take and everything they can answer. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import * as Problems from "./problem-schemas.ts"
import * as Words from "./schemas.ts"

const id = { id: Words.ProductIdText }
/** Sent twice without a key, goods would be counted twice. */
const key = { "idempotency-key": Words.IdempotencyKey }
/** A SKU belongs to one product: sent twice without a key, the second is refused. */
const optionalKey = { "idempotency-key": Schema.optionalKey(Words.IdempotencyKey) }
const page = { limit: Schema.optionalKey(Words.Limit), cursor: Schema.optionalKey(Words.Cursor) }

const create = HttpApiEndpoint.post("create", "/v1/products", {
  headers: optionalKey,
  payload: Words.NewProduct,
  success: Words.ProductView.pipe(HttpApiSchema.status(201)),
  error: Problems.writing("sku-taken"),
})
  .annotate(OpenApi.Summary, "Create a product")
  .annotate(
    OpenApi.Description,
    "Repeated without a key it creates nothing more: the answer is then 409 `sku-taken`, and the product is found by its SKU.",
  )

const list = HttpApiEndpoint.get("list", "/v1/products", {
  headers: Words.position,
  query: { ...page, sku: Schema.optionalKey(Words.Sku), q: Schema.optionalKey(Words.Search) },
  success: Words.pageOf(Words.ProductView, "ProductPage"),
  error: Problems.reading("invalid-cursor"),
})
  .annotate(OpenApi.Summary, "List products, newest first")
  .annotate(
    OpenApi.Description,
    [
      "`q`: words that all occur in the name or the SKU, each as a part of it, in any order; small letters of ASCII stand for capitals too.",
      "The first pages of the whole list come from a cache: `Age` says how many seconds ago they were read, `Cache-Control` how old they",
      "may become. An edited or new product outdates them; who sends the `Jaego-Position` of a write is answered from the database.",
    ].join(" "),
  )

const get = HttpApiEndpoint.get("get", "/v1/products/:id", {
  params: id,
  headers: { "if-none-match": Schema.optionalKey(Schema.String) },
  success: [Words.ProductView, HttpApiSchema.Empty(304)],
  error: Problems.reading("product-not-found", "route-not-found"),
})
  .annotate(OpenApi.Summary, "Read a product")
  .annotate(
    OpenApi.Description,
    [
      "From a cache: `Age` says how many seconds ago it was read, `Cache-Control` how old it may become. After an edit was answered the",
      "process that answered shows nothing older. An order is decided by the product itself, never by what was shown.",
    ].join(" "),
  )

const edit = HttpApiEndpoint.patch("edit", "/v1/products/:id", {
  params: id,
  headers: { "if-match": Schema.optionalKey(Schema.String) },
  payload: Words.ProductEdit,
  success: Words.ProductView,
  error: Problems.editing(
    "precondition-required",
    "product-changed",
    "purchase-limit-fixed",
    "product-not-found",
    "route-not-found",
  ),
})
  .annotate(OpenApi.Summary, "Edit a product: name, price, purchase limit, whether it is archived")
  .annotate(
    OpenApi.Description,
    [
      "What is named is set, the rest stays. `If-Match` names the version that was read, or `*`. Orders keep the price they were placed",
      "at; an archived product sells nothing, and its orders go on. It takes no key: sent twice with the same version, the second is",
      "412; with `*`, it sets the same values again. A product keeps its currency, and once it was ordered it keeps having a purchase",
      "limit, or having none.",
    ].join(" "),
  )

/** As the table of routes writes it. */
export const VIEWS = "/v1/products/{id}/views"

const view = HttpApiEndpoint.post("view", "/v1/products/:id/views", {
  params: id,
  success: HttpApiSchema.Empty(202),
  error: Problems.reading("product-not-found", "route-not-found"),
})
  .annotate(OpenApi.Summary, "Count a view of a product")
  .annotate(
    OpenApi.Description,
    [
      "Counted in memory and written once a second (write-behind): what was counted since the last writing is lost when the service is",
      "killed, and nothing when it ends properly. None is counted twice by us; a request that is sent twice is two views.",
    ].join(" "),
  )

const views = HttpApiEndpoint.get("views", "/v1/products/:id/views", {
  params: id,
  success: Words.ViewsView,
  error: Problems.reading("product-not-found", "route-not-found"),
}).annotate(OpenApi.Summary, "Read how often a product was viewed")

const stock = HttpApiEndpoint.get("stock", "/v1/products/:id/stock", {
  params: id,
  success: Words.StockNowView,
  error: Problems.reading("product-not-found", "route-not-found"),
})
  .annotate(OpenApi.Summary, "Read a product's stock, linearizable with orders and cancels")
  .annotate(
    OpenApi.Description,
    [
      "`held` units are in orders that are not paid yet; `nextReleaseAt` is when the first hold among them ends by time, as of the last",
      "second, and null if none does soon: a hold with a charge under way ends with it.",
    ].join(" "),
  )

/** As the table of routes writes it; answered beside the pipeline (`stock-stream-route.ts`). */
export const STOCK_STREAM = "/v1/products/{id}/stock/stream"

const stream = HttpApiEndpoint.get("stream", "/v1/products/:id/stock/stream", {
  params: id,
  headers: { "last-event-id": Schema.optionalKey(Schema.String) },
  success: Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/event-stream" })),
  error: Problems.reading("product-not-found", "route-not-found"),
})
  .annotate(OpenApi.Summary, "Follow a product's stock as it is committed")
  .annotate(
    OpenApi.Description,
    [
      "Server-sent events: `stock`, or `sold-out` and `back-in-stock` when that has changed since the event before, `paused` and",
      "`resumed` when an operator stops the sale. `id` is the stock's version, `data` the stock as the route above shows it. At most",
      "one event each 250 ms (later, the more streams a product has), always of the newest version; all but `stock` come at once. A",
      "client that comes back with `Last-Event-ID` is spared the version it has; while the sale is paused it is said again, and",
      "without that word it is not. A comment each 15 s. The stream ends when the service does, or stands by; `retry` says when to",
      "come back.",
    ].join(" "),
  )

const receive = HttpApiEndpoint.post("receive", "/v1/products/:id/stock/receipts", {
  params: id,
  headers: key,
  payload: Words.Arrival,
  success: Words.StockView,
  error: Problems.writing("idempotency-key-required", "product-not-found", "route-not-found", "stock-overflow"),
}).annotate(OpenApi.Summary, "Receive goods")

const adjust = HttpApiEndpoint.post("adjust", "/v1/products/:id/stock/adjustments", {
  params: id,
  headers: key,
  payload: Words.Adjustment,
  success: Words.StockView,
  error: Problems.writing(
    "idempotency-key-required",
    "product-not-found",
    "route-not-found",
    "stock-overflow",
    "insufficient-stock",
  ),
}).annotate(OpenApi.Summary, "Correct the stock: counted, damaged, ...")

const movements = HttpApiEndpoint.get("movements", "/v1/products/:id/stock/movements", {
  params: id,
  headers: Words.position,
  query: page,
  success: Words.pageOf(Words.MovementView, "MovementPage"),
  error: Problems.reading("product-not-found", "route-not-found", "invalid-cursor"),
}).annotate(OpenApi.Summary, "The product's ledger, newest first")

export const products = HttpApiGroup.make("products")
  .add(create, list, get, edit, view, views, stock, stream, receive, adjust, movements)
  .annotate(OpenApi.Description, "Products, their stock and its ledger.")
