/** Answers `/v1/admin/...`. That its peers are on this machine is seen to before any route is asked (`gate.ts`). */
import { type FileHandle, open, rm } from "node:fs/promises"
import { dirname } from "node:path"
import * as NodeStream from "@effect/platform-node/NodeStream"
import { Effect, SubscriptionRef } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { ConsoleFeed, SERIES, type View } from "../../app/console/console-feed.ts"
import { DeadLetters, type GroupRequest } from "../../app/dead-letters.ts"
import { Readiness } from "../../app/health.ts"
import { Parts } from "../../app/parts.ts"
import { Pausing } from "../../app/pausing.ts"
import { Reconciling, SPAN_MS } from "../../app/reconciliation.ts"
import { Dependencies, type Status } from "../../app/resilience/dependencies.ts"
import { Shop } from "../../app/shop.ts"
import type { PoisonGroup } from "../../ports/inbox.ts"
import { LogLevel } from "../../ports/log-level.ts"
import type { Pause } from "../../ports/pauses.ts"
import { Probe } from "../../ports/probe.ts"
import { Profiler, type Taken } from "../../ports/profiler.ts"
import * as Rfc3339 from "../../std/rfc3339.ts"
import type { DeadLetterGroup, DependencyView, PauseView } from "./admin-schemas.ts"
import * as Answers from "./answers.ts"
import { api } from "./api.ts"
import { shownPart } from "./health-handlers.ts"
import * as Problems from "./problems.ts"
import * as Reconciliation from "./reconciliation-views.ts"

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

const shownGroup = ({ since, ...group }: PoisonGroup): DeadLetterGroup => ({ ...group, since: Rfc3339.text(since) })

/** Long enough to see what a thread does, second by second. */
const PROFILE_SECONDS = 10

/** The file is open, and gone from its folder, before the first byte is sent: nothing is left behind, however this ends. */
const opened = async (path: string): Promise<FileHandle> => {
  const file = await open(path)
  await rm(dirname(path), { recursive: true })
  return file
}

const profiled = (
  taken: Taken,
  thread: string,
): Effect.Effect<HttpServerResponse.HttpServerResponse, Problems.Problem> => {
  switch (taken._tag) {
    case "Busy":
      return Effect.fail(Problems.profileInProgress)
    case "NoThread":
      return Effect.fail(Problems.threadNotFound(thread, taken.threads))
    case "Taken":
      return Effect.map(
        Effect.promise(() => opened(taken.path)),
        (file) =>
          HttpServerResponse.stream(NodeStream.fromReadable({ evaluate: () => file.createReadStream() }), {
            contentType: "application/json",
            headers: { "content-disposition": `attachment; filename="${taken.name}"` },
          }),
      )
  }
}

const EMPTY: View = {
  ...{ from: 0, began: 0, lanes: 0, isLeaseFresh: false, audit: null, threads: [], hottest: [] },
  series: Object.fromEntries(SERIES.map((name) => [name, []])) as never,
}

/** All that the console asks once a second, in one answer. */
const viewing = Effect.gen(function* () {
  const feed = yield* ConsoleFeed
  const parts = yield* Parts
  const readiness = yield* Readiness
  const dependencies = yield* Dependencies
  const pausing = yield* Pausing
  return Effect.fnUntraced(function* (since: number) {
    return {
      ...((yield* feed.view(since)) ?? EMPTY),
      state: yield* SubscriptionRef.get(readiness),
      parts: (yield* parts.report).map(shownPart),
      dependencies: (yield* dependencies.report).map(shown),
      paused: (yield* pausing.list).map(shownPause),
    }
  })
})

interface Asking {
  readonly request: Answers.Asked
}

/** What a person on call looks for: the order of a key, and what could not be handled. */
const looking = Effect.gen(function* () {
  const deadLetters = yield* DeadLetters
  const shop = yield* Shop
  const answer = Answers.to(yield* Probe)
  return {
    orders: ({ query, request }: Asking & { readonly query: { readonly idempotencyKey: string } }) =>
      answer(
        request,
        Effect.map(shop.findByKey(query.idempotencyKey), (id) => Answers.ok({ data: id === null ? [] : [{ id }] })),
      ),
    deadLetters: ({ request }: Asking) =>
      answer(
        request,
        Effect.map(deadLetters.groups, (groups) => Answers.ok({ data: groups.map(shownGroup) })),
      ),
    replayDeadLetters: ({ payload, request }: Asking & { readonly payload: GroupRequest }) =>
      answer(request, Effect.map(deadLetters.replayGroup(payload), Answers.ok)),
  }
})

export const layer = HttpApiBuilder.group(
  api,
  "admin",
  Effect.fnUntraced(function* (handlers) {
    const dependencies = yield* Dependencies
    const pausing = yield* Pausing
    const answer = Answers.to(yield* Probe)
    const paused = Effect.map(pausing.list, (all) => Answers.ok({ data: all.map(shownPause) }))
    const view = yield* viewing
    const logs = yield* LogLevel
    const profiler = yield* Profiler
    const reconciling = yield* Reconciling
    return handlers.handleAll({
      console: ({ query, request }) => answer(request, Effect.map(view(query.since ?? 0), Answers.ok)),
      profile: ({ payload: { kind, seconds = PROFILE_SECONDS, thread = "main" }, request }) =>
        answer(
          request,
          Effect.flatMap(profiler.take({ kind, thread, seconds }), (taken) => profiled(taken, thread)),
        ),
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
      reconciliation: () => Effect.map(reconciling.state, (state) => Answers.ok(Reconciliation.shown(state))),
      reconcile: ({ payload: { fix = false, spanSeconds = SPAN_MS / 1_000 }, request }) => {
        const asked = { spanMs: spanSeconds * 1_000, repair: fix ? "fix" : "report" } as const
        return answer(
          request,
          Effect.map(reconciling.begin(asked), (state) =>
            Answers.accepted(202, Reconciliation.shown(state), { replayed: false }),
          ),
        )
      },
      ...(yield* looking),
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
