/** The words of operators: orders to breakers, pauses, logs and profiles, and what `/v1/admin` shows. */
import { Schema } from "effect"
import { LEVELS } from "../../ports/log-level.ts"
import { KINDS, SECONDS_MAX } from "../../ports/profiler.ts"
import { PartView } from "./health-api.ts"
import { Id, Moment, matching, ProductIdText, Reason, Time } from "./schemas.ts"

/** A dependency outside: `carrier`. */
export const DependencyName = Schema.String.check(matching(/^[a-z][a-z-]{0,31}$/, "a name of small letters"))
export const BreakerOrder = Schema.Struct({
  mode: Schema.Literals(["auto", "open", "closed"]),
  until: Schema.optionalKey(Schema.NullOr(Moment)),
  reason: Schema.optionalKey(Reason),
})

/** What is paused or resumed: everything, or one product. */
const PAUSED = {
  scope: Schema.Literals(["all", "product"]),
  productId: Schema.optionalKey(ProductIdText),
}
const namesProduct = Schema.makeFilter(
  ({ productId, scope }: { readonly scope: string; readonly productId?: string }) =>
    (scope === "product") === (productId !== undefined),
  { expected: "a productId with the scope `product`, and none with `all`" },
)
export const PauseOrder = Schema.Struct({
  ...PAUSED,
  reason: Reason,
  until: Schema.optionalKey(Schema.NullOr(Moment)),
}).check(namesProduct)
export const ResumeOrder = Schema.Struct(PAUSED).check(namesProduct)

export const LogLevelOrder = Schema.Struct({
  level: Schema.Literals(LEVELS),
  until: Schema.optionalKey(Schema.NullOr(Moment)),
})

export const ProfileOrder = Schema.Struct({
  kind: Schema.Literals(KINDS),
  thread: Schema.optionalKey(
    Schema.String.check(Schema.isPattern(/^[a-z0-9-]{1,64}$/, { expected: "the name of a thread" })).annotate({
      description: "`main`, `worker-0`, `facts`, `http-0`, ...; without it `main`",
    }),
  ),
  seconds: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: SECONDS_MAX })).annotate({
      description: "How long the processor is watched; without it 10",
    }),
  ),
})

/** Seconds since 1970. */
export const Since = Schema.FiniteFromString.check(Schema.isInt(), Schema.isGreaterThanOrEqualTo(0))

export const PauseView = Schema.Struct({
  scope: Schema.Literals(["all", "product"]),
  productId: Schema.NullOr(Id),
  reason: Schema.String,
  since: Time,
  until: Schema.NullOr(Time),
}).annotate({ identifier: "Pause" })
export type PauseView = typeof PauseView.Type

/** Letters whose consumer could not handle them for one kind of reason. */
export const DeadLetterGroup = Schema.Struct({
  consumer: Schema.String,
  kind: Schema.String.annotate({
    description: "The error with `#` for ids and numbers: what such letters have in common",
  }),
  error: Schema.String.annotate({ description: "Of the oldest" }),
  letter: Schema.Int.annotate({ description: "The oldest, for `jaego dlq show`" }),
  since: Time,
  poison: Schema.Int,
  queued: Schema.Int.annotate({ description: "Later events of the same keys, which wait behind them" }),
}).annotate({ identifier: "DeadLetterGroup" })
export type DeadLetterGroup = typeof DeadLetterGroup.Type

export const GroupOrder = Schema.Struct({
  consumer: Schema.String.check(Schema.isBetweenLength(1, 200)),
  kind: Schema.String.check(Schema.isMaxLength(2_000)),
})

export const ReplayView = Schema.Struct({
  handled: Schema.Int,
  stays: Schema.Int,
  why: Schema.NullOr(Schema.String).annotate({ description: "Why the first stays that does" }),
  hasMore: Schema.Boolean.annotate({ description: "As many as are handled at a time: ask again for the rest" }),
}).annotate({ identifier: "DeadLetterReplay" })

export const LogLevelView = Schema.Struct({
  level: Schema.Literals(LEVELS),
  until: Schema.NullOr(Time),
  configured: Schema.Literals(LEVELS),
}).annotate({ identifier: "LogLevel" })

export const DependencyView = Schema.Struct({
  name: Schema.String,
  breaker: Schema.Struct({
    /** As it is configured, and what was ordered since. */
    mode: Schema.Literals(["on", "observe", "off"]),
    state: Schema.Literals(["closed", "open", "half-open"]),
    openForMs: Schema.Int,
    openings: Schema.Int,
    order: Schema.Struct({
      mode: Schema.Literals(["auto", "open", "closed"]),
      until: Schema.NullOr(Time),
      reason: Schema.String,
    }),
    recentCalls: Schema.Int,
    failureRate: Schema.Number,
    slowRate: Schema.Number,
  }),
  inFlight: Schema.Int,
  queued: Schema.Int,
  oldestQueuedSince: Schema.NullOr(Time),
}).annotate({ identifier: "Dependency" })
export type DependencyView = typeof DependencyView.Type

const Curve = Schema.Array(Schema.Finite)

export const ConsoleView = Schema.Struct({
  /** Seconds since 1970: of the first number of each curve, and when the process began to count. */
  from: Schema.Int,
  began: Schema.Int,
  series: Schema.Record(Schema.String, Curve),
  threads: Schema.Array(
    Schema.Struct({ name: Schema.String, busy: Schema.Finite, delayMs: Schema.Finite, heapBytes: Schema.Finite }),
  ),
  hottest: Schema.Array(Schema.Struct({ productId: Schema.String, units: Schema.Finite, available: Schema.Finite })),
  state: Schema.String,
  lanes: Schema.Int,
  isLeaseFresh: Schema.Boolean,
  audit: Schema.NullOr(
    Schema.Struct({
      /** Everything that was committed before has been compared. */
      lagSeconds: Schema.Finite,
      oversoldUnits: Schema.Finite,
      differences: Schema.Int,
      /** The first of them. */
      lines: Schema.Array(Schema.String),
    }),
  ),
  parts: Schema.Array(PartView),
  dependencies: Schema.Array(DependencyView),
  paused: Schema.Array(PauseView),
}).annotate({ identifier: "Console" })
