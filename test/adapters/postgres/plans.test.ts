/** A page of a list costs the same wherever it lies, whatever is filtered and however many orders there are: counted in pages. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, ManagedRuntime } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as BulkLoad from "../../../src/adapters/postgres/bulk-load.ts"
import { listQuery } from "../../../src/adapters/postgres/order-book.ts"
import { costOf } from "../../support/plans.ts"
import { freshClient } from "../../support/postgres.ts"

const ORDERS = 20_000
const ROWS = 21
/** Of a row: its order, and its lines by their index. Of a status: the way down an index, and orders that another status outdid. */
const PAGES_A_ROW = 6
const PAGES_A_STATUS = 12

const run = (statement: string) => Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(statement))

/** A guest has every second delivered order; a fifth of the others is only paid; some of the guest's are live, and two lapsed. */
const shop = Effect.gen(function* () {
  yield* BulkLoad.fill({ products: 100, orders: ORDERS, onHand: 1_000_000, now: Date.now() }, () => Effect.void)
  yield* run(`update orders set customer_id = 'guest' where status = 'delivered' and hashtext(id::text) % 2 = 0`)
  yield* run(`update orders set status = 'paid' where status = 'delivered' and customer_id <> 'guest'
    and hashtext(id::text) % 5 = 1`)
  const reserve = (orders: number, expires: string) =>
    run(`update orders set status = 'reserved', expires_at = now() + interval '${expires}'
      where id in (select id from orders where customer_id = 'guest' and status = 'delivered' order by id limit ${orders})`)
  yield* reserve(2_000, "1 hour")
  yield* reserve(2, "-1 hour")
  yield* run("analyze orders")
})

const runtime = ManagedRuntime.make(Layer.effectDiscard(shop).pipe(Layer.provideMerge(freshClient)))
beforeAll(() => runtime.runPromise(Effect.void), 120_000)
afterAll(() => runtime.dispose())

const STATUSES = [null, "reserved", "paid", "shipped", "delivered", "cancelled", "expired", "payment_failed"] as const
const CUSTOMERS = [null, "guest", "customer-7", "of none"]
const PLACES = ["ffffffff-ffff-ffff-ffff-ffffffffffff", "middle"] as const

const pairs = CUSTOMERS.flatMap((customerId) => STATUSES.map((status) => ({ customerId, status })))

describe.each(PLACES)("a page of orders from %s", (place) => {
  it.each(pairs)("of customer $customerId and status $status reads its rows and no others", ({ customerId, status }) =>
    runtime.runPromise(
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const [middle] = yield* sql<{
          readonly id: string
        }>`select id from orders order by id offset ${ORDERS / 2} limit 1`
        const after = place === "middle" ? middle!.id : place
        const cost = yield* costOf(listQuery({ customerId, status }), [after, ROWS, String(Date.now()), customerId])
        const statuses = status === null ? STATUSES.length - 1 : 1
        expect(cost.pages).toBeLessThanOrEqual(PAGES_A_ROW * cost.rows + PAGES_A_STATUS * statuses)
        // The lapsed ones, of which there are two.
        expect(cost.removed).toBeLessThanOrEqual(2)
      }),
    ),
  )
})
