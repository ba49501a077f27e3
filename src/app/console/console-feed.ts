/**
 * What the console shows of this process: the last hour second by second, its threads, and the products that sell fastest, from the
 * probe's happenings. So a person on call sees them also where no Prometheus runs.
 *
 * Limits: SERIES numbers a second for an hour, below 1 MiB; as many threads and workers as there are.
 */
import { Clock, Context, Effect, Layer, Schedule } from "effect"
import { type Happening, type HotProduct, Probe } from "../../ports/probe.ts"
import { HOT_MAX } from "../inventory/hot-products.ts"
import { Durations } from "./durations.ts"
import { Series } from "./series.ts"

/** Of each second. Durations in milliseconds, ages in seconds. */
export const SERIES = [
  "answers",
  "errors",
  "orders",
  "soldOut",
  "units",
  "placingP50",
  "placingP99",
  "mailboxWait",
  "mailboxDepth",
  "batch",
  "commit",
  "relayed",
  "outboxRows",
  "outboxAge",
  "consumerLag",
  "deadLetters",
  "holds",
  "chargeAge",
  "busiest",
] as const
export type SeriesName = (typeof SERIES)[number]

export interface ThreadState {
  readonly name: string
  /** Share of the last second. */
  readonly busy: number
  readonly delayMs: number
  readonly heapBytes: number
}

/** What the audit knows; lines are what differs, the first of them. */
export interface AuditState {
  readonly lagSeconds: number
  readonly oversoldUnits: number
  readonly differences: number
  readonly lines: ReadonlyArray<string>
}

export interface View {
  /** Seconds since 1970: the first of each series, and when the process began to count. */
  readonly from: number
  readonly began: number
  readonly series: Readonly<Record<SeriesName, ReadonlyArray<number>>>
  readonly threads: ReadonlyArray<ThreadState>
  readonly hottest: ReadonlyArray<HotProduct>
  readonly lanes: number
  readonly isLeaseFresh: boolean
  /** Null: nothing audits, or has not looked yet. */
  readonly audit: AuditState | null
}

/** Where nothing is watched there is nothing to show. */
export const ConsoleFeed = Context.Reference<{ readonly view: (since: number) => Effect.Effect<View | null> }>(
  "jaego/app/console/ConsoleFeed",
  { defaultValue: () => ({ view: () => Effect.succeed(null) }) },
)

/** A thread that has not reported for so long has ended (ms). */
const GONE_MS = 5_000

const SECOND = Schedule.fixed("1 second")

/** What is counted within a second. */
const nothing = () => ({
  ...{ answers: 0, errors: 0, orders: 0, soldOut: 0, units: 0, relayed: 0 },
  ...{ decisions: 0, commits: 0, commitMs: 0 },
})

/** An audit that says nothing falls behind. */
const audited = ({ at, state }: { readonly at: number; readonly state: AuditState }, now: number): AuditState => ({
  ...state,
  lagSeconds: state.lagSeconds + Math.max(0, now - at) / 1_000,
})

const backlogOf = (happening: Extract<Happening, { readonly _tag: "BacklogMeasured" }>) => ({
  outboxRows: happening.facts,
  outboxAge: happening.oldestFactSeconds,
  deadLetters: happening.deadLetters.reduce((sum, { letters }) => sum + letters, 0),
  holds: happening.holds,
  chargeAge: happening.oldestChargeSeconds,
})

class Watch {
  readonly #series = new Series<SeriesName>(SERIES)
  readonly #placing = new Durations()
  readonly #threads = new Map<string, { readonly at: number; readonly state: ThreadState }>()
  readonly #depths = new Map<number, number>()
  readonly #hottest = new Map<number, { readonly at: number; readonly products: ReadonlyArray<HotProduct> }>()
  readonly #began: number
  /** Of the second that is running. */
  #sums = nothing()
  #waitMs = 0
  #lagSeconds = 0
  /** As they were measured last. */
  #backlog = { outboxRows: 0, outboxAge: 0, deadLetters: 0, holds: 0, chargeAge: 0 }
  #lanes = 0
  #isLeaseFresh = true
  #audit: { readonly at: number; readonly state: AuditState } | null = null

  constructor(now: number) {
    this.#began = Math.floor(now / 1_000)
  }

