/** What operators do: see how the dependencies outside are, and order a circuit breaker open or closed. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import * as Problems from "./problem-schemas.ts"
import * as Words from "./schemas.ts"

const list = HttpApiEndpoint.get("dependencies", "/v1/admin/dependencies", {
  success: Schema.Struct({ data: Schema.Array(Words.DependencyView) }),
  error: Problems.plain("loopback-only"),
}).annotate(OpenApi.Summary, "How the dependencies outside are: circuit, rates, calls in flight and queued")

const order = HttpApiEndpoint.put("breaker", "/v1/admin/dependencies/:name/breaker", {
  params: { name: Words.DependencyName },
  payload: Words.BreakerOrder,
  success: Words.DependencyView,
  error: Problems.ordering("loopback-only", "dependency-not-found"),
})
  .annotate(OpenApi.Summary, "Order a circuit breaker open or closed, or let it be (`auto`)")
  .annotate(
    OpenApi.Description,
    "`open`: no call is made. `closed`: every call is made, whatever becomes of it. Until `until`, or until the next order; the process that is asked forgets it when it ends.",
  )

export const admin = HttpApiGroup.make("admin")
  .add(list, order)
  .annotate(OpenApi.Description, "For operators on the machine itself: answered to peers on the loopback only.")
