/**
 * Counts what the probe hears, for Prometheus: one registry for the whole process, also for what worker threads
 * announced, because the threads adapter replays that into the main thread's probe.
 *
 * Law: exhaustive; a happening that is not counted does not compile. No ids as labels: every label has few values.
 * Emitting never fails and never waits.
 */
import { Context, Effect, Layer, Semaphore } from "effect"
import { collectDefaultMetrics, Registry } from "prom-client"
import { UnavailableReason } from "../../ports/failures.ts"
import { type Exclusion, type Happening, Probe } from "../../ports/probe.ts"
import { type Meters, meters } from "./meters.ts"

type Counting = {
  readonly [Tag in Happening["_tag"]]: (happening: Happening & { readonly _tag: Tag }) => void
}

const onRequests = (meters: Meters) =>
  ({
    RequestAnswered: ({ method, route, status, seconds, traceId }) => {
      const labels = { http_request_method: method, http_route: route, http_response_status_code: status }
      meters.requestSeconds(labels, seconds, traceId)
    },
    // Counted once it is known what became of it.
    SpanEnded: () => undefined,
    SpansGone: ({ outcome, spans }) => meters.spans.inc({ outcome }, spans),
    Replayed: ({ route }) => meters.replayed.inc({ route }),
    RequestUnavailable: ({ reason }) => meters.unavailable.inc({ reason }),
    RequestShed: ({ class: of, observed }) => meters.shed.inc({ class: of, observed: String(observed) }),
    OverloadChanged: ({ thread, to }) => meters.overloaded.set({ thread }, to === "overloaded" ? 1 : 0),
    RateLimited: ({ by }) => meters.rateLimited.inc({ by }),
    RateLimitStoreMissed: () => meters.rateLimitStoreMissed.inc(),
    HttpThreadDied: () => meters.httpThreadsDied.inc(),
    CacheRead: ({ from }) => meters.cacheReads.inc({ from }),
    CacheRefreshed: () => meters.cacheRefreshes.inc(),
    CacheInvalidated: ({ what }) => meters.cacheInvalidations.inc({ what }),
    ViewsWritten: ({ views }) => meters.views.inc({ outcome: "written" }, views),
    ViewsLost: ({ views }) => meters.views.inc({ outcome: "lost" }, views),
    ConnectionsMeasured: ({ open, streams, thread, unreadBytes, waiting }) => {
      meters.connections.set({ thread }, open)
      meters.requestsWaiting.set({ thread }, waiting)
      meters.streams.set({ thread }, streams)
      meters.unreadBytes.set({ thread }, unreadBytes)
    },
    ConnectionCut: ({ why }) => meters.connectionsCut.inc({ why }),
  }) satisfies Partial<Counting>

const onSales = (meters: Meters) =>
  ({
    OrderPlaced: ({ mode }) => meters.ordersPlaced.inc({ mode }),
    OrderEnded: ({ heldSince, outcome }) => {
      meters.ordersEnded.inc({ outcome })
      if (heldSince !== null) meters.holdAge.observe({ outcome }, Math.max(0, Date.now() - heldSince) / 1_000)
    },
    OrderRefused: ({ rejection }) => meters.ordersRefused.inc({ rejection }),
    UnitsSold: ({ amount, currency, lines, units }) => {
      for (const { productId, quantity } of lines) meters.hottest.add(productId, quantity)
      meters.unitsSold.inc({ currency }, units)
      meters.revenue.inc({ currency }, amount)
    },
  }) satisfies Partial<Counting>

const onDependencies = (meters: Meters) =>
  ({
    CallAnswered: ({ call, dependency, outcome, seconds }) => {
      meters.calls.inc({ dependency, call, outcome })
      meters.callSeconds.observe({ dependency, call }, seconds)
    },
    CallRefused: ({ dependency, observed, reason }) =>
      meters.callsRefused.inc({ dependency, reason, observed: String(observed) }),
    CircuitChanged: ({ dependency, to }) => {
      for (const state of ["closed", "open", "half-open"])
        meters.circuit.set({ dependency, state }, state === to ? 1 : 0)
      if (to === "open") meters.circuitOpened.inc({ dependency })
    },
    DependencyMeasured: ({ dependency, failures, oldestSeconds, queued, running, slow }) => {
      meters.callsRunning.set({ dependency }, running)
      meters.callsQueued.set({ dependency }, queued)
      meters.callsOldest.set({ dependency }, oldestSeconds)
      meters.callShare.set({ dependency, kind: "failed" }, failures)
      meters.callShare.set({ dependency, kind: "slow" }, slow)
    },
  }) satisfies Partial<Counting>

