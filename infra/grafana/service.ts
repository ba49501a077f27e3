/** Rate, errors and duration of requests, and how the inventory and the threads of each instance fare: for those who are on call. */
import { type Board, halfAndMost, now, OF, quantile, rate, seldom } from "./panels.ts"

const REQUESTS = "http_server_request_duration_seconds"
const FAILED = 'http_response_status_code=~"5.."'

export const service: Board = {
  name: "service",
  title: "the service",
  rows: [
    {
      title: "Requests: rate, errors, duration",
      panels: [
        {
          title: "Rate, by route",
          says: "Requests answered, a second.",
          unit: "reqps",
          queries: [
            [rate(`${REQUESTS}_count`, "http_request_method,http_route"), "{{http_request_method}} {{http_route}}"],
          ],
        },
        {
          title: "Errors",
          says: "Share of requests answered with 5xx. The budget is one in a thousand.",
          unit: "percentunit",
          queries: [
            [
              `(${rate(`${REQUESTS}_count`, "", FAILED)} or vector(0)) / ${rate(`${REQUESTS}_count`)}`,
              "of all requests",
            ],
          ],
        },
        {
          title: "Duration",
          says: "Of all requests: half of them, nineteen in twenty, all but one in a hundred.",
          unit: "s",
          queries: [
            [quantile(0.5, REQUESTS), "p50"],
            [quantile(0.95, REQUESTS), "p95"],
            [quantile(0.99, REQUESTS), "p99"],
          ],
        },
        {
          title: "Answered, by status",
          says: "409 is business as usual in a sale, 429 and 503 are refusals.",
          unit: "reqps",
          queries: [[rate(`${REQUESTS}_count`, "http_response_status_code"), "{{http_response_status_code}}"]],
        },
        {
          title: "Not now (503), by reason",
          says: "Requests that may be sent again. `overloaded` and `paused` are meant.",
          unit: "reqps",
          queries: [[seldom(rate("jaego_unavailable_total", "reason")), "{{reason}}"]],
        },
        {
          title: "Refused before they began",
          says: "Shed because more come than can be done, by class; and limited, by client or customer.",
          unit: "reqps",
          queries: [
            [seldom(rate("jaego_shed_total", "class")), "shed: {{class}}"],
            [seldom(rate("jaego_rate_limited_total", "by")), "limited: {{by}}"],
          ],
        },
      ],
    },
    {
      title: "The inventory",
      panels: [
        {
          title: "Mailboxes",
          says: "Commands that a worker has under way.",
          unit: "short",
          queries: [[now("jaego_mailbox_depth", "sum", "worker"), "worker {{worker}}"]],
        },
        {
          title: "Wait in a mailbox",
          says: "How long the newest command of a batch had waited when its batch was sent. Shedding begins when it stands above 50 ms.",
          unit: "s",
          queries: halfAndMost("jaego_mailbox_wait_seconds"),
        },
        {
          title: "Decisions in a commit",
          says: "More under load: this is where throughput comes from.",
          unit: "short",
          queries: halfAndMost("jaego_batch_decisions"),
        },
        {
          title: "A commit",
          says: "From sending the batch to PostgreSQL's answer.",
          unit: "s",
          queries: halfAndMost("jaego_commit_duration_seconds"),
        },
        {
          title: "Commits that did nothing",
          says: "Fenced: another process owns the lanes by now. Contested: a key or SKU was bound elsewhere.",
          unit: "ops",
          queries: [[seldom(rate("jaego_commits_not_done_total", "outcome")), "{{outcome}}"]],
        },
        {
          title: "Lanes and the lease",
          says: "64 lanes in all, owned by one process; `fresh` is 1 while the session that holds the lease answers.",
          unit: "short",
          queries: [
            [now("jaego_lanes_owned", "sum", "instance"), "lanes of {{instance}}"],
            [now("jaego_lease_fresh", "max", "instance"), "fresh: {{instance}}"],
          ],
        },
        {
          title: "The books",
          says: "What the audit has found to differ, and units that were sold and are not there: always 0.",
          unit: "short",
          queries: [
            [now("jaego_oversold_units", "max"), "units oversold"],
            [now("jaego_audit_differences", "max", "kind"), "{{kind}}"],
          ],
        },
        {
          title: "Behind what was committed",
          says: "How long ago everything that was committed had been compared.",
          unit: "s",
          queries: [[now("jaego_audit_lag_seconds", "min"), "audit"]],
        },
      ],
    },
    {
      title: "Threads",
      panels: [
        {
          title: "Event-loop delay",
          says: "How long the longest turn of the event loop took in the last second: nothing else ran meanwhile.",
          unit: "s",
          queries: [[now("jaego_event_loop_delay_seconds", "max", "thread", 'at="max"'), "{{thread}}"]],
        },
        {
          title: "Busy",
          says: "Share of the last second in which the thread had work. At 1 it is the bottleneck.",
          unit: "percentunit",
          queries: [[now("jaego_event_loop_busy_ratio", "max", "thread"), "{{thread}}"]],
        },
        {
          title: "Garbage collection",
          says: "Share of the time in which the thread stood for it.",
          unit: "percentunit",
          queries: [[`max by (thread) (rate(jaego_gc_pause_seconds_total{${OF}}[$__rate_interval]))`, "{{thread}}"]],
        },
        {
          title: "Heap",
          says: "In use, by thread. It grows with products and live orders in memory.",
          unit: "bytes",
          queries: [[now("jaego_heap_bytes", "max", "thread"), "{{thread}}"]],
        },
        {
          title: "Connections",
          says: "Open ones, and those of them that are streams of stock.",
          unit: "short",
          queries: [
            [now("jaego_http_connections", "sum"), "connections"],
            [now("jaego_http_streams", "sum"), "streams"],
          ],
        },
        {
          title: "Unread answers",
          says: "Bytes that peers have not taken yet. A connection is cut when its share stays for too long.",
          unit: "bytes",
          queries: [[now("jaego_http_unread_bytes", "sum"), "bytes"]],
        },
      ],
    },
  ],
}
