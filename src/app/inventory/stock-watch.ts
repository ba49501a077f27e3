/**
 * The stock watch: what a worker's commits do to the products that are looked at (change data capture, conflated).
 *
 * Why it exists: memory runs ahead of the ledger, and who looks at stock may not be shown what is then taken back.
 * Law: I4; it is given the rows of a batch after that batch was committed, and nothing else. Of each product only the newest
 * is kept. Cost: nothing while nothing is watched, else one look-up a product of a batch.
 */
import { Effect } from "effect"
import type { ProductId } from "../../domain/ids.ts"
import { isSoldOut, type Stock } from "../../domain/stock.ts"
import type { StockUpdate } from "../../ports/ledger.ts"
import type { CommittedStock, Listening } from "../../ports/workers.ts"
import { Notify } from "../../std/notify.ts"

/** At least so long passes between two announcements (ms), unless a product was sold out or is for sale again. */
export const PAUSE_MS = 100

export class StockWatch {
  /** The newest of each that is known here; null: none has been committed since it is watched. */
  readonly #watched = new Map<ProductId, Stock | null>()
  #news = new Map<ProductId, Stock>()
  readonly #arrived = new Notify()
  readonly #turned = new Notify()

  watch(productId: ProductId, isWatched: boolean): void {
    if (isWatched && !this.#watched.has(productId)) this.#watched.set(productId, null)
    if (isWatched) return
    this.#watched.delete(productId)
    this.#news.delete(productId)
  }

  committed(stocks: ReadonlyArray<StockUpdate>): void {
    if (this.#watched.size === 0) return
    for (const { productId, stock } of stocks) {
      const before = this.#watched.get(productId)
      if (before === undefined) continue
      this.#watched.set(productId, stock)
      this.#news.set(productId, stock)
      this.#arrived.notify()
      if (before === null || isSoldOut(before) !== isSoldOut(stock)) this.#turned.notify()
    }
  }

  /** Announces what is new until it is interrupted. */
  readonly run = Effect.fnUntraced({ self: this }, function* (changed: Listening["changed"]) {
    for (;;) {
      yield* this.#arrived.wait
      const news = this.#take()
      if (news.length > 0) changed(news)
      yield* Effect.raceFirst(Effect.sleep(PAUSE_MS), this.#turned.wait)
    }
  })

  #take(): ReadonlyArray<CommittedStock> {
    const news = this.#news
    this.#news = new Map()
    return Array.from(news, ([productId, stock]) => ({ productId, stock }))
  }
}
