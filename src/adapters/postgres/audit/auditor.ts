/**
 * The always-on audit: what `verify` proves of stock, movements, orders, holds and facts, as they are committed. Every look compares
 * what was written since the last one; what differs is announced, and looked at again until it is repaired.
 *
 * Why beside `verify`: a look costs what was written, and not what there is. What only the whole tables can show (a row of the past
 * that was changed by hand) only `verify` finds (docs/operating.md).
 *
 * Law: reads the books, and writes its own row alone. One process audits; the others say what it has found.
 * Limits: a twenty-fifth of the time of one connection, a fifth when it is late (`pace.ts`). Fails: never; what was not to be had is
 * asked for again.
 */
import { Clock, Effect, Layer } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import type { Happening } from "../../../ports/probe.ts"
import { Probe } from "../../../ports/probe.ts"
import * as Throttle from "../../../std/throttle.ts"
import { describe, stateOf } from "../sql-failure.ts"
import * as Books from "./books.ts"
import * as Look from "./look.ts"
import * as Pace from "./pace.ts"

/** Lines that are announced: what a person reads. */
const LINES = 5

/** The same trouble is logged again after this, ms. */
const LOG_EVERY_MS = 60_000

/** What a look has found in whose place another process audits, or none was to be had. */
const NOT_LEADING = { isAtEnd: true, lagMs: 0, products: 0, rows: 0 }

/** Another process has looked at the same time. */
const OVERTAKEN = "40001"

const happeningOf = ({ books, facts, lagMs, orders, passedOver }: Look.Look): Happening => {
  const count = (...kinds: ReadonlyArray<Books.Finding["kind"]>) =>
    books.findings.filter(({ kind }) => kinds.includes(kind)).length
  return {
    ...{ _tag: "BooksAudited", facts, orders, passedOver },
    lagSeconds: lagMs / 1_000,
    oversoldUnits: books.oversold,
    differences: { product: count("product"), order: count("order", "orders") + books.more, lane: count("lane") },
    lines: books.findings.slice(0, LINES).map(Books.lineOf),
  }
}

const auditing = Effect.gen(function* () {
  const probe = yield* Probe
  const throttle = Throttle.make(LOG_EVERY_MS)
  const restAfter = Pace.make()
  const taking = Look.series(crypto.randomUUID())
  let committed = 0
  let differed = ""
  const report = Effect.fnUntraced(function* (look: Look.Look) {
    const happening = happeningOf(look)
    probe.emit(happening)
    if (look.passedOver > 0)
      yield* Effect.logWarning(`the audit has passed over ${look.passedOver} facts: \`jaego verify\` compares them`)
    const lines = look.leads ? look.books.findings.map(Books.lineOf) : []
    if (lines.join() === differed) return
    differed = lines.join()
    if (lines.length > 0)
      yield* Effect.logError(`the books do not agree: ${lines.slice(0, LINES).join("; ")} (${lines.length} in all)`)
    else if (look.leads) yield* Effect.logInfo("the books agree again")
  })
  const missed = Effect.fnUntraced(function* (error: SqlError) {
    if (stateOf(error) === OVERTAKEN || throttle(yield* Clock.currentTimeMillis) === null) return
    yield* Effect.logWarning(`the audit could not look: ${describe(error)}`)
  })
  for (;;) {
    const began = yield* Clock.currentTimeMillis
    const look = yield* taking.pipe(
      Effect.tap(report),
      Effect.catch((error) => Effect.as(missed(error), null)),
    )
    const at = yield* Clock.currentTimeMillis
    committed = look?.committed ?? committed
    const { isAtEnd, lagMs, products, rows } = look?.leads === true ? look : NOT_LEADING
    yield* Effect.sleep(restAfter({ at, committed, isAtEnd, lagMs, products, rows, tookMs: at - began }))
  }
})

/** Until the scope closes. */
export const layer = Layer.effectDiscard(Effect.forkScoped(auditing))
