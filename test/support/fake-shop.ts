/**
 * A shop in one map each: honest about stock, orders and keys, forgetful, and without any concurrency to get wrong.
 *
 * For tests of the API alone. `script` replaces methods, to answer what the story needs.
 */

import { randomUUID } from "node:crypto"
import { Effect, Layer } from "effect"
import { type Replayable, type Sale, Shop, type StockOf } from "../../src/app/shop.ts"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import * as Money from "../../src/domain/money.ts"
import * as Order from "../../src/domain/order.ts"
import { mergeLines } from "../../src/domain/order-lines.ts"
import * as Products from "../../src/domain/product.ts"
import * as Words from "../../src/domain/product-words.ts"
import * as PurchaseLimit from "../../src/domain/purchase-limit.ts"
import * as Stock from "../../src/domain/stock.ts"
import { type Claim, Refused, type Rejection } from "../../src/ports/inventory.ts"
import type { Movement } from "../../src/ports/ledger.ts"
import type { Page, PageRequest } from "../../src/ports/page.ts"

interface Shelf {
  product: Products.Product
  stock: Stock.Stock
  readonly movements: Array<Movement>
}

const refuse = (rejection: Rejection): never => {
  throw new Refused(rejection)
}

const attempt = <A>(run: () => A): Effect.Effect<A, Refused> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(run())
    } catch (thrown) {
      return thrown instanceof Refused ? Effect.fail(thrown) : Effect.die(thrown)
    }
  })

const pageOf = <Row, Position extends string | number>(
  newestFirst: ReadonlyArray<Row>,
  position: (row: Row) => Position,
  { limit, after }: PageRequest<Position>,
): Page<Row, Position> => {
  const rest = after === null ? newestFirst : newestFirst.filter((row) => position(row) < after)
  const rows = rest.slice(0, limit)
  return { rows, next: rest.length > limit ? position(rows[rows.length - 1]!) : null }
}

/** Ids that grow, as UUIDv7 do. */
let minted = 0
const mint = (): string => {
  const head = (Date.now() * 4_096 + (minted++ % 4_096)).toString(16).padStart(16, "0")
  return `${head.slice(0, 8)}-${head.slice(8, 12)}-7${head.slice(13, 16)}-${randomUUID().slice(19)}`
}

class FakeShop {
  readonly shelves = new Map<ProductId, Shelf>()
  readonly views = new Map<ProductId, number>()
  readonly orders = new Map<OrderId, Order.Order>()
  readonly keys = new Map<string, { readonly fingerprint: string; readonly value: unknown }>()
  readonly units = new Map<string, number>()
  readonly callbacks = new Set<string>()

  shelf(id: ProductId): Shelf {
    return this.shelves.get(id) ?? refuse({ _tag: "ProductNotFound", productId: id })
  }

  nextReleaseOf(id: ProductId): number | null {
    const held = [...this.orders.values()].filter(
      ({ lines, status }) => status === "reserved" && lines.some(({ productId }) => productId === id),
    )
    return held.length === 0 ? null : Math.min(...held.map(({ expiresAt }) => expiresAt))
  }

  order(id: OrderId): Order.Order {
    return this.orders.get(id) ?? refuse({ _tag: "OrderNotFound", orderId: id })
  }

  once<A>(claim: Claim | null, run: () => A): Replayable<A> {
    if (claim === null) return { value: run(), replayed: false }
    const name = `${claim.route} ${claim.key}`
    const known = this.keys.get(name)
    if (known !== undefined && known.fingerprint !== claim.fingerprint) refuse({ _tag: "KeyReused", key: claim.key })
    if (known !== undefined) return { value: known.value as A, replayed: true }
    const value = run()
    this.keys.set(name, { fingerprint: claim.fingerprint, value })
    return { value, replayed: false }
  }

  move(shelf: Shelf, event: Stock.Event, orderId: OrderId | null): StockOf {
    shelf.stock = Stock.evolve(shelf.stock, event)
    shelf.movements.unshift({
      productId: shelf.product.id,
      version: shelf.stock.version,
      type: event.type,
      onHandDelta: event.onHand,
      reservedDelta: event.reserved,
      onHand: shelf.stock.onHand,
      reserved: shelf.stock.reserved,
      orderId,
      reason: event.reason,
      at: Date.now(),
    })
    return { productId: shelf.product.id, stock: shelf.stock }
  }

  change(id: ProductId, command: Stock.Command, orderId: OrderId | null): StockOf {
    const shelf = this.shelf(id)
    const event = Stock.decide(id, command, shelf.stock)
    return event._tag === "Failure" ? refuse(event.failure) : this.move(shelf, event.success, orderId)
  }

