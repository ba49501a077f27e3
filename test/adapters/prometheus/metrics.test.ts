/** What the probe hears, as a scrape sees it. */
import { Effect } from "effect"
import { expect, it } from "vitest"
import * as PrometheusMetrics from "../../../src/adapters/prometheus/metrics.ts"
import { type Happening, Probe } from "../../../src/ports/probe.ts"

const scrape = (happenings: ReadonlyArray<Happening>, format: "prometheus" | "openmetrics" = "prometheus") =>
  Effect.gen(function* () {
    const probe = yield* Probe
    const metrics = yield* PrometheusMetrics.Metrics
    for (const happening of happenings) probe.emit(happening)
    return yield* metrics.render(format)
  }).pipe(Effect.provide(PrometheusMetrics.layer), Effect.runPromise)

const request: Happening = {
  _tag: "RequestAnswered",
  method: "POST",
  route: "/v1/orders",
  status: 201,
  seconds: 0.004,
}

const sold: Happening = {
  _tag: "UnitsSold",
  units: 7,
  amount: 9_000,
  currency: "KRW",
  lines: [{ productId: "jar", quantity: 7 }],
}
const thread: Happening = {
  _tag: "ThreadMeasured",
  thread: "facts",
  ...{ delayP99Seconds: 0.004, delayMaxSeconds: 0.02, busy: 0.25, pausedSeconds: 0.01, heapBytes: 1_000 },
}
const backlog: Happening = {
  _tag: "BacklogMeasured",
  ...{ holds: 5, oldestChargeSeconds: 12, refundsDue: 2, oldestRefundSeconds: 30, facts: 40, oldestFactSeconds: 3 },
  deadLetters: [{ consumer: "shipping", state: "poison", letters: 1 }],
}

it("counts requests by route and status, with their duration", async () => {
  const { contentType, body } = await scrape([request, request, { ...request, status: 409 }])
  expect(contentType).toContain("text/plain")
  const of = (status: number) =>
    `http_request_method="POST",http_route="/v1/orders",http_response_status_code="${status}"`
  expect(body).toContain(`http_server_request_duration_seconds_count{${of(201)}} 2`)
  expect(body).toContain(`http_server_request_duration_seconds_count{${of(409)}} 1`)
  expect(body).toContain(`http_server_request_duration_seconds_bucket{le="0.0025",${of(201)}} 0`)
  expect(body).toContain(`http_server_request_duration_seconds_bucket{le="0.005",${of(201)}} 2`)
})

