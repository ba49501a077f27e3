/**
 * Read replicas (`DATABASE_REPLICA_URLS`): lists and orders that are only shown are read from those that are in rotation, in turn; from
 * the primary when there is none, when none has come to the position that the read brings within 50 ms, and when a replica fails.
 *
 * Law: nothing that decides reads here (I8; `test/architecture.test.ts`). A caller never gets an error for a replica's sake.
 * Limits: connections to each as to the primary for the same (`pools.ts`), and one to look at it.
 */
import { Clock, Context, Effect, Layer } from "effect"
import * as Position from "../../ports/position.ts"
import { Probe } from "../../ports/probe.ts"
import * as PostgresClient from "./client.ts"
import * as ConnectionUrl from "./connection-url.ts"
import { flushed } from "./log-position.ts"
import type { Pools } from "./pools.ts"
import { Deciding, type Shown, ShownLists, ShownRows } from "./reads.ts"
import * as Replica from "./replica.ts"
import type { DatabaseUnusable } from "./suitability.ts"

/** What may be behind the primary by seconds. Without replicas it is read from the primary. */
export const Behind = Context.Reference<{ readonly rows: Shown; readonly lists: Shown } | null>(
  "jaego/adapters/postgres/Behind",
  { defaultValue: () => null },
)

/** Single rows, and lists, from wherever they may be read. */
export const rows = Effect.flatMap(Behind, (behind) => (behind === null ? ShownRows : Effect.succeed(behind.rows)))
export const lists = Effect.flatMap(Behind, (behind) => (behind === null ? ShownLists : Effect.succeed(behind.lists)))

/** Between two looks at the primary (ms); and what is kept of them: more than the lag at which a replica is out. */
const LOOK_MS = 500
const KEPT_MS = 60_000

/** Where the primary is, as of the last looks. One that does not answer has not moved, as far as is known. */
const watched = Effect.gen(function* () {
  const deciding = yield* Deciding
  const history: Array<Replica.History[number]> = []
  const look = Effect.gen(function* () {
    const [row] = yield* deciding.rows<{ readonly position: bigint }>(`select ${flushed} as position`, [])
    const at = yield* Clock.currentTimeMillis
    const { position } = row!
    while (history.length > 0 && (history[0]!.at < at - KEPT_MS || history.at(-1)!.position > position)) history.shift()
    if (history.at(-1)?.position !== position) history.push({ at, position })
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.ignore(look), Effect.sleep(LOOK_MS))))
  return (): Replica.History => history
})

/** The next one in turn of those that are in rotation, first of those that are there already; null: there is none. */
const choosing = (replicas: ReadonlyArray<Replica.Replica>) => {
  let turn = 0
  return (position: bigint | null): Replica.Replica | null => {
    const able = replicas.filter(({ isIn }) => isIn)
    const there = position === null ? able : able.filter((each) => each.position >= position)
    const among = there.length > 0 ? there : able
    return among[turn++ % among.length] ?? null
  }
}

export const layer = (
  urls: ReadonlyArray<string>,
  pools: Pools,
): Layer.Layer<never, DatabaseUnusable, Deciding | ShownRows | ShownLists | Probe> =>
  urls.length === 0 ? Layer.empty : Layer.effect(Behind, make(urls, pools))

const make = Effect.fnUntraced(function* (urls: ReadonlyArray<string>, pools: Pools) {
  const probe = yield* Probe
  const primary = { rows: yield* ShownRows, lists: yield* ShownLists }
  const history = yield* watched
  const replicas = yield* Effect.forEach(urls, (url) =>
    Effect.flatMap(PostgresClient.configOf(url), ({ config, connection }) =>
      Effect.orDie(Replica.make(ConnectionUrl.placeOf(connection), config, pools, history, probe)),
    ),
  )
  const choose = choosing(replicas)
  const said = (outcome: "replica" | "none" | "behind" | "failed") => probe.emit({ _tag: "ReplicaRead", outcome })

  const read = Effect.fnUntraced(function* <Row extends object>(
    kind: Replica.Kind,
    ...query: Parameters<Shown["rows"]>
  ) {
    const position = yield* Position.AtLeast
    const replica = choose(position)
    if (replica !== null && (position === null || (yield* replica.reaches(position)))) {
      const answer = yield* Effect.result(replica.read<Row>(kind, ...query))
      said(answer._tag === "Success" ? "replica" : "failed")
      if (answer._tag === "Success") return answer.success
    } else said(replica === null ? "none" : "behind")
    return yield* primary[kind].rows<Row>(...query)
  })

  const from = (kind: Replica.Kind): Shown => ({ rows: (...query) => read(kind, ...query) })
  return { rows: from("rows"), lists: from("lists") }
})
