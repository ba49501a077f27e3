/**
 * Databases that former builds made and traded on (`old-schemas/`, dumped from each) become this build's; while their owner
 * runs they stay as they are.
 */
import { createHash } from "node:crypto"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { PgClient } from "@effect/sql-pg"
import { Deferred, Effect, Fiber, Layer, type Scope } from "effect"
import { describe, expect, it } from "vitest"
import { LEASE_LOCK } from "../../../src/adapters/postgres/advisory-locks.ts"
import * as PostgresClient from "../../../src/adapters/postgres/client.ts"
import { COMMIT } from "../../../src/adapters/postgres/commit-function.ts"
import * as PostgresLease from "../../../src/adapters/postgres/lease.ts"
import * as PostgresLedger from "../../../src/adapters/postgres/ledger.ts"
import { migrate, migrated } from "../../../src/adapters/postgres/migrations.ts"
import { sqlFunction } from "../../../src/adapters/postgres/sql-function.ts"
import { verify } from "../../../src/adapters/postgres/verification/verify.ts"
import { Lease } from "../../../src/ports/lease.ts"
import type { Ledger } from "../../../src/ports/ledger.ts"
import { bareDatabase, freshClient } from "../../support/postgres.ts"
import * as Scribe from "../../support/scribe.ts"
import { holding } from "../../support/sessions.ts"

const root = import.meta.dirname

/**
 * Commits, in the order of history, that first had a migration; and the last build before schemas had numbers to refuse.
 * `old-schemas/make.ts` makes one more.
 */
const OLD = [
  ...["0002", "0004-before-0003", "0003", "0005", "0005-last", "0006", "0007", "0008", "0009", "0010", "0011", "0012"],
  ...["0013", "0014", "0016-before-0015", "0015", "0017", "0020-before-0018", "0019-before-0018", "0018", "0021"],
  ...["0022", "0023", "0024"],
]

const restore = (name: string) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const text = gunzipSync(readFileSync(join(root, `old-schemas/${name}.sql.gz`))).toString("utf8")
    const statements = text.split("\n----\n")
    yield* Effect.forEach(
      ["set local check_function_bodies = off", ...statements],
      (statement) => sql.unsafe(statement).unprepared,
      { discard: true },
    ).pipe(sql.withTransaction)
  })

type Needs = PgClient.PgClient | Lease | Ledger | Scope.Scope

const on = <E>(client: ReturnType<typeof PostgresClient.layer>, body: Effect.Effect<void, E, Needs>) =>
  Effect.runPromise(
    Effect.scoped(body).pipe(
      Effect.provide(Layer.mergeAll(PostgresLedger.layer, PostgresLease.layer).pipe(Layer.provideMerge(client))),
    ),
  )

const bare = Layer.unwrap(Effect.map(Effect.promise(bareDatabase), PostgresClient.layer))

const rows = <Row extends object>(statement: string) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Row>(statement))

/** Columns, constraints, indexes and settings of every table but the partitions, which differ by the day. */
const shape = Effect.all([
  rows(`select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull, c.reloptions,
      pg_get_expr(d.adbin, d.adrelid) as fallback, a.attcollation
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'i', 'I') and c.relname !~ '_(\\d{8}|past)'
    order by 1, 2`),
  rows(`select conrelid::regclass::text as table, conname, pg_get_constraintdef(oid) as definition from pg_constraint
    where connamespace = 'public'::regnamespace and contype <> 'n' and conrelid::regclass::text !~ '_(\\d{8}|past)'
    order by 1, 2`),
  rows(`select indexdef from pg_indexes where schemaname = 'public' and tablename !~ '_(\\d{8}|past)$' order by 1`),
  rows("select migration_id, name from jaego_migrations order by 1"),
])

const broken = Effect.map(verify, ({ checks }) => checks.filter(({ violations }) => violations > 0))

