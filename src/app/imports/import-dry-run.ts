/**
 * What would become of the rows of an import, by the same rules, on copies of the stock: nothing is changed, and no unit is held.
 *
 * Limits: of `REMEMBERED_MAX` SKUs it is known what earlier rows would have done to them; of further ones only what is there now. A count
 * at a version that an earlier row would make is refused: there are no books of it.
 */
import { Effect, Result } from "effect"
import { ProductId } from "../../domain/ids.ts"
import type { Row } from "../../domain/import-row.ts"
import * as Stock from "../../domain/stock.ts"
import * as Count from "../../domain/stock-count.ts"
import { type AppliedCount, Imports, type ReceivedRow, type RowOutcome, type What } from "../../ports/imports.ts"
import { countReason, failed, type Known, reasonOf, UNKNOWN } from "./import-row-work.ts"

/** Some 40 MB. */
const REMEMBERED_MAX = 200_000

/** What is answered of a product that would be created. */
const NEW = ProductId.make("00000000-0000-0000-0000-000000000000")

interface Foreseen {
  /** Null: it is not there yet. */
  readonly productId: ProductId | null
  stock: Stock.Stock
  readonly counts: Array<AppliedCount>
}

const adjusted = (foreseen: Foreseen, delta: number, what: What): Result.Result<object, string> => {
  if (delta !== 0) {
    const command = { _tag: "Adjust", delta, reason: "" } as const
    const event = Stock.decide(foreseen.productId ?? NEW, command, foreseen.stock)
    if (Result.isFailure(event)) return Result.fail(reasonOf(event.failure))
    foreseen.stock = Stock.evolve(foreseen.stock, event.success)
  }
  const { productId, stock } = foreseen
  return Result.succeed({ status: "applied", what, productId, delta, version: stock.version })
}

export const make = Effect.gen(function* () {
  const imports = yield* Imports
  const all = new Map<string, Foreseen>()

  const foreseenOf = (sku: string, { product }: Known): Foreseen | null => {
    const remembered = all.get(sku)
    if (remembered !== undefined || product === null) return remembered ?? null
    return remember(sku, { productId: product.productId, stock: product.stock, counts: [] })
  }
  const remember = (sku: string, foreseen: Foreseen): Foreseen => {
    if (all.size < REMEMBERED_MAX) all.set(sku, foreseen)
    return foreseen
  }

  const counted = Effect.fnUntraced(function* (foreseen: Foreseen, counts: Count.Count, known: Known, line: number) {
    const { productId } = foreseen
    const read =
      productId === null
        ? undefined
        : (known.books.get(counts.version) ?? (yield* imports.books([{ productId, version: counts.version }]))[0])
    const books = read ?? { version: foreseen.stock.version, onHandThen: foreseen.stock.onHand, corrections: [] }
    const delta = Count.difference(counts, { ...books, corrections: [...books.corrections, ...foreseen.counts] })
    if (Result.isFailure(delta)) return Result.fail(countReason(delta.failure))
    const done = adjusted(foreseen, delta.success, "counted")
    const { version } = foreseen.stock
    if (Result.isSuccess(done))
      foreseen.counts.push({
        productId: productId ?? NEW,
        line,
        countedAt: counts.version,
        version,
        delta: delta.success,
      })
    return done
  })

  const judged = Effect.fnUntraced(function* ({ change, newcomer, sku }: Row, line: number, known: Known) {
    const foreseen = foreseenOf(sku, known)
    if (foreseen === null) {
      if (newcomer === null) return Result.fail(UNKNOWN)
      const stock = Stock.evolve(Stock.nothing, Stock.created(newcomer.onHand))
      remember(sku, { productId: null, stock, counts: [] })
      return Result.succeed({ status: "applied", what: "created", productId: null, delta: newcomer.onHand, version: 1 })
    }
    if (change._tag === "Count") return yield* counted(foreseen, change, known, line)
    if (change._tag === "Nothing" || change.delta === 0) return Result.succeed({ status: "skipped" })
    return adjusted(foreseen, change.delta, "moved")
  })

  return Effect.fnUntraced(function* (received: ReceivedRow, known: Known) {
    const { line } = received
    if (!("row" in received)) return failed(line, received.sku, received.problem)
    const { sku } = received.row
    const judgement: Result.Result<object, string> = yield* judged(received.row, line, known)
    return Result.isSuccess(judgement)
      ? ({ line, sku, ...judgement.success } as RowOutcome)
      : failed(line, sku, judgement.failure)
  })
})
