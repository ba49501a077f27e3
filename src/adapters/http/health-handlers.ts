/** Answers `/livez`, `/readyz` and `/metrics`. */
import { Effect, SubscriptionRef } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Readiness } from "../../app/health.ts"
import { type Part, Parts } from "../../app/parts.ts"
import * as Rfc3339 from "../../std/rfc3339.ts"
import * as Answers from "./answers.ts"
import { api } from "./api.ts"
import { type Format, MetricsPage } from "./metrics-page.ts"
import * as Problems from "./problems.ts"

export const shownPart = (part: Part) => ({ ...part, since: Rfc3339.text(part.since) })

/** Who can read OpenMetrics prefers it: Prometheus says so in every scrape. */
const formatOf = ({ headers }: Answers.Asked): Format =>
  /\bapplication\/openmetrics-text\b/.test(String(headers["accept"] ?? "")) ? "openmetrics" : "prometheus"

export const layer = HttpApiBuilder.group(
  api,
  "pages",
  Effect.fnUntraced(function* (handlers) {
    const readiness = yield* Readiness
    const metrics = yield* MetricsPage
    const parts = yield* Parts
    return handlers.handleAll({
      live: () => Effect.succeed(Answers.ok({ status: "alive" })),
      ready: Effect.fnUntraced(function* ({ query, request }) {
        const state = yield* SubscriptionRef.get(readiness)
        const more = query.verbose === undefined ? {} : { parts: (yield* parts.report).map(shownPart) }
        if (state === "ready") return Answers.ok({ status: "ready", ...more })
        return Problems.response(Problems.notReady(state, more), Answers.requestId(request))
      }),
      metrics: ({ request }) =>
        Effect.map(metrics.render(formatOf(request)), ({ contentType, body }) =>
          HttpServerResponse.text(body, { contentType }),
        ),
    })
  }),
)
