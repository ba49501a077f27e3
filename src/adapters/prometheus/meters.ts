/** The meters: their names, labels and buckets. Names are a promise to dashboards and alerts. */
import { Gauge, type Registry } from "prom-client"
import { Top } from "../../std/top.ts"
import { imports } from "./import-meters.ts"
import {
  BATCH,
  COMMIT_SECONDS,
  counter,
  gauge,
  HOLD_SECONDS,
  histogram,
  REQUEST_SECONDS,
  traced,
} from "./instruments.ts"

const requests = (registry: Registry) => ({
  /** Named by OpenTelemetry's semantic conventions 1.45.0. */
  requestSeconds: traced(registry)(
    "http_server_request_duration_seconds",
    "From the request's headers to the end of its answer",
    REQUEST_SECONDS,
    ["http_request_method", "http_route", "http_response_status_code"],
  ),
  replayed: counter(registry)("jaego_replayed_total", "Answers replayed for a known Idempotency-Key", ["route"]),
  spans: counter(registry)("jaego_spans_total", "Spans that left for the collector, or were dropped", ["outcome"]),
  unavailable: counter(registry)("jaego_unavailable_total", "Requests answered with not now", ["reason"]),
  dropped: counter(registry)("jaego_dropped_total", "Commands whose callers gave up before they were sent", ["why"]),
  shed: counter(registry)("jaego_shed_total", "Requests refused because more come than can be done, by class", [
    "class",
    "observed",
  ]),
  overloaded: gauge(registry)("jaego_overloaded", "1 while requests in flight are bounded", ["thread"]),
  rateLimited: counter(registry)("jaego_rate_limited_total", "Requests refused by a rate limit", ["by"]),
  rateLimitStoreMissed: counter(registry)(
    "jaego_rate_limit_store_misses_total",
    "Requests limited by this process alone, because Redis was away or slow",
  ),
  httpThreadsDied: counter(registry)("jaego_http_thread_deaths_total", "HTTP threads that died and are replaced"),
  connections: gauge(registry)("jaego_http_connections", "Connections that are open", ["thread"]),
  streams: gauge(registry)("jaego_http_streams", "Streams of stock that are open", ["thread"]),
  requestsWaiting: gauge(registry)("jaego_http_requests_waiting", "Pipelined requests behind the open one", ["thread"]),
  unreadBytes: gauge(registry)("jaego_http_unread_bytes", "Bytes of answers that no peer has read yet", ["thread"]),
  connectionsCut: counter(registry)("jaego_http_connections_cut_total", "Connections closed because of a bound", [
    "why",
  ]),
})

const caches = (registry: Registry) => ({
  cacheReads: counter(registry)("jaego_cache_reads_total", "What was shown from the cache, by the level it came from", [
    "from",
  ]),
  cacheRefreshes: counter(registry)("jaego_cache_refreshes_total", "Cached values renewed ahead of their time"),
  cacheInvalidations: counter(registry)(
    "jaego_cache_invalidations_total",
    "What the cache in the process dropped: a key that another process has changed, or all",
    ["what"],
  ),
  views: counter(registry)("jaego_product_views_total", "Views of products that were counted, by what became of them", [
    "outcome",
  ]),
})

/** Products that are shown, and those that are counted for it. */
const SHOWN = 10
const COUNTED = 256

/** The one label that is an id: of as many products as a person looks at, whichever they are at a scrape. */
const hottest = (registry: Registry): Top<string> => {
  const top = new Top<string>(COUNTED)
  new Gauge({
    name: "jaego_hottest_product_units",
    help: "Units paid for of the products of which most were, about",
    labelNames: ["product"],
    registers: [registry],
    collect() {
      this.reset()
      for (const [product, units] of top.first(SHOWN)) this.set({ product }, units)
    },
  })
  return top
}

