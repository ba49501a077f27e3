/**
 * The catalogue on Postgres. Lists are keyset-paginated: a page costs the same wherever it lies. Words are looked up as pairs of
 * characters in an index (`jaego_word_pairs`, docs/decisions/0037), and compared themselves with what is found there.
 *
 * Fails: Unavailable "database".
 */
import { Effect, Layer } from "effect"
import type { Product } from "../../domain/product.ts"
import { Catalog, type CommittedStock, type ProductFilter } from "../../ports/catalog.ts"
import { inner } from "./inner.ts"
import { jsonRows, pageOf } from "./page.ts"
import { type ShownLists, ShownRows } from "./reads.ts"
import * as Replicas from "./replicas.ts"
import { MOVEMENT, type MovementJson, PRODUCT } from "./rows.ts"

const GET = `select ${PRODUCT} as row from products p where p.id = $1::uuid`
export const STOCK = `select json_build_object('productId', p.id, 'sku', p.sku,
    'stock', json_build_object('onHand', s.on_hand, 'reserved', s.reserved, 'version', s.version)) as row
  from products p, ${inner("select * from stock k where k.product_id = p.id")} s where p.id < $1::uuid order by p.id desc limit $2::int`
export const MOVEMENTS = `select ${MOVEMENT} as row from movements m
  where m.product_id = $1::uuid and m.version < $3::bigint order by m.version desc limit $2::int`

/** After the newest movement there is. */
export const FROM_THE_NEWEST = Number.MAX_SAFE_INTEGER

/** A page from the beginning is a page after the last of all ids. */
export const AFTER_ALL = "ffffffff-ffff-ffff-ffff-ffffffffffff"

const TEXT = "p.name || ' ' || p.sku"

/** The lower half of a character's number: a pair is one integer of the database. */
const HALF = 0xffff

/** As `jaego_word_pairs` has them; a word holds no space. */
export const pairs = (word: string): ReadonlyArray<number> => {
  const characters = [...word].map((character) => character.codePointAt(0)! & HALF)
  return characters.slice(1).map((character, index) => (characters[index]! << 16) | character)
}

interface Query {
  readonly statement: string
  readonly parameters: ReadonlyArray<unknown>
}

/**
 * Pages of the newest products whose words are compared before the index is asked. A word that many products have fills a page there;
 * the index would give all of them. The planner cannot tell which words those are.
 */
const NEAR = 10

/** `limit`: rows at most. */
export const listQuery = ({ sku, words }: ProductFilter, after: string | null, limit: number): Query => {
  const parameters: Array<unknown> = []
  const value = (given: unknown, type: string) => `$${parameters.push(given)}::${type}`
  const newest = `p.id < ${value(after ?? AFTER_ALL, "uuid")}${sku === null ? "" : ` and p.sku = ${value(sku, "text")}`}`
  const most = value(limit, "int")
  const ordered = `order by p.id desc limit ${most}`
  if (words === null)
    return { statement: `select ${PRODUCT} as row from products p where ${newest} ${ordered}`, parameters }
  const compared = `lower((${TEXT}) collate "C") like all (${value(words.map(containing), "text[]")})`
  // The extension intarray has an operator of the same name, which this index does not know.
  const looked = `jaego_word_pairs(${TEXT}) operator(pg_catalog.@>) ${value(words.flatMap(pairs), "int[]")}`
  const statement = `with near as materialized (
    select p.id, ${PRODUCT} as row from (select * from products p where ${newest} order by p.id desc limit ${most} * ${NEAR}) p
    where ${compared} ${ordered})
  select row from (
    select id, row from near where (select count(*) from near) >= ${most}
    union all
    (select p.id, ${PRODUCT} as row from products p
      where (select count(*) from near) < ${most} and ${newest} and ${looked} and ${compared} ${ordered})) p order by p.id desc`
  return { statement, parameters }
}

/** As `like` has it. */
const containing = (word: string): string => `%${word.replaceAll(/[\\%_]/g, "\\$&")}%`

export const layer: Layer.Layer<Catalog, never, ShownRows | ShownLists> = Layer.effect(
  Catalog,
  Effect.gen(function* () {
    const rows = yield* ShownRows
    const lists = yield* Replicas.lists
    return {
      get: (id) => Effect.map(jsonRows<Product>(rows, GET, [id]), ([product]) => product ?? null),
      list: ({ after, limit, ...filter }) => {
        const { parameters, statement } = listQuery(filter, after, limit + 1)
        // How many products have a word differs by the word, and so does the way to the newest of them.
        const plan = filter.words === null ? "kept" : "anew"
        return Effect.map(jsonRows<Product>(lists, statement, parameters, plan), (found) =>
          pageOf(found, limit, (product) => product.id),
        )
      },
      stock: ({ after, limit }) =>
        Effect.map(jsonRows<CommittedStock>(lists, STOCK, [after ?? AFTER_ALL, limit + 1]), (found) =>
          pageOf(found, limit, ({ productId }) => productId),
        ),
      movements: (id, { after, limit }) =>
        Effect.map(
          jsonRows<MovementJson>(lists, MOVEMENTS, [id, limit + 1, String(after ?? FROM_THE_NEWEST)]),
          (found) => pageOf(found, limit, (movement) => movement.version),
        ),
    }
  }),
)
