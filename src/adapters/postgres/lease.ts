/**
 * The lease on Postgres: a session advisory lock on a connection of its own. It ends when that session ends, whether its
 * holder hands over, dies, or freezes: the server ends a session that has been silent for 10 s, and a live holder speaks
 * four times a second.
 *
 * Law: safety is the epoch, not the lock: taking the lease raises every lane's epoch (I10). Before that the schema is
 * brought up to date: no other owner runs on it now.
 * Fails: LedgerDown (no connection, or it was lost or fell silent while waiting).
 */
import { PgClient, PgConnection } from "@effect/sql-pg"
import { Deferred, Effect, Layer, Queue, Schedule, type Scope } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { type Held, Lease } from "../../ports/lease.ts"
import { LedgerDown } from "../../ports/ledger.ts"
import { LEASE_LOCK } from "./advisory-locks.ts"
import { TAKE_LANES } from "./fence-functions.ts"
import { type LaneRow, ownedLane } from "./ledger.ts"
import { Noting } from "./log-position.ts"
import { migrateAsOwner } from "./migrations.ts"
import { describe, inTime, silence } from "./sql-failure.ts"
import type { DatabaseUnusable } from "./suitability.ts"

/** Poll interval of a waiting process (ms): the gap of a hand-over. */
const POLL_MS = 200

/** The server's patience with a silent session (ms): a holder that lives has spoken forty times. */
const SILENCE_MS = 10_000

/** Also how long a holder that stood still has to wait until it may believe again (ms). */
const HEARTBEAT_MS = 250

/** Without an answered heartbeat for this long the lease is not believed in (ms): half the server's patience. */
const FRESH_MS = SILENCE_MS / 2

/**
 * A holder in which nothing ran for this long does not know what has become of its session (ms): it may have been
 * ended by hand or with its server. What it reads next may be older than the end, which lies in a socket that has not been read.
 */
const STANDSTILL_MS = 500
const TICK_MS = 100

/** A heartbeat that takes longer than this has no session behind it any more. */
const HEARTBEAT_ANSWER_SECONDS = 5

/** No notification is ever sent on it: a listening connection is one whose end is noticed at once. */
const CHANNEL = "jaego_lease"

export const layer: Layer.Layer<Lease, never, PgClient.PgClient> = Layer.effect(
  Lease,
  Effect.map(PgClient.PgClient, (sql) => ({
    acquire: (onWaiting) =>
      acquire(sql.config, onWaiting).pipe(
        Effect.provideService(PgClient.PgClient, sql),
        Effect.mapError(
          (error) => new LedgerDown({ detail: error._tag === "SqlError" ? describe(error) : error.message }),
        ),
      ),
  })),
)

const acquire = (
  config: PgClient.PgClientConfig,
  onWaiting: Effect.Effect<void>,
): Effect.Effect<Held, SqlError | DatabaseUnusable, Scope.Scope | PgClient.PgClient> =>
  Effect.gen(function* () {
    const connection = yield* PgConnection.make({
      ...config,
      multiplex: false,
      applicationName: "jaego lease",
      startupParameters: { ...config.startupParameters, idle_session_timeout: String(SILENCE_MS) },
    })
    const session = yield* connection.pin
    yield* waitForLock(session, onWaiting)
    yield* Effect.raceFirst(migrateAsOwner, kept(session))
    const end = yield* session.listen(CHANNEL)
    const { rows } = yield* answered(session, `select * from ${TAKE_LANES.name}()`)
    // What the owner before has answered lies behind it, and may be answered again for its key.
    const note = yield* Noting
    if (note !== null) yield* inTime(Effect.void)(note(session))
    const lost = yield* Deferred.make<void>()
    const awakeSince = yield* watchdog
    const pulse = { at: awakeSince() }
    yield* Effect.forkScoped(
      Effect.raceFirst(Effect.forever(Queue.take(end)), heartbeat(session, pulse)).pipe(
        Effect.ignore,
        Effect.andThen(
          Effect.suspend(() => {
            pulse.at = Number.NEGATIVE_INFINITY
            return Deferred.succeed(lost, undefined)
          }),
        ),
      ),
    )
    return {
      lanes: (rows as unknown as ReadonlyArray<LaneRow>).map(ownedLane),
      isFresh: () => pulse.at >= awakeSince() && performance.now() - pulse.at < FRESH_MS,
      lost: Deferred.await(lost),
    }
  })

/** A line that falls silent just now would keep us standing by for ever. */
const answered = (session: PgConnection.PgConnection, statement: string) =>
  session.query(statement).pipe(inTime(Effect.fail(silence)))

const waitForLock = (session: PgConnection.PgConnection, onWaiting: Effect.Effect<void>) =>
  Effect.gen(function* () {
    for (let looks = 1; ; looks++) {
      const { rows } = yield* answered(session, `select pg_try_advisory_lock(${LEASE_LOCK}) as taken`)
      if (rows[0]!["taken"] === true) return
      if (looks === 1) yield* onWaiting
      yield* Effect.sleep(POLL_MS)
    }
  })

/** Never ends while the session answers: a migration takes longer than the server's patience. */
const kept = (session: PgConnection.PgConnection) =>
  answered(session, "select 1").pipe(Effect.repeat(Schedule.spaced("1 second")), Effect.andThen(Effect.never))

/** A watchdog of this process: since when it has run without standing still, on the monotonic clock. */
const watchdog = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      let seen = performance.now()
      let since = seen
      const look = () => {
        const now = performance.now()
        if (now - seen > STANDSTILL_MS) since = now
        seen = now
        return since
      }
      return { look, timer: setInterval(look, TICK_MS) }
    }),
    ({ timer }) => Effect.sync(() => clearInterval(timer)),
  ),
  ({ look }) => look,
)

/** Ends, with an error, when the session does not answer. `pulse.at`: when the last answered one was sent, monotonic. */
const heartbeat = (session: PgConnection.PgConnection, pulse: { at: number }) =>
  Effect.suspend(() => {
    const sentAt = performance.now()
    return Effect.map(session.query("select 1"), () => {
      pulse.at = sentAt
    })
  }).pipe(Effect.timeout(`${HEARTBEAT_ANSWER_SECONDS} seconds`), Effect.repeat(Schedule.spaced(HEARTBEAT_MS)))
