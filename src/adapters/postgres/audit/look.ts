/**
 * One look of the audit: reads what was committed since the last one, compares, and keeps how far it has come. One transaction, one
 * snapshot (repeatable read): what is compared is of one moment, so nothing that is under way is taken for a difference, and of two
 * processes that look at once the server rolls one back.
 *
 * Limits: 300,000 facts a look. Behind BEHIND_MAX facts, or where facts have gone unread, it begins anew from now on.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { stateOf } from "../sql-failure.ts"
import * as Books from "./books.ts"
import {
  compared,
  type Drift,
  type Known,
  looked,
  type Rows,
  type Standing,
  settled,
  type Window,
  windowed,
} from "./findings.ts"
import { BORDER, DIFFERING, DRIFT, KEEP, ROWS, STANDING, STATE, UNFIT, WINDOW } from "./statements.ts"

/** What one statement reads, and how long it may take. */
export interface Limits {
  readonly facts: number
  /** Whose rows are added up. */
  readonly orders: number
  /** Of which it is asked which differ, when their sum does: of more only `verify` knows. */
  readonly differing: number
  readonly timeoutMs: number
}

/**
 * What is sold within the longest rest at 10,000 orders/s: some 0.4 s each. More orders wait only when the audit was far behind. The
 * time is longer than a statement of the service may run, and below the lag that is promised.
 */
const LIMITS: Limits = { facts: 440_000, orders: 220_000, differing: 1_000_000, timeoutMs: 20_000 }

/** The server has ended a statement. */
const TIMED_OUT = "57014"

/** The least part of what is asked for otherwise: where a lock holds all of it up, less is no sooner there. And how it grows again. */
const PART_MIN = 1 / 1_024
const GROWTH = 1.5

/** The same time for a `part` of it. */
const shrunk = ({ differing, facts, orders, timeoutMs }: Limits, part: number): Limits => {
  const least = (rows: number) => Math.max(1, Math.floor(rows * part))
  return { facts: least(facts), orders: least(orders), differing: least(differing), timeoutMs }
}

/** Minutes of reading once the sale is over: beyond that the past is for `verify`. */
export const BEHIND_MAX = 20_000_000

/** A process that has not looked for so long has lost the audit to any other, ms: longer than it ever rests (`pace.ts`). */
const HELD_MS = 30_000

/** A flush more or less does not matter. Rows are grouped by hash, as they come, by one process. */
export const SETTINGS = {
  synchronous_commit: "off",
  work_mem: "32MB",
  enable_bitmapscan: "off",
  enable_sort: "off",
  max_parallel_workers_per_gather: "0",
}
const SET = `select set_config('statement_timeout', $1, true), ${Object.entries(SETTINGS)
  .map(([name, value]) => `set_config('${name}', '${value}', true)`)
  .join(", ")}`

interface State {
  readonly state: Partial<Books.Books>
  readonly holder: string | null
  readonly now: number
  readonly lookedAt: number
  readonly seqs: ReadonlyArray<number>
  readonly top: string
  readonly gone: Readonly<Record<string, number>> | null
}

export interface Look {
  readonly books: Books.Books
  /** Milliseconds since 1970, the database's clock. */
  readonly now: number
  /** Since everything committed had been compared, ms. */
  readonly lagMs: number
  /** Whether this process audits, and whether it has reached the end. */
  readonly leads: boolean
  readonly isAtEnd: boolean
  readonly facts: number
  readonly orders: number
  /** Facts and orders that were read, and products whose movements were: its work. */
  readonly rows: number
  readonly products: number
  /** Facts that there are in all lanes. */
  readonly committed: number
  /** Facts that were passed over, because too many were waiting or some had gone. */
  readonly passedOver: number
}

const ask = <Found>(statement: string, parameters: ReadonlyArray<unknown> = []) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const rows = yield* sql.unsafe<{ readonly found: string }>(statement, parameters)
    return JSON.parse(rows[0]!.found) as Found
  })

const columns = (parts: ReadonlyArray<Books.Part>) => [
  parts.map(({ lane }) => lane),
  parts.map(({ since }) => since),
  parts.map(({ till }) => till),
]

/** Reads a window, and more of what differs in it. */
const windowOf = Effect.fnUntraced(function* (before: Books.Books, parts: ReadonlyArray<Books.Part>) {
  const window = yield* ask<Window>(WINDOW, [...columns(parts), before.from, before.to, before.newest])
  const { differ } = window
  const ranges = [differ.map(({ product }) => product), differ.map(({ lo }) => lo), differ.map(({ hi }) => hi)]
  const drifts = differ.length === 0 ? [] : yield* ask<ReadonlyArray<Drift>>(DRIFT, ranges)
  return { books: windowed(before, window, drifts, parts), told: window.told, products: window.products }
})

/** Adds the rows of these ids up: all at once, or part by part where there are many. */
const rowsOf = Effect.fnUntraced(function* ({ from, tally, to }: Books.Books, limits: Limits) {
  let sum = Books.NOTHING
  let differ: Known["differ"] = []
  for (let since = from; since !== to; ) {
    const isLong = tally.orders > limits.orders
    const border = isLong ? yield* ask<{ readonly id: string | null }>(BORDER, [since, to, limits.orders]) : null
    const till = border?.id ?? to
    const rows = yield* ask<Rows>(ROWS, [since, till])
    sum = Books.added(sum, compared(rows))
    if (!rows.plain) differ = [...differ, ...(yield* ask<Known["differ"]>(UNFIT, [since, till]))]
    since = till
  }
  return { sum, differ } satisfies Known
})

