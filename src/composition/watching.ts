/**
 * The profiler, which must see every thread begin, and the probe: each happening is counted, says how a part, the database and
 * mailboxes are, and wakes the relay when it is a commit; spans leave for the collector.
 */
import { Layer } from "effect"
import * as Otlp from "../adapters/otlp/exporter.ts"
import * as Metrics from "../adapters/prometheus/metrics.ts"
import * as Profiler from "../adapters/threads/profiler.ts"
import * as ConsoleFeed from "../app/console/console-feed.ts"
import * as Relay from "../app/outbox-relay.ts"
import * as Congestion from "../app/overload/congestion.ts"
import * as Parts from "../app/parts.ts"
import * as Refusals from "../app/refusals.ts"
import type { Config } from "../config/config.ts"

export const layer = ({ http, traces }: Config) =>
  Relay.waking.pipe(
    Layer.provideMerge(Congestion.watching(http.server.overload.targetMs)),
    Layer.provideMerge(Refusals.watching),
    Layer.provideMerge(ConsoleFeed.watching),
    Layer.provideMerge(Parts.watching),
    Layer.provideMerge(Otlp.layer(traces.exporter)),
    Layer.provideMerge(Metrics.layer),
    Layer.provideMerge(Profiler.layer),
  )
