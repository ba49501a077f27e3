/** Pauses on Postgres: a row each. Fails: Unavailable "database". */
import { Effect, Layer } from "effect"
import type { ProductId } from "../../domain/ids.ts"
import { unavailable } from "../../ports/failures.ts"
import { type Pause, Pauses } from "../../ports/pauses.ts"
import { Deciding } from "./reads.ts"
import * as WritingPool from "./writing-pool.ts"

const LIST = `select product_id as "productId", reason, since_ms::float8 as since, until_ms::float8 as until from pauses`
/** The key of a product's pause is its id, that of everything's is `all`. */
const PUT = `insert into pauses (scope, product_id, reason, since_ms, until_ms)
  values (coalesce($1::uuid::text, 'all'), $1::uuid, $2::text, $3::bigint, $4::bigint)
  on conflict (scope) do update set reason = excluded.reason, since_ms = excluded.since_ms, until_ms = excluded.until_ms`
const END = "delete from pauses where scope = coalesce($1::uuid::text, 'all')"

const textOrNull = (ms: number | null): string | null => (ms === null ? null : String(ms))

export const layer: Layer.Layer<Pauses, never, Deciding | WritingPool.Writes> = Layer.effect(
  Pauses,
  Effect.gen(function* () {
    const reads = yield* Deciding
    const writes = yield* WritingPool.Writes
    const write = (statement: string, parameters: ReadonlyArray<unknown>) =>
      WritingPool.answered(writes, (connection) => connection.query(statement, parameters)).pipe(
        Effect.asVoid,
        Effect.mapError(() => unavailable("database", "unknown")),
      )
    return {
      list: Effect.mapError(reads.rows<Pause>(LIST, []), () => unavailable("database")),
      put: ({ productId, reason, since, until }: Pause) =>
        write(PUT, [productId, reason, String(since), textOrNull(until)]),
      end: (productId: ProductId | null) => write(END, [productId]),
    }
  }),
)