const onReconciling = (meters: Meters) =>
  ({
    Reconciled: ({ left, matched, outcome }) => {
      meters.reconciliations.inc({ outcome })
      // Of a comparison that was not made nothing is known: what was known stands.
      if (outcome !== "compared") return
      meters.paymentsMatched.set(matched)
      for (const { differences, kind } of left) meters.paymentsDiffering.set({ kind }, differences)
    },
  }) satisfies Partial<Counting>

const onShipping = (meters: Meters) =>
  ({
    CarrierCalled: ({ what, heard }) => meters.carrierCallbacks.inc({ what, heard }),
    PaymentHinted: ({ heard, provider }) => meters.paymentHints.inc({ provider, heard }),
    ShipmentsSwept: ({ shipments }) => meters.shipmentsSwept.inc(shipments),
    ShipmentEnded: ({ outcome }) => meters.shipmentsEnded.inc({ outcome }),
  }) satisfies Partial<Counting>

const NO_LABELS = {}
const EXCLUSIONS: ReadonlyArray<Exclusion> = ["silent", "lagging", "promoted"]
/** With a label a disk that is not ours to see is absent, and not one of no bytes. */
const ON_DATABASE = { disk: "database" }

const onInventory = (meters: Meters) =>
  ({
    BatchCommitted: ({ decisions, seconds, traceId, waitMs }) => {
      meters.mailboxWait.observe(waitMs / 1_000)
      meters.batchSize.observe(decisions)
      meters.commitSeconds(NO_LABELS, seconds, traceId)
    },
    CommandsWaited: ({ waitMs }) => meters.commandWait.observe(waitMs / 1_000),
    SnapshotMeasured: ({ seconds }) => meters.oldestSnapshot.set(seconds),
    DatabaseMeasured: ({ bytes }) => meters.databaseBytes.set(bytes),
    DiskMeasured: ({ freeBytes, sizeBytes }) => {
      meters.diskFree.set(ON_DATABASE, freeBytes)
      meters.diskSize.set(ON_DATABASE, sizeBytes)
    },
    ReplicaKnown: ({ replica }) => {
      meters.replicaIn.set({ replica }, 0)
      for (const reason of EXCLUSIONS) meters.replicaOut.inc({ replica, reason }, 0)
    },
    ReplicaMeasured: ({ lagSeconds, replica }) => meters.replicaLag.set({ replica }, lagSeconds),
    ReplicaChanged: ({ out, replica }) => {
      meters.replicaIn.set({ replica }, out === null ? 1 : 0)
      if (out !== null) meters.replicaOut.inc({ replica, reason: out })
    },
    ReplicaRead: ({ outcome }) => meters.replicaReads.inc({ outcome }),
    CommitContested: () => meters.commitsNotDone.inc({ outcome: "contested" }),
    CommitFenced: () => meters.commitsNotDone.inc({ outcome: "fenced" }),
    CommitFailed: ({ outcome }) => meters.commitsNotDone.inc({ outcome }),
    WorkDropped: ({ why }) => meters.dropped.inc({ why }),
    LoadFailed: () => meters.loadsFailed.inc(),
    WorkerMeasured: ({ worker, queued, products, orders }) => {
      meters.queued.set({ worker }, queued)
      meters.products.set({ worker }, products)
      meters.orders.set({ worker }, orders)
    },
    WorkerStarted: () => meters.workersStarted.inc(),
    WorkerDied: ({ worker }) => {
      for (const gauge of [meters.queued, meters.products, meters.orders]) gauge.set({ worker }, 0)
      meters.workersDied.inc()
    },
    LanesTaken: ({ lanes }) => {
      meters.lanes.set(lanes)
      meters.standingBy.set(0)
    },
    LanesLost: () => {
      meters.lanes.set(0)
      meters.lanesLost.inc()
      meters.leaseFresh.set(0)
    },
    StandingBy: () => meters.standingBy.set(1),
    LeaseMeasured: ({ isFresh }) => meters.leaseFresh.set(isFresh ? 1 : 0),
  }) satisfies Partial<Counting>

