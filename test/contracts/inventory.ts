/**
 * What every inventory promises, however it decides: owners in memory or one transaction a command. Each check makes products
 * of its own, so that all of them may run over one shop.
 */
import type { Layer } from "effect"
import { expect } from "vitest"
import { MAX_ON_HAND } from "../../src/domain/quantity.ts"
import { OrderBook } from "../../src/ports/order-book.ts"
import * as Scribe from "../support/scribe.ts"
import { type Check, check, type Law, runAll } from "./check.ts"
import { buyer, counter } from "./inventory-counter.ts"
import { edits } from "./inventory-edits.ts"
import { lives } from "./inventory-lives.ts"
import { all, ledgerOf, type Needs, outcomes } from "./inventory-looks.ts"

const products: ReadonlyArray<Check<Needs>> = [
  check("makes a product with its stock, and no second one of its SKU", function* () {
    const shop = yield* counter
    const made = yield* shop.create({ onHand: 7 })
    expect(yield* shop.stock(made)).toEqual({ onHand: 7, reserved: 0, version: 1 })
    const twin = Scribe.product({ sku: made.sku })
    expect(yield* shop.ask({ _tag: "CreateProduct", product: twin, onHand: 1, claim: null })).toEqual({
      refused: { _tag: "SkuTaken", sku: made.sku },
    })
    expect(yield* shop.ask({ _tag: "ReadStock", productId: twin.id })).toEqual({
      refused: { _tag: "ProductNotFound", productId: twin.id },
    })
  }),

  check("makes one product of a key, however often it comes", function* () {
    const shop = yield* counter
    const claim = Scribe.claim("products")
    const one = Scribe.product()
    const again = Scribe.product({ sku: one.sku })
    const make = (product: typeof one) => shop.ask({ _tag: "CreateProduct", product, onHand: 3, claim })
    expect(yield* make(one)).toEqual({ reply: { _tag: "Product", product: one }, replayed: false })
    expect(yield* make(again)).toEqual({ reply: { _tag: "Product", product: one }, replayed: true })
    const other = { ...claim, fingerprint: Scribe.freshId() }
    expect(yield* shop.ask({ _tag: "CreateProduct", product: again, onHand: 3, claim: other })).toEqual({
      refused: { _tag: "KeyReused", key: claim.key },
    })
  }),

  check("finds by its commit that an SKU or a key is taken by now, of one who had looked them up before", function* () {
    const shop = yield* counter
    const claim = Scribe.claim("imports")
    const one = Scribe.product()
    const make = (product: typeof one, its: typeof claim) =>
      shop.ask({ _tag: "CreateProduct", product, onHand: 3, claim: its, isLookedUp: true })
    expect(yield* make(one, claim)).toEqual({ reply: { _tag: "Product", product: one }, replayed: false })
    const innocent = Scribe.product()
    const answers = yield* all([
      make(Scribe.product({ sku: one.sku }), claim),
      make(innocent, Scribe.claim("imports")),
      make(Scribe.product({ sku: one.sku }), Scribe.claim("imports")),
      make(Scribe.product(), { ...claim, fingerprint: Scribe.freshId() }),
    ])
    expect(answers).toEqual([
      { reply: { _tag: "Product", product: one }, replayed: true },
      { reply: { _tag: "Product", product: innocent }, replayed: false },
      { refused: { _tag: "SkuTaken", sku: one.sku } },
      { refused: { _tag: "KeyReused", key: claim.key } },
    ])
  }),

  check("moves stock by what comes in and what is counted, and refuses what cannot be", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 5 })
    expect(yield* shop.receive(id, 4)).toMatchObject({ reply: { stock: { onHand: 9, reserved: 0, version: 2 } } })
    expect(yield* shop.adjust(id, -9)).toMatchObject({ reply: { stock: { onHand: 0, reserved: 0, version: 3 } } })
    expect(yield* shop.adjust(id, -1)).toEqual({ refused: { _tag: "InsufficientStock", productId: id, available: 0 } })
    yield* shop.adjust(id, MAX_ON_HAND)
    const full = { refused: { _tag: "StockOverflow", productId: id, maximum: MAX_ON_HAND } }
    expect(yield* shop.receive(id, 1)).toEqual(full)
    expect(yield* shop.adjust(id, 1)).toEqual(full)
    expect(yield* shop.stock({ id })).toEqual({ onHand: MAX_ON_HAND, reserved: 0, version: 4 })
  }),

  check("does not count away what is reserved", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 5 })
    yield* shop.place([[id, 3]])
    expect(yield* shop.adjust(id, -3)).toEqual({ refused: { _tag: "InsufficientStock", productId: id, available: 2 } })
    expect(yield* shop.adjust(id, -2)).toMatchObject({ reply: { stock: { onHand: 3, reserved: 3 } } })
  }),

  check("answers a key of a receipt or a count as it was answered, also when it would be refused by now", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 5 })
    const receipt = Scribe.claim("receipts")
    const count = Scribe.claim("adjustments")
    const stock = (onHand: number, version: number) => ({
      reply: { _tag: "Stock", productId: id, stock: { onHand, reserved: 0, version } },
    })
    expect(yield* shop.receive(id, 2, receipt)).toEqual({ ...stock(7, 2), replayed: false })
    expect(yield* shop.adjust(id, -7, count)).toEqual({ ...stock(0, 3), replayed: false })
    expect(yield* shop.receive(id, 2, receipt)).toEqual({ ...stock(7, 2), replayed: true })
    expect(yield* shop.adjust(id, -7, count)).toEqual({ ...stock(0, 3), replayed: true })
    const other = { ...count, fingerprint: Scribe.freshId() }
    expect(yield* shop.adjust(id, -8, other)).toEqual({ refused: { _tag: "KeyReused", key: count.key } })
    expect(yield* shop.stock({ id })).toEqual({ onHand: 0, reserved: 0, version: 3 })
  }),

  check("receives once what comes many times at once with one key", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 0 })
    const claim = Scribe.claim("receipts")
    const answers = yield* all(Array.from({ length: 20 }, () => shop.receive(id, 3, claim)))
    expect(answers.filter((each) => "replayed" in each && !each.replayed)).toHaveLength(1)
    expect(new Set(answers.map((each) => JSON.stringify("reply" in each ? each.reply : each))).size).toBe(1)
    expect(yield* shop.stock({ id })).toEqual({ onHand: 3, reserved: 0, version: 2 })
  }),

  check(
    "adds up a hundred receipts that come at once",
    function* () {
      const shop = yield* counter
      const { id } = yield* shop.create({ onHand: 0 })
      yield* all(Array.from({ length: 100 }, () => shop.receive(id, 1)))
      expect(yield* shop.stock({ id })).toEqual({ onHand: 100, reserved: 0, version: 101 })
    },
    "I2",
  ),

  check("refuses a product that was never created", function* () {
    const shop = yield* counter
    const { id } = Scribe.product()
    const missing = { refused: { _tag: "ProductNotFound", productId: id } }
    expect(yield* shop.ask({ _tag: "ReadStock", productId: id })).toEqual(missing)
    expect(yield* shop.receive(id, 1)).toEqual(missing)
    expect(yield* shop.adjust(id, 1)).toEqual(missing)
    expect(yield* shop.place([[id, 1]])).toEqual(missing)
  }),
]

