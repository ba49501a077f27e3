/** Answers `/livez`, `/readyz` and `/metrics`. */
import { Effect, SubscriptionRef } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Readiness } from "../../app/health.ts"
import * as Answers from "./answers.ts"
import { api } from "./api.ts"
import { MetricsPage } from "./metrics-page.ts"
import * as Problems from "./problems.ts"

export const layer = HttpApiBuilder.group(
  api,
  "pages",
  Effect.fnUntraced(function* (handlers) {
    const readiness = yield* Readiness
    const metrics = yield* MetricsPage
    return handlers.handleAll({
      live: () => Effect.succeed(Answers.ok({ status: "alive" })),
      ready: ({ request }) =>
        Effect.map(SubscriptionRef.get(readiness), (state) =>
          state === "ready"
            ? Answers.ok({ status: "ready" })
            : Problems.response(Problems.notReady(state), Answers.requestId(request)),
        ),
      metrics: () =>
        Effect.map(metrics.render, ({ contentType, body }) => HttpServerResponse.text(body, { contentType })),
    })
  }),
)
