/**
 * One session that keeps each plan as it made it first, behind the pools that the adapters ask: what a statement costs that was planned when
 * there was nothing, and serves since. All of it is one transaction, which is never committed.
 */
import { PgClient, type PgPool } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { Deciding, type Reads, type Shown, ShownLists, ShownRows } from "../../src/adapters/postgres/reads.ts"
import { Writes } from "../../src/adapters/postgres/writing-pool.ts"
import { type Cost, costOf } from "./plans.ts"

export interface Asked extends Cost {
  readonly statement: string
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

const element = (value: unknown): string =>
  value === null ? "NULL" : `"${String(value).replaceAll(/["\\]/g, "\\$&")}"`

/** A parameter as text: `execute` takes no others. A column of a batch carries its values beside their type. */
const literal = (parameter: unknown): string => {
  if (parameter === null || parameter === undefined) return "null"
  if (Array.isArray(parameter)) return quoted(`{${parameter.map(element).join(",")}}`)
  if (typeof parameter === "object") return literal((parameter as { readonly value: unknown }).value)
  return quoted(String(parameter))
}

class Measured {
  readonly cost: Cost
  constructor(cost: Cost) {
    this.cost = cost
  }
}

const make = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const context = yield* Effect.context<PgClient.PgClient>()
  const names = new Map<string, string>()
  /** Null: statements are only sent. */
  let asked: Array<Asked> | null = null

  const ask = Effect.fnUntraced(function* (statement: string, parameters: ReadonlyArray<unknown>) {
    const name = names.get(statement) ?? `kept_${names.size}`
    if (!names.has(statement)) yield* sql.unsafe(`prepare ${name} as ${statement}`)
    names.set(statement, name)
    const execute = `execute ${name}${parameters.length === 0 ? "" : `(${parameters.map(literal).join(", ")})`}`
    const list = asked
    if (list !== null) {
      // What it writes is undone, and written below.
      const undone = Effect.flatMap(costOf(execute, []), (cost) => Effect.fail(new Measured(cost)))
      const ended = yield* Effect.flip(sql.withTransaction(undone))
      // What is refused is asked for once more, for its reason.
      if (ended instanceof Measured) list.push({ ...ended.cost, statement })
    }
    return yield* sql.withTransaction(sql.unsafe<Record<string, unknown>>(execute))
  })

  const here = (statement: string, parameters: ReadonlyArray<unknown>) =>
    Effect.provideContext(ask(statement, parameters), context)
  const reads = { rows: here } as unknown as Reads & Shown
  const connection = {
    query: (statement: string, parameters: ReadonlyArray<unknown>) =>
      Effect.map(here(statement, parameters), (rows) => ({ rows })),
    queryValues: (statement: string, parameters: ReadonlyArray<unknown>) =>
      Effect.map(here(statement, parameters), (rows) => rows.map((row) => Object.values(row))),
  }
  const pool = { use: <A>(use: (of: typeof connection) => A) => use(connection), invalidate: () => Effect.void }
  const writes = pool as unknown as PgPool.PgPool
  return {
    pools: Layer.mergeAll(
      Layer.succeed(Deciding, reads),
      Layer.succeed(ShownRows, reads),
      Layer.succeed(ShownLists, reads),
      Layer.succeed(Writes, writes),
    ),
    ask: here,
    /** What was asked meanwhile, without what failed. */
    measured: <A, E, R>(asking: Effect.Effect<A, E, R>) =>
      Effect.gen(function* () {
        const list: Array<Asked> = []
        asked = list
        yield* Effect.ensuring(
          asking,
          Effect.sync(() => {
            asked = null
          }),
        )
        return list as ReadonlyArray<Asked>
      }),
  }
})

export type KeptPlans = Effect.Success<typeof make>

/** As `vacuum` leaves a table that has lost all its rows. The session may have to plan anew (its caches are full): it stays as wrong then. */
const CERTAINLY_EMPTY = `update pg_class set relpages = 1, reltuples = 0
  where relnamespace = 'public'::regnamespace and relkind in ('r', 'i')`

/** Runs on a database of which the planner is certain that it is empty. */
export const over = <A, E, R>(use: (kept: KeptPlans) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    yield* sql.unsafe("vacuum analyze")
    yield* sql.unsafe(CERTAINLY_EMPTY)
    return yield* sql.withTransaction(
      Effect.gen(function* () {
        yield* sql.unsafe("set local plan_cache_mode = force_generic_plan")
        yield* sql.unsafe("set local statement_timeout = 0")
        return yield* use(yield* make)
      }),
    )
  })