const sales = (registry: Registry) => ({
  ordersPlaced: counter(registry)("jaego_orders_placed_total", "Orders accepted", ["mode"]),
  ordersEnded: counter(registry)("jaego_orders_ended_total", "Orders that reached an outcome", ["outcome"]),
  ordersRefused: counter(registry)("jaego_orders_refused_total", "Orders the business said no to", ["rejection"]),
  unitsSold: counter(registry)("jaego_units_sold_total", "Units paid for", ["currency"]),
  revenue: counter(registry)("jaego_revenue_minor_units_total", "What was paid, in the currency's minor units", [
    "currency",
  ]),
  hottest: hottest(registry),
  holdAge: histogram(registry)(
    "jaego_hold_age_seconds",
    "How long a hold had lived when it ended: confirmed (paid), or given up",
    HOLD_SECONDS,
    ["outcome"],
  ),
})

const dependencies = (registry: Registry) => ({
  calls: counter(registry)("jaego_dependency_calls_total", "Calls to a dependency outside", [
    "dependency",
    "call",
    "outcome",
  ]),
  callSeconds: histogram(registry)(
    "jaego_dependency_call_duration_seconds",
    "How long a dependency outside took, or until it was given up",
    REQUEST_SECONDS,
    ["dependency", "call"],
  ),
  callsRefused: counter(registry)(
    "jaego_dependency_calls_refused_total",
    "Calls not made for the sake of a dependency; observed: made all the same",
    ["dependency", "reason", "observed"],
  ),
  circuit: gauge(registry)("jaego_circuit_state", "1 for the state the circuit breaker is in", ["dependency", "state"]),
  circuitOpened: counter(registry)("jaego_circuit_openings_total", "How often the circuit breaker opened", [
    "dependency",
  ]),
  callsRunning: gauge(registry)("jaego_dependency_calls_in_flight", "Calls to a dependency under way", ["dependency"]),
  callsQueued: gauge(registry)("jaego_dependency_calls_queued", "Calls that wait for a place or their turn", [
    "dependency",
  ]),
  callsOldest: gauge(registry)("jaego_dependency_oldest_queued_seconds", "How long the oldest call has been queued", [
    "dependency",
  ]),
  callShare: gauge(registry)("jaego_dependency_calls_share", "Share of the newest calls that failed, or were slow", [
    "dependency",
    "kind",
  ]),
})

const shipping = (registry: Registry) => ({
  carrierCallbacks: counter(registry)("jaego_carrier_callbacks_total", "Callbacks of the carrier", ["what", "heard"]),
  paymentHints: counter(registry)("jaego_payment_webhooks_total", "Webhooks of the payment provider", [
    "provider",
    "heard",
  ]),
  reconciliations: counter(registry)(
    "jaego_reconciliations_total",
    "Comparisons with the payment provider's books that were made, or could not be",
    ["outcome"],
  ),
  paymentsMatched: gauge(registry)("jaego_reconciliation_matched", "Payments that matched in the newest comparison"),
  paymentsDiffering: gauge(registry)(
    "jaego_reconciliation_differences",
    "Differences that the newest comparison found and left",
    ["kind"],
  ),
  shipmentsSwept: counter(registry)(
    "jaego_shipments_swept_total",
    "Shipments of paid orders whose event has not come, opened by the sweep",
  ),
  shipmentsEnded: counter(registry)("jaego_shipments_ended_total", "Shipments that reached an outcome", ["outcome"]),
})

const consumers = (registry: Registry) => ({
  eventsHandled: counter(registry)("jaego_events_handled_total", "Events a consumer took in", ["consumer"]),
  eventEffects: counter(registry)("jaego_event_effects_total", "Events that were new and had their effect", [
    "consumer",
  ]),
  eventsQueued: counter(registry)("jaego_events_queued_total", "Events that wait behind poison of their key", [
    "consumer",
  ]),
  eventsBuried: counter(registry)("jaego_events_buried_total", "Events that cannot be handled: poison", ["consumer"]),
  consumerStalls: counter(registry)("jaego_consumer_stalls_total", "Tries of a consumer that found something away", [
    "consumer",
    "absent",
  ]),
  consumerLosses: counter(registry)(
    "jaego_consumer_losses_total",
    "Times a consumer lost its stream, or could not read it",
    ["consumer"],
  ),
  consumerFlowing: gauge(registry)("jaego_consumer_flowing", "1 while a consumer is given what comes", ["consumer"]),
  eventsMissed: counter(registry)(
    "jaego_events_missed_total",
    "Events that were deleted before a consumer was given them",
    ["consumer"],
  ),
  eventsForeign: counter(registry)("jaego_events_foreign_total", "Events of other shops that a consumer passed over", [
    "consumer",
  ]),
  consumerLag: histogram(registry)(
    "jaego_consumer_lag_seconds",
    "How old the oldest event of a consumer's transaction was when it had been handled",
    REQUEST_SECONDS,
    ["consumer"],
  ),
  handleSeconds: histogram(registry)(
    "jaego_events_handle_duration_seconds",
    "How long a consumer's transaction took, with all its tries",
    COMMIT_SECONDS,
    ["consumer"],
  ),
})

