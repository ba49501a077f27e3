/**
 * Statements that are planned once, while a shop is empty, and kept: they read what is asked for, and not what has come since. The
 * server plans anew when it has looked at the tables, which may be a minute later, and an import of a first catalogue is over by then.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import * as Ledger from "../../../src/adapters/postgres/ledger.ts"
import * as Outbox from "../../../src/adapters/postgres/outbox.ts"
import * as Lane from "../../../src/domain/lane.ts"
import { costOf } from "../../support/plans.ts"
import { freshClient } from "../../support/postgres.ts"

const run = (statement: string) => Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(statement).unprepared)

/** Facts of each lane, and those that have not left. */
const FACTS = 200
const BEHIND = 10

const PRODUCTS = 2_000

/** Of one product: the ways down some indexes, twice, and nothing of the other products. */
const PAGES_OF_ONE = 40

/** What `executed` costs, by the plan that it had before there was what `filling` makes. */
const costAfter = (
  statement: string,
  filling: ReadonlyArray<string>,
  executed: string,
  settings: ReadonlyArray<string>,
) =>
  Effect.gen(function* () {
    const { withTransaction } = yield* PgClient.PgClient
    const all = Effect.gen(function* () {
      for (const setting of ["plan_cache_mode = force_generic_plan", ...settings]) yield* run(`set local ${setting}`)
      yield* run(`prepare kept as ${statement}`)
      yield* run(`execute kept${executed}`)
      for (const filled of filling) yield* run(filled)
      return yield* costOf(`execute kept${executed}`, [])
    })
    return yield* withTransaction(all)
  }).pipe(Effect.provide(freshClient), Effect.runPromise)

const FACT = `insert into outbox (lane, seq, event_id, subject_kind, subject, subject_version, type, payload, occurred_at)
  select lane, seq, gen_random_uuid(), 'stock', gen_random_uuid(), 1, 'jaego.stock.created.v1', '{}', now()
  from generate_series(0, ${Lane.COUNT - 1}) lane, generate_series(1, ${FACTS}) seq`

const PRODUCT = `insert into products (id, sku, name, price_amount, price_currency, lane, created_at)
  select md5(n::text)::uuid, 'sku-' || n, 'A mug', 1290, 'EUR', 0, now() from generate_series(1, ${PRODUCTS}) n`

/** MD5 of "1". */
const ONE = "'{c4ca4238-a0b9-2382-0dcc-509a6f75849b}'"
/** The first and the last parameter are ids of products. */
const asked = `(${[ONE, ...Array.from({ length: 10 }, () => "'{}'"), ONE].join(", ")})`

describe("a plan that was made in an empty shop", () => {
  it("the relay's look reads the facts that have not left, and no others", async () => {
    const filling = [FACT, `update lanes set seq = ${FACTS}`, `update relay_cursors set seq = ${FACTS - BEHIND}`]
    const { removed, rows } = await costAfter(Outbox.READ, filling, "(4000, '{}')", ["enable_bitmapscan = off"])
    expect(rows).toBe(Lane.COUNT * BEHIND)
    expect(removed).toBe(0)
  })

  it("a product that a command asks for is looked up, and no other is read", async () => {
    const filling = [PRODUCT, "insert into stock select id, 1, 0, 1 from products"]
    const { pages } = await costAfter(Ledger.LOAD, filling, asked, [])
    expect(pages).toBeLessThanOrEqual(PAGES_OF_ONE)
  })
})