it("leads from a bucket to a trace in OpenMetrics, and counts on in the other format under the same names", async () => {
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
  const commit: Happening = { _tag: "BatchCommitted", worker: 1, decisions: 1, seconds: 0.002, waitMs: 0, traceId }
  const emitted = [{ ...request, traceId }, request, commit] as const
  const { contentType, body } = await scrape(emitted, "openmetrics")
  expect(contentType).toContain("application/openmetrics-text")
  expect(body).toMatch(
    new RegExp(
      `^http_server_request_duration_seconds_bucket\\{le="0.005",.*\\} 2 # \\{trace_id="${traceId}"\\} 0.004 `,
      "m",
    ),
  )
  expect(body).toMatch(
    new RegExp(`^jaego_commit_duration_seconds_bucket\\{le="0.0025"\\} 1 # \\{trace_id="${traceId}"\\} 0.002 `, "m"),
  )
  expect(body).toMatch(/^# TYPE jaego_orders_placed counter$/m)
  expect(body.endsWith("\n# EOF\n")).toBe(true)
  const bodies = await Effect.gen(function* () {
    const { render } = yield* PrometheusMetrics.Metrics
    const pages = yield* Effect.all([render("prometheus"), render("openmetrics"), render("prometheus")], {
      concurrency: "unbounded",
    })
    return pages.map((page) => page.body)
  }).pipe(Effect.provide(PrometheusMetrics.layer), Effect.runPromise)
  expect(bodies.map((text) => /^# TYPE jaego_orders_placed_total counter$/m.test(text))).toEqual([true, false, true])
  expect(bodies.some((text) => text.includes("# {") && text.includes("# TYPE jaego_orders_placed_total"))).toBe(false)
})

it.each<[Happening, string]>([
  [{ _tag: "OrderPlaced", mode: "later" }, 'jaego_orders_placed_total{mode="later"} 1'],
  [{ _tag: "OrderEnded", outcome: "expired", heldSince: null }, 'jaego_orders_ended_total{outcome="expired"} 1'],
  [sold, 'jaego_units_sold_total{currency="KRW"} 7'],
  [sold, 'jaego_revenue_minor_units_total{currency="KRW"} 9000'],
  [sold, 'jaego_hottest_product_units{product="jar"} 7'],
  [{ _tag: "SpansGone", spans: 3, outcome: "refused" }, 'jaego_spans_total{outcome="refused"} 3'],
  [{ _tag: "ReplicaMeasured", replica: "r1", lagSeconds: 2 }, 'jaego_replica_lag_seconds{replica="r1"} 2'],
  [
    { _tag: "EventsHandled", consumer: "shipping", events: 9, effects: 7, queued: 1, seconds: 0.01, lagSeconds: 3 },
    'jaego_consumer_lag_seconds_sum{consumer="shipping"} 3',
  ],
  [{ _tag: "LeaseMeasured", isFresh: true }, "jaego_lease_fresh 1"],
  [thread, 'jaego_event_loop_delay_seconds{thread="facts",at="p99"} 0.004'],
  [thread, 'jaego_event_loop_delay_seconds{thread="facts",at="max"} 0.02'],
  [thread, 'jaego_event_loop_busy_ratio{thread="facts"} 0.25'],
  [thread, 'jaego_gc_pause_seconds_total{thread="facts"} 0.01'],
  [thread, 'jaego_heap_bytes{thread="facts"} 1000'],
  [backlog, "jaego_holds_live 5"],
  [backlog, "jaego_oldest_unsettled_charge_seconds 12"],
  [backlog, "jaego_refunds_due 2"],
  [backlog, "jaego_oldest_unsettled_refund_seconds 30"],
  [backlog, "jaego_outbox_rows 40"],
  [backlog, "jaego_outbox_oldest_seconds 3"],
  [backlog, 'jaego_dead_letters{consumer="shipping",state="poison"} 1'],
  [
    { _tag: "OrderRefused", rejection: "InsufficientStock" },
    'jaego_orders_refused_total{rejection="InsufficientStock"} 1',
  ],
  [{ _tag: "Replayed", route: "orders" }, 'jaego_replayed_total{route="orders"} 1'],
  [
    { _tag: "BatchCommitted", worker: 1, decisions: 40, seconds: 0.002, waitMs: 70 },
    "jaego_mailbox_wait_seconds_sum 0.07",
  ],
  [{ _tag: "RequestShed", class: "list", observed: true }, 'jaego_shed_total{class="list",observed="true"} 1'],
  [{ _tag: "WorkDropped", worker: 0, why: "hung-up" }, 'jaego_dropped_total{why="hung-up"} 1'],
  [{ _tag: "OverloadChanged", thread: 0, to: "overloaded" }, 'jaego_overloaded{thread="0"} 1'],
  [{ _tag: "RateLimited", by: "client" }, 'jaego_rate_limited_total{by="client"} 1'],
  [{ _tag: "RateLimitStoreMissed" }, "jaego_rate_limit_store_misses_total 1"],
  [{ _tag: "RequestUnavailable", reason: "standby" }, 'jaego_unavailable_total{reason="standby"} 1'],
  [
    {
      ...{ _tag: "DependencyMeasured", dependency: "carrier", running: 3, queued: 2 },
      ...{ oldestSeconds: 1.5, calls: 20, failures: 0.25, slow: 0 },
    },
    'jaego_dependency_calls_queued{dependency="carrier"} 2',
  ],
  [
    { _tag: "CarrierCalled", what: "delivered", heard: "known" },
    'jaego_carrier_callbacks_total{what="delivered",heard="known"} 1',
  ],
  [
    { _tag: "PaymentHinted", provider: "stripe", heard: "ignored" },
    'jaego_payment_webhooks_total{provider="stripe",heard="ignored"} 1',
  ],
  [{ _tag: "ShipmentEnded", outcome: "stray" }, 'jaego_shipments_ended_total{outcome="stray"} 1'],
  [
    { _tag: "BatchCommitted", worker: 1, decisions: 40, seconds: 0.002, waitMs: 70 },
    'jaego_batch_decisions_bucket{le="50"} 1',
  ],
  [
    { _tag: "BatchCommitted", worker: 1, decisions: 40, seconds: 0.002, waitMs: 70 },
    "jaego_commit_duration_seconds_sum 0.002",
  ],
  [{ _tag: "CommitContested", worker: 1 }, 'jaego_commits_not_done_total{outcome="contested"} 1'],
  [{ _tag: "CommitFenced", worker: 1 }, 'jaego_commits_not_done_total{outcome="fenced"} 1'],
  [{ _tag: "LoadFailed", worker: 1, detail: "no room" }, "jaego_loads_failed_total 1"],
  [
    { _tag: "CommitFailed", worker: 1, outcome: "unknown", detail: "no answer" },
    'jaego_commits_not_done_total{outcome="unknown"} 1',
  ],
  [
    { _tag: "WorkerMeasured", worker: 2, queued: 9, products: 8, orders: 7, hottest: [] },
    'jaego_mailbox_depth{worker="2"} 9',
  ],
  [{ _tag: "WorkerStarted", worker: 2 }, "jaego_worker_starts_total 1"],
  [{ _tag: "WorkerDied", worker: 2 }, "jaego_worker_deaths_total 1"],
  [{ _tag: "LanesTaken", lanes: 64 }, "jaego_lanes_owned 64"],
  [{ _tag: "LanesLost", lanes: 64 }, "jaego_lanes_owned 0"],
  [{ _tag: "LanesLost", lanes: 64 }, "jaego_lanes_lost_total 1"],
  [{ _tag: "DiskMeasured", freeBytes: 7, sizeBytes: 9 }, 'jaego_disk_free_bytes{disk="database"} 7'],
  [{ _tag: "DiskMeasured", freeBytes: 7, sizeBytes: 9 }, 'jaego_disk_size_bytes{disk="database"} 9'],
  [{ _tag: "DatabaseMeasured", bytes: 7 }, "jaego_database_bytes 7"],
  [{ _tag: "ReplicaKnown", replica: "r1" }, 'jaego_replica_in_rotation{replica="r1"} 0'],
  [{ _tag: "ReplicaKnown", replica: "r1" }, 'jaego_replica_exclusions_total{replica="r1",reason="lagging"} 0'],
  [{ _tag: "StandingBy" }, "jaego_standing_by 1"],
  [{ _tag: "LeadershipTaken" }, "jaego_relaying 1"],
  [{ _tag: "LeadershipEnded" }, "jaego_relaying 0"],
  [{ _tag: "FactsRelayed", facts: 30, seconds: 0.004, lagSeconds: 0.02 }, "jaego_facts_relayed_total 30"],
  [{ _tag: "FactsRelayed", facts: 30, seconds: 0.004, lagSeconds: 0.02 }, "jaego_relay_lag_seconds_sum 0.02"],
  [{ _tag: "StreamStalled", lagSeconds: 9, detail: "away" }, "jaego_relay_oldest_seconds 9"],
  [
    { _tag: "ConsumerLost", consumer: "shipping", detail: "away" },
    'jaego_consumer_losses_total{consumer="shipping"} 1',
  ],
  [{ _tag: "ConsumerLost", consumer: "shipping", detail: "away" }, 'jaego_consumer_flowing{consumer="shipping"} 0'],
  [{ _tag: "ConsumerFlowing", consumer: "shipping" }, 'jaego_consumer_flowing{consumer="shipping"} 1'],
  [
    { _tag: "EventsMissed", consumer: "shipping", source: "s", events: 7 },
    'jaego_events_missed_total{consumer="shipping"} 7',
  ],
  [
    { _tag: "Reconciled", outcome: "provider", matched: 0, repaired: 0, left: [] },
    'jaego_reconciliations_total{outcome="provider"} 1',
  ],
  [
    {
      ...{ _tag: "Reconciled", outcome: "compared", matched: 9, repaired: 1 },
      left: [{ kind: "missing-there", differences: 2 }],
    },
    'jaego_reconciliation_differences{kind="missing-there"} 2',
  ],
  [{ _tag: "ShipmentsSwept", shipments: 4 }, "jaego_shipments_swept_total 4"],
  [{ _tag: "EventsForeign", consumer: "shipping", events: 3 }, 'jaego_events_foreign_total{consumer="shipping"} 3'],
  [{ _tag: "FactsThreadDied" }, "jaego_facts_thread_deaths_total 1"],
  [{ _tag: "HttpThreadDied" }, "jaego_http_thread_deaths_total 1"],
  [
    { _tag: "EventsHandled", consumer: "shipping", events: 9, effects: 7, queued: 1, seconds: 0.01, lagSeconds: 3 },
    'jaego_event_effects_total{consumer="shipping"} 7',
  ],
  [{ _tag: "EventsBuried", consumer: "shipping", events: 2 }, 'jaego_events_buried_total{consumer="shipping"} 2'],
  [
    { _tag: "ConsumerStalled", consumer: "timeline", absent: "stream" },
    'jaego_consumer_stalls_total{consumer="timeline",absent="stream"} 1',
  ],
])("counts %o", async (happening, line) => {
  expect((await scrape([happening])).body.split("\n")).toContain(line)
})

it("begins each reason of unavailability at nothing, and shows no disk and no replica that is not there", async () => {
  const { body } = await scrape([])
  expect(body).toContain('jaego_unavailable_total{reason="paused"} 0')
  expect(body).not.toMatch(/^jaego_(disk|replica)_[a-z_]+(\{.*\})? /m)
})

it("forgets what a dead worker had in memory", async () => {
  const { body } = await scrape([
    { _tag: "WorkerMeasured", worker: 2, queued: 9, products: 8, orders: 7, hottest: [] },
    { _tag: "WorkerDied", worker: 2 },
  ])
  expect(body).toContain('jaego_resident_products{worker="2"} 0')
})

it("no longer counts dead letters that are gone", async () => {
  const { body } = await scrape([backlog, { ...backlog, deadLetters: [] }])
  expect(body).not.toContain('jaego_dead_letters{consumer="shipping"')
})

it("shows how long a hold that has ended had lived, and none of an order that had no hold any more", async () => {
  const ended = { _tag: "OrderEnded", outcome: "cancelled" } as const
  const { body } = await scrape([
    { ...ended, heldSince: Date.now() - 20_000 },
    { ...ended, heldSince: null },
  ])
  expect(body).toContain('jaego_hold_age_seconds_bucket{le="15",outcome="cancelled"} 0')
  expect(body).toContain('jaego_hold_age_seconds_bucket{le="60",outcome="cancelled"} 1')
  expect(body).toContain('jaego_hold_age_seconds_count{outcome="cancelled"} 1')
})

it("shows how the process fares", async () => {
  expect((await scrape([])).body).toContain("process_resident_memory_bytes")
})

it("counts rows of imports by what became of them, and shows those imports that have not ended", async () => {
  const { body } = await scrape([
    { _tag: "ImportRowsDone", applied: 5, failed: 2, skipped: 0, dryRun: false },
    { _tag: "ImportRowsDone", applied: 1, failed: 0, skipped: 0, dryRun: true },
    { _tag: "ImportEnded", state: "finished", seconds: 3 },
    { _tag: "ImportsMeasured", receiving: 0, waiting: 2, running: 1, oldestSeconds: 7.5 },
  ])
  expect(body).toContain('jaego_import_rows_total{outcome="applied",dry_run="false"} 5')
  expect(body).toContain('jaego_import_rows_total{outcome="failed",dry_run="false"} 2')
  expect(body).toContain('jaego_import_rows_total{outcome="applied",dry_run="true"} 1')
  expect(body).toContain('jaego_imports_ended_total{state="finished"} 1')
  expect(body).toContain('jaego_import_duration_seconds_bucket{le="5"} 1')
  expect(body).toContain('jaego_imports{state="waiting"} 2')
  expect(body).toContain("jaego_imports_oldest_seconds 7.5")
})
