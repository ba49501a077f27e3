/** The catalogue in memory. */
import { Effect, Layer } from "effect"
import * as Words from "../../domain/product-words.ts"
import { Catalog } from "../../ports/catalog.ts"
import { page } from "./pages.ts"
import * as Store from "./store.ts"

export const make = (store: Store.Shape): Catalog["Service"] => ({
  get: (id) => Effect.sync(() => store.products.get(id) ?? null),
  list: (request) =>
    Effect.sync(() => {
      const { sku, words } = request
      const products = [...store.products.values()].filter(
        (product) => (sku === null || product.sku === sku) && (words === null || Words.areIn(words, product)),
      )
      return page(products, (product) => product.id, "newest-first", request)
    }),
  stock: (request) =>
    Effect.sync(() => {
      const rows = [...store.products.values()].map(({ id, sku }) => ({
        productId: id,
        sku,
        stock: store.stocks.get(id)!,
      }))
      return page(rows, ({ productId }) => productId, "newest-first", request)
    }),
  movements: (id, request) =>
    Effect.sync(() => page(store.movements.get(id) ?? [], (movement) => movement.version, "newest-first", request)),
})

export const layer: Layer.Layer<Catalog, never, Store.Store> = Layer.effect(Catalog, Effect.map(Store.Store, make))
