/**
 * Lets idempotency keys go that are older than they are promised to live: a key that comes again after that is a new request.
 *
 * Why in the order of the table's pages: an index by age would cost every order an entry, for what is done once an hour. Pages
 * are walked a stretch at a time, so that no statement takes long and commits go on in between. Every process with facts walks; that two
 * do costs a reading more.
 *
 * Law: I5 for as long as a key lives. Filters of owners keep its name: their "may be" costs a look-up, which finds it free.
 * Fails: never; what could not be deleted is logged, and deleted at a later round.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Schedule } from "effect"
import { describe } from "./sql-failure.ts"

const ROUND = "1 hour"

/** Pages a statement, of 8 kB: some ten thousand keys, and some 50 ms if all of them go. */
export const STRETCH_PAGES = 128

/** Between two stretches: the disk has other work to do. */
const PAUSE = "100 millis"

const PAGES = "select (pg_relation_size('idempotency_keys') / current_setting('block_size')::int)::int as pages"

/** Of the pages from the first on, below the second. */
export const DELETE = `
with gone as (
  delete from idempotency_keys where ctid >= format('(%s,0)', $1::int)::tid and ctid < format('(%s,0)', $2::int)::tid
    and created_at < now() - $3::int * interval '1 hour' returning 1)
select count(*)::int as gone from gone`

/** One walk over all keys: those that are older than so many hours go. How many went. */
export const deleteOld = Effect.fnUntraced(function* (retentionHours: number) {
  const sql = yield* PgClient.PgClient
  const [table] = yield* sql.unsafe<{ readonly pages: number }>(PAGES)
  let deleted = 0
  for (let page = 0; page < table!.pages; page += STRETCH_PAGES) {
    const [stretch] = yield* sql.unsafe<{ readonly gone: number }>(DELETE, [page, page + STRETCH_PAGES, retentionHours])
    deleted += stretch!.gone
    yield* Effect.sleep(PAUSE)
  }
  return deleted
})

const round = (retentionHours: number) =>
  deleteOld(retentionHours).pipe(
    Effect.flatMap((deleted) => (deleted > 0 ? Effect.logInfo(`let ${deleted} old idempotency keys go`) : Effect.void)),
    Effect.catch((error) => Effect.logWarning(`old idempotency keys stay for now: ${describe(error)}`)),
  )

/** At once, and then every hour, until the scope closes. 0: keys are kept for ever. */
export const layer = (retentionHours: number): Layer.Layer<never, never, PgClient.PgClient> =>
  retentionHours === 0
    ? Layer.empty
    : Layer.effectDiscard(Effect.forkScoped(Effect.repeat(round(retentionHours), Schedule.spaced(ROUND))))
