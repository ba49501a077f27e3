/**
 * The backlog: what waits in the database, asked for every few seconds and announced: live holds, charges and refunds that are
 * open, facts that have not left, dead letters. It is the same for every process on the database, and measured by each, so that
 * an alert does not hang on one of them.
 *
 * Why one statement: a few look-ups by partial indexes, and one for each lane; 64 of them take some milliseconds. What is looked up
 * for each lane ends in a limit: to a planner that knows a day's new partition as empty, all of its facts are as cheap as one.
 * Limits: counts go up to COUNTED_MAX. An order does not know since when its refund is due: its age is how long this process has
 * seen it so.
 * Fails: never; what was not to be had is asked for again, and what was last known stays.
 */
import { Clock, Effect, Layer } from "effect"
import * as Lane from "../../domain/lane.ts"
import { Probe } from "../../ports/probe.ts"
import { newest } from "./newest.ts"
import { jsonRows } from "./page.ts"
import { ShownLists } from "./reads.ts"

/** From one look to the next: as often as a scrape comes. */
const EVERY = "10 seconds"

/** More than so many is an emergency whatever the figure is, and would take the database longer than a scrape. */
const COUNTED_MAX = 100_000

/** Refunds whose age is known: the oldest orders. */
const REFUNDS_MAX = 1_000

export const BACKLOG = `
with open as materialized (
  select o.id, o.attempt_started_at, o.refund from orders o
  where o.attempt_token is not null or o.refund = 'due' or o.elsewhere order by o.id limit ${COUNTED_MAX}),
unpaid as (
  select 1 from orders o where o.status = 'reserved' and o.attempt_token is null limit ${COUNTED_MAX}),
behind as materialized (
  select every.lane, c.seq, l.seq - c.seq as facts
  from (select n::smallint as lane from generate_series(0, ${Lane.COUNT - 1}) n) every,
    lateral (${newest("relay_cursors", "lane", "every.lane", "seq")}) c,
    lateral (${newest("lanes", "lane", "every.lane", "seq")}) l
  where l.seq > c.seq),
parked as (
  select consumer, state, count(*)::int as letters from dead_letters where state in ('poison', 'queued') group by consumer, state)
select json_build_object(
  'holds', (select count(*) from unpaid) + (select count(attempt_started_at) from open),
  'oldestChargeSeconds', (select coalesce(extract(epoch from now() - min(attempt_started_at)), 0) from open),
  'refunds', (select coalesce(json_agg(due.id), '[]')
    from (select id from open where refund = 'due' order by id limit ${REFUNDS_MAX}) due),
  'refundsDue', (select count(*) from open where refund = 'due'),
  'facts', (select coalesce(sum(facts), 0) from behind),
  'oldestFactSeconds', (select coalesce(extract(epoch from now() - min(f.occurred_at)), 0) from behind b,
    lateral (select o.occurred_at from outbox o where o.lane = b.lane and o.seq = b.seq + 1 limit 1) f),
  'deadLetters', (select coalesce(json_agg(parked), '[]') from parked)) as row`

interface BacklogJson {
  readonly holds: number
  readonly oldestChargeSeconds: number
  /** Ids of orders. */
  readonly refunds: ReadonlyArray<string>
  readonly refundsDue: number
  readonly facts: number
  readonly oldestFactSeconds: number
  readonly deadLetters: ReadonlyArray<{ consumer: string; state: "poison" | "queued"; letters: number }>
}

/** Since when each refund has been seen due (ms). */
type Seen = ReadonlyMap<string, number>

const seenSince = (before: Seen, ids: ReadonlyArray<string>, now: number): Seen =>
  new Map(ids.map((id) => [id, before.get(id) ?? now]))

export const layer: Layer.Layer<never, never, ShownLists | Probe> = Layer.effectDiscard(
  Effect.gen(function* () {
    const lists = yield* ShownLists
    const probe = yield* Probe
    let seen: Seen = new Map()
    const measure = Effect.gen(function* () {
      const [backlog] = yield* jsonRows<BacklogJson>(lists, BACKLOG, [])
      const now = yield* Clock.currentTimeMillis
      const { refunds, ...rest } = backlog!
      seen = seenSince(seen, refunds, now)
      const oldest = Math.min(now, ...seen.values())
      // The clocks of two machines may differ by more than the youngest is old.
      const oldestChargeSeconds = Math.max(0, rest.oldestChargeSeconds)
      const oldestFactSeconds = Math.max(0, rest.oldestFactSeconds)
      const ages = { oldestChargeSeconds, oldestFactSeconds, oldestRefundSeconds: (now - oldest) / 1_000 }
      probe.emit({ _tag: "BacklogMeasured", ...rest, ...ages })
    })
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.ignore(measure), Effect.sleep(EVERY))))
  }),
)
