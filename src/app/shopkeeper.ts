/** The shop, open: each entry of its table of contents bound to the inventory, the catalogue and the order book. */
import { Clock, Effect, Layer } from "effect"
import { type OrderId, ProductId } from "../domain/ids.ts"
import type { Order } from "../domain/order.ts"
import type { Product } from "../domain/product.ts"
import { Catalog } from "../ports/catalog.ts"
import { Explanations } from "../ports/explanations.ts"
import * as Facts from "../ports/facts.ts"
import { Ids } from "../ports/ids.ts"
import { type Answer, claimName, Inventory, Refused } from "../ports/inventory.ts"
import { OrderBook } from "../ports/order-book.ts"
import { Probe } from "../ports/probe.ts"
import { Timeline, type TimelineEntry } from "../ports/timeline.ts"
import { announceEnd } from "./announce.ts"
import { CarrierCallbacks } from "./carrier-webhook.ts"
import { CheckoutRunner } from "./checkout-runner.ts"
import * as EditProduct from "./edit-product.ts"
import { Abandon } from "./inventory/ownership.ts"
import { PaymentWebhooks } from "./payment-webhook.ts"
import * as PlaceOrder from "./place-order.ts"
import * as Outlook from "./reads/outlook.ts"
import * as ProductLists from "./reads/product-lists.ts"
import { ProductReads } from "./reads/product-reads.ts"
import { RefusedOrders } from "./refused-orders.ts"
import { type Replayable, Shop, type StockOf } from "./shop.ts"
import * as ViewCounter from "./view-counter.ts"

const productOf = ({ reply, replayed }: Answer): Replayable<Product> => {
  if (reply._tag !== "Product") throw new Error(`a product was asked for, the inventory answered ${reply._tag}`)
  return { value: reply.product, replayed }
}

const stockOf = ({ reply, replayed }: Answer): Replayable<StockOf> => {
  if (reply._tag !== "Stock") throw new Error(`stock was asked for, the inventory answered ${reply._tag}`)
  return { value: { productId: reply.productId, stock: reply.stock }, replayed }
}

/** Read from the order itself: an order that is only placed costs no entry. */
const placed = (order: Order): TimelineEntry => ({
  id: order.id,
  type: Facts.orderType({ _tag: "Placed" }),
  version: 1,
  at: order.createdAt,
  detail: null,
})

/** What is only shown: it may be behind what was decided. */
const showing = Effect.gen(function* () {
  const catalog = yield* Catalog
  const explanations = yield* Explanations
  const orderBook = yield* OrderBook
  const timeline = yield* Timeline

  const reads = yield* ProductReads
  const read = reads?.read ?? ((id: ProductId) => Effect.map(catalog.get(id), (product) => ({ product, ageMs: 0 })))

  const getProduct = Effect.fnUntraced(function* (id: ProductId) {
    const { ageMs, product } = yield* read(id)
    return product === null
      ? yield* Effect.fail(new Refused({ _tag: "ProductNotFound", productId: id }))
      : { product, ageMs }
  })

  const getOrder = Effect.fnUntraced(function* (id: OrderId) {
    const order = yield* orderBook.get(id)
    return order ?? (yield* Effect.fail(new Refused({ _tag: "OrderNotFound", orderId: id })))
  })

  const lists = yield* ProductLists.ProductLists

  return {
    getProduct,
    browseProducts: lists?.read ?? ProductLists.uncached(catalog),
    listProducts: catalog.list,
    listStock: catalog.stock,
    listMovements: Effect.fnUntraced(function* (id: ProductId, request: Parameters<typeof catalog.movements>[1]) {
      const page = yield* catalog.movements(id, request)
      // Every product has a movement, its creation: an empty first page is a product that does not exist.
      if (page.rows.length === 0) yield* getProduct(id)
      return page
    }),
    getOrder,
    findByKey: orderBook.ofKey,
    listOrders: Effect.fnUntraced(function* (request: Omit<Parameters<typeof orderBook.list>[0], "now">) {
      return yield* orderBook.list({ ...request, now: yield* Clock.currentTimeMillis })
    }),
    readTimeline: Effect.fnUntraced(function* (id: OrderId) {
      const order = yield* getOrder(id)
      const entries = yield* timeline.entries(id)
      // Times of other clocks: nothing happened to an order before it was placed.
      return [placed(order), ...entries.map((entry) => ({ ...entry, at: Math.max(entry.at, order.createdAt) }))]
    }),
    explainOrder: Effect.fnUntraced(function* (orderId: OrderId) {
      const explained = yield* explanations.order(orderId)
      return explained ?? (yield* Effect.fail(new Refused({ _tag: "OrderNotFound", orderId })))
    }),
  }
})