const everything = `select (select json_agg(o order by id) from orders o) as orders,
  (select json_agg(m order by product_id, version) from movements m) as movements,
  (select json_agg(json_build_array(f.lane, f.seq, f.event_id, f.payload) order by lane, seq) from outbox f) as facts,
  (select json_agg(json_build_array(k.route, k.key, k.order_id, k.answer) order by key) from idempotency_keys k) as keys`

/** By name. Those of a build that named them by their text stay beside this build's: it may still be at work. */
const functions = Effect.map(
  rows<{ readonly name: string; readonly text: string }>(
    "select proname as name, prosrc as text from pg_proc where pronamespace = 'public'::regnamespace",
  ),
  (found) => new Map(found.map(({ name, text }) => [name, text])),
)
const BY_TEXT = /^jaego_\w+_[0-9a-f]{8}$/

/** What a database has that this build made, looked at once. */
const look = Effect.all({ functions, shape })
let looked: Promise<Effect.Success<typeof look>> | null = null
const madeToday = Effect.promise(() => (looked ??= Effect.runPromise(Effect.provide(look, freshClient))))

/** What is there after `becoming`, which makes it this build's, is what was there before, in today's tables. */
const keptBy = <A, E, R>(name: string, becoming: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    yield* restore(name)
    const before = yield* rows<{ readonly orders: ReadonlyArray<object> }>(everything)
    const become = yield* becoming
    expect(yield* rows(everything)).toMatchObject(before)
    expect(before[0]!.orders.length).toBeGreaterThan(5)
    expect(yield* broken).toEqual([])
    const today = yield* madeToday
    expect(yield* shape).toEqual(today.shape)
    const found = yield* functions
    for (const [name, text] of today.functions) expect(found.get(name), name).toBe(text)
    const others = [...found.keys()].filter((name) => !today.functions.has(name))
    expect(others.filter((name) => !BY_TEXT.test(name))).toEqual([])
    return become
  })

describe("a database of a former build", () => {
  it.each(OLD)("(%s) becomes this build's when its lanes are taken, with all it had, and is traded on", (name) =>
    on(
      bare,
      Effect.gen(function* () {
        const scribe = yield* keptBy(name, Scribe.owner)
        yield* scribe.commit({ products: [{ product: Scribe.product(), onHand: 3 }] })
        expect(yield* broken).toEqual([])
      }),
    ),
  )

  it.each([OLD[0]!, OLD.at(-1)!])("(%s) becomes this build's while no process has its lanes", (name) =>
    on(bare, Effect.asVoid(keptBy(name, migrate))),
  )

  it("stays as it is while its owner runs, and is migrated by the one that takes over", () =>
    on(
      bare,
      Effect.gen(function* () {
        yield* restore("0005-last")
        const former = yield* holding(`select pg_advisory_xact_lock(${LEASE_LOCK})`)
        expect(yield* Effect.flip(migrate)).toMatchObject({ _tag: "LanesOwned" })
        expect(yield* rows("select to_regproc('jaego_commit') is not null as there")).toEqual([{ there: true }])
        const ready = yield* Effect.forkScoped(migrated)
        const waiting = yield* Deferred.make<void>()
        const lease = yield* Lease
        const taken = yield* Effect.forkScoped(lease.acquire(Effect.asVoid(Deferred.succeed(waiting, undefined))))
        yield* Deferred.await(waiting)
        expect(ready.pollUnsafe()).toBeUndefined()
        yield* former.commit
        expect((yield* Fiber.join(taken)).lanes).toHaveLength(64)
        yield* Fiber.join(ready)
      }),
    ))
})

describe("functions", () => {
  it("are made beside those of other builds, never in their place", () =>
    on(
      freshClient,
      Effect.gen(function* () {
        const other = sqlFunction("jaego_commit", "() returns text language sql as $$ select 'another build' $$")
        yield* rows(other.create)
        yield* rows(`drop function ${COMMIT.name}`)
        yield* migrate
        expect(yield* rows(`select ${other.name}() as said`)).toEqual([{ said: "another build" }])
        expect(yield* rows(`select to_regproc('${COMMIT.name}') is not null as there`)).toEqual([{ there: true }])
      }),
    ))
})