const onThreads = (meters: Meters) =>
  ({
    ThreadMeasured: ({ busy, delayMaxSeconds, delayP99Seconds, heapBytes, pausedSeconds, thread }) => {
      meters.loopDelay.set({ thread, at: "p99" }, delayP99Seconds)
      meters.loopDelay.set({ thread, at: "max" }, delayMaxSeconds)
      meters.loopBusy.set({ thread }, busy)
      meters.gcPauses.inc({ thread }, pausedSeconds)
      meters.heap.set({ thread }, heapBytes)
    },
    PoolMeasured: ({ pools, thread }) => {
      for (const { longestSeconds, pool, seconds, statements } of pools) {
        meters.poolStatements.inc({ thread, pool }, statements)
        meters.poolWait.inc({ thread, pool }, seconds)
        meters.poolLongest.set({ thread, pool }, longestSeconds)
      }
    },
  }) satisfies Partial<Counting>

const onImports = (meters: Meters) =>
  ({
    ImportRowsDone: ({ dryRun, ...rows }) => {
      for (const outcome of ["applied", "failed", "skipped"] as const)
        meters.importRows.inc({ outcome, dry_run: String(dryRun) }, rows[outcome])
    },
    ImportEnded: ({ seconds, state }) => {
      meters.importsEnded.inc({ state })
      meters.importSeconds.observe(seconds)
    },
    ImportsMeasured: ({ oldestSeconds, ...states }) => {
      for (const state of ["receiving", "waiting", "running"] as const) meters.imports.set({ state }, states[state])
      meters.importsOldest.set(oldestSeconds)
    },
  }) satisfies Partial<Counting>

const onBacklog = (meters: Meters) =>
  ({
    BacklogMeasured: ({ deadLetters, ...backlog }) => {
      meters.holdsLive.set(backlog.holds)
      meters.oldestCharge.set(backlog.oldestChargeSeconds)
      meters.refundsDue.set(backlog.refundsDue)
      meters.oldestRefund.set(backlog.oldestRefundSeconds)
      meters.outboxRows.set(backlog.facts)
      meters.outboxOldest.set(backlog.oldestFactSeconds)
      meters.deadLetters.reset()
      for (const { consumer, letters, state } of deadLetters) meters.deadLetters.set({ consumer, state }, letters)
    },
  }) satisfies Partial<Counting>

const onAudit = (meters: Meters) =>
  ({
    BooksAudited: ({ differences, facts, lagSeconds, orders, oversoldUnits, passedOver }) => {
      meters.oversold.set(oversoldUnits)
      meters.auditLag.heard(lagSeconds)
      meters.auditOrders.inc(orders)
      meters.auditFacts.inc({ outcome: "compared" }, facts)
      meters.auditFacts.inc({ outcome: "passed-over" }, passedOver)
      for (const [kind, count] of Object.entries(differences)) meters.differences.set({ kind }, count)
    },
  }) satisfies Partial<Counting>

const onConsumers = (meters: Meters) =>
  ({
    EventsHandled: ({ consumer, effects, events, lagSeconds, queued, seconds }) => {
      meters.eventsHandled.inc({ consumer }, events)
      meters.eventEffects.inc({ consumer }, effects)
      meters.eventsQueued.inc({ consumer }, queued)
      meters.consumerLag.observe({ consumer }, lagSeconds)
      meters.handleSeconds.observe({ consumer }, seconds)
    },
    EventsBuried: ({ consumer, events }) => meters.eventsBuried.inc({ consumer }, events),
    ConsumerStalled: ({ absent, consumer }) => meters.consumerStalls.inc({ consumer, absent }),
    ConsumerLost: ({ consumer }) => {
      meters.consumerLosses.inc({ consumer })
      meters.consumerFlowing.set({ consumer }, 0)
    },
    ConsumerFlowing: ({ consumer }) => meters.consumerFlowing.set({ consumer }, 1),
    EventsMissed: ({ consumer, events }) => meters.eventsMissed.inc({ consumer }, events),
    EventsForeign: ({ consumer, events }) => meters.eventsForeign.inc({ consumer }, events),
  }) satisfies Partial<Counting>

