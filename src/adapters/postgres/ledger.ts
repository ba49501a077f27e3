/**
 * The ledger on Postgres. A commit is one call of `jaego_commit` on a connection apart from the pool that reads share, so
 * that neither queues behind the other.
 *
 * Law: I3, I10. A commit cannot be interrupted: it is shared by many callers.
 * Limits: a commit that is not answered within 10 s is `CommitUnknown` (the server ends it after 5 s by itself).
 * Fails: an answered error is `LedgerDown` (rolled back), `Unstorable` if it is about a value or a CHECK (SQLSTATE classes 22
 * and 23), an unanswered commit `CommitUnknown`; see `sql-failure.ts`.
 */
import type { PgConnection, PgPool } from "@effect/sql-pg"
import { Effect, Fiber, Layer } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import type { OrderId } from "../../domain/ids.ts"
import * as Lane from "../../domain/lane.ts"
import { type Claim, claimName } from "../../ports/inventory.ts"
import {
  type Batch,
  type CommitFailure,
  type CommitResult,
  CommitUnknown,
  type Due,
  didCommit,
  type KeyPosition,
  Ledger,
  LedgerDown,
  type Loaded,
  StaleOwner,
  Unstorable,
  type Wanted,
} from "../../ports/ledger.ts"
import { issueReceipt } from "../../ports/receipt.ts"
import { AS_MANY } from "./as-many.ts"
import { encode } from "./batch-columns.ts"
import { COMMIT_STATEMENT } from "./commit-function.ts"
import { RAISE_LANES } from "./fence-functions.ts"
import { inner } from "./inner.ts"
import { type Note, Noting } from "./log-position.ts"
import { Deciding, type Reads } from "./reads.ts"
import {
  DETAILS,
  HOLD,
  hasAnswer,
  hasLines,
  KNOWN_KEY,
  knownKeyOf,
  type LoadedJson,
  ORDER,
  ORDERS_OF,
  orderOf,
  PRODUCT_WITH_STOCK,
} from "./rows.ts"
import { describe, inTime, outcomeOf, SILENCE, STALE, stateOf } from "./sql-failure.ts"
import * as WritingPool from "./writing-pool.ts"

/** How often a commit that lost a race for a key or SKU is tried: the second try sees what the first ran into. */
const RACES_MAX = 2

const UNIQUE_VIOLATION = "23505"

export const layer: Layer.Layer<Ledger, never, Deciding | WritingPool.Writes> = Layer.effect(
  Ledger,
  Effect.gen(function* () {
    const reads = yield* Deciding
    const pool = yield* WritingPool.Writes
    const committing = statement(yield* Noting)
    return {
      commit: (batch) => Effect.uninterruptible(commit(pool, committing, batch)),
      receiptOf: (batch, raised) => (didCommit(batch, raised) ? issueReceipt(batch) : null),
      load: (wanted) => load(reads, wanted),
      due: (lanes, since, before, limit) => due(reads, lanes, [since, before], limit),
      boundKeys: (after, limit) => boundKeys(reads, after, limit),
      raise: (lanes) => raise(pool, lanes),
    }
  }),
)

type Statement = (
  connection: PgConnection.PgConnection,
) => Effect.Effect<ReadonlyArray<ReadonlyArray<unknown>>, SqlError>
type Committing = (columns: ReadonlyArray<unknown>) => Statement

/** With a replica, a commit is not done before its position is noted. */
const statement = (note: Note | null): Committing =>
  note === null
    ? (columns) => (connection) => connection.queryValues(COMMIT_STATEMENT, columns)
    : (columns) => (connection) => Effect.tap(connection.queryValues(COMMIT_STATEMENT, columns), () => note(connection))

/** Not `Effect.gen`: a generator that is made anew for each batch has a hidden class of its own, which keeps the batch. */
const commit: (
  pool: PgPool.PgPool,
  committing: Committing,
  batch: Batch,
) => Effect.Effect<CommitResult, CommitFailure> = Effect.fnUntraced(function* (pool, committing, batch) {
  const columns = encode(batch)
  for (let tries = 1; ; tries++) {
    const answer = yield* Effect.result(answered(pool, committing(columns)))
    if (answer._tag === "Success") return resultOf(batch, answer.success)
    const raced = answer.failure._tag === "SqlError" && stateOf(answer.failure) === UNIQUE_VIOLATION
    if (raced && tries < RACES_MAX) continue
    return yield* Effect.fail(commitFailure(answer.failure))
  }
})

/** The server is asked to cancel what is not answered in time. */
const unlessSilent = <A>(statement: Fiber.Fiber<A, SqlError>): Effect.Effect<A, SqlError | CommitUnknown> =>
  Fiber.join(statement).pipe(
    inTime(
      Effect.suspend(() => {
        statement.interruptUnsafe()
        return Effect.fail(new CommitUnknown({ detail: SILENCE }))
      }),
    ),
  )