/** Compares the rows of the ids that facts have announced, and moves the borders on. */
const compare = Effect.fnUntraced(function* (books: Books.Books, now: number, limits: Limits) {
  const { from, marks, newest, seqs, tally, to } = books
  let after = books
  if (from !== to || tally.orders > 0 || tally.moves > 0) {
    const rows = yield* rowsOf(books, limits)
    const isEqual = Books.equal(tally, rows.sum)
    const parts = Books.parts(marks[0], seqs, Number.MAX_SAFE_INTEGER)
    const isAsked = !isEqual && tally.orders <= limits.differing
    const which = isAsked ? yield* ask<Parameters<typeof settled>[2]>(DIFFERING, [...columns(parts), from, to]) : []
    after = Books.withFindings(books, settled(books, rows, isEqual ? null : which))
  }
  return {
    ...after,
    ...{ from: to, to: newest, marks: [marks[1], seqs] as const, tally: books.next, next: Books.NOTHING },
    // What lies behind `to` has been compared now; it was all there was when a look reached the end before.
    auditedAt: newest === to ? now : books.reachedAt,
    reachedAt: now,
  }
})

const productsOf = ({ findings }: Books.Books): ReadonlyArray<string> => [
  ...new Set(
    findings.flatMap((finding) =>
      finding.kind === "product"
        ? [finding.id]
        : finding.kind === "order"
          ? finding.claims.map(({ product }) => product)
          : [],
    ),
  ),
]

/** What stands still, and what became of what was found. */
const stand = Effect.fnUntraced(function* (books: Books.Books, isAtEnd: boolean) {
  const { findings, newest, swept } = books
  const orders = findings.flatMap((finding) => (finding.kind === "order" ? [finding.id] : []))
  const lanes = findings.flatMap((finding) => (finding.kind === "lane" ? [finding] : []))
  // Beyond the newest id only when all has been read.
  const beyond = isAtEnd ? newest : "ffffffff-ffff-ffff-ffff-ffffffffffff"
  const found = yield* ask<Standing>(STANDING, [beyond, swept, productsOf(books), orders, ...columns(lanes)])
  return looked(books, found)
})

const audit = Effect.fnUntraced(function* (before: Books.Books, { now, seqs }: State, limits: Limits) {
  const parts = Books.parts(before.seqs, seqs, limits.facts)
  const nothing = { books: before, told: [], products: 0 }
  const { books: read, products, told } = parts.length === 0 ? nothing : yield* windowOf(before, parts)
  const isAtEnd = Books.behind(read.seqs, seqs) === 0
  const reached = isAtEnd ? yield* compare(read, now, limits) : read
  const books = yield* stand(reached, isAtEnd)
  const orders = told.reduce((sum, each) => sum + each.orders, 0)
  const facts = parts.reduce((sum, { since, till }) => sum + till - since, 0)
  return { books, isAtEnd, orders, facts, products, rows: facts + (isAtEnd ? before.tally.orders : 0) }
})

const lagOf = ({ auditedAt }: Books.Books, now: number): number => Math.max(0, now - auditedAt)

const look = Effect.fnUntraced(function* (me: string, limits: Limits) {
  const sql = yield* PgClient.PgClient
  yield* sql.unsafe(SET, [String(limits.timeoutMs)])
  const state = yield* ask<State>(STATE)
  const { holder, lookedAt, now, seqs } = state
  const before = Books.kept(state.state, now)
  const committed = seqs.reduce((sum, seq) => sum + seq, 0)
  const idle = { now, facts: 0, orders: 0, passedOver: 0, products: 0, rows: 0, isAtEnd: true, committed }
  if (holder !== null && holder !== me && now - lookedAt < HELD_MS)
    return { ...idle, books: before, lagMs: lagOf(before, now), leads: false }
  const waiting = Books.behind(before.seqs, seqs)
  const isGone = before.seqs.some((seq, lane) => seq < (state.gone?.[lane] ?? 0))
  const anew = waiting > BEHIND_MAX || isGone
  const found = anew ? { ...idle, books: Books.begin(state, before) } : yield* audit(before, state, limits)
  yield* sql.unsafe(KEEP, [JSON.stringify(found.books), me])
  return { ...idle, ...found, lagMs: lagOf(found.books, now), leads: true, passedOver: anew ? waiting : 0 }
})

/** By the process `me`, if no other one audits. */
export const take = (me: string, limits = LIMITS): Effect.Effect<Look, SqlError, PgClient.PgClient> =>
  Effect.flatMap(PgClient.PgClient, (sql) =>
    sql
      .withTransaction(look(me, limits))
      .pipe(Effect.provideService(SqlClient.BeginTransaction, "begin isolation level repeatable read")),
  )

/**
 * Look after look by the process `me`. What timed out is asked for half at the next one, and half of that, until it is in time; from
 * there on the half again as much as was in time.
 */
export const series = (me: string, limits = LIMITS): Effect.Effect<Look, SqlError, PgClient.PgClient> => {
  let part = 1
  const next = (factor: number) =>
    Effect.sync(() => {
      part = Math.min(1, Math.max(PART_MIN, part * factor))
    })
  return Effect.suspend(() => take(me, shrunk(limits, part))).pipe(
    Effect.tap(() => next(GROWTH)),
    Effect.tapError((error) => (stateOf(error) === TIMED_OUT ? next(1 / 2) : Effect.void)),
  )
}
