/** What every keeper of imports promises: one key, one import; one running at a time; what is recorded counts once. */
import { Effect } from "effect"
import { expect } from "vitest"
import * as StockCount from "../../src/domain/stock-count.ts"
import { type Beginning, Imports, type Part, type PartDone, type RowOutcome } from "../../src/ports/imports.ts"
import type { Lease } from "../../src/ports/lease.ts"
import type { Ledger } from "../../src/ports/ledger.ts"
import * as Scribe from "../support/scribe.ts"
import { type Check, check } from "./check.ts"

type Needs = Ledger | Lease

const { freshId, NOON } = Scribe

const SECOND = 1_000
const LEASE = 15 * SECOND

const beginning = (over: Partial<Beginning> = {}): Beginning => ({
  id: freshId(),
  key: freshId(),
  mode: "delta",
  dryRun: false,
  at: NOON,
  leasedUntil: NOON + LEASE,
  openMax: 100,
  ...over,
})

/** Rows of two lines each, as quoted fields may have. */
const partOf = (part: number, rows: number, from = 1 + part * 1_000): Part => ({
  part,
  rows: Array.from({ length: rows }, (_, index) => {
    const line = from + 2 * index
    const row = { sku: `sku "${line}" 日`, newcomer: null, change: { _tag: "Move", delta: -1 } } as const
    return index % 3 === 2 ? { line, sku: null, problem: 'it is no JSON\\ "' } : { line, row }
  }),
})

const doneOf = ({ part, rows }: Part, status: (index: number) => "applied" | "failed" | "skipped"): PartDone => ({
  part,
  outcomes: rows.map(({ line }, index): RowOutcome => {
    const of = { line, sku: `s${line}` }
    const outcome = status(index)
    if (outcome === "failed") return { ...of, status: outcome, problem: "no stock" }
    if (outcome === "skipped") return { ...of, status: outcome }
    return { ...of, status: outcome, what: "moved", productId: null, delta: 1, version: 2 }
  }),
})

const received = (parts: ReadonlyArray<Part>, over: Partial<Beginning> = {}) =>
  Effect.gen(function* () {
    const imports = yield* Imports
    const asked = beginning(over)
    expect(yield* imports.begin(asked)).toEqual({ _tag: "Begun" })
    for (const part of parts) expect(yield* imports.put(asked.id, part, asked.at, asked.at + LEASE)).toBe(true)
    expect(yield* imports.accept(asked.id, freshId(), parts.length, asked.at)).toBe(true)
    return asked.id
  })

/** What other checks have left, so that this one's comes next. */
const drained = Effect.gen(function* () {
  const imports = yield* Imports
  for (;;) {
    const runner = freshId()
    const claimed = yield* imports.claim(runner, NOON + 1_000_000, NOON + 1_000_000)
    if (claimed === null) return imports
    yield* imports.end(runner, claimed.import.id, null, NOON)
  }
})