  create(given: Pick<Products.Product, "sku" | "name" | "price" | "purchaseLimit">, onHand: number): Products.Product {
    for (const { product } of this.shelves.values())
      if (product.sku === given.sku) refuse({ _tag: "SkuTaken", sku: given.sku })
    const { sku, name, price, purchaseLimit } = given
    const terms = { sku, name, price, purchaseLimit, version: 1, archived: false }
    const product = { id: mint() as ProductId, ...terms, createdAt: Date.now() }
    const shelf = { product, stock: Stock.nothing, movements: [] }
    this.shelves.set(product.id, shelf)
    this.move(shelf, Stock.created(onHand), null)
    return product
  }

  seen(id: ProductId): number {
    return this.views.get(this.shelf(id).product.id) ?? 0
  }

  place(customerId: string, requested: Parameters<Shop["Service"]["placeOrder"]>[0]["lines"]): Order.Order {
    const lines = mergeLines(requested).map((line) => ({
      ...line,
      unitPrice: this.shelf(line.productId).product.price,
    }))
    const total = Money.total(lines)
    if ("_tag" in total) return refuse(total)
    for (const { productId, quantity } of lines) {
      const { product, stock } = this.shelf(productId)
      const event = Stock.decide(productId, { _tag: "Reserve", quantity }, stock)
      if (event._tag === "Failure") refuse(event.failure)
      const name = `${productId} ${customerId}`
      if (product.archived) refuse({ _tag: "ProductArchived", productId })
      if (product.purchaseLimit === null) continue
      const taken = PurchaseLimit.take(productId, product.purchaseLimit, this.units.get(name) ?? 0, quantity)
      if (taken._tag === "Failure") return refuse(taken.failure)
      this.units.set(name, taken.success)
    }
    const id = mint() as OrderId
    for (const { productId, quantity } of lines) this.change(productId, { _tag: "Reserve", quantity }, id)
    const createdAt = Date.now()
    const order = Order.place({ id, customerId, lines, total, createdAt, expiresAt: createdAt + 600_000 }, null)
    this.orders.set(id, order)
    return order
  }

  /** Decides and applies, with what the holds need. */
  next(id: OrderId, command: Order.Command): Order.Order {
    const order = this.order(id)
    const decided = Order.decide(command, order)
    if (decided._tag === "Failure") return refuse(decided.failure)
    if (decided.success === null) return order
    const ending = Order.ending(order, decided.success)
    const commands = { confirm: "Confirm", release: "Release", expire: "Expire", restock: "Restock" } as const
    if (ending !== null)
      for (const { productId, quantity } of order.lines)
        this.change(productId, { _tag: commands[ending], quantity }, id)
    const after = Order.evolve(order, decided.success)
    this.orders.set(id, after)
    return after
  }

  pay(id: OrderId, token: string | null, answer: "wait" | "async") {
    const started = this.next(id, { _tag: "StartPayment", token: token ?? "the default", at: Date.now() })
    if (started.status === "paid") return { order: started, outcome: "paid" } as const
    const decline = { _tag: "RecordDecline", attempt: started.payment.attempts, code: "no", retryable: true } as const
    const order = this.next(id, token === "tok_decline" ? decline : { _tag: "RecordCharge" })
    // The provider of this shop is quick: "in the background" is already over when the answer is written.
    if (answer === "async") return { order: started, outcome: "reserved" } as const
    return { order, outcome: order.status === "paid" ? "paid" : "declined" } as const
  }
}