const inventory = (registry: Registry) => ({
  batchSize: histogram(registry)("jaego_batch_decisions", "Decisions in one commit", BATCH),
  commitSeconds: traced(registry)("jaego_commit_duration_seconds", "How long a commit took", COMMIT_SECONDS),
  mailboxWait: histogram(registry)(
    "jaego_mailbox_wait_seconds",
    "How long the newest command of a batch had waited when it was sent",
    COMMIT_SECONDS,
  ),
  commandWait: histogram(registry)("jaego_command_wait_seconds", "Least wait beside the commit", COMMIT_SECONDS),
  commitsNotDone: counter(registry)("jaego_commits_not_done_total", "Commits that wrote nothing, or may not have", [
    "outcome",
  ]),
  loadsFailed: counter(registry)(
    "jaego_loads_failed_total",
    "Reads for decisions that the database refused or did not answer",
  ),
  queued: gauge(registry)("jaego_mailbox_depth", "Commands that a worker has under way", ["worker"]),
  products: gauge(registry)("jaego_resident_products", "Products a worker has in memory", ["worker"]),
  orders: gauge(registry)("jaego_resident_orders", "Orders a worker has in memory", ["worker"]),
  workersStarted: counter(registry)("jaego_worker_starts_total", "Workers started, also again"),
  workersDied: counter(registry)("jaego_worker_deaths_total", "Workers that died and are replaced"),
  lanes: gauge(registry)("jaego_lanes_owned", "Lanes this process owns"),
  lanesLost: counter(registry)("jaego_lanes_lost_total", "Times the lanes were lost: the lease, or a fence"),
  databaseBytes: gauge(registry)("jaego_database_bytes", "Size of the database, without its log"),
  diskFree: gauge(registry)("jaego_disk_free_bytes", "Free on a disk of this machine that is needed", ["disk"]),
  diskSize: gauge(registry)("jaego_disk_size_bytes", "Size of a disk of this machine that is needed", ["disk"]),
  oldestSnapshot: gauge(registry)(
    "jaego_database_oldest_snapshot_seconds",
    "Age of the oldest snapshot that keeps dead rows in the database",
  ),
  replicaLag: gauge(registry)("jaego_replica_lag_seconds", "How far a read replica is behind the primary", ["replica"]),
  replicaIn: gauge(registry)("jaego_replica_in_rotation", "1 while a read replica is read from", ["replica"]),
  replicaOut: counter(registry)("jaego_replica_exclusions_total", "Times it left rotation", ["replica", "reason"]),
  replicaReads: counter(registry)("jaego_replica_reads_total", "Reads that may be behind, by source", ["outcome"]),
  standingBy: gauge(registry)("jaego_standing_by", "1 while another process owns the lanes"),
  leaseFresh: gauge(registry)("jaego_lease_fresh", "1 while the session that holds the lease has answered of late"),
})

