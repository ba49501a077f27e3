/** Answers `/v1/admin/...`. That its peers are on this machine is seen to before any route is asked (`gate.ts`). */
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Pausing } from "../../app/pausing.ts"
import { Dependencies, type Status } from "../../app/resilience/dependencies.ts"
import { LogLevel } from "../../ports/log-level.ts"
import type { Pause } from "../../ports/pauses.ts"
import { Probe } from "../../ports/probe.ts"
import * as Rfc3339 from "../../std/rfc3339.ts"
import * as Answers from "./answers.ts"
import { api } from "./api.ts"
import * as Problems from "./problems.ts"
import type { DependencyView, PauseView } from "./schemas.ts"

const timeOrNull = (at: number | null): string | null => (at === null ? null : Rfc3339.text(at))

const shown = ({ dependency, load, mode, openForMs, openings, override, rates, state }: Status): DependencyView => ({
  name: dependency,
  breaker: {
    mode,
    state,
    openForMs: Math.ceil(openForMs),
    openings,
    order: { ...override, until: timeOrNull(override.until) },
    recentCalls: rates.calls,
    failureRate: rates.failures,
    slowRate: rates.slow,
  },
  inFlight: load.running,
  queued: load.queued,
  oldestQueuedSince: timeOrNull(load.oldestSince),
})

const shownPause = ({ productId, reason, since, until }: Pause): PauseView => ({
  scope: productId === null ? "all" : "product",
  productId,
  reason,
  since: Rfc3339.text(since),
  until: timeOrNull(until),
})

export const layer = HttpApiBuilder.group(
  api,
  "admin",
  Effect.fnUntraced(function* (handlers) {
    const dependencies = yield* Dependencies
    const pausing = yield* Pausing
    const answer = Answers.to(yield* Probe)
    const paused = Effect.map(pausing.list, (all) => Answers.ok({ data: all.map(shownPause) }))
    const logs = yield* LogLevel
    return handlers.handleAll({
      logLevel: ({ payload: { level, until }, request }) =>
        answer(
          request,
          Effect.sync(() => {
            const setting = logs.order(level, until == null ? null : Rfc3339.parse(until))
            return Answers.ok({ ...setting, until: timeOrNull(setting.until) })
          }),
        ),
      pause: ({ payload: { productId, reason, until }, request }) =>
        answer(
          request,
          Effect.andThen(
            pausing.pause({ productId: productId ?? null, reason, until: until == null ? null : Rfc3339.parse(until) }),
            paused,
          ),
        ),
      resume: ({ payload: { productId }, request }) =>
        answer(request, Effect.andThen(pausing.resume(productId ?? null), paused)),
      dependencies: () => Effect.map(dependencies.report, (all) => Answers.ok({ data: all.map(shown) })),
      breaker: ({ params: { name }, payload: { mode, reason, until }, request }) => {
        const order = { mode, until: until == null ? null : Rfc3339.parse(until), reason: reason ?? "" }
        const done = Effect.flatMap(dependencies.order(name, order), (status) =>
          status === null ? Effect.fail(Problems.dependencyNotFound(name)) : Effect.succeed(Answers.ok(shown(status))),
        )
        return answer(request, done)
      },
    })
  }),
)