/**
 * In fibers of their own: the caller, who cannot be interrupted, waits for whatever comes, and the wait can be given up at
 * the time limit without waiting for the statement too, which asks the server to cancel it and gives that some seconds.
 */
const answered = (pool: PgPool.PgPool, committing: Statement) =>
  WritingPool.use(pool, committing).pipe(
    Effect.interruptible,
    Effect.forkDetach({ startImmediately: true }),
    Effect.flatMap(unlessSilent),
    Effect.interruptible,
    Effect.forkDetach({ startImmediately: true }),
    Effect.flatMap(Fiber.join),
    Effect.map((rows) => rows[0]![0] as string | null),
  )

interface ContestJson {
  readonly keys: ReadonlyArray<Pick<Claim, "route" | "key">> | null
  readonly skus: ReadonlyArray<string> | null
  readonly holds: ReadonlyArray<OrderId> | null
}

const resultOf = (batch: Batch, contest: string | null): CommitResult => {
  if (contest === null) return { _tag: "Committed", receipt: issueReceipt(batch) }
  const { holds, keys, skus } = JSON.parse(contest) as ContestJson
  return { _tag: "Contested", boundKeys: (keys ?? []).map(claimName), takenSkus: skus ?? [], changedHolds: holds ?? [] }
}

const commitFailure = (error: SqlError | CommitUnknown): CommitFailure => {
  if (error._tag === "CommitUnknown") return error
  const detail = describe(error)
  const state = stateOf(error)
  // A row that should be new is there already, and no key or SKU: memory is behind the ledger.
  if (state === STALE || state === UNIQUE_VIOLATION) return new StaleOwner({ detail })
  // A value that the database cannot keep, or a CHECK: it was reached, and would say the same again.
  if (state?.startsWith("22") || state?.startsWith("23")) return new Unstorable({ detail })
  return outcomeOf(error) === "unknown" ? new CommitUnknown({ detail }) : new LedgerDown({ detail })
}

const down = (error: SqlError): LedgerDown => new LedgerDown({ detail: describe(error) })

const literal = (values: ReadonlyArray<string | number>): string => `{${values.join(",")}}`

/**
 * A customer's unpaid holds of a product, found without an index on holds, which every order would have to keep: they belong to
 * its live orders, to those whose end has not reached all holds yet, or to no order yet.
 */
const UNPAID = `select count(*)::int as holds from (
    select r.id from (select l.id from orders l, ${AS_MANY} where l.customer_id = any (array[w.customer_id]) and l.status = 'reserved'
      order by l.customer_id, l.id offset 0) r
    union select e.id from (select l.id from orders l where l.customer_id = w.customer_id and l.elsewhere offset 0) e
    union select t.order_id from (select * from holds l
      where l.lane = w.lane and l.lapses_at is not null and l.customer_id = w.customer_id offset 0) t) o,
  ${inner(`select from holds h where h.order_id = o.id and h.product_id = w.product_id
    and h.customer_id = w.customer_id and h.state in ('tentative', 'held')`)} h`

/** Products `p` with their stock `s`, each once. */
const productsOf = (
  ids: string,
) => `(select distinct id from unnest(${ids}::uuid[]) u (id)) w, ${inner("select * from products where id = w.id")} p,
    ${inner("select * from stock where product_id = w.id")} s`

export const LOAD = `select
  (select json_agg(${PRODUCT_WITH_STOCK}) from ${productsOf("$1")}) as products,
  (select json_agg(${ORDER}) from ${ORDERS_OF("$2")} o) as orders,
  (select json_agg(${HOLD} order by h.order_id, h.line_no) from holds h where h.order_id = any ($3::uuid[])) as holds,
  (select json_agg(json_build_object('productId', u.product_id, 'customerId', u.customer_id, 'units', u.units))
    from unnest($4::uuid[], $5::text[]) w (product_id, customer_id), ${inner(
      "select * from customer_units c where c.product_id = w.product_id and c.customer_id = w.customer_id",
    )} u) as units,
  (select json_agg(json_build_object('productId', w.product_id, 'customerId', w.customer_id, 'holds', n.holds))
    from unnest($9::uuid[], $10::text[], $11::smallint[]) w (product_id, customer_id, lane), lateral (${UNPAID}) n) as unpaid,
  (select json_agg(${KNOWN_KEY})
    from unnest($6::text[], $7::text[]) w (route, key), ${inner(
      "select * from idempotency_keys i where i.key = w.key and i.route = w.route",
    )} k) as known,
  (select json_agg(p.sku) from products p where p.sku = any ($8::text[])) as skus,
  (select json_agg(${DETAILS}) from ${productsOf("$12")}) as details`

