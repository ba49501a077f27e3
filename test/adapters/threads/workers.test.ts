/** Workers on threads of their own keep the contract of workers, over Postgres. */

import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import * as PostgresClient from "../../../src/adapters/postgres/client.ts"
import * as Threads from "../../../src/adapters/threads/inventory/workers.ts"
import { Stalling, workersContract } from "../../contracts/workers.ts"
import * as Books from "../../support/books.ts"
import { freshDatabase } from "../../support/postgres.ts"
import * as RecordingProbe from "../../support/recording-probe.ts"
import { holding, waitingForLock } from "../../support/sessions.ts"

const entry = new URL("../../../src/inventory-thread.ts", import.meta.url)

/** Commits wait for a lock on the lanes. */
const stalling = Layer.effect(
  Stalling,
  Effect.map(PgClient.PgClient, (sql) => {
    const here = Effect.provideService(PgClient.PgClient, sql)
    const stall = Effect.map(holding("lock table lanes in exclusive mode"), ({ commit }) => ({
      waiting: here(waitingForLock("jaego_commit")),
      end: commit,
    }))
    return { stall: here(stall) }
  }),
)

const onThreads = (url: string) =>
  Layer.mergeAll(
    Threads.layer(
      entry,
      { databaseUrl: url, holdsPerCustomer: 0, batchSizeMax: 512, connections: 3, positions: null },
      0,
    ),
    stalling,
  ).pipe(
    Layer.provideMerge(Books.postgres(url)),
    Layer.provide(Layer.mergeAll(RecordingProbe.silent, PostgresClient.layer(url))),
  )

workersContract("threads, postgres", Layer.unwrap(Effect.map(Effect.promise(freshDatabase), onThreads)))
