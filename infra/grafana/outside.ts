/** What the service depends on: payment, carrier, Kafka, PostgreSQL, Redis. */
import { type Board, halfAndMost, now, quantile, rate, seldom } from "./panels.ts"

export const outside: Board = {
  name: "dependencies",
  title: "the dependencies",
  rows: [
    {
      title: "Payment and carrier",
      panels: [
        {
          title: "Calls, by outcome",
          says: "`unknown` is silence, an error or an answer that came too late; `declined` is business.",
          unit: "ops",
          queries: [
            [seldom(rate("jaego_dependency_calls_total", "dependency,outcome")), "{{dependency}}: {{outcome}}"],
          ],
        },
        {
          title: "Duration, p99",
          says: "Of a call, or until it was given up.",
          unit: "s",
          queries: [[quantile(0.99, "jaego_dependency_call_duration_seconds", "dependency"), "{{dependency}}"]],
        },
        {
          title: "Circuit open",
          says: "1 while the circuit breaker lets no call through.",
          unit: "short",
          queries: [[now("jaego_circuit_state", "max", "dependency", 'state="open"'), "{{dependency}}"]],
        },
        {
          title: "Under way and queued",
          says: "Calls that wait for a place (`PAYMENT_CONCURRENCY`) or their turn (`PAYMENT_RATE`).",
          unit: "short",
          queries: [
            [now("jaego_dependency_calls_in_flight", "sum", "dependency"), "{{dependency}}: under way"],
            [now("jaego_dependency_calls_queued", "sum", "dependency"), "{{dependency}}: queued"],
          ],
        },
        {
          title: "Oldest",
          says: "Age of the oldest queued call, of the oldest charge without an outcome, and of the oldest refund.",
          unit: "s",
          queries: [
            [now("jaego_dependency_oldest_queued_seconds", "max", "dependency"), "{{dependency}}: queued"],
            [now("jaego_oldest_unsettled_charge_seconds", "max"), "charge"],
            [now("jaego_oldest_unsettled_refund_seconds", "max"), "refund"],
          ],
        },
        {
          title: "Calls not made",
          says: "Refused for the sake of the dependency: circuit open, queue full.",
          unit: "ops",
          queries: [
            [seldom(rate("jaego_dependency_calls_refused_total", "dependency,reason")), "{{dependency}}: {{reason}}"],
          ],
        },
      ],
    },
    {
      title: "Facts: outbox, stream, consumers",
      panels: [
        {
          title: "Facts that have not left",
          says: "They stay in the outbox while Kafka is away, and leave in order afterwards.",
          unit: "short",
          queries: [[now("jaego_outbox_rows", "max"), "facts"]],
        },
        {
          title: "Age of the oldest",
          says: "Seconds. An alert fires at 60.",
          unit: "s",
          queries: [[now("jaego_outbox_oldest_seconds", "max"), "oldest fact"]],
        },
        {
          title: "Relayed",
          says: "Facts that the stream has confirmed, a second; and how often it has not.",
          unit: "ops",
          queries: [
            [seldom(rate("jaego_facts_relayed_total")), "facts"],
            [seldom(rate("jaego_stream_stalls_total")), "stalls"],
          ],
        },
        {
          title: "From commit to the stream",
          says: "How old the oldest fact of a batch was when the stream had confirmed it.",
          unit: "s",
          queries: halfAndMost("jaego_relay_lag_seconds"),
        },
        {
          title: "Consumers",
          says: "Events taken in, and those that were new, a second.",
          unit: "ops",
          queries: [
            [seldom(rate("jaego_events_handled_total", "consumer")), "{{consumer}}"],
            [seldom(rate("jaego_event_effects_total", "consumer")), "{{consumer}}: new"],
          ],
        },
        {
          title: "From decision to effect",
          says: "How old the oldest event of a consumer's transaction was when it had been handled.",
          unit: "s",
          queries: halfAndMost("jaego_consumer_lag_seconds"),
        },
        {
          title: "Dead letters",
          says: "Events that were parked. `jaego dlq list` shows them.",
          unit: "short",
          queries: [[seldom(now("jaego_dead_letters", "max", "consumer,state")), "{{consumer}}: {{state}}"]],
        },
      ],
    },
    {
      title: "PostgreSQL and Redis",
      panels: [
        {
          title: "Wait for a connection",
          says: "Of statements, by pool: the mean, and the longest of the last second. Above some milliseconds the pool is too small.",
          unit: "s",
          queries: [
            [
              `${rate("jaego_pool_wait_seconds_total", "pool")} / ${rate("jaego_pool_statements_total", "pool")}`,
              "{{pool}}",
            ],
            [now("jaego_pool_longest_wait_seconds", "max", "pool"), "{{pool}}: longest"],
          ],
        },
        {
          title: "Oldest snapshot",
          says: "A transaction that keeps dead rows in the tables. An alert fires at 300 s.",
          unit: "s",
          queries: [[seldom(now("jaego_database_oldest_snapshot_seconds", "max")), "age"]],
        },
        {
          title: "Reads from the cache, by level",
          says: "Products shown: from memory, from Redis, from the database, or stale because the database was away.",
          unit: "ops",
          queries: [[seldom(rate("jaego_cache_reads_total", "from")), "{{from}}"]],
        },
        {
          title: "Limits without Redis",
          says: "Requests that were limited by one process alone, because Redis was away or slow.",
          unit: "ops",
          queries: [[seldom(rate("jaego_rate_limit_store_misses_total")), "requests"]],
        },
      ],
    },
  ],
}
