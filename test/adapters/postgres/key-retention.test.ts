/** Old idempotency keys go, a stretch of pages at a time, and what comes with one of them afterwards is a new request. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { expect, it } from "vitest"
import * as KeyRetention from "../../../src/adapters/postgres/key-retention.ts"
import * as PostgresLease from "../../../src/adapters/postgres/lease.ts"
import * as PostgresLedger from "../../../src/adapters/postgres/ledger.ts"
import { costOf } from "../../support/plans.ts"
import { freshClient } from "../../support/postgres.ts"
import * as Scribe from "../../support/scribe.ts"

const HOURS = 24
const KEYS = 40_000

const keys = `select count(*)::int as keys, count(*) filter (where created_at < now() - interval '${HOURS} hours')::int as old,
  (pg_relation_size('idempotency_keys') / 8192)::int as pages from idempotency_keys`

const over = <A, E>(
  body: Effect.Effect<
    A,
    E,
    PgClient.PgClient | Layer.Success<typeof PostgresLedger.layer | typeof PostgresLease.layer>
  >,
) =>
  body.pipe(
    Effect.provide(Layer.mergeAll(PostgresLedger.layer, PostgresLease.layer).pipe(Layer.provideMerge(freshClient))),
    Effect.runPromise,
  )

/** Every second one is a day and an hour old, the others a day less. */
const filled = Effect.flatMap(PgClient.PgClient, (sql) =>
  sql.unsafe(`insert into idempotency_keys select 'receipts', 'key ' || n, gen_random_uuid(), null, null, '{}',
    now() - interval '1 hour' - (n % 2) * interval '24 hours' from generate_series(1, ${KEYS}) n`),
)

it("lets the old ones go and no others, however many stretches they lie in", () =>
  over(
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* filled
      const [before] = yield* sql.unsafe<{ readonly pages: number }>(keys)
      expect(before!.pages).toBeGreaterThan(2 * KeyRetention.STRETCH_PAGES)
      expect(yield* KeyRetention.deleteOld(HOURS)).toBe(KEYS / 2)
      expect(yield* sql.unsafe(keys)).toMatchObject([{ keys: KEYS / 2, old: 0 }])
      expect(yield* KeyRetention.deleteOld(HOURS)).toBe(0)
    }),
  ))

it("reads the pages of its stretch and no others", () =>
  over(
    Effect.gen(function* () {
      yield* filled
      // A retention that nothing has outlived: what is deleted touches more pages, of the index too.
      const { pages } = yield* costOf(KeyRetention.DELETE, [0, KeyRetention.STRETCH_PAGES, 1_000])
      expect(pages).toBeLessThanOrEqual(KeyRetention.STRETCH_PAGES + 2)
    }),
  ))

it("frees what it was bound to: the same key is bound anew", () =>
  over(
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const scribe = yield* Scribe.owner
      const claim = Scribe.claim("products")
      const create = Effect.suspend(() => {
        const product = Scribe.product()
        return scribe.commit({
          products: [{ product, onHand: 1 }],
          keys: [{ claim, answer: { _tag: "Whole", reply: { _tag: "Product", product } } }],
        })
      })
      yield* create
      expect(yield* create).toMatchObject({ _tag: "Contested" })
      yield* sql.unsafe("update idempotency_keys set created_at = now() - interval '25 hours'")
      yield* KeyRetention.deleteOld(HOURS)
      expect(yield* create).toMatchObject({ _tag: "Committed" })
    }).pipe(Effect.scoped),
  ))
