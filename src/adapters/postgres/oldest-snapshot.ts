/**
 * Measures the oldest snapshot that keeps dead rows in the database: of a transaction that stays open, a prepared one, or a replica.
 * One that has written and then says nothing keeps them as well: it has no snapshot between its statements, but an id of its own.
 *
 * Why it exists: while one is open no version of a row can be removed that it might still see, and everything becomes slower by and by.
 *
 * Limits: of other roles' transactions a role sees the times only with `pg_read_all_stats`. What a replica reads has no time: its age is
 * counted from when its oldest transaction id was first seen here.
 * Fails: never; a measurement that was not possible is left out.
 */
import { Clock, Effect, Layer, Schedule } from "effect"
import { Probe } from "../../ports/probe.ts"
import { Deciding } from "./reads.ts"

/** Snapshots of less than this slow nothing down. */
const ROUND = Schedule.spaced("15 seconds")

/** `horizon`: the oldest transaction id that it may still see, or its own. */
export const SNAPSHOTS = `
  select 'session ' || pid as holder, extract(epoch from clock_timestamp() - xact_start)::float8 as seconds,
    coalesce(backend_xmin, backend_xid)::text as horizon
    from pg_stat_activity where coalesce(backend_xmin, backend_xid) is not null and pid <> pg_backend_pid() and backend_type <> 'autovacuum worker'
      and (datname = current_database() or backend_type = 'walsender')
  union all
  select 'prepared ' || gid, extract(epoch from clock_timestamp() - prepared)::float8, transaction::text
    from pg_prepared_xacts where database = current_database()
  union all
  select 'slot ' || slot_name, null, xmin::text from pg_replication_slots where xmin is not null`

export interface Snapshot {
  readonly holder: string
  /** Null: it has no time. */
  readonly seconds: number | null
  readonly horizon: string
}

/** When a horizon was first seen at its holder (ms since 1970). */
export type Seen = ReadonlyMap<string, number>

/** The oldest one's age (seconds), and what has been seen by now. */
export const measure = (snapshots: ReadonlyArray<Snapshot>, before: Seen, now: number) => {
  const seen = new Map<string, number>()
  let seconds = 0
  for (const snapshot of snapshots) {
    const name = `${snapshot.holder} ${snapshot.horizon}`
    const since = before.get(name) ?? now
    seen.set(name, since)
    seconds = Math.max(seconds, snapshot.seconds ?? (now - since) / 1_000)
  }
  return { seconds, seen }
}

export const layer: Layer.Layer<never, never, Deciding | Probe> = Layer.effectDiscard(
  Effect.gen(function* () {
    const reads = yield* Deciding
    const probe = yield* Probe
    let before: Seen = new Map()
    const round = Effect.gen(function* () {
      const { seconds, seen } = measure(
        yield* reads.rows<Snapshot>(SNAPSHOTS, []),
        before,
        yield* Clock.currentTimeMillis,
      )
      before = seen
      probe.emit({ _tag: "SnapshotMeasured", seconds })
    })
    yield* Effect.forkScoped(Effect.repeat(Effect.ignore(round), ROUND))
  }),
)
