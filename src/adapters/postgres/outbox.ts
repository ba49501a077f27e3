/**
 * The outbox on Postgres. Leadership is a session advisory lock, and facts are read and cursors moved on that very session:
 * a process that has lost it can do neither. The server ends a session that has been silent for 10 s, so that a frozen leader keeps
 * no other waiting; a live one speaks once a second, also while it waits for the stream.
 *
 * Law: cursors need not survive a crash of the server (`synchronous_commit` is off for them): facts leave again then.
 * Limits: only lanes with facts behind their cursors are looked at; each gets its share, so that none waits behind another's
 * backlog. A leader that was frozen between reading and publishing may publish facts once more, after others.
 * Fails: `LeadershipLost` for whatever goes wrong on the session; leadership is taken again on a new one.
 */
import { PgClient, PgConnection } from "@effect/sql-pg"
import { Effect, Layer, Schedule, type Scope } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import type { OrderId, ProductId } from "../../domain/ids.ts"
import * as Lane from "../../domain/lane.ts"
import { type Event, TOPIC_OF } from "../../ports/events.ts"
import { type Unavailable, unavailable } from "../../ports/failures.ts"
import type { Fact } from "../../ports/ledger.ts"
import { type Cursor, type Leadership, LeadershipLost, Outbox, type Reading } from "../../ports/outbox.ts"
import { RELAY_LOCK } from "./advisory-locks.ts"
import { inner } from "./inner.ts"
import { newest } from "./newest.ts"
import { describe, inTime, silence } from "./sql-failure.ts"

/** Poll interval of a waiting process (ms): the gap when leadership changes hands. */
const POLL_MS = 200

/** The server ends a session that is silent for so long (ms). */
const SILENCE_MS = 10_000

/** A tenth of SILENCE_MS: a leader that lives is never ended for silence. */
const HEARTBEAT = "1 second"

/**
 * Each lane that is behind gets the same share of the limit; its seqs have no gaps, so it is known beforehand how far that
 * goes. The links of that stretch are looked up a lane, mostly one, and not a fact. Of unwanted facts only each lane's last row
 * is returned, without payload.
 *
 * A stretch at a time (`inner.ts`): a day's partition begins empty, and as a plain join it would be read from its first fact on in every
 * look, for as long as its statistics say that it has a few.
 */
export const READ = `
with behind as materialized (
  select every.lane, c.seq, least(l.seq, c.seq + greatest(1, $1::int / count(*) over ())) as till
  from (select n::smallint as lane from generate_series(0, ${Lane.COUNT - 1}) n) every,
    lateral (${newest("relay_cursors", "lane", "every.lane", "seq")}) c,
    lateral (${newest("lanes", "lane", "every.lane", "seq")}) l
  where l.seq > c.seq limit $1),
linked as materialized (
  select b.lane, b.till, k.link, greatest(b.seq, k.since) as since, least(b.till, k.until) as until from behind b, lateral (
    select k.link, k.since, lead(k.since) over (order by k.since) as until from lane_links k
    where k.lane = b.lane and k.since < b.till
      and k.since >= (select max(f.since) from lane_links f where f.lane = b.lane and f.since <= b.seq)) k)
select o.lane, o.seq::float8 as seq, o.event_id::text as id, o.subject_kind as kind, o.subject::text as subject,
  o.subject_version::float8 as version, o.type, b.link::text as link, case when o.type <> all ($2::text[]) then o.payload end as payload,
  (extract(epoch from o.occurred_at) * 1000)::float8 as time, o.trace
from linked b, ${inner(`select * from outbox f where f.lane = b.lane and f.seq > b.since and f.seq <= b.until
    and (f.type <> all ($2::text[]) or f.seq = b.till)`)} o order by o.lane, o.seq`

const SHOP = "select s.id::text as id from shop s"

export const ADVANCE = `
update relay_cursors c set seq = a.seq from unnest($1::smallint[], $2::bigint[]) a (lane, seq),
  lateral (${newest("relay_cursors", "lane", "a.lane")}) live
where c.ctid = live.ctid and c.seq < a.seq`

interface FactRow {
  readonly lane: number
  readonly seq: number
  readonly id: string
  readonly kind: Fact["subjectKind"]
  readonly subject: OrderId | ProductId
  readonly version: number
  readonly type: string
  readonly link: string
  /** Null: no consumer wants it. */
  readonly payload: string | null
  readonly time: number
  readonly trace: string | null
}

const eventsOf = (shop: string, row: FactRow): ReadonlyArray<Event> => {
  const { id, kind, lane, link, payload, seq, subject, time, trace, type, version } = row
  if (payload === null) return []
  const topic = TOPIC_OF[kind]
  return [{ topic, key: subject, id, shop, type, version, time, data: payload, lane, seq, link, trace }]
}

/** Rows come lane by lane, in order. */
const readingOf = (shop: string, rows: ReadonlyArray<FactRow>): Reading => ({
  events: rows.flatMap((row) => eventsOf(shop, row)),
  cursors: rows.filter(({ lane }, index) => rows[index + 1]?.lane !== lane).map(({ lane, seq }) => ({ lane, seq })),
})

export const layer: Layer.Layer<Outbox, never, PgClient.PgClient> = Layer.effect(
  Outbox,
  Effect.map(PgClient.PgClient, (sql) => ({ take: take(sql.config) })),
)

const take = (config: PgClient.PgClientConfig): Effect.Effect<Leadership, Unavailable, Scope.Scope> =>
  Effect.gen(function* () {
    const session = yield* PgConnection.make({
      ...config,
      multiplex: false,
      applicationName: "jaego relay",
      startupParameters: {
        ...config.startupParameters,
        idle_session_timeout: String(SILENCE_MS),
        synchronous_commit: "off",
        enable_bitmapscan: "off",
      },
    })
    yield* waitForLock(session)
    const shop = String((yield* answered(session, SHOP, []))[0]!["id"])
    yield* Effect.forkScoped(
      Effect.ignore(Effect.repeat(answered(session, "select 1", []), Schedule.spaced(HEARTBEAT))),
    )
    return {
      read: (limit, passedOver) =>
        Effect.map(owned(session, READ, [limit, passedOver]), (rows) =>
          readingOf(shop, rows as unknown as Array<FactRow>),
        ),
      advance: (cursors) =>
        cursors.length === 0 ? Effect.void : Effect.asVoid(owned(session, ADVANCE, columns(cursors))),
    } satisfies Leadership
  }).pipe(Effect.catchTag("SqlError", () => Effect.fail(unavailable("database"))))

const columns = (cursors: ReadonlyArray<Cursor>) => [cursors.map(({ lane }) => lane), cursors.map(({ seq }) => seq)]

/** With a limit: a connection that fell silent would keep leadership from all until the server notices. */
const answered = (session: PgConnection.PgConnection, statement: string, parameters: ReadonlyArray<unknown>) =>
  session.query(statement, parameters).pipe(
    inTime(Effect.fail(silence)),
    Effect.map(({ rows }) => rows),
  )

const owned = (session: PgConnection.PgConnection, statement: string, parameters: ReadonlyArray<unknown>) =>
  Effect.mapError(
    answered(session, statement, parameters),
    (error: SqlError) => new LeadershipLost({ detail: describe(error) }),
  )

const waitForLock = Effect.fnUntraced(function* (session: PgConnection.PgConnection) {
  for (;;) {
    const [row] = yield* answered(session, `select pg_try_advisory_lock(${RELAY_LOCK}) as taken`, [])
    if (row!["taken"] === true) return
    yield* Effect.sleep(POLL_MS)
  }
})
