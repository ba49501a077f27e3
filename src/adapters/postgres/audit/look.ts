/**
 * One look of the audit: reads what was committed since the last one, compares, and keeps how far it has come. One transaction, one
 * snapshot (repeatable read): what is compared is of one moment, so nothing that is under way is taken for a difference, and of two
 * processes that look at once the server rolls one back.
 *
 * Limits: FACTS_MAX facts a look. Behind BEHIND_MAX facts, or where facts have gone unread, it begins anew from now on.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as Books from "./books.ts"
import { compared, type Drift, type Known, looked, type Standing, settled, type Window, windowed } from "./findings.ts"
import { DIFFERING, DRIFT, KEEP, ROWS, STANDING, STATE, WINDOW } from "./statements.ts"

/** Some 100 ms of a statement. */
export const FACTS_MAX = 50_000

/** Minutes of full load: beyond that the past is for `verify`, which reads it faster. */
export const BEHIND_MAX = 2_000_000

/** A process that has not looked for so long has lost the audit to any other, ms. */
const HELD_MS = 10_000

/** Longer than a statement of the service may run, and below the lag that is promised; a flush more or less does not matter. */
const SETTINGS = `select set_config('statement_timeout', '20000', true), set_config('synchronous_commit', 'off', true),
  set_config('work_mem', '32MB', true), set_config('enable_bitmapscan', 'off', true)`

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
  /** Whether this process audits, and whether it has reached the end. */
  readonly leads: boolean
  readonly isAtEnd: boolean
  readonly facts: number
  readonly orders: number
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
  const window = yield* ask<Window>(WINDOW, [...columns(parts), before.from, before.to])
  const { differ } = window
  const ranges = [differ.map(({ product }) => product), differ.map(({ lo }) => lo), differ.map(({ hi }) => hi)]
  const drifts = differ.length === 0 ? [] : yield* ask<ReadonlyArray<Drift>>(DRIFT, ranges)
  return { books: windowed(before, window, drifts, parts), told: window.told }
})

/** Compares the rows of the ids that were told of, and moves the borders on. */
const compare = Effect.fnUntraced(function* (books: Books.Books, now: number) {
  const { from, marks, newest, seqs, tally, to } = books
  let after = books
  if (from !== to || tally.orders > 0 || tally.moves > 0) {
    const rows = yield* ask<Known>(ROWS, [from, to])
    const isEqual = Books.equal(tally, compared(rows))
    const parts = Books.parts(marks[0], seqs, Number.MAX_SAFE_INTEGER)
    const which = isEqual ? [] : yield* ask<Parameters<typeof settled>[2]>(DIFFERING, [...columns(parts), from, to])
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

const audit = Effect.fnUntraced(function* (before: Books.Books, { now, seqs }: State) {
  const parts = Books.parts(before.seqs, seqs, FACTS_MAX)
  const { books: read, told } = parts.length === 0 ? { books: before, told: [] } : yield* windowOf(before, parts)
  const isAtEnd = Books.behind(read.seqs, seqs) === 0
  const reached = isAtEnd ? yield* compare(read, now) : read
  const books = yield* stand(reached, isAtEnd)
  const orders = told.reduce((sum, each) => sum + each.orders, 0)
  return { books, isAtEnd, orders, facts: parts.reduce((sum, { since, till }) => sum + till - since, 0) }
})

const look = Effect.fnUntraced(function* (me: string) {
  const sql = yield* PgClient.PgClient
  yield* sql.unsafe(SETTINGS)
  const state = yield* ask<State>(STATE)
  const { holder, lookedAt, now, seqs } = state
  const before = Books.kept(state.state, now)
  const idle = { now, facts: 0, orders: 0, passedOver: 0, isAtEnd: true }
  if (holder !== null && holder !== me && now - lookedAt < HELD_MS) return { ...idle, books: before, leads: false }
  const waiting = Books.behind(before.seqs, seqs)
  const isGone = before.seqs.some((seq, lane) => seq < (state.gone?.[lane] ?? 0))
  const anew = waiting > BEHIND_MAX || isGone
  const found = anew ? { ...idle, books: Books.begin(state, before) } : yield* audit(before, state)
  yield* sql.unsafe(KEEP, [JSON.stringify(found.books), me])
  return { ...idle, ...found, leads: true, passedOver: anew ? waiting : 0 }
})

/** By the process `me`, if no other one audits. */
export const take = (me: string): Effect.Effect<Look, SqlError, PgClient.PgClient> =>
  Effect.flatMap(PgClient.PgClient, (sql) =>
    sql
      .withTransaction(look(me))
      .pipe(Effect.provideService(SqlClient.BeginTransaction, "begin isolation level repeatable read")),
  )
