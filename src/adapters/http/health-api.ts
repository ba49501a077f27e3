/** What is neither product nor order: is it alive, is it ready, what does it count. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import * as Problems from "./problem-schemas.ts"

const live = HttpApiEndpoint.get("live", "/livez", {
  success: Schema.Struct({ status: Schema.Literal("alive") }),
  error: Problems.plain(),
}).annotate(OpenApi.Summary, "Is the process alive?")

/** The relay, or a consumer of events. */
export const PartView = Schema.Struct({
  name: Schema.String,
  state: Schema.Literals(["ok", "failing"]),
  detail: Schema.NullOr(Schema.String),
  since: Schema.String.annotate({ format: "date-time" }),
  failures: Schema.Int,
}).annotate({ identifier: "Part" })

const ready = HttpApiEndpoint.get("ready", "/readyz", {
  query: { verbose: Schema.optionalKey(Schema.String) },
  success: Schema.Struct({ status: Schema.Literal("ready"), parts: Schema.optionalKey(Schema.Array(PartView)) }),
  error: Problems.plain("starting", "standby", "draining", "database", "worker-lost"),
})
  .annotate(OpenApi.Summary, "May it be sent traffic? If not, why not?")
  .annotate(
    OpenApi.Description,
    "With `?verbose` also how the parts beside the shop are: none of them makes it unready, orders are taken without them.",
  )

const metrics = HttpApiEndpoint.get("metrics", "/metrics", {
  success: Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/plain" })),
  error: Problems.plain(),
})
  .annotate(OpenApi.Summary, "Metrics in the Prometheus text format")
  .annotate(OpenApi.Description, "In OpenMetrics, with exemplars, for those who accept `application/openmetrics-text`.")

export const pages = HttpApiGroup.make("pages")
  .add(live, ready, metrics)
  .annotate(OpenApi.Description, "For operators of the service.")
