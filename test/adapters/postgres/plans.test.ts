/** A page of a list costs the same wherever it lies, whatever is filtered and however many orders there are: counted in pages. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, ManagedRuntime } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as BulkLoad from "../../../src/adapters/postgres/bulk-load.ts"
import * as Catalog from "../../../src/adapters/postgres/catalog.ts"
import { listParameters, listQuery } from "../../../src/adapters/postgres/order-book.ts"
import * as Words from "../../../src/domain/product-words.ts"
import type { OrderFilter } from "../../../src/ports/order-book.ts"
import { costOf } from "../../support/plans.ts"
import { freshClient } from "../../support/postgres.ts"

const ORDERS = 20_000
const ROWS = 21
/** Of a row: its order, and its lines by their index. Of a status: the way down an index, and orders that another status outdid. */
const PAGES_A_ROW = 6
const PAGES_A_STATUS = 12

/** Of a search: its rows, and the way to them through lists of the pairs of its words. */
const PAGES_OF_SEARCH = 200

/**
 * Products that have all pairs of a word, and not the word: of 10,000 numbers, those with its pairs of digits in another order. Beside the
 * newest of ten pages, which are looked at first.
 */
const OTHERS_OF_PAIRS = 200
const NEAR = 10 * ROWS

const run = (statement: string) => Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(statement))

/** A guest has every second delivered order; a fifth of the others is only paid; some of the guest's are live, and two lapsed. */
const guests = Effect.gen(function* () {
  // A statement of the service has ten seconds. A busy machine may need more for these.
  yield* run("set local statement_timeout = 0")
  yield* run(`update orders set customer_id = 'guest' where status = 'delivered' and hashtext(id::text) % 2 = 0`)
  yield* run(`update orders set status = 'paid' where status = 'delivered' and customer_id <> 'guest'
    and hashtext(id::text) % 5 = 1`)
  const reserve = (orders: number, expires: string) =>
    run(`update orders set status = 'reserved', expires_at = now() + interval '${expires}'
      where id in (select id from orders where customer_id = 'guest' and status = 'delivered' order by id limit ${orders})`)
  yield* reserve(2_000, "1 hour")
  yield* reserve(2, "-1 hour")
  yield* run("analyze")
})

const shop = Effect.gen(function* () {
  yield* BulkLoad.fill({ products: 10_000, orders: ORDERS, onHand: 1_000_000, now: Date.now() }, () => Effect.void)
  const { withTransaction } = yield* PgClient.PgClient
  yield* withTransaction(guests)
})

const runtime = ManagedRuntime.make(Layer.effectDiscard(shop).pipe(Layer.provideMerge(freshClient)))
beforeAll(() => runtime.runPromise(Effect.void), 120_000)
afterAll(() => runtime.dispose())

const STATUSES = [null, "reserved", "paid", "shipped", "delivered", "cancelled", "expired", "payment_failed"] as const
const CUSTOMERS = [null, "guest", "customer-7", "of none"]
const PLACES = ["ffffffff-ffff-ffff-ffff-ffffffffffff", "middle"] as const

const pairs = CUSTOMERS.flatMap((customerId) => STATUSES.map((status) => ({ customerId, status })))

/** A day in the middle, and none that is bounded. */
const SPANS = [
  ["of any time", null, null],
  ["of a day", 0, 86_400_000],
] as const

const middle = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const [row] = yield* sql<{ readonly id: string; readonly at: number }>`
    select id, (extract(epoch from created_at) * 1000)::float8 as at from orders order by id offset ${ORDERS / 2} limit 1`
  return row!
})

const cost = (filter: OrderFilter, place: (typeof PLACES)[number]) =>
  Effect.gen(function* () {
    const { at, id } = yield* middle
    const span = {
      from: filter.from === null ? null : at + filter.from,
      to: filter.to === null ? null : at + filter.to,
    }
    const after = place === "middle" ? id : place
    const request = { ...filter, ...span, after, limit: ROWS - 1, now: Date.now() }
    return yield* costOf(listQuery(filter), listParameters(request))
  })

describe.each(PLACES)("a page of orders from %s", (place) => {
  it.each(SPANS.flatMap(([span, from, to]) => pairs.map((pair) => ({ ...pair, span, from, to }))))(
    "of customer $customerId and status $status, $span, reads its rows and no others",
    ({ customerId, from, status, to }) =>
      runtime.runPromise(
        Effect.gen(function* () {
          const { pages, removed, rows } = yield* cost({ customerId, status, from, to }, place)
          const statuses = status === null ? STATUSES.length - 1 : 1
          expect(pages).toBeLessThanOrEqual(PAGES_A_ROW * rows + PAGES_A_STATUS * statuses)
          // The lapsed ones, of which there are two.
          expect(removed).toBeLessThanOrEqual(2)
        }),
      ),
  )
})

describe("a page of a search", () => {
  it("for a word that all products have reads little more than its rows", () =>
    runtime.runPromise(
      Effect.gen(function* () {
        const { parameters, statement } = Catalog.listQuery({ sku: null, words: Words.of("product")! }, null, ROWS)
        const { pages, removed, rows } = yield* costOf(statement, parameters)
        expect([rows, removed]).toEqual([ROWS, 0])
        expect(pages).toBeLessThanOrEqual(ROWS)
      }),
    ))

  it.each([
    ["a word of one product", "000000077"],
    ["words of which one is rare", "generated 000000042"],
    ["a word of none", "안녕하세요"],
  ])("for %s reads few rows that it does not show", (_, text) =>
    runtime.runPromise(
      Effect.gen(function* () {
        const { parameters, statement } = Catalog.listQuery({ sku: null, words: Words.of(text)! }, null, ROWS)
        const { pages, removed } = yield* costOf(statement, parameters)
        expect(pages).toBeLessThanOrEqual(PAGES_OF_SEARCH)
        expect(removed).toBeLessThanOrEqual(NEAR + OTHERS_OF_PAIRS)
      }),
    ),
  )
})
