/** Answers the routes of products and stock, from the shop. */
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { LIST_TTL_MS } from "../../app/reads/product-lists.ts"
import { TTL_MS } from "../../app/reads/product-reads.ts"
import { STALE_MAX_MS } from "../../app/reads/read-through.ts"
import { Shop, type ShownProduct } from "../../app/shop.ts"
import type { ProductId } from "../../domain/ids.ts"
import type { Edit, Product } from "../../domain/product.ts"
import * as Words from "../../domain/product-words.ts"
import type { Route } from "../../ports/inventory.ts"
import type { Page } from "../../ports/page.ts"
import { Probe } from "../../ports/probe.ts"
import * as Answers from "./answers.ts"
import { api } from "./api.ts"
import * as Conditional from "./conditional.ts"
import * as Cursors from "./cursors.ts"
import * as Claims from "./idempotency.ts"
import * as Positions from "./positions.ts"
import { LIMIT } from "./schemas.ts"
import * as Views from "./views.ts"

type KeyHeader = { readonly "idempotency-key"?: string }

const claimOf = (route: Route, path: string, headers: KeyHeader, payload: unknown) => {
  const key = headers["idempotency-key"]
  return key === undefined ? null : Claims.make(route, key, path, payload)
}

interface PageQuery {
  readonly limit?: string
  readonly cursor?: string
}

interface ProductQuery extends PageQuery {
  readonly sku?: string
  readonly q?: string
}

/** As long as we ourselves hold it for fresh, and when we cannot be reached, as long as we show it without the database. */
const cacheControl = (ttlMs: number): string =>
  `public, max-age=${ttlMs / 1_000}, stale-if-error=${STALE_MAX_MS / 1_000}`
const PRODUCT_CONTROL = cacheControl(TTL_MS)
const LIST_CONTROL = cacheControl(LIST_TTL_MS)

const cached = (age: string) => ({ "cache-control": PRODUCT_CONTROL, age })

const productAnswer = Answers.bySecond((product: Product, age) =>
  Answers.versioned(Views.product(product), product.version, cached(age)),
)

/** What is kept on the way is no answer to who brings a position; `origin` as for every page that others may read (`gate.ts`). */
const LIST_VARY = `origin, ${Positions.NAME}`
const listAnswer = Answers.bySecond((page: Page<Product, ProductId>, age) =>
  Answers.page("products", page, Views.product, { "cache-control": LIST_CONTROL, age, vary: LIST_VARY }),
)

const limitOf = (query: PageQuery): number => Number(query.limit ?? LIMIT.default)

const list = Effect.fnUntraced(function* (shop: Shop["Service"], query: ProductQuery) {
  const after = (yield* Cursors.read("products", query.cursor, Cursors.ID)) as ProductId | null
  const limit = limitOf(query)
  if (query.sku === undefined && query.q === undefined) {
    const { ageMs, page } = yield* shop.browseProducts({ limit, after })
    return ageMs === null ? Answers.page("products", page, Views.product) : listAnswer(page, ageMs)
  }
  const words = query.q === undefined ? null : Words.of(query.q)
  const page = yield* shop.listProducts({ limit, after, sku: query.sku ?? null, words })
  return Answers.page("products", page, Views.product)
})

const movements = Effect.fnUntraced(function* (shop: Shop["Service"], id: ProductId, query: PageQuery) {
  const list = `movements/${id}` as const
  const version = yield* Cursors.read(list, query.cursor, Cursors.NUMBER)
  const after = version === null ? null : Number(version)
  const page = yield* shop.listMovements(id, { limit: limitOf(query), after })
  return Answers.page(list, page, Views.movement)
})

const edit = Effect.fnUntraced(function* (
  shop: Shop["Service"],
  productId: ProductId,
  header: string | undefined,
  edit: Edit,
) {
  const versions = yield* Effect.fromResult(Conditional.ifMatch(header))
  const product = yield* shop.editProduct({ productId, edit, versions })
  return Answers.versioned(Views.product(product), product.version)
})

const stockNow = Effect.fnUntraced(function* (shop: Shop["Service"], id: ProductId) {
  const found = yield* shop.readStock(id)
  const outlook = found.stock.reserved === 0 ? null : yield* shop.readOutlook(id)
  return Answers.ok(Views.stockNow(found, outlook))
})

export interface ReadingProduct {
  readonly request: Answers.Asked
  readonly params: { readonly id: ProductId }
}

/** Also without being asked of the shop, where it is near (`product-route.ts`). */
export const shown = (request: Answers.Asked, { ageMs, product }: ShownProduct) =>
  Answers.isKnown(request, product.version)
    ? Answers.unchanged(product.version, cached(Answers.ageOf(ageMs)))
    : productAnswer(product, ageMs)

/** Apart from the other routes, because the plain reading of a product calls it too (`product-route.ts`). */
export const reading =
  (shop: Pick<Shop["Service"], "getProduct">, answer: Answers.Responder) =>
  ({ params, request }: ReadingProduct) =>
    answer(
      request,
      Effect.map(shop.getProduct(params.id), (found) => shown(request, found)),
    )

export const layer = (inFlight: Claims.InFlight) =>
  HttpApiBuilder.group(
    api,
    "products",
    Effect.fnUntraced(function* (handlers) {
      const shop = yield* Shop
      const answer = Answers.to(yield* Probe)
      return handlers.handleAll({
        create: ({ request, headers, payload }) => {
          const claim = claimOf("products", "/v1/products", headers, payload)
          const created = shop.createProduct({ ...payload, purchaseLimit: payload.purchaseLimit ?? null, claim })
          return answer(
            request,
            Effect.map(inFlight.once(claim, created), (done) => Answers.accepted(201, Views.product(done.value), done)),
          )
        },
        list: ({ request, query }) => answer(request, list(shop, query)),
        get: reading(shop, answer),
        edit: ({ request, params, headers, payload }) =>
          answer(request, edit(shop, params.id, headers["if-match"], payload)),
        view: ({ request, params }) => answer(request, Effect.as(shop.countView(params.id), Answers.counted)),
        views: ({ request, params }) =>
          answer(
            request,
            Effect.map(shop.readViews(params.id), (views) => Answers.ok({ productId: params.id, views })),
          ),
        stock: ({ request, params }) => answer(request, stockNow(shop, params.id)),
        stream: () => Effect.die("it is answered beside the pipeline"),
        receive: ({ request, params, headers, payload }) => {
          const claim = claimOf("receipts", `/v1/products/${params.id}/stock/receipts`, headers, payload)
          const received = shop.receiveStock({ productId: params.id, ...payload, claim })
          return answer(
            request,
            Effect.map(inFlight.once(claim, received), (done) => Answers.accepted(200, Views.stock(done.value), done)),
          )
        },
        adjust: ({ request, params, headers, payload }) => {
          const claim = claimOf("adjustments", `/v1/products/${params.id}/stock/adjustments`, headers, payload)
          const adjusted = shop.adjustStock({ productId: params.id, ...payload, claim })
          return answer(
            request,
            Effect.map(inFlight.once(claim, adjusted), (done) => Answers.accepted(200, Views.stock(done.value), done)),
          )
        },
        movements: ({ request, params, query }) => answer(request, movements(shop, params.id, query)),
      })
    }),
  )
