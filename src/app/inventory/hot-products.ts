/**
 * Hot products: which of a worker's products lose units fastest, second by second (a heavy-hitters list).
 *
 * Law: it is given the rows of a batch after that batch was committed, and decides nothing.
 * Limits: products that changed within a second, then the HOT_MAX hottest of them. Cost: a look-up a product of a batch.
 */
import type { ProductId } from "../../domain/ids.ts"
import type { StockUpdate } from "../../ports/ledger.ts"
import type { HotProduct } from "../../ports/probe.ts"

/** As many as a person takes in; of each worker, so that the hottest of all together are among them. */
export const HOT_MAX = 10

interface Heat {
  units: number
  available: number
}

export class HotProducts {
  #products = new Map<ProductId, Heat>()

  committed(stocks: ReadonlyArray<StockUpdate>): void {
    for (const { productId, stock } of stocks) {
      const available = stock.onHand - stock.reserved
      const heat = this.#products.get(productId)
      if (heat === undefined) this.#products.set(productId, { units: 0, available })
      else {
        if (available < heat.available) heat.units += heat.available - available
        heat.available = available
      }
    }
  }

  /** Since it was asked last; the hottest first. */
  take(): ReadonlyArray<HotProduct> {
    const all = Array.from(this.#products, ([productId, { available, units }]) => ({ productId, units, available }))
    const hottest = all.sort((a, b) => b.units - a.units).slice(0, HOT_MAX)
    this.#products = new Map(hottest.map(({ available, productId }) => [productId, { units: 0, available }]))
    return hottest
  }
}
