/**
 * One read replica: whether it may be read from now, and reading from it.
 *
 * It is looked at four times a second. Its lag is how long ago the primary was where the replica is now, which is right also while the
 * primary is idle and while the replica has lost its stream. A replica that fails or falls silent is out at once, a look or a read sees it
 * first; the next look that finds it well brings it back.
 *
 * Law: what is read here decides nothing. Limits: LAG_MAX_MS, PATIENCE_MS, ASKED_MAX reads at once.
 */
import type { PgClient } from "@effect/sql-pg"
import { Clock, Effect, Fiber, type Scope } from "effect"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import type { Exclusion, Probe } from "../../ports/probe.ts"
import * as Reads from "./reads.ts"
import { outcomeOf } from "./sql-failure.ts"

/** Between two looks (ms). */
const LOOK_MS = 250

/** For an answer of a replica (ms): hundreds of times what a page takes. The primary is asked then. */
const PATIENCE_MS = 1_000

/** A replica that is further behind is not read from (ms). */
export const LAG_MAX_MS = 5_000

/** How long a read waits for a replica to come to a position (ms), and how often it looks meanwhile. */
const REACH_MS = 50
const REACH_LOOK_MS = 5

/** Where the primary was, and when; oldest first, positions growing. */
export type History = ReadonlyArray<{ readonly at: number; readonly position: bigint }>

const WHERE = `select pg_is_in_recovery() as follows,
  pg_wal_lsn_diff(coalesce(pg_last_wal_replay_lsn(), '0/0'), '0/0')::int8 as position`

interface Where {
  readonly follows: boolean
  readonly position: bigint
}

/** Milliseconds: since when the primary has been further. */
export const lagOf = (position: bigint, history: History, now: number): number => {
  const missed = history.find((sample) => sample.position > position)
  return missed === undefined ? 0 : Math.max(0, now - missed.at)
}

const late = new SqlError({
  reason: new ConnectionError({ cause: new Error(`no answer within ${PATIENCE_MS} ms`), operation: "query" }),
})

/** In a fiber of its own, which a late answer does not keep waiting for. */
const inPatience = <A>(asked: Effect.Effect<A, SqlError>): Effect.Effect<A, SqlError> =>
  Effect.flatMap(Effect.forkDetach(asked, { startImmediately: true }), (asking) =>
    Effect.timeoutOrElse(Fiber.join(asking), {
      duration: `${PATIENCE_MS} millis`,
      orElse: () => Effect.fail(late),
    }),
  )

export type Kind = "rows" | "lists"

export class Replica {
  readonly name: string
  readonly #reads: { readonly [kind in Kind | "looks"]: Reads.Reads }
  readonly #probe: Probe["Service"]
  /** Null: it may be read from. Not before the first look. */
  #out: Exclusion | null = "silent"
  /** Replayed at least to here. */
  #position = 0n
  /** Of reads: a look that began before the last of them says nothing. */
  #failures = 0
  #asked = 0
  /** The question where it is, that all share that wait for it to come somewhere. */
  #asking: Fiber.Fiber<void> | null = null

  constructor(name: string, reads: { readonly [kind in Kind | "looks"]: Reads.Reads }, probe: Probe["Service"]) {
    this.name = name
    this.#reads = reads
    this.#probe = probe
  }

  get isIn(): boolean {
    return this.#out === null && this.#asked < Reads.ASKED_MAX
  }

  get position(): bigint {
    return this.#position
  }

  #become(out: Exclusion | null): void {
    const before = this.#out
    this.#out = out
    if (before === out) return
    this.#probe.emit({ _tag: "ReplicaChanged", replica: this.name, out })
  }

  /** One look; ends when it is answered or given up, however late. */
  look(history: () => History): Effect.Effect<void> {
    return Effect.suspend(() => {
      const failures = this.#failures
      const asking = Effect.forkDetach(this.#reads.looks.rows<Where>(WHERE, []), { startImmediately: true })
      return Effect.flatMap(asking, (fiber) =>
        Effect.timeoutOption(Fiber.join(fiber), `${PATIENCE_MS} millis`).pipe(
          Effect.tap((found) => {
            if (found._tag === "Some") return this.#found(found.value[0]!, failures, history())
            this.#become("silent")
            return Fiber.await(fiber)
          }),
          Effect.catch(() => Effect.sync(() => this.#become("silent"))),
        ),
      )
    })
  }

  #found({ follows, position }: Where, failures: number, history: History): Effect.Effect<void> {
    return Effect.map(Clock.currentTimeMillis, (now) => {
      this.#position = position
      const lag = lagOf(position, history, now)
      this.#probe.emit({ _tag: "ReplicaMeasured", replica: this.name, lagSeconds: lag / 1_000 })
      if (failures === this.#failures) this.#become(!follows ? "promoted" : lag > LAG_MAX_MS ? "lagging" : null)
    })
  }

  /** Fails only when the primary has to be asked. */
  read<Row extends object>(kind: Kind, ...query: Parameters<Reads.Reads["rows"]>) {
    return Effect.suspend(() => {
      this.#asked++
      const answered = Effect.ensuring(
        this.#reads[kind].rows<Row>(...query),
        Effect.sync(() => {
          this.#asked--
        }),
      )
      return Effect.tapError(inPatience(answered), (error) =>
        Effect.sync(() => {
          // What it only refuses (a conflict with replay, a table that it does not have yet) says nothing of other reads.
          if (outcomeOf(error) === "refused") return
          this.#failures++
          this.#become("silent")
        }),
      )
    })
  }

  /** Whether it comes there in time. */
  reaches(position: bigint): Effect.Effect<boolean> {
    const look = Effect.suspend(() => (this.#asking === null ? this.#ask : Fiber.await(this.#asking)))
    const looks = Effect.repeat(Effect.andThen(look, Effect.sleep(REACH_LOOK_MS)), {
      until: () => this.#position >= position,
    })
    return Effect.suspend(() =>
      this.#position >= position
        ? Effect.succeed(true)
        : Effect.map(Effect.timeoutOption(looks, `${REACH_MS} millis`), (found) => found._tag === "Some"),
    )
  }

  get #ask() {
    const asked = this.#reads.looks.rows<Where>(WHERE, []).pipe(
      Effect.flatMap((found) =>
        Effect.sync(() => {
          this.#position = found[0]!.position
        }),
      ),
      Effect.ignore,
      Effect.ensuring(
        Effect.sync(() => {
          this.#asking = null
        }),
      ),
    )
    return Effect.flatMap(Effect.forkDetach(asked), (fiber) => {
      this.#asking = fiber
      return Fiber.await(fiber)
    })
  }
}

/** Looked at until the scope closes. `connections`: to it, at most, of each kind; and one more for looks. */
export const make = Effect.fnUntraced(function* (
  name: string,
  config: PgClient.PgClientConfig,
  connections: { readonly rows: number; readonly lists: number },
  history: () => History,
  probe: Probe["Service"],
): Effect.fn.Return<Replica, SqlError, Scope.Scope> {
  const replica = new Replica(
    name,
    {
      rows: yield* Reads.make(config, connections.rows),
      lists: yield* Reads.make(config, connections.lists),
      looks: yield* Reads.make(config, 1),
    },
    probe,
  )
  probe.emit({ _tag: "ReplicaKnown", replica: name })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(replica.look(history), Effect.sleep(LOOK_MS))))
  return replica
})