const placing: ReadonlyArray<Check<Needs>> = [
  check("holds every line of an order and agrees on its terms", function* () {
    const shop = yield* counter
    const one = yield* shop.create({ onHand: 5, price: { amount: 100, currency: "EUR" } })
    const two = yield* shop.create({ onHand: 5, price: { amount: 7, currency: "EUR" } })
    const order = yield* shop.placed([
      [two.id, 3],
      [one.id, 2],
    ])
    expect(order).toMatchObject({
      status: "reserved",
      version: 1,
      attempt: null,
      total: { amount: 221, currency: "EUR" },
      lines: [
        { productId: two.id, quantity: 3, unitPrice: two.price },
        { productId: one.id, quantity: 2, unitPrice: one.price },
      ],
    })
    expect(yield* (yield* OrderBook).get(order.id)).toEqual(order)
    expect(yield* shop.stock(one)).toEqual({ onHand: 5, reserved: 2, version: 2 })
    expect(yield* shop.stock(two)).toEqual({ onHand: 5, reserved: 3, version: 2 })
  }),

  check("holds nothing of an order that misses one line", function* () {
    const shop = yield* counter
    const one = yield* shop.create({ onHand: 5 })
    const two = yield* shop.create({ onHand: 1 })
    const lines: ReadonlyArray<readonly [typeof one.id, number]> = [
      [one.id, 1],
      [two.id, 2],
    ]
    expect(yield* shop.place(lines)).toEqual({
      refused: { _tag: "InsufficientStock", productId: two.id, available: 1 },
    })
    expect(yield* shop.stock(one)).toMatchObject({ onHand: 5, reserved: 0 })
    const unknown = Scribe.product()
    expect(yield* shop.place([...lines.slice(0, 1), [unknown.id, 1]])).toEqual({
      refused: { _tag: "ProductNotFound", productId: unknown.id },
    })
    expect(yield* shop.stock(one)).toMatchObject({ onHand: 5, reserved: 0 })
  }),

  check("refuses what has no total", function* () {
    const shop = yield* counter
    const euro = yield* shop.create({ onHand: MAX_ON_HAND, price: { amount: 1e12, currency: "EUR" } })
    const won = yield* shop.create({ onHand: 5, price: { amount: 1, currency: "KRW" } })
    expect(
      yield* shop.place([
        [euro.id, 1],
        [won.id, 1],
      ]),
    ).toEqual({ refused: { _tag: "MixedCurrencies" } })
    expect(yield* shop.place([[euro.id, 1_000_000]])).toEqual({ refused: { _tag: "TotalTooLarge" } })
    expect(yield* shop.stock(euro)).toMatchObject({ reserved: 0 })
    expect(yield* shop.stock(won)).toMatchObject({ reserved: 0 })
  }),

  check("binds no key with a refusal", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 0 })
    const claim = Scribe.claim()
    const none = { refused: { _tag: "InsufficientStock", productId: id, available: 0 } }
    expect(yield* shop.place([[id, 1]], { claim })).toEqual(none)
    yield* shop.receive(id, 1)
    expect(yield* shop.place([[id, 1]], { claim })).toMatchObject({ status: "reserved" })
  }),

  check(
    "sells the last unit once to a hundred",
    function* () {
      const shop = yield* counter
      const { id } = yield* shop.create({ onHand: 1 })
      const answers = yield* all(Array.from({ length: 100 }, () => shop.place([[id, 1]])))
      expect(outcomes(answers)).toEqual({ reserved: 1, InsufficientStock: 99 })
      expect(yield* shop.stock({ id })).toEqual({ onHand: 1, reserved: 1, version: 2 })
    },
    "I1",
  ),

  check(
    "answers a hundred who want two products in either order, and sells no more than there are",
    function* () {
      const shop = yield* counter
      const one = yield* shop.create({ onHand: 30 })
      const two = yield* shop.create({ onHand: 40 })
      const wishes = Array.from({ length: 100 }, (_, index) =>
        index % 2 === 0 ? ([one.id, two.id] as const) : ([two.id, one.id] as const),
      )
      const answers = yield* all(wishes.map((ids) => shop.place(ids.map((id) => [id, 1] as const))))
      expect(outcomes(answers)).toEqual({ reserved: 30, InsufficientStock: 70 })
      expect(yield* shop.stock(one)).toMatchObject({ onHand: 30, reserved: 30 })
      expect(yield* shop.stock(two)).toMatchObject({ onHand: 40, reserved: 30 })
    },
    "I1",
  ),

  check("makes one order of a key that comes many times at once", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 100 })
    const claim = Scribe.claim()
    const answers = yield* all(Array.from({ length: 20 }, () => shop.place([[id, 1]], { claim })))
    expect(new Set(answers.map((each) => ("id" in each ? each.id : "refused"))).size).toBe(1)
    expect(yield* shop.stock({ id })).toMatchObject({ onHand: 100, reserved: 1 })
  }),

  check("answers a key as it was answered, whatever has become of its order and of the stock", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 1 })
    const claim = Scribe.claim()
    const order = yield* shop.placed([[id, 1]], { claim })
    yield* shop.cancel(order.id)
    yield* shop.adjust(id, -1)
    const command = shop.placing([[id, 1]], { claim })
    expect(yield* shop.ask(command)).toMatchObject({
      reply: { _tag: "Order", order: { ...Scribe.terms(order), status: "reserved" } },
      replayed: true,
    })
    const other = { ...claim, fingerprint: Scribe.freshId() }
    expect(yield* shop.place([[id, 9]], { claim: other })).toEqual({ refused: { _tag: "KeyReused", key: claim.key } })
  }),

  check(
    "counts what a customer has of a limited product, in whatever orders and however fast",
    function* () {
      const shop = yield* counter
      const free = yield* shop.create({ onHand: 100 })
      const limited = yield* shop.create({ onHand: 100, purchaseLimit: 3 })
      const customerId = buyer()
      const want = (quantity: number) =>
        shop.place(
          [
            [free.id, 1],
            [limited.id, quantity],
          ],
          { customerId },
        )
      const exceeded = (remaining: number) => ({
        refused: { _tag: "PurchaseLimitExceeded", productId: limited.id, limit: 3, remaining },
      })
      expect(yield* want(4)).toEqual(exceeded(3))
      const answers = yield* all(Array.from({ length: 10 }, () => want(1)))
      expect(outcomes(answers)).toEqual({ reserved: 3, PurchaseLimitExceeded: 7 })
      expect(yield* want(1)).toEqual(exceeded(0))
      const [first, second] = answers.flatMap((each) => ("id" in each ? [each.id] : []))
      yield* shop.cancel(first!)
      expect(yield* want(2)).toEqual(exceeded(1))
      expect(yield* want(1)).toMatchObject({ status: "reserved" })
      yield* shop.paid(second!)
      expect(yield* want(1)).toEqual(exceeded(0))
      expect(yield* shop.stock(free)).toMatchObject({ onHand: 99, reserved: 2 })
      expect(yield* shop.place([[limited.id, 3]], { customerId: buyer() })).toMatchObject({ status: "reserved" })
    },
    "I2",
  ),

  check("says what could be held, and holds nothing by it", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 5 })
    const lines = [{ productId: id, quantity: 5, unitPrice: { amount: 250, currency: "EUR" } }]
    for (let times = 0; times < 2; times++)
      expect(yield* shop.couldHold(id, 5)).toMatchObject({ reply: { _tag: "Held", lines } })
    expect(yield* shop.couldHold(id, 6)).toMatchObject({ refused: { _tag: "InsufficientStock", available: 5 } })
    expect(yield* shop.stock({ id })).toMatchObject({ onHand: 5, reserved: 0, version: 1 })
  }),

  check("gives back what it held tentatively, once", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 5 })
    for (const ending of ["drop", "lapse"] as const) {
      const { held, orderId } = yield* shop.hold(id, 2)
      expect(held).toEqual([{ productId: id, quantity: 2, unitPrice: { amount: 250, currency: "EUR" } }])
      expect(yield* shop.stock({ id })).toMatchObject({ reserved: 2 })
      for (let times = 0; times < 2; times++) yield* shop.endHolds(orderId, id, ending)
      expect(yield* shop.stock({ id })).toMatchObject({ reserved: 0 })
    }
    expect((yield* ledgerOf(id)).map(([, type]) => type)).toEqual([
      "created",
      "reserved",
      "released",
      "reserved",
      "expired",
    ])
  }),
]

export const checks: ReadonlyArray<Check<Needs>> = [...products, ...edits, ...placing, ...lives]

interface More<R> {
  /** What only this adapter can be asked. */
  readonly more?: ReadonlyArray<Check<R | Needs>>
  /** The laws that it does not keep. */
  readonly exempt?: ReadonlyArray<Law>
}

export const inventoryContract = <R>(
  name: string,
  adapter: Layer.Layer<R | Needs, unknown>,
  { exempt = [], more = [] }: More<R> = {},
): void => runAll<R | Needs>(`an inventory (${name})`, [...checks, ...more], adapter, exempt)
