/**
 * Imports on Postgres: a row an import, and its rows as JSON, some hundred a row of the table. All of it is read on the primary: what
 * is shown of an import is asked for by those who have just sent it.
 *
 * Limits: a statement moves or deletes at most `FORGET_PARTS` parts. Fails: Unavailable "database".
 */
import { Effect, Layer } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import type { ProductId } from "../../domain/ids.ts"
import type { Books } from "../../domain/stock-count.ts"
import { unavailable } from "../../ports/failures.ts"
import {
  type Beginning,
  type Begun,
  type Census,
  type Import,
  Imports,
  type ImportsService,
  type KnownProduct,
  type Part,
  type PartDone,
  type ReceivedRow,
  type RowOutcome,
  type RowStatus,
} from "../../ports/imports.ts"
import { plain, text, uuids } from "./batch-columns.ts"
import { inner } from "./inner.ts"
import { newest } from "./newest.ts"
import { jsonRows, jsonWrite, pageOf, writtenRows } from "./page.ts"
import { Deciding, type Reads, type Shown, ShownLists, ShownRows } from "./reads.ts"
import { stateOf } from "./sql-failure.ts"
import * as WritingPool from "./writing-pool.ts"

type Writes = WritingPool.Writes["Service"]

/** A quarter of a megabyte each, most of it beside the table. */
const FORGET_PARTS = 100

const UNIQUE = "23505"

/** Above what a part may hold: so many failures may lie before the one that a page begins with. */
const PART_ROWS = 1_000

const IMPORT = `json_build_object('id', i.id, 'mode', i.mode, 'dryRun', i.dry_run, 'state', i.state, 'rows', i.rows,
  'applied', i.applied, 'failed', i.failed, 'skipped', i.skipped, 'receivedAt', i.received_at_ms,
  'startedAt', i.started_at_ms, 'finishedAt', i.finished_at_ms, 'error', i.error)`

const OPEN = "state in ('receiving', 'waiting', 'running')"

const BEGIN = `insert into imports (id, key, mode, dry_run, state, received_at_ms, leased_until_ms)
  select $1::uuid, $2::text, $3::text, $4::boolean, 'receiving', $5::bigint, $6::bigint
  where (select count(*) from imports where ${OPEN}) < $7::bigint
  on conflict (key) do nothing
  returning json_build_object('_tag', 'Begun') as row`
const KNOWN = `select json_build_object('_tag', 'Known', 'id', id, 'fingerprint', fingerprint, 'leasedUntil', leased_until_ms) as row
  from imports where key = $1::text`
const PUT = `with own as (
    update imports set rows = rows + $4::bigint, leased_until_ms = $7::bigint
    where id = $1::uuid and state = 'receiving' and leased_until_ms >= $6::bigint returning id)
  insert into import_parts (import_id, part, last_line, amount, content)
  select id, $2::integer, $3::integer, $4::integer, $5::text from own
  returning to_json(part) as row`
const ACCEPT = `update imports set state = 'waiting', fingerprint = $2::uuid, received_at_ms = $4::bigint, leased_until_ms = 0
  where id = $1::uuid and state = 'receiving' and leased_until_ms >= $4::bigint
    and (select count(*) from import_parts p where p.import_id = $1::uuid) = $3::bigint
  returning to_json(id) as row`
const DROP = `with gone as (
    select ctid as place from import_parts
    where import_id = (select id from imports where id = $1::uuid and state = 'receiving') limit ${FORGET_PARTS}),
  parts as (delete from import_parts p using gone g where p.ctid = g.place returning p.part),
  whole as (
    delete from imports where id = $1::uuid and state = 'receiving' and (select count(*) from gone) < ${FORGET_PARTS}
    returning id)
  select to_json((select count(*) from parts) = ${FORGET_PARTS}) as row`
const GET = `select ${IMPORT} as row from imports i where i.id = $1::uuid`

/** The parts of a page: those behind its beginning, until they have more rows than it may show. */
const pageParts = (amount: string, shown: string, only: string): string => `select ${shown} as row from (
    select p.*, sum(${amount}) over (order by last_line) - ${amount} as before
    from import_parts p where import_id = $1::uuid and last_line > $2::integer ${only}
    order by last_line limit $3::integer) p
  where before <= $3::integer + ${PART_ROWS} order by last_line`

const CONTENT = "json_build_object('rows', content::json, 'outcomes', outcomes::json)"

const PAGES: Readonly<Record<RowStatus, string>> = {
  failed: pageParts("failed", "json_build_object('outcomes', failures::json)", "and failed > 0"),
  applied: pageParts("applied", CONTENT, "and applied > 0"),
  all: pageParts("amount", CONTENT, ""),
}

const CLAIM = `with first as (
    select id, state from imports where state in ('waiting', 'running')
    order by (state = 'running') desc, received_at_ms, id limit 1)
  update imports i set state = 'running', runner = $1::uuid, leased_until_ms = $3::bigint,
    started_at_ms = coalesce(i.started_at_ms, $2::bigint)
  from first where i.id = first.id and i.state = first.state and (i.runner is null or i.leased_until_ms < $2::bigint)
  returning json_build_object('import', ${IMPORT},
    'wasRunning', first.state = 'running') as row`