export const checks: ReadonlyArray<Check<Needs>> = [
  check("gives one key to one import, and answers the second with it", function* () {
    const imports = yield* drained
    const asked = beginning()
    expect(yield* imports.begin(asked)).toEqual({ _tag: "Begun" })
    const again = { ...asked, id: freshId() }
    const known = { _tag: "Known", id: asked.id, fingerprint: null, leasedUntil: asked.leasedUntil }
    expect(yield* imports.begin(again)).toEqual(known)
    yield* imports.put(asked.id, partOf(0, 1), NOON, NOON)
    const fingerprint = freshId()
    yield* imports.accept(asked.id, fingerprint, 1, NOON)
    expect(yield* imports.begin(again)).toMatchObject({ id: asked.id, fingerprint })
    expect(yield* imports.get(again.id)).toBeNull()
    expect(yield* imports.get(asked.id)).toEqual({
      ...{ id: asked.id, mode: "delta", dryRun: false, state: "waiting", rows: 1, applied: 0, failed: 0, skipped: 0 },
      ...{ receivedAt: NOON, startedAt: null, finishedAt: null, error: null },
    })
  }),

  check("takes no more than may be open", function* () {
    const imports = yield* drained
    yield* received([partOf(0, 1)])
    expect(yield* imports.begin(beginning({ openMax: 1 }))).toEqual({ _tag: "Full" })
    const { oldestAt, waiting } = yield* imports.census
    expect([waiting, oldestAt === null]).toEqual([1, false])
  }),

  check("accepts only what is whole and still received, and drops what was not wanted", function* () {
    const imports = yield* drained
    const asked = beginning()
    yield* imports.begin(asked)
    yield* imports.put(asked.id, partOf(0, 3), NOON, NOON + LEASE)
    expect(yield* imports.accept(asked.id, freshId(), 2, NOON)).toBe(false)
    const late = NOON + LEASE + 1
    expect(yield* imports.put(asked.id, partOf(1, 3), late, late)).toBe(false)
    expect(yield* imports.accept(asked.id, freshId(), 1, late)).toBe(false)
    expect(yield* imports.claim(freshId(), NOON, NOON)).toBeNull()
    yield* imports.drop(asked.id)
    expect(yield* imports.get(asked.id)).toBeNull()
    expect(yield* imports.begin({ ...asked, id: freshId() })).toEqual({ _tag: "Begun" })
    const kept = yield* received([partOf(0, 1)])
    yield* imports.drop(kept)
    expect(yield* imports.get(kept)).not.toBeNull()
  }),

  check("has one running at a time, the one received first, with one runner until its lease ends", function* () {
    const imports = yield* drained
    const second = yield* received([partOf(0, 1)], { at: NOON + 2, leasedUntil: NOON + LEASE })
    const first = yield* received([partOf(0, 1)], { at: NOON + 1, leasedUntil: NOON + LEASE })
    const [one, two] = [freshId(), freshId()]
    const claims = yield* Effect.all(
      [one, two].map((runner) => imports.claim(runner, NOON + 5, NOON + LEASE)),
      { concurrency: "unbounded" },
    )
    expect(claims.filter((claimed) => claimed !== null)).toMatchObject([
      { import: { id: first, state: "running", startedAt: NOON + 5 }, wasRunning: false },
    ])
    const [owner, other] = claims[0] === null ? [two, one] : [one, two]
    expect(yield* imports.claim(other, NOON + LEASE, NOON + LEASE)).toBeNull()
    expect(yield* imports.record(other, first, [], [], NOON + LEASE)).toBe(false)
    expect(yield* imports.record(owner, first, [], [], NOON + 2 * LEASE)).toBe(true)
    expect(yield* imports.claim(other, NOON + LEASE + 1, NOON + 3 * LEASE)).toBeNull()
    const taken = yield* imports.claim(other, NOON + 2 * LEASE + 1, NOON + 3 * LEASE)
    expect(taken).toMatchObject({ import: { id: first, startedAt: NOON + 5 }, wasRunning: true })
    expect(yield* imports.record(owner, first, [], [], NOON + 9 * LEASE)).toBe(false)
    yield* imports.release(other, first)
    expect((yield* imports.claim(owner, NOON, NOON + LEASE))?.wasRunning).toBe(true)
    expect(yield* imports.end(other, first, null, NOON)).toBe(false)
    expect(yield* imports.end(owner, first, null, NOON + 7)).toBe(true)
    expect(yield* imports.get(first)).toMatchObject({ state: "finished", finishedAt: NOON + 7, error: null })
    expect((yield* imports.claim(other, NOON, NOON + LEASE))?.import.id).toBe(second)
    yield* imports.end(other, second, "it broke", NOON)
    expect(yield* imports.get(second)).toMatchObject({ state: "failed", error: "it broke" })
  }),

  check("hands out what is not recorded, and counts what is recorded once", function* () {
    const imports = yield* drained
    const parts = [partOf(0, 4), partOf(1, 4), partOf(2, 4)]
    const id = yield* received(parts)
    const runner = freshId()
    yield* imports.claim(runner, NOON, NOON + LEASE)
    expect(yield* imports.parts(id, -1, 2)).toEqual(parts.slice(0, 2))
    const done = doneOf(parts[1]!, (index) => (["applied", "failed", "skipped", "applied"] as const)[index]!)
    for (let time = 0; time < 2; time++) expect(yield* imports.record(runner, id, [done], [], NOON + LEASE)).toBe(true)
    expect(yield* imports.get(id)).toMatchObject({ rows: 12, applied: 2, failed: 1, skipped: 1 })
    expect(yield* imports.parts(id, -1, 9)).toEqual([parts[0], parts[2]])
    expect(yield* imports.parts(id, 0, 9)).toEqual([parts[2]])
  }),

  check("lists rows by what became of them, in the order of lines, page by page, each once", function* () {
    const imports = yield* drained
    const parts = [partOf(0, 7), partOf(1, 7), partOf(2, 7)]
    const id = yield* received(parts)
    const runner = freshId()
    yield* imports.claim(runner, NOON, NOON + LEASE)
    const done = parts.slice(0, 2).map((part) => doneOf(part, (index) => (index % 2 === 0 ? "failed" : "applied")))
    yield* imports.record(runner, id, done, [], NOON + LEASE)
    const outcomes = done.flatMap((each) => each.outcomes)
    for (const status of ["failed", "applied", "all"] as const)
      for (const limit of [1, 3, 100]) {
        const rows: Array<RowOutcome> = []
        for (let after: number | null = null; ; ) {
          const page: { rows: ReadonlyArray<RowOutcome>; next: number | null } = yield* imports.rows(id, status, {
            after,
            limit,
          })
          rows.push(...page.rows)
          after = page.next
          if (after === null) break
        }
        const wanted = outcomes.filter((row) => status === "all" || row.status === status)
        expect(rows.filter((row) => row.status !== "pending")).toEqual(wanted)
        expect(rows).toHaveLength(status === "all" ? 21 : wanted.length)
        if (status === "all") expect(rows.at(-2)).toMatchObject({ line: 2_011, status: "pending" })
      }
    expect(yield* imports.rows(freshId(), "all", { after: null, limit: 5 })).toEqual({ rows: [], next: null })
  }),

  check("knows products by their SKU, and the books of a count with what others have corrected", function* () {
    const imports = yield* drained
    const scribe = yield* Scribe.owner
    const product = Scribe.product()
    yield* scribe.commit({ products: [{ product, onHand: 10 }] })
    const productId = product.id
    const before = { onHand: 10, reserved: 0, version: 1 }
    const event = { type: "adjusted", onHand: -3, reserved: 0, reason: null } as const
    yield* scribe.commit({ changes: [{ productId, before, event }] })
    const stock = { onHand: 7, reserved: 0, version: 2 }
    expect(yield* imports.products([product.sku, "none", product.sku])).toEqual([
      { sku: product.sku, productId, stock },
    ])
    const asked = [1, 2, 3].map((version) => ({ productId, version }))
    const books = yield* imports.books([...asked, { productId: Scribe.product().id, version: 1 }])
    expect(books.map(({ onHandThen, version }) => [onHandThen, version])).toEqual([
      [10, 2],
      [7, 2],
      [0, 2],
      [0, 0],
    ])
    const id = yield* received([partOf(0, 2)], { mode: "absolute" })
    const runner = freshId()
    yield* imports.claim(runner, NOON, NOON + LEASE)
    const counts = [
      { productId, line: 1, countedAt: 1, version: 3, delta: -1 },
      { productId, line: 2, countedAt: 2, version: 3, delta: 0 },
    ]
    for (let time = 0; time < 2; time++) yield* imports.record(runner, id, [], counts, NOON + LEASE)
    const [one] = yield* imports.books([{ productId, version: 2 }])
    const corrections = one!.corrections.toSorted((a, b) => a.countedAt - b.countedAt)
    expect(corrections).toMatchObject([
      { countedAt: 1, version: 3, delta: -1 },
      { countedAt: 2, version: 3, delta: 0 },
    ])
    expect(corrections).toHaveLength(2)
    // A count that is newer than what others have corrected needs nothing of them.
    yield* imports.record(runner, id, [], [{ productId, line: 3, countedAt: 5, version: 6, delta: 2 }], NOON + LEASE)
    const [last] = yield* imports.books([{ productId, version: 2 }])
    expect(last!.corrections).toMatchObject([{ countedAt: 5, version: 6, delta: 2 }])
    expect(StockCount.difference({ counted: 9, version: 2 }, last!)._tag).toBe("Failure")
  }),

  check("forgets what ended long ago or was given up, with its rows, and nothing else", function* () {
    const imports = yield* drained
    const kept = yield* received([partOf(0, 1)])
    const long = Array.from({ length: 120 }, (_, part) => partOf(part, 1))
    const old = yield* received(long, { at: NOON - 1, leasedUntil: NOON + LEASE })
    const runner = freshId()
    yield* imports.claim(runner, NOON, NOON + LEASE)
    yield* imports.end(runner, old, null, NOON)
    const given = beginning()
    yield* imports.begin(given)
    yield* imports.put(given.id, partOf(0, 1), NOON, NOON + LEASE)
    while (yield* imports.forget(NOON, NOON + LEASE));
    expect(yield* imports.get(old)).not.toBeNull()
    expect(yield* imports.get(given.id)).not.toBeNull()
    while (yield* imports.forget(NOON + 1, NOON + LEASE + 1));
    expect(yield* imports.get(old)).toBeNull()
    expect(yield* imports.get(given.id)).toBeNull()
    expect((yield* imports.rows(old, "all", { after: null, limit: 5 })).rows).toEqual([])
    expect((yield* imports.rows(kept, "all", { after: null, limit: 5 })).rows).toHaveLength(1)
  }),
]
