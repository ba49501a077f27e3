/** Views on Postgres: a row a product, added to in batches, in the order of ids. Fails: Unavailable "database". */
import { Effect, Layer } from "effect"
import { unavailable } from "../../ports/failures.ts"
import { ViewCounts } from "../../ports/view-counts.ts"
import { plain, uuids } from "./batch-columns.ts"
import { ShownRows } from "./reads.ts"
import { outcomeOf } from "./sql-failure.ts"
import * as WritingPool from "./writing-pool.ts"

const ADD = `insert into product_views as kept (product_id, views)
  select id, views from unnest($1::uuid[], $2::bigint[]) w (id, views) order by id
  on conflict (product_id) do update set views = kept.views + excluded.views`
const OF = "select views::float8 as views from product_views where product_id = $1::uuid"

export const layer = Layer.effect(
  ViewCounts,
  Effect.gen(function* () {
    const shown = yield* ShownRows
    const writes = yield* WritingPool.Writes
    return {
      add: (counts) => {
        const columns = [uuids(counts, ({ productId }) => productId), plain(counts, ({ views }) => views)]
        return WritingPool.answered(writes, (connection) => connection.query(ADD, columns)).pipe(
          Effect.asVoid,
          Effect.mapError((error) => unavailable("database", outcomeOf(error) === "unknown" ? "unknown" : "undecided")),
        )
      },
      of: (productId) =>
        Effect.map(shown.rows<{ readonly views: number }>(OF, [productId]), ([row]) => row?.views ?? 0),
    }
  }),
)