const PARTS = `select json_build_object('part', part, 'rows', content::json) as row from import_parts
  where import_id = $1::uuid and part > $2::integer and outcomes is null order by part limit $3::integer`

/** Parts that are recorded already stay as they are, and count once. */
const RECORD = `with mine as (
    select id from imports where id = $1::uuid and runner = $2::uuid and state = 'running' for update),
  done as (
    update import_parts p set outcomes = w.outcomes, applied = w.applied, failed = w.failed, skipped = w.skipped,
      failures = w.failures
    from mine, unnest($4::integer[], $5::text[], $6::integer[], $7::integer[], $8::integer[], $9::text[])
      w (part, outcomes, applied, failed, skipped, failures),
      lateral (
        ${newest("import_parts", "part", "w.part", "ctid", "candidate.import_id = mine.id")}) live
    where p.ctid = live.ctid and p.outcomes is null
    returning p.applied, p.failed, p.skipped),
  counted as (
    insert into stock_counts (product_id, import_id, line, counted_at, version, delta)
    select w.product_id, mine.id, w.line, w.counted_at, w.version, w.delta
    from mine, unnest($10::uuid[], $11::integer[], $12::bigint[], $13::bigint[], $14::bigint[])
      w (product_id, line, counted_at, version, delta)
    on conflict do nothing returning product_id),
  needless as (
    delete from stock_counts c
    using mine, (select product_id, max(counted_at) as counted_at
      from unnest($10::uuid[], $12::bigint[]) w (product_id, counted_at) group by product_id) newest,
      ${inner("select k.ctid from stock_counts k where k.product_id = newest.product_id")} older
    where c.ctid = older.ctid and c.version <= newest.counted_at and c.counted_at < newest.counted_at)
  update imports i set leased_until_ms = $3::bigint,
    applied = i.applied + (select coalesce(sum(applied), 0) from done),
    failed = i.failed + (select coalesce(sum(failed), 0) from done),
    skipped = i.skipped + (select coalesce(sum(skipped), 0) from done)
  from mine where i.id = mine.id returning to_json(true) as row`
const END = `update imports set state = case when $3::text is null then 'finished' else 'failed' end, error = $3::text,
    finished_at_ms = $4::bigint, runner = null
  where id = $1::uuid and runner = $2::uuid and state = 'running' returning to_json(true) as row`
const RELEASE = "update imports set leased_until_ms = 0 where id = $1::uuid and runner = $2::uuid and state = 'running'"

const PRODUCTS = `select json_build_object('sku', p.sku, 'productId', p.id,
    'stock', json_build_object('onHand', s.on_hand, 'reserved', s.reserved, 'version', s.version)) as row
  from (select distinct sku collate "C" as sku from unnest($1::text[]) w (sku)) w,
  ${inner("select * from products k where k.sku = w.sku")} p, ${inner("select * from stock k where k.product_id = p.id")} s`
const BOOKS = `select json_build_object('version', coalesce(s.version, 0), 'onHandThen', coalesce(m.on_hand, 0),
    'corrections', coalesce((select json_agg(json_build_object('countedAt', c.counted_at, 'version', c.version, 'delta', c.delta))
      from stock_counts c where c.product_id = w.product_id), '[]'::json)) as row
  from unnest($1::uuid[], $2::bigint[]) with ordinality w (product_id, version, n)
  left join ${inner("select * from stock k where k.product_id = w.product_id")} s on true
  left join ${inner("select * from movements k where k.product_id = w.product_id and k.version = w.version")} m on true order by w.n`

const CENSUS = `select json_build_object('receiving', count(*) filter (where state = 'receiving'),
    'waiting', count(*) filter (where state = 'waiting'), 'running', count(*) filter (where state = 'running'),
    'oldestAt', min(received_at_ms)) as row from imports where ${OPEN}`
/** One import at a time, its parts first: what is left of it is found again. */
const FORGET = `with ended as (
    select id from imports
    where finished_at_ms < $1::bigint or (state = 'receiving' and leased_until_ms < $2::bigint) limit 1),
  gone as (select p.place from ended, ${inner(
    `select k.ctid as place from import_parts k where k.import_id = ended.id limit ${FORGET_PARTS}`,
  )} p),
  parts as (delete from import_parts p using gone g where p.ctid = g.place),
  whole as (delete from imports i using ended where i.id = ended.id and (select count(*) from gone) < ${FORGET_PARTS})
  select to_json(exists(select from ended)) as row`

const shownRow = (row: ReceivedRow): RowOutcome => ({
  line: row.line,
  sku: "row" in row ? row.row.sku : row.sku,
  status: "pending",
})

interface ShownPart {
  readonly rows?: ReadonlyArray<ReceivedRow>
  readonly outcomes: ReadonlyArray<RowOutcome> | null
}

interface Pools {
  readonly reads: Reads
  readonly writes: Writes
  /** Of the primary, for those who ask after an import. */
  readonly rows: Shown
  readonly lists: Shown
}

