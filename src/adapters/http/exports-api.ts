/** Exports: everything there is, in one answer without an end that is known beforehand. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import * as Problems from "./problem-schemas.ts"
import * as Words from "./schemas.ts"

const DESCRIPTION = [
  "One JSON object a line, or with `format=csv` or `Accept: text/csv` a head and lines of CSV; newest first. It is read part by part, by",
  "a cursor: each row that was there at the beginning is in it once, as it stood when its part was read. A transfer that ends",
  "without its last chunk is not complete.",
].join(" ")

const exported = <const Name extends "products" | "stock" | "orders">(name: Name, summary: string) =>
  HttpApiEndpoint.get(name, `/v1/exports/${name}`, {
    query: { format: Schema.optionalKey(Schema.Literals(["ndjson", "csv"])) },
    headers: { accept: Schema.optionalKey(Schema.String), ...Words.position },
    success: Schema.String.pipe(HttpApiSchema.asText({ contentType: "application/x-ndjson" })),
    error: Problems.reading(),
  })
    .annotate(OpenApi.Summary, summary)
    .annotate(OpenApi.Description, DESCRIPTION)

export const exports = HttpApiGroup.make("exports")
  .add(
    exported("products", "Export the products"),
    exported("stock", "Export the stock of each product, as it is committed"),
    exported("orders", "Export the orders; in CSV a line is one line of an order"),
  )
  .annotate(OpenApi.Description, "Everything there is, as a stream.")