const onFacts = (meters: Meters) =>
  ({
    LeadershipTaken: () => meters.relaying.set(1),
    LeadershipEnded: () => meters.relaying.set(0),
    FactsRelayed: ({ facts, seconds, lagSeconds }) => {
      meters.factsRelayed.inc(facts)
      meters.relaySeconds.observe(seconds)
      meters.lagSeconds.observe(lagSeconds)
      meters.oldestSeconds.set(lagSeconds)
    },
    StreamStalled: ({ lagSeconds }) => {
      meters.stalled.inc()
      meters.oldestSeconds.set(lagSeconds)
    },
    FactsThreadDied: () => {
      meters.relaying.set(0)
      meters.factsThreadDied.inc()
    },
  }) satisfies Partial<Counting>

const counting = (meters: Meters): Counting => ({
  ...onRequests(meters),
  ...onSales(meters),
  ...onDependencies(meters),
  ...onShipping(meters),
  ...onReconciling(meters),
  ...onInventory(meters),
  ...onConsumers(meters),
  ...onFacts(meters),
  ...onThreads(meters),
  ...onBacklog(meters),
  ...onImports(meters),
  ...onAudit(meters),
})

/** What prom-client adds by itself and Prometheus's own lint refuses: gauges that are named like counters. */
const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"]

/**
 * Of prom-client, by a timer that would wake an idle main thread a hundred times a second (its period, ms, is longer than any process
 * lives): `jaego_event_loop_delay_seconds` says it of each thread.
 */
const UNMEASURED = ["min", "max", "mean", "stddev", "p50", "p90", "p99"].map(
  (of) => `nodejs_eventloop_lag_${of}_seconds`,
)
const NEVER_MS = Number.MAX_SAFE_INTEGER

/** In the exposition format of Prometheus, or of OpenMetrics. */
export interface Exposition {
  readonly contentType: string
  readonly body: string
}

/** The registry's text, as a scrape gets it; exemplars stand in OpenMetrics alone. */
export class Metrics extends Context.Service<
  Metrics,
  { readonly render: (format: "prometheus" | "openmetrics") => Effect.Effect<Exposition> }
>()("jaego/adapters/prometheus/Metrics") {}

const inPrometheus = async (registry: Registry): Promise<Exposition> => ({
  contentType: registry.contentType,
  body: await registry.metrics(),
})

/** A registry of prom-client has one format at a time, and renames its counters for this one. Nothing else may render meanwhile. */
const inOpenMetrics = async (registry: Registry): Promise<Exposition> => {
  const named = registry.getMetricsAsArray().map((metric) => [metric, metric.name] as const)
  registry.setContentType(OPENMETRICS as never)
  try {
    return await inPrometheus(registry)
  } finally {
    registry.setContentType(Registry.PROMETHEUS_CONTENT_TYPE)
    for (const [metric, name] of named) metric.name = name
  }
}

const OPENMETRICS = Registry.OPENMETRICS_CONTENT_TYPE

/** Provides the probe that counts, and what it has counted. */
export const layer: Layer.Layer<Probe | Metrics> = Layer.effectContext(
  Effect.sync(() => {
    const registry = new Registry()
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS })
    for (const name of [...MISNAMED, ...UNMEASURED]) registry.removeSingleMetric(name)
    const known = meters(registry)
    // Each reason is counted from nothing on: the rate of a series that appears with its first count misses that count.
    for (const reason of UnavailableReason.literals) known.unavailable.inc({ reason }, 0)
    const all: Counting = counting(known)
    // Each member takes the happenings of its own tag, which the compiler cannot follow through a look-up.
    const emit = (happening: Happening) => (all[happening._tag] as (happening: Happening) => void)(happening)
    const oneAtATime = Semaphore.makeUnsafe(1).withPermits(1)
    const render: Metrics["Service"]["render"] = (format) =>
      oneAtATime(Effect.promise(() => (format === "openmetrics" ? inOpenMetrics : inPrometheus)(registry)))
    return Context.make(Probe, { emit }).pipe(Context.add(Metrics, { render }))
  }),
)