const receiving = ({ lists, reads, rows: single, writes }: Pools) =>
  ({
    begin: Effect.fnUntraced(function* ({ at, dryRun, id, key, leasedUntil, mode, openMax }: Beginning) {
      const asked = [id, key, mode, dryRun, String(at), String(leasedUntil), String(openMax)]
      const [begun] = yield* jsonWrite<Begun>(writes, BEGIN, asked)
      if (begun !== undefined) return begun
      const [known] = yield* jsonRows<Begun>(reads, KNOWN, [key])
      return known ?? { _tag: "Full" as const }
    }),
    put: (id, { part, rows }, now, leasedUntil) => {
      const last = String(rows.at(-1)!.line)
      const asked = [
        id,
        String(part),
        last,
        String(rows.length),
        JSON.stringify(rows),
        String(now),
        String(leasedUntil),
      ]
      return Effect.map(jsonWrite(writes, PUT, asked), ({ length }) => length > 0)
    },
    accept: (id, fingerprint, parts, now) =>
      Effect.map(jsonWrite(writes, ACCEPT, [id, fingerprint, String(parts), String(now)]), ({ length }) => length > 0),
    drop: Effect.fnUntraced(function* (id: string) {
      while ((yield* jsonWrite<boolean>(writes, DROP, [id]))[0] === true);
    }),
    get: (id) => Effect.map(jsonRows<Import>(single, GET, [id]), ([row]) => row ?? null),
    rows: (id, status, { after, limit }) =>
      Effect.map(jsonRows<ShownPart>(lists, PAGES[status], [id, String(after ?? 0), String(limit + 1)]), (parts) => {
        const all = parts.flatMap(({ outcomes, rows }) => outcomes ?? rows!.map(shownRow))
        const wanted = all.filter((row) => row.line > (after ?? 0) && (status === "all" || row.status === status))
        return pageOf(wanted.slice(0, limit + 1), limit, ({ line }) => line)
      }),
  }) satisfies Partial<ImportsService>

const failuresOf = ({ outcomes }: PartDone): string | null => {
  const failed = outcomes.filter(({ status }) => status === "failed")
  return failed.length === 0 ? null : JSON.stringify(failed)
}

const amount = (wanted: RowOutcome["status"]) => (done: PartDone) =>
  done.outcomes.reduce((sum, { status }) => sum + (status === wanted ? 1 : 0), 0)

/** Of two that claim at once, an index refuses the second. */
const contended = (error: SqlError) =>
  stateOf(error) === UNIQUE ? Effect.succeed([]) : Effect.fail(unavailable("database"))

const running = ({ reads, writes }: Pools) =>
  ({
    claim: (runner, now, leasedUntil) =>
      writtenRows<{ readonly import: Import; readonly wasRunning: boolean }>(writes, CLAIM, [
        ...[runner, String(now), String(leasedUntil)],
      ]).pipe(
        Effect.catch(contended),
        Effect.map(([claimed]) => claimed ?? null),
      ),
    parts: (id, after, limit) => jsonRows<Part>(reads, PARTS, [id, String(after), String(limit)]),
    record: (runner, id, done, counts, leasedUntil) =>
      Effect.map(
        jsonWrite(writes, RECORD, [
          ...[id, runner, String(leasedUntil)],
          plain(done, ({ part }) => part),
          text(done, ({ outcomes }) => JSON.stringify(outcomes)),
          plain(done, amount("applied")),
          plain(done, amount("failed")),
          plain(done, amount("skipped")),
          text(done, failuresOf),
          uuids(counts, ({ productId }) => productId),
          plain(counts, ({ line }) => line),
          plain(counts, ({ countedAt }) => countedAt),
          plain(counts, ({ version }) => version),
          plain(counts, ({ delta }) => delta),
        ]),
        ({ length }) => length > 0,
      ),
    end: (runner, id, error, now) =>
      Effect.map(jsonWrite(writes, END, [id, runner, error, String(now)]), ({ length }) => length > 0),
    release: (runner, id) => Effect.asVoid(jsonWrite(writes, RELEASE, [id, runner])),
    products: (skus) => jsonRows<KnownProduct>(reads, PRODUCTS, [text(skus, (sku) => sku)]),
    books: (counts: ReadonlyArray<{ readonly productId: ProductId; readonly version: number }>) =>
      jsonRows<Books>(reads, BOOKS, [uuids(counts, (c) => c.productId), plain(counts, ({ version }) => version)]),
    census: Effect.map(jsonRows<Census>(reads, CENSUS, []), ([row]) => row!),
    forget: (endedBefore, now) =>
      Effect.map(jsonWrite<boolean>(writes, FORGET, [String(endedBefore), String(now)]), ([more]) => more === true),
  }) satisfies Partial<ImportsService>

export const layer = Layer.effect(
  Imports,
  Effect.gen(function* () {
    const pools: Pools = {
      reads: yield* Deciding,
      writes: yield* WritingPool.Writes,
      rows: yield* ShownRows,
      lists: yield* ShownLists,
    }
    return { ...receiving(pools), ...running(pools) }
  }),
)