  hear(happening: Happening, now: () => number): void {
    const sums = this.#sums
    switch (happening._tag) {
      case "RequestAnswered":
        sums.answers++
        if (happening.status >= 500) sums.errors++
        if (happening.route === "/v1/orders" && happening.method === "POST")
          this.#placing.add(happening.seconds * 1_000)
        return
      case "OrderPlaced":
        sums.orders++
        return
      case "OrderRefused":
        if (happening.rejection === "InsufficientStock") sums.soldOut++
        return
      case "UnitsSold":
        sums.units += happening.units
        return
      case "FactsRelayed":
        sums.relayed += happening.facts
        return
      case "BatchCommitted":
        sums.commits++
        sums.decisions += happening.decisions
        sums.commitMs += happening.seconds * 1_000
        this.#waitMs = Math.max(this.#waitMs, happening.waitMs)
        return
      case "EventsHandled":
        this.#lagSeconds = Math.max(this.#lagSeconds, happening.lagSeconds)
        return
      case "WorkerMeasured":
        this.#depths.set(happening.worker, happening.queued)
        this.#hottest.set(happening.worker, { at: now(), products: happening.hottest })
        return
      case "ThreadMeasured": {
        const { busy, delayMaxSeconds, heapBytes, thread: name } = happening
        this.#threads.set(name, { at: now(), state: { name, busy, delayMs: delayMaxSeconds * 1_000, heapBytes } })
        return
      }
      case "BacklogMeasured":
        this.#backlog = backlogOf(happening)
        return
      case "BooksAudited": {
        const { differences, lagSeconds, lines, oversoldUnits } = happening
        const all = differences.product + differences.order + differences.lane
        this.#audit = { at: now(), state: { lagSeconds, oversoldUnits, differences: all, lines } }
        return
      }
      case "LanesTaken":
        this.#lanes = happening.lanes
        return
      case "LanesLost":
        this.#lanes = 0
        return
      case "LeaseMeasured":
        this.#isLeaseFresh = happening.isFresh
        return
    }
  }

  /** A second is over. */
  tick(now: number): void {
    for (const [name, { at }] of this.#threads) if (now - at > GONE_MS) this.#threads.delete(name)
    for (const [worker, { at }] of this.#hottest) {
      if (now - at <= GONE_MS) continue
      this.#hottest.delete(worker)
      this.#depths.delete(worker)
    }
    const { answers, commitMs, commits, decisions, errors, orders, relayed, soldOut, units } = this.#sums
    this.#series.put(Math.floor(now / 1_000), {
      ...{ answers, errors, orders, soldOut, units, relayed },
      placingP50: this.#placing.quantile(0.5),
      placingP99: this.#placing.quantile(0.99),
      mailboxWait: this.#waitMs,
      mailboxDepth: [...this.#depths.values()].reduce((sum, depth) => sum + depth, 0),
      batch: commits === 0 ? 0 : decisions / commits,
      commit: commits === 0 ? 0 : commitMs / commits,
      ...this.#backlog,
      consumerLag: this.#lagSeconds,
      busiest: Math.max(0, ...Array.from(this.#threads.values(), ({ state }) => state.busy)),
    })
    this.#placing.clear()
    this.#waitMs = 0
    this.#lagSeconds = 0
    this.#sums = nothing()
  }

  view(since: number, now: number): View {
    const { from, values } = this.#series.since(since)
    return {
      audit: this.#audit === null ? null : audited(this.#audit, now),
      ...{ from, series: values, began: this.#began, lanes: this.#lanes, isLeaseFresh: this.#isLeaseFresh },
      threads: Array.from(this.#threads.values(), ({ state }) => state).sort((a, b) => (a.name < b.name ? -1 : 1)),
      hottest: Array.from(this.#hottest.values(), ({ products }) => products)
        .flat()
        .sort((a, b) => b.units - a.units)
        .slice(0, HOT_MAX),
    }
  }
}

/** What it has heard, and the probe that it hears by. */
export const watching: Layer.Layer<Probe, never, Probe> = Layer.effectContext(
  Effect.gen(function* () {
    const probe = yield* Probe
    const clock = yield* Clock.Clock
    const now = () => clock.currentTimeMillisUnsafe()
    const watch = new Watch(now())
    const emit = (happening: Happening): void => {
      probe.emit(happening)
      watch.hear(happening, now)
    }
    yield* Effect.forkScoped(
      Effect.repeat(
        Effect.sync(() => watch.tick(now())),
        SECOND,
      ),
    )
    const feed = { view: (since: number) => Effect.sync(() => watch.view(since, now())) }
    return Context.make(Probe, { emit }).pipe(Context.add(ConsoleFeed, feed))
  }),
)
