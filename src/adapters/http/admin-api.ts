/** What operators do: see how the dependencies outside are, and order a circuit breaker open or closed. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import * as Words from "./admin-schemas.ts"
import * as Problems from "./problem-schemas.ts"
import * as Reconciliation from "./reconciliation-views.ts"
import { Id, IdempotencyKey } from "./schemas.ts"

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

const Paused = Schema.Struct({ data: Schema.Array(Words.PauseView) })
const pauseProblems = Problems.ordering("loopback-only", "database")

const pause = HttpApiEndpoint.post("pause", "/v1/admin/pause", {
  payload: Words.PauseOrder,
  success: Paused,
  error: pauseProblems,
})
  .annotate(OpenApi.Summary, "Stop selling everything, or one product")
  .annotate(
    OpenApi.Description,
    "Placing is answered 503 `paused`; reading, paying and cancelling go on. It holds in every process and across restarts, until `until` or until it is resumed. Answers all that is paused.",
  )

const resume = HttpApiEndpoint.post("resume", "/v1/admin/resume", {
  payload: Words.ResumeOrder,
  success: Paused,
  error: pauseProblems,
}).annotate(OpenApi.Summary, "Sell again what was paused under the same scope; answers what is still paused")

const logLevel = HttpApiEndpoint.put("logLevel", "/v1/admin/log-level", {
  payload: Words.LogLevelOrder,
  success: Words.LogLevelView,
  error: Problems.ordering("loopback-only"),
})
  .annotate(OpenApi.Summary, "Log more, or less")
  .annotate(
    OpenApi.Description,
    "Until `until`, or until the next order; of the process that is asked, all its threads together, which forgets it when it ends.",
  )

const profile = HttpApiEndpoint.post("profile", "/v1/admin/profiles", {
  payload: Words.ProfileOrder,
  success: Schema.Record(Schema.String, Schema.Unknown).annotate({
    description: "A `.cpuprofile` or a `.heapsnapshot`, for the developer tools of a browser",
  }),
  error: Problems.ordering("loopback-only", "thread-not-found", "profile-in-progress"),
})
  .annotate(OpenApi.Summary, "See where a thread spends its time, or what it keeps in memory")
  .annotate(
    OpenApi.Description,
    "`cpu`: watched for `seconds`, while it works on. `heap`: the thread stops while it is written, a second for some 100 MB. One profile at a time.",
  )

const consoleView = HttpApiEndpoint.get("console", "/v1/admin/console", {
  query: { since: Schema.optionalKey(Words.Since) },
  success: Words.ConsoleView,
  error: Problems.ordering("loopback-only"),
})
  .annotate(OpenApi.Summary, "What the console shows: the last hour second by second, threads, products, dependencies")
  .annotate(
    OpenApi.Description,
    "`since`: seconds since 1970, the first second that is wanted; without it all of the last hour. Of this process, since it began.",
  )

const orders = HttpApiEndpoint.get("orders", "/v1/admin/orders", {
  query: { idempotencyKey: IdempotencyKey },
  success: Schema.Struct({ data: Schema.Array(Schema.Struct({ id: Id })) }),
  error: Problems.reading("loopback-only"),
})
  .annotate(OpenApi.Summary, "Find the order that was placed under an idempotency key")
  .annotate(OpenApi.Description, "Empty where none was, and where the key is kept no longer: a refusal binds no key.")

const deadLetters = HttpApiEndpoint.get("deadLetters", "/v1/admin/dead-letters", {
  success: Schema.Struct({ data: Schema.Array(Words.DeadLetterGroup) }),
  error: Problems.reading("loopback-only"),
}).annotate(
  OpenApi.Summary,
  "Events that could not be handled, by consumer and kind of error; the most first, at most 100",
)

const replayGroup = HttpApiEndpoint.post("replayDeadLetters", "/v1/admin/dead-letters/replay", {
  payload: Words.GroupOrder,
  success: Words.ReplayView,
  error: Problems.editing("loopback-only"),
})
  .annotate(OpenApi.Summary, "Handle once more what was parked for one kind of error, after its cause was mended")
  .annotate(
    OpenApi.Description,
    "The oldest of a key first, and then what queues behind it; at most 500 at a time. What is still poison stays.",
  )

const reconciliation = HttpApiEndpoint.get("reconciliation", "/v1/admin/reconciliation", {
  success: Reconciliation.ReconciliationView,
  error: Problems.plain("loopback-only"),
}).annotate(OpenApi.Summary, "What the newest comparison with the payment provider's books has found in this process")

const reconcile = HttpApiEndpoint.post("reconcile", "/v1/admin/reconciliation", {
  payload: Reconciliation.ReconciliationOrder,
  success: Reconciliation.ReconciliationView.pipe(HttpApiSchema.status(202)),
  error: Problems.editing("loopback-only"),
})
  .annotate(OpenApi.Summary, "Compare the payment provider's books with our orders, unless that is under way")
  .annotate(
    OpenApi.Description,
    "`spanSeconds`: how far back, a day by default. `fix`: repair what may be repaired without people. Ask for the result until it is no longer `running`.",
  )

export const admin = HttpApiGroup.make("admin")
  .add(list, order, pause, resume, logLevel, profile, consoleView, reconciliation, reconcile)
  .add(orders, deadLetters, replayGroup)
  .annotate(OpenApi.Description, "For operators on the machine itself: answered to peers on the loopback only.")