const service = (shop: FakeShop): Shop["Service"] => ({
  createProduct: ({ claim, onHand, ...product }) => attempt(() => shop.once(claim, () => shop.create(product, onHand))),
  getProduct: (id) => attempt(() => ({ product: shop.shelf(id).product, ageMs: 0 })),
  editProduct: ({ productId, ...command }) =>
    attempt(() => {
      const shelf = shop.shelf(productId)
      const edited = Products.decide(command, shelf.product, shelf.movements.length > 1 ? "sold" : "unsold")
      if (edited._tag === "Failure") return refuse(edited.failure)
      shelf.product = edited.success ?? shelf.product
      return shelf.product
    }),
  countView: (id) => attempt(() => void shop.views.set(id, shop.seen(id) + 1)),
  readViews: (id) => attempt(() => shop.seen(id)),
  browseProducts: (page) =>
    attempt(() => {
      const products = [...shop.shelves.values()].map(({ product }) => product).reverse()
      return { page: pageOf(products, (product) => product.id, page), ageMs: 0 }
    }),
  listProducts: ({ sku, words, ...page }) =>
    attempt(() => {
      const products = [...shop.shelves.values()].map(({ product }) => product).reverse()
      return pageOf(
        products.filter(
          (product) => (sku === null || product.sku === sku) && (words === null || Words.areIn(words, product)),
        ),
        (product) => product.id,
        page,
      )
    }),
  listStock: (page) =>
    attempt(() => {
      const rows = [...shop.shelves].map(([productId, { product, stock }]) => ({ productId, sku: product.sku, stock }))
      return pageOf(rows.reverse(), ({ productId }) => productId, page)
    }),
  readStock: (id) => attempt(() => ({ productId: id, stock: shop.shelf(id).stock })),
  readOutlook: (id) => attempt(() => ({ held: shop.shelf(id).stock.reserved, nextReleaseAt: shop.nextReleaseOf(id) })),
  receiveStock: ({ productId, quantity, claim }) =>
    attempt(() => shop.once(claim, () => shop.change(productId, { _tag: "Receive", quantity }, null))),
  adjustStock: ({ productId, delta, reason, claim }) =>
    attempt(() => shop.once(claim, () => shop.change(productId, { _tag: "Adjust", delta, reason }, null))),
  listMovements: (id, page) => attempt(() => pageOf(shop.shelf(id).movements, ({ version }) => version, page)),
  placeOrder: ({ customerId, lines, paying, claim }) =>
    attempt(() =>
      shop.once(claim, () => {
        const order = shop.place(customerId, lines)
        return paying._tag === "Later"
          ? { order, outcome: "reserved" as const }
          : shop.pay(order.id, paying.token, paying.answer)
      }),
    ),
  getOrder: (id) => attempt(() => shop.order(id)),
  findByKey: (key) => attempt(() => (shop.keys.get(`orders ${key}`)?.value as Sale | undefined)?.order.id ?? null),
  chargeEta: () => Effect.succeed(null),
  listOrders: ({ customerId, from, status, to, ...page }) =>
    attempt(() => {
      const orders = [...shop.orders.values()].reverse().filter((order) => {
        const is = Order.statusAt(order, Date.now())
        return (
          (customerId === null || order.customerId === customerId) &&
          (status === null || is === status) &&
          order.createdAt >= (from ?? 0) &&
          order.createdAt < (to ?? Number.POSITIVE_INFINITY)
        )
      })
      return pageOf(orders, (order) => order.id, page)
    }),
  explainOrder: (orderId) =>
    attempt(() => {
      const { createdAt, lines } = shop.order(orderId)
      const [level, none] = [
        { onHand: 5, reserved: 1 },
        { onHand: 5, reserved: 0 },
      ]
      return {
        ...{ orderId, lane: Lane.of(orderId), seq: 7, batch: { id: "812", place: 2, size: 3 } },
        ...{ decidedAt: createdAt, committedAt: null, trace: null },
        lines: lines.map(({ productId, quantity }) => ({
          ...{ productId, quantity, lane: Lane.of(productId), version: 2, before: none, after: level },
          ...{ limit: null, counted: quantity },
        })),
      }
    }),
  explainRequest: (requestId) => Effect.fail(new Refused({ _tag: "RequestNotFound", requestId })),
  readTimeline: (id) =>
    attempt(() => {
      const { createdAt, status, version } = shop.order(id)
      const placed = { id, type: "jaego.order.placed.v1", version: 1, at: createdAt, detail: null }
      if (version === 1) return [placed]
      const detail = JSON.stringify({ trackingId: "T1" })
      const step = { id: mint(), type: "jaego.shipment.registered", version: null, at: createdAt + 2, detail }
      return [placed, { id: mint(), type: `jaego.order.${status}.v1`, version, at: createdAt + 1, detail: null }, step]
    }),
  hearPayment: () => Effect.succeed("ignored" as const),
  hearCarrier: ({ id, key, what }) =>
    attempt(() => {
      shop.order(key)
      if (shop.callbacks.has(id)) return "known"
      shop.callbacks.add(id)
      shop.next(key, { _tag: "RecordShipment" })
      if (what === "delivered") shop.next(key, { _tag: "RecordDelivery" })
      return "news"
    }),
  payOrder: ({ orderId, token, answer, claim }) =>
    attempt(() => shop.once(claim, () => shop.pay(orderId, token, answer))),
  abandonOrder: () => Effect.void,
  cancelOrder: ({ orderId, reason, claim }) =>
    attempt(() => shop.once(claim, () => shop.next(orderId, { _tag: "Cancel", reason }))),
})

export const make = (script: Partial<Shop["Service"]> = {}): Shop["Service"] => ({
  ...service(new FakeShop()),
  ...script,
})

export const layer = (script: Partial<Shop["Service"]> = {}) => Layer.sync(Shop, () => make(script))