const cancelling = Effect.gen(function* () {
  const inventory = yield* Inventory
  const probe = yield* Probe
  const runner = yield* CheckoutRunner
  const cancel: Shop["Service"]["cancelOrder"] = Effect.fnUntraced(function* ({
    answerBy,
    orderId,
    reason,
    claim,
    trace,
  }) {
    const command = { _tag: "CancelOrder", orderId, reason, claim, answerBy, trace } as const
    const answer = yield* inventory.submit(command)
    const order = PlaceOrder.orderOf(answer)
    if (!answer.replayed) {
      announceEnd(probe, command, order)
      if (order.status === "cancelled" && order.refund === "due") yield* runner.begin(order, null, trace)
    }
    return { value: order, replayed: answer.replayed }
  })
  return cancel
})

export const layer = (options: PlaceOrder.Options) =>
  Layer.effect(
    Shop,
    Effect.gen(function* () {
      const inventory = yield* Inventory
      const abandon = yield* Abandon
      const orderBook = yield* OrderBook
      const runner = yield* CheckoutRunner
      const ids = yield* Ids
      const carrier = yield* CarrierCallbacks
      const payments = yield* PaymentWebhooks
      const refused = new RefusedOrders()
      const { placeOrder, payOrder } = yield* PlaceOrder.make(options, refused)

      const views = yield* ViewCounter.make
      const outlook = yield* Outlook.make(orderBook)
      const shown = yield* showing
      const renewing = yield* ProductLists.renewing

      return Shop.of({
        ...shown,
        // Carried to its end although its caller hangs up, so that lists do not stay behind it.
        createProduct: Effect.fnUntraced(function* ({ sku, name, price, onHand, purchaseLimit, claim }) {
          const createdAt = yield* Clock.currentTimeMillis
          const id = ProductId.make(ids.next())
          const product = { id, sku, name, price, purchaseLimit, createdAt, version: 1, archived: false }
          return productOf(yield* renewing(inventory.submit({ _tag: "CreateProduct", product, onHand, claim })))
        }, Effect.uninterruptible),
        editProduct: yield* EditProduct.make,
        countView: (id) => Effect.andThen(shown.getProduct(id), views.count(id)),
        readViews: (id) => Effect.andThen(shown.getProduct(id), views.of(id)),
        readStock: (productId) =>
          Effect.map(inventory.submit({ _tag: "ReadStock", productId }), (answer) => stockOf(answer).value),
        readOutlook: outlook.of,
        receiveStock: (request) => Effect.map(inventory.submit({ _tag: "Receive", ...request }), stockOf),
        adjustStock: (request) =>
          outlook.withOutlook(Effect.map(inventory.submit({ _tag: "Adjust", ...request }), stockOf)),
        placeOrder: (request) => outlook.withOutlook(placeOrder(request)),
        chargeEta: (order) => Effect.sync(() => runner.etaOf(order)),
        explainRequest: Effect.fnUntraced(function* (requestId) {
          return refused.find(requestId) ?? (yield* Effect.fail(new Refused({ _tag: "RequestNotFound", requestId })))
        }),
        hearCarrier: carrier.hear,
        hearPayment: (hint) => Effect.flatMap(orderBook.get(hint.orderId), (order) => payments.hear(hint, order)),
        payOrder,
        abandonOrder: (key) => Effect.sync(() => abandon(claimName({ route: "orders", key }))),
        cancelOrder: yield* cancelling,
      })
    }),
  )