const threads = (registry: Registry) => ({
  loopDelay: gauge(registry)(
    "jaego_event_loop_delay_seconds",
    "How long turns of the event loop took in the last second",
    ["thread", "at"],
  ),
  loopBusy: gauge(registry)("jaego_event_loop_busy_ratio", "Share of the last second in which the thread was busy", [
    "thread",
  ]),
  gcPauses: counter(registry)("jaego_gc_pause_seconds_total", "Time in which the thread stood for garbage collection", [
    "thread",
  ]),
  poolStatements: counter(registry)("jaego_pool_statements_total", "Statements that had a connection of their pool", [
    "thread",
    "pool",
  ]),
  poolWait: counter(registry)("jaego_pool_wait_seconds_total", "Time that statements waited for a connection", [
    "thread",
    "pool",
  ]),
  poolLongest: gauge(registry)("jaego_pool_longest_wait_seconds", "Longest wait for a connection in the last second", [
    "thread",
    "pool",
  ]),
  heap: gauge(registry)("jaego_heap_bytes", "Heap of the thread that is in use", ["thread"]),
})

const backlog = (registry: Registry) => ({
  holdsLive: gauge(registry)("jaego_holds_live", "Orders whose hold lives, up to 100,000 of a kind"),
  oldestCharge: gauge(registry)("jaego_oldest_unsettled_charge_seconds", "Age of the oldest charge without an outcome"),
  refundsDue: gauge(registry)("jaego_refunds_due", "Refunds that the provider has not confirmed"),
  oldestRefund: gauge(registry)(
    "jaego_oldest_unsettled_refund_seconds",
    "How long the oldest refund has been seen due",
  ),
  outboxRows: gauge(registry)("jaego_outbox_rows", "Facts that have not left"),
  outboxOldest: gauge(registry)("jaego_outbox_oldest_seconds", "Age of the oldest fact that has not left"),
  deadLetters: gauge(registry)("jaego_dead_letters", "Events that were parked: poison, or behind one", [
    "consumer",
    "state",
  ]),
})

/** Grows by itself, so that an audit that stands still is seen; not there before its first look. */
const auditLag = (registry: Registry) => {
  let heard: { readonly lagSeconds: number; readonly at: number } | null = null
  new Gauge({
    name: "jaego_audit_lag_seconds",
    help: "Age of the oldest commit that the audit may not have compared",
    registers: [registry],
    collect() {
      if (heard === null) this.remove()
      else this.set(heard.lagSeconds + (Date.now() - heard.at) / 1_000)
    },
  })
  return {
    heard: (lagSeconds: number) => {
      heard = { lagSeconds, at: Date.now() }
    },
  }
}

const audit = (registry: Registry) => ({
  oversold: gauge(registry)("jaego_oversold_units", "Units that orders have beyond those there were, from the audit"),
  differences: gauge(registry)("jaego_audit_differences", "What the audit has found to differ, by what it is", [
    "kind",
  ]),
  auditLag: auditLag(registry),
  auditOrders: counter(registry)("jaego_audit_orders_total", "Orders placed that this process's audit has compared"),
  auditFacts: counter(registry)(
    "jaego_audit_facts_total",
    "Facts that this process's audit has compared, or passed over",
    ["outcome"],
  ),
})

const facts = (registry: Registry) => ({
  factsRelayed: counter(registry)("jaego_facts_relayed_total", "Facts the event stream has confirmed"),
  relaySeconds: histogram(registry)(
    "jaego_relay_duration_seconds",
    "From reading facts to the stream's confirmation",
    REQUEST_SECONDS,
  ),
  lagSeconds: histogram(registry)(
    "jaego_relay_lag_seconds",
    "How old the oldest fact of a batch was when the stream had confirmed it",
    REQUEST_SECONDS,
  ),
  oldestSeconds: gauge(registry)(
    "jaego_relay_oldest_seconds",
    "How old the oldest fact was that was last tried to publish",
  ),
  stalled: counter(registry)("jaego_stream_stalls_total", "Times the event stream has not confirmed"),
  relaying: gauge(registry)("jaego_relaying", "1 while this process brings the facts out"),
  factsThreadDied: counter(registry)("jaego_facts_thread_deaths_total", "Times the facts thread died and was replaced"),
})

export const meters = (registry: Registry) => ({
  ...requests(registry),
  ...caches(registry),
  ...sales(registry),
  ...dependencies(registry),
  ...shipping(registry),
  ...inventory(registry),
  ...consumers(registry),
  ...facts(registry),
  ...imports(registry),
  ...threads(registry),
  ...backlog(registry),
  ...audit(registry),
})
export type Meters = ReturnType<typeof meters>