const load = (reads: Reads, wanted: Wanted): Effect.Effect<Loaded, LedgerDown> =>
  reads
    .rows<LoadedJson>(LOAD, [
      literal(wanted.products),
      literal(wanted.orders),
      literal(wanted.holdsOf),
      literal(wanted.units.map((each) => each.productId)),
      wanted.units.map((each) => each.customerId),
      wanted.keys.map((each) => each.route),
      wanted.keys.map((each) => each.key),
      wanted.skus,
      literal(wanted.unpaid.map((each) => each.productId)),
      wanted.unpaid.map((each) => each.customerId),
      literal(wanted.unpaid.map((each) => Lane.of(each.productId))),
      literal(wanted.details),
    ])
    .pipe(
      Effect.mapError(down),
      Effect.map(([row]) => ({
        products: row!.products ?? [],
        details: row!.details ?? [],
        orders: (row!.orders ?? []).filter(hasLines).map(orderOf),
        holds: row!.holds ?? [],
        units: row!.units ?? [],
        unpaid: row!.unpaid ?? [],
        known: (row!.known ?? []).filter(hasAnswer).map(knownKeyOf),
        takenSkus: row!.skus ?? [],
        unreadable: [
          ...(row!.orders ?? []).filter((json) => !hasLines(json)).map(({ id }) => id),
          ...(row!.known ?? []).filter((json) => !hasAnswer(json)).map(claimName),
        ],
      })),
    )

export const DUE = `select
  (select json_agg(json_build_object('orderId', id, 'expiresAt', at)) from (
    select o.id, (extract(epoch from o.expires_at) * 1000)::bigint as at from orders o
    where o.status = 'reserved' and o.attempt_token is null and o.expires_at >= to_timestamp($4::float8 / 1000)
      and o.expires_at < to_timestamp($2::float8 / 1000)
      and (get_byte(uuid_send(o.id), 15) & 63) = any ($1::int[])
    order by o.expires_at limit $3::int) e) as expiries,
  (select json_agg(json_build_object('orderId', order_id, 'lapsesAt', at)) from (
    select h.order_id, (extract(epoch from min(h.lapses_at)) * 1000)::bigint as at from (
      select * from holds t where t.lane = any ($1::smallint[]) and t.lapses_at >= to_timestamp($4::float8 / 1000)
        and t.lapses_at < to_timestamp($2::float8 / 1000) offset 0) h
    group by h.order_id order by 2 limit $3::int) l) as lapses`

const due = (
  reads: Reads,
  lanes: ReadonlyArray<number>,
  [since, before]: readonly [since: number, before: number],
  limit: number,
) =>
  reads
    .rows<{ readonly expiries: Due["expiries"] | null; readonly lapses: Due["lapses"] | null }>(DUE, [
      literal(lanes),
      String(before),
      limit,
      String(since),
    ])
    .pipe(
      Effect.mapError(down),
      Effect.map(([row]): Due => ({ expiries: row!.expiries ?? [], lapses: row!.lapses ?? [] })),
    )

/** Names hold no newline: keys are printable. One text a page, because thousands of rows cost more to take in. */
const BOUND_KEYS = `select string_agg(route || ' ' || key, E'\\n' order by key, route) as names, count(*)::int as count,
    (array_agg(key order by key, route))[count(*)] as key, (array_agg(route order by key, route))[count(*)] as route
  from (select key, route from idempotency_keys where (key, route) > ($1::text, $2::text)
    order by key, route limit $3::int) page`

interface KeysRow {
  readonly names: string | null
  readonly count: number
  readonly key: string | null
  readonly route: string | null
}

const boundKeys = (reads: Reads, after: KeyPosition | null, limit: number) =>
  reads.rows<KeysRow>(BOUND_KEYS, [after?.key ?? "", after?.route ?? "", limit]).pipe(
    Effect.mapError(down),
    Effect.map(([row]) => {
      const { count, key, names, route } = row!
      return {
        names: names === null ? [] : names.split("\n"),
        next: count < limit ? null : { key: key!, route: route! },
      }
    }),
  )

export interface LaneRow {
  readonly lane: number
  readonly epoch: bigint
  readonly seq: bigint
}

export const ownedLane = (row: LaneRow) => ({ lane: row.lane, epoch: Number(row.epoch), seq: Number(row.seq) })

const raise = (pool: PgPool.PgPool, lanes: ReadonlyArray<{ readonly lane: number; readonly epoch: number }>) =>
  WritingPool.use(pool, (connection) =>
    connection.query(`select * from ${RAISE_LANES.name}($1, $2)`, [
      literal(lanes.map((each) => each.lane)),
      literal(lanes.map((each) => each.epoch)),
    ]),
  ).pipe(
    // Another line may know better. If this one did raise them, we learn that our epochs are old, and take the lanes anew.
    inTime(Effect.fail(new LedgerDown({ detail: SILENCE }))),
    Effect.map(({ rows }) => (rows as unknown as ReadonlyArray<LaneRow>).map(ownedLane)),
    Effect.mapError((error) => {
      if (error._tag === "LedgerDown") return error
      return stateOf(error) === STALE ? new StaleOwner({ detail: describe(error) }) : down(error)
    }),
  )
