/**
 * The catalogue on Postgres. Lists are keyset-paginated: a page costs the same wherever it lies.
 *
 * Fails: Unavailable "database".
 */
import { Effect, Layer } from "effect"
import type { ProductId } from "../../domain/ids.ts"
import type { Product } from "../../domain/product.ts"
import { Catalog } from "../../ports/catalog.ts"
import type { Unavailable } from "../../ports/failures.ts"
import { jsonRows, pageOf } from "./page.ts"
import { type Shown, ShownLists, ShownRows } from "./reads.ts"
import { MOVEMENT, type MovementJson, PRODUCT } from "./rows.ts"

const GET = `select ${PRODUCT} as row from products p where p.id = $1::uuid`
const BY_SKU = `select ${PRODUCT} as row from products p
  where p.sku = $1::text and ($2::uuid is null or p.id < $2::uuid)`
const NEWEST = `select ${PRODUCT} as row from products p order by p.id desc limit $1::int`
const NEWEST_AFTER = `select ${PRODUCT} as row from products p where p.id < $2::uuid order by p.id desc limit $1::int`
const MOVEMENTS = `select ${MOVEMENT} as row from movements m
  where m.product_id = $1::uuid and m.version < $3::bigint order by m.version desc limit $2::int`

/** After the newest movement there is. */
const FROM_THE_NEWEST = Number.MAX_SAFE_INTEGER

export const layer: Layer.Layer<Catalog, never, ShownRows | ShownLists> = Layer.effect(
  Catalog,
  Effect.gen(function* () {
    const rows = yield* ShownRows
    const lists = yield* ShownLists
    return {
      get: (id) => Effect.map(jsonRows<Product>(rows, GET, [id]), ([product]) => product ?? null),
      list: ({ after, limit, sku }) =>
        Effect.map(
          sku === null ? newest(lists, after, limit + 1) : jsonRows<Product>(rows, BY_SKU, [sku, after]),
          (found) => pageOf(found, limit, (product) => product.id),
        ),
      movements: (id, { after, limit }) =>
        Effect.map(
          jsonRows<MovementJson>(lists, MOVEMENTS, [id, limit + 1, String(after ?? FROM_THE_NEWEST)]),
          (found) => pageOf(found, limit, (movement) => movement.version),
        ),
    }
  }),
)

const newest = (
  lists: Shown,
  after: ProductId | null,
  limit: number,
): Effect.Effect<ReadonlyArray<Product>, Unavailable> =>
  after === null ? jsonRows(lists, NEWEST, [limit]) : jsonRows(lists, NEWEST_AFTER, [limit, after])
