/** What every inventory promises of products that are edited. */
import { Effect } from "effect"
import { expect } from "vitest"
import type { ProductId } from "../../src/domain/ids.ts"
import type { Edit } from "../../src/domain/product.ts"
import { Catalog } from "../../src/ports/catalog.ts"
import type { Command } from "../../src/ports/inventory.ts"
import * as Scribe from "../support/scribe.ts"
import { type Check, check } from "./check.ts"
import { buyer, counter } from "./inventory-counter.ts"
import { all, ledgerOf, type Needs, outcomes } from "./inventory-looks.ts"

const editing = (productId: ProductId, edit: Edit, ...versions: ReadonlyArray<number>): Command => ({
  _tag: "EditProduct",
  productId,
  edit,
  versions: versions.length === 0 ? null : versions,
})

const price = (amount: number) => ({ amount, currency: "EUR" })

export const edits: ReadonlyArray<Check<Needs>> = [
  check("edits what is named, one version after another, apart from the stock's", function* () {
    const shop = yield* counter
    const made = yield* shop.create({ onHand: 5 })
    const { id } = made
    yield* shop.receive(id, 1)
    const second = { ...made, name: "Stale bread", version: 2 }
    expect(yield* shop.ask(editing(id, { name: second.name }, 1))).toEqual({
      reply: { _tag: "Product", product: second },
      replayed: false,
    })
    const third = { ...second, price: price(120), archived: true, version: 3 }
    expect(yield* shop.ask(editing(id, { price: price(120), archived: true }))).toMatchObject({
      reply: { product: third },
    })
    expect(yield* (yield* Catalog).get(id)).toEqual(third)
    expect(yield* shop.stock(made)).toEqual({ onHand: 6, reserved: 0, version: 2 })
    expect((yield* ledgerOf(id)).map(([, type]) => type)).toEqual(["created", "received"])
  }),

  check("keeps its version when nothing changes", function* () {
    const shop = yield* counter
    const made = yield* shop.create({ onHand: 5 })
    const same = editing(made.id, { name: made.name, price: made.price, purchaseLimit: null, archived: false }, 1)
    for (let times = 0; times < 2; times++)
      expect(yield* shop.ask(same)).toMatchObject({ reply: { _tag: "Product", product: made } })
  }),

  check("refuses another version than the editor names, another currency, and what does not exist", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 5 })
    yield* shop.ask(editing(id, { name: "Two" }, 1))
    const changed = { refused: { _tag: "ProductChanged", productId: id, version: 2 } }
    for (const versions of [[1], [3], [1, 3, 7]])
      expect(yield* shop.ask(editing(id, { name: "Three" }, ...versions))).toEqual(changed)
    expect(yield* shop.ask({ ...editing(id, { name: "Three" }), versions: [] } as Command)).toEqual(changed)
    expect(yield* shop.ask(editing(id, { price: { amount: 1, currency: "KRW" } }, 2))).toEqual({
      refused: { _tag: "CurrencyFixed", productId: id, currency: "EUR" },
    })
    expect(yield* shop.ask(editing(id, { name: "Three" }, 1, 2))).toMatchObject({ reply: { product: { version: 3 } } })
    const nothing = Scribe.product().id
    expect(yield* shop.ask(editing(nothing, { name: "None" }))).toEqual({
      refused: { _tag: "ProductNotFound", productId: nothing },
    })
  }),

  check("sells at the new price from the answer on, and lets orders keep theirs", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 9, price: price(250) })
    const early = yield* shop.placed([[id, 2]])
    yield* shop.ask(editing(id, { price: price(300) }, 1))
    const late = yield* shop.placed([[id, 2]])
    const line = (amount: number) => ({ lines: [{ quantity: 2, unitPrice: price(amount) }], total: price(2 * amount) })
    expect([early, late]).toMatchObject([line(250), line(300)])
    yield* shop.paid(early.id)
    expect(yield* shop.cancel(early.id)).toMatchObject({ status: "cancelled", ...line(250) })
  }),

  check("sells nothing of an archived product; what was ordered goes on, and it can be sold again", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 9 })
    const other = yield* shop.create({ onHand: 9 })
    const [paid, cancelled, open] = [
      yield* shop.placed([[id, 1]]),
      yield* shop.placed([[id, 1]]),
      yield* shop.placed([[id, 1]]),
    ]
    yield* shop.paid(paid.id)
    yield* shop.ask(editing(id, { archived: true }, 1))
    const archived = { refused: { _tag: "ProductArchived", productId: id } }
    expect(yield* shop.place([[id, 1]])).toEqual(archived)
    expect(yield* shop.couldHold(id, 1)).toEqual(archived)
    expect(
      yield* shop.place([
        [other.id, 1],
        [id, 1],
      ]),
    ).toEqual(archived)
    expect(yield* shop.stock(other)).toMatchObject({ reserved: 0 })
    expect(yield* shop.cancel(cancelled.id)).toMatchObject({ status: "cancelled" })
    yield* shop.paid(open.id)
    expect(yield* shop.shipped(paid.id)).toMatchObject({ status: "shipped" })
    yield* shop.receive(id, 1)
    expect(yield* shop.stock({ id })).toMatchObject({ onHand: 8, reserved: 0 })
    yield* shop.ask(editing(id, { archived: false }, 2))
    expect(yield* shop.place([[id, 1]])).toMatchObject({ status: "reserved" })
  }),

  check("changes the number of a purchase limit, but gives or takes none once units were ordered", function* () {
    const shop = yield* counter
    const limited = yield* shop.create({ onHand: 99, purchaseLimit: 3 })
    const free = yield* shop.create({ onHand: 99 })
    const customerId = buyer()
    const want = (id: ProductId) => shop.place([[id, 1]], { customerId })
    for (const each of [limited, free]) {
      // Never sold: it may have one, or none.
      yield* shop.receive(each.id, 1)
      const { purchaseLimit } = each
      const other = purchaseLimit === null ? 7 : null
      expect(yield* shop.ask(editing(each.id, { purchaseLimit: other }, 1))).toMatchObject({
        reply: { product: { purchaseLimit: other } },
      })
      yield* shop.ask(editing(each.id, { purchaseLimit }, 2))
      expect(yield* want(each.id)).toMatchObject({ status: "reserved" })
      expect(yield* shop.ask(editing(each.id, { purchaseLimit: other }, 3))).toEqual({
        refused: { _tag: "PurchaseLimitFixed", productId: each.id, purchaseLimit },
      })
    }
    yield* shop.ask(editing(limited.id, { purchaseLimit: 1 }, 3))
    const exceeded = (limit: number, remaining: number) => ({
      refused: { _tag: "PurchaseLimitExceeded", productId: limited.id, limit, remaining },
    })
    expect(yield* want(limited.id)).toEqual(exceeded(1, 0))
    yield* shop.ask(editing(limited.id, { purchaseLimit: 2 }, 4))
    expect(yield* want(limited.id)).toMatchObject({ status: "reserved" })
    expect(yield* want(limited.id)).toEqual(exceeded(2, 0))
  }),

  check("lets one of many edits of one version through", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 5 })
    const answers = yield* all(Array.from({ length: 20 }, (_, n) => shop.ask(editing(id, { name: `Name ${n}` }, 1))))
    expect(outcomes(answers)).toEqual({ other: 1, ProductChanged: 19 })
    expect(yield* (yield* Catalog).get(id)).toMatchObject({ version: 2 })
  }),

  check("makes a version of each of many edits that name none", function* () {
    const shop = yield* counter
    const { id } = yield* shop.create({ onHand: 5 })
    const answers = yield* all(Array.from({ length: 20 }, (_, n) => shop.ask(editing(id, { name: `Name ${n}` }))))
    const versions = answers.map((each) =>
      "reply" in each && each.reply._tag === "Product" ? each.reply.product.version : 0,
    )
    expect(versions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 2))
  }),

  check(
    "sells each order at the price of one version while prices change under a crowd, and none once it is archived",
    function* () {
      const shop = yield* counter
      const { id } = yield* shop.create({ onHand: 1_000, price: price(1) })
      const buying = all(
        Array.from({ length: 60 }, (_, n) => Effect.andThen(Effect.sleep(n % 12), shop.place([[id, 1]]))),
      )
      const repricing = Effect.gen(function* () {
        for (let amount = 2; amount <= 4; amount++) yield* shop.ask(editing(id, { price: price(amount) }, amount - 1))
        yield* shop.ask(editing(id, { archived: true }, 4))
        // From this answer on.
        return yield* shop.place([[id, 1]])
      })
      const [answers, last] = yield* Effect.all([buying, repricing], { concurrency: "unbounded" })
      expect(last).toEqual({ refused: { _tag: "ProductArchived", productId: id } })
      const sold = answers.flatMap((each) => ("lines" in each ? each.lines : []))
      for (const { unitPrice } of sold) expect(unitPrice.amount).toBeGreaterThanOrEqual(1)
      expect(outcomes(answers)).toEqual({
        ...(sold.length > 0 ? { reserved: sold.length } : {}),
        ...(sold.length < 60 ? { ProductArchived: 60 - sold.length } : {}),
      })
      expect(yield* shop.stock({ id })).toMatchObject({ reserved: sold.length })
    },
    "I2",
  ),
]
