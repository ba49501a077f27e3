/**
 * The HTTP API, as a value: every route, with what it takes and everything it can answer.
 *
 * Why it exists: the router, the decoding of requests, the OpenAPI document and the table of routes all come from it.
 * Law: what is not declared is refused: unknown fields and unknown query parameters are 400.
 */
import { HttpApi, OpenApi } from "effect/http-api"
import { admin } from "./admin-api.ts"
import { carrier } from "./carrier-webhook-api.ts"
import { exports } from "./exports-api.ts"
import { pages } from "./health-api.ts"
import { imports } from "./imports-api.ts"
import { complete } from "./openapi.ts"
import { orders } from "./orders-api.ts"
import { payments } from "./payment-webhook-api.ts"
import { products } from "./products-api.ts"

/** Every fault of a body at once, so that a caller mends it in one go. */
export const strict = { onExcessProperty: "error", errors: "all" } as const

export const api = HttpApi.make("jaego")
  .add(products.annotate(HttpApi.QueryParseOptions, strict))
  .add(orders.annotate(HttpApi.QueryParseOptions, strict))
  .add(exports.annotate(HttpApi.QueryParseOptions, strict))
  .add(imports.annotate(HttpApi.QueryParseOptions, strict))
  .add(carrier)
  .add(payments)
  .add(admin)
  .add(pages)
  .annotate(HttpApi.PayloadParseOptions, strict)
  .annotateMerge(
    OpenApi.annotations({
      title: "Jaego",
      version: "1",
      description: "Orders and inventory for things that run out: never oversold, never forgotten.",
      transform: complete,
    }),
  )
