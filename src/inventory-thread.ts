/** A worker thread: owns its lanes. A second small hexagon with its own root, which chooses Postgres as its ledger. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer } from "effect"
import * as PostgresClient from "./adapters/postgres/client.ts"
import * as PostgresLedger from "./adapters/postgres/ledger.ts"
import * as LogPosition from "./adapters/postgres/log-position.ts"
import * as PoolWait from "./adapters/postgres/pool-wait.ts"
import * as Pools from "./adapters/postgres/pools.ts"
import * as SystemIds from "./adapters/system/ids.ts"
import * as Logs from "./adapters/system/log-level.ts"
import * as ThreadMeter from "./adapters/system/thread-meter.ts"
import { THREAD } from "./adapters/system/thread-name.ts"
import * as Priority from "./adapters/system/thread-priority.ts"
import * as Serve from "./adapters/threads/inventory/serve.ts"
import * as LocalWorkers from "./app/inventory/local-workers.ts"

Priority.fallBehind()

const { batchSizeMax, connections, databaseUrl, holdsPerCustomer, positions, worker } = Serve.birth()

const Ledger = PostgresLedger.layer.pipe(
  Layer.merge(PoolWait.layer(THREAD, Serve.beginning)),
  Layer.provide(LogPosition.layer(positions, 1 + worker)),
  Layer.provide(PostgresClient.layer(databaseUrl, Pools.ofWorker(connections))),
  Layer.provideMerge(Serve.probe),
)

NodeRuntime.runMain(
  Serve.serve.pipe(
    Effect.provide(
      LocalWorkers.layer.pipe(
        Layer.merge(ThreadMeter.layer(Serve.beginning)),
        Layer.provide(
          Layer.mergeAll(
            Ledger,
            SystemIds.layer,
            Layer.succeed(LocalWorkers.HoldsPerCustomer, holdsPerCustomer),
            Layer.succeed(LocalWorkers.BatchSizeMax, batchSizeMax),
          ),
        ),
      ),
    ),
    Effect.provide(Logs.layer()),
  ),
)