describe("a database of a later build", () => {
  it("is refused in one line", () =>
    on(
      freshClient,
      Effect.gen(function* () {
        yield* rows("insert into jaego_migrations (migration_id, name) values (9999, 'tomorrow')")
        const line =
          /^this database belongs to a newer version of Jaego \(its schema is 9999, this version knows \d+\).*$/
        expect((yield* Effect.flip(migrate)).message).toMatch(line)
        const lease = yield* Lease
        expect((yield* Effect.flip(lease.acquire(Effect.void))).detail).toMatch(line)
      }),
    ))
})

/** SHA-256, first 16 digits. A migration has run somewhere: what it forgot is another migration. */
const FROZEN = {
  "0001_ledger.sql": "c03a3570ed6c9a79",
  "0002_commit.sql": "56dc690f4d0088f4",
  "0003_outbox_slices.sql": "3f1e4a265251d1f5",
  "0004_inbox.sql": "2fe5a9c9d8cd5604",
  "0005_shipping.sql": "abbe5e9deda8504c",
  "0006_parcels.sql": "7b4bb1d4d987f053",
  "0007_functions_by_text.sql": "51e52f60f457808a",
  "0008_shop.sql": "fd777464cd4f7ee0",
  "0009_order_lists.sql": "1e04a6c8a9a7a1d2",
  "0010_lane_links.sql": "ff53a11cc5e2d19f",
  "0011_stock_units.sql": "0df9437381804709",
  "0012_payments.sql": "e8cff2663ccf945f",
  "0013_pauses.sql": "62b1cf8b1e7cde53",
  "0014_autovacuum.sql": "8faee82f21adddc8",
  "0015_product_views.sql": "a133d898d331870d",
  "0016_product_search.sql": "a340a253138a0fcb",
  "0017_traces.sql": "84bcd0d87c31ea44",
  "0018_product_versions.sql": "88397ab1c09a2012",
  "0019_imports.sql": "188e5f523b60beb6",
  "0020_audit.sql": "19a2cb5085a07ff8",
  "0021_product_pairs.sql": "d3c312e0f3df6aef",
  "0022_pairs_as_numbers.sql": "32cea842dbf08de8",
  "0023_stock_without_reference.sql": "82df182e8d25b83e",
  "0024_pairs_of_words.sql": "39ab04c47f43f267",
}

describe("migrations", () => {
  it("have each a database of the first build that had it", () => {
    const first = (name: string) => name.slice(0, 4)
    const numbers = Object.keys(FROZEN).map(first)
    // The first commit that had a database had two.
    expect(numbers.filter((number) => !OLD.some((name) => first(name) === number))).toEqual(["0001"])
    const there = globSync("*.sql.gz", { cwd: join(root, "old-schemas") }).map((file) => file.split(".")[0])
    expect(there.toSorted()).toEqual(OLD.toSorted())
  })

  it("are never edited", () => {
    const folder = join(root, "../../../src/adapters/postgres/migrations")
    const hashes = globSync("*.sql", { cwd: folder })
      .toSorted()
      .map((file) => [
        file,
        createHash("sha256")
          .update(readFileSync(join(folder, file)))
          .digest("hex")
          .slice(0, 16),
      ])
    expect(Object.fromEntries(hashes)).toEqual(FROZEN)
  })

  it("are all run", () =>
    on(
      freshClient,
      Effect.gen(function* () {
        const run = yield* rows<{ readonly file: string }>(
          "select lpad(migration_id::text, 4, '0') || '_' || name || '.sql' as file from jaego_migrations order by 1",
        )
        expect(run.map(({ file }) => file)).toEqual(Object.keys(FROZEN))
      }),
    ))
})
