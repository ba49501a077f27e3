/**
 * Statements are planned once a session, and a session may begin while a shop is empty. However its tables grow since, each statement of
 * the service's loops and decisions reads what it is asked for and no more: counted in pages.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import * as PostgresCatalog from "../../../src/adapters/postgres/catalog.ts"
import * as PostgresCommitted from "../../../src/adapters/postgres/committed-orders.ts"
import * as PostgresExplanations from "../../../src/adapters/postgres/explanations.ts"
import * as PostgresImports from "../../../src/adapters/postgres/imports.ts"
import * as PostgresInbox from "../../../src/adapters/postgres/inbox.ts"
import * as PostgresLedger from "../../../src/adapters/postgres/ledger.ts"
import * as PostgresOrderBook from "../../../src/adapters/postgres/order-book.ts"
import * as PostgresShipments from "../../../src/adapters/postgres/shipments.ts"
import * as PostgresTimeline from "../../../src/adapters/postgres/timeline.ts"
import * as PostgresUnsettled from "../../../src/adapters/postgres/unsettled.ts"
import * as PostgresViewCounts from "../../../src/adapters/postgres/view-counts.ts"
import { FILL } from "../../support/grown-shop.ts"
import { CASES, type Case, PAGES_MAX } from "../../support/kept-cases.ts"
import * as KeptPlans from "../../support/kept-plans.ts"
import { freshClient } from "../../support/postgres.ts"

const adapters = Layer.mergeAll(
  ...([PostgresCatalog.layer, PostgresCommitted.layer, PostgresInbox.layer] as const),
  ...([PostgresLedger.layer, PostgresOrderBook.layer, PostgresShipments.layer, PostgresTimeline.layer] as const),
  ...([PostgresUnsettled.layer, PostgresViewCounts.layer, PostgresImports.layer] as const),
  PostgresExplanations.layer,
)

const run = (statement: string) => Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(statement))

/** Both with statistics that say that there is nothing. A session may have to plan anew at any time, as when its caches are full. */
const PLANS = ["made while there was nothing", "made since, and as blind"] as const
type Plans = (typeof PLANS)[number]

/** A session that has to read the catalogue again does so once: the least of its turns counts. */
const TURNS: Readonly<Record<Plans, ReadonlyArray<number>>> = {
  "made while there was nothing": [1, 2, 3],
  "made since, and as blind": [4, 5],
}

/** What each statement of a case cost, in pages. */
const costs = new Map<string, ReadonlyArray<number>>()
const keyOf = (plans: Plans, name: string) => `${plans}: ${name}`

const cheaper = (before: ReadonlyArray<number> | undefined, asked: ReadonlyArray<KeptPlans.Asked>) =>
  asked.map(({ pages }, index) => Math.min(pages, before?.[index] ?? pages))

const measured = KeptPlans.over((kept) =>
  Effect.gen(function* () {
    const look = ({ look, settings = [] }: Case, turn: number) =>
      Effect.gen(function* () {
        for (const setting of settings) yield* run(`set local ${setting}`)
        yield* Effect.ensuring(look(kept, turn), Effect.ignore(run("set local enable_bitmapscan = on")))
      })
    for (const each of Object.values(CASES)) yield* look(each, 0)
    for (const statement of FILL) yield* run(statement)
    for (const plans of PLANS) {
      for (const turn of TURNS[plans])
        for (const [name, each] of Object.entries(CASES))
          costs.set(keyOf(plans, name), cheaper(costs.get(keyOf(plans, name)), yield* kept.measured(look(each, turn))))
      yield* run("discard plans")
    }
  }).pipe(Effect.provide(Layer.provide(adapters, kept.pools))),
).pipe(Effect.scoped, Effect.provide(freshClient))

beforeAll(() => Effect.runPromise(measured), 120_000)

describe.each(PLANS)("a plan that was %s", (plans) => {
  it.each(Object.entries(CASES))("%s", (name, { pages: limit = PAGES_MAX }) => {
    const asked = costs.get(keyOf(plans, name))!
    expect(asked.length).toBeGreaterThan(0)
    expect(Math.max(...asked)).toBeLessThanOrEqual(limit)
  })
})
