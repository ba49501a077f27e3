/** What every catalogue promises: products as they were created, newest first, and each product's ledger. */
import { Effect, type Layer } from "effect"
import { expect } from "vitest"
import * as Words from "../../src/domain/product-words.ts"
import { Catalog } from "../../src/ports/catalog.ts"
import type { Lease } from "../../src/ports/lease.ts"
import type { Ledger } from "../../src/ports/ledger.ts"
import * as Scribe from "../support/scribe.ts"
import { type Check, check, runAll } from "./check.ts"

type Needs = Catalog | Ledger | Lease

const stocked = (count: number) =>
  Effect.gen(function* () {
    const scribe = yield* Scribe.owner
    const products = Array.from({ length: count }, (_, index) =>
      Scribe.product({ purchaseLimit: index % 2 === 0 ? null : index, name: `Bread no. ${index} "日本" \\` }),
    )
    yield* scribe.commit({ products: products.map((product) => ({ product, onHand: 10 })) })
    const newest = products.toSorted((a, b) => (a.id < b.id ? 1 : -1))
    return { scribe, newest, catalog: yield* Catalog }
  })

export const checks: ReadonlyArray<Check<Needs>> = [
  check("gets a product as it was created, and null for an unknown one", function* () {
    const { catalog, newest } = yield* stocked(2)
    expect(yield* catalog.get(newest[0]!.id)).toEqual(newest[0])
    expect(yield* catalog.get(newest[1]!.id)).toEqual(newest[1])
    expect(yield* catalog.get(Scribe.product().id)).toBeNull()
  }),

  check("lists products newest first, page by page, each once", function* () {
    const { catalog, newest } = yield* stocked(5)
    const one = yield* catalog.list({ limit: 2, after: null, sku: null, words: null })
    expect(one).toEqual({ rows: newest.slice(0, 2), next: newest[1]!.id })
    const two = yield* catalog.list({ limit: 2, after: one.next, sku: null, words: null })
    expect(two).toEqual({ rows: newest.slice(2, 4), next: newest[3]!.id })
    const three = yield* catalog.list({ limit: 1, after: two.next, sku: null, words: null })
    expect(three.rows).toEqual(newest.slice(4))
  }),

  check("ends a list with no position, also when the last page is full", function* () {
    const { catalog, newest } = yield* stocked(1)
    const { id, sku } = newest[0]!
    expect(yield* catalog.list({ limit: 1, after: null, sku, words: null })).toEqual({ rows: newest, next: null })
    expect(yield* catalog.list({ limit: 1, after: id, sku, words: null })).toEqual({ rows: [], next: null })
  }),

  check("finds the product of a SKU, and nothing for an unknown one", function* () {
    const { catalog, newest } = yield* stocked(3)
    const one = newest[1]!
    expect((yield* catalog.list({ limit: 20, after: null, sku: one.sku, words: null })).rows).toEqual([one])
    expect(yield* catalog.list({ limit: 20, after: null, sku: `${one.sku}?`, words: null })).toEqual({
      rows: [],
      next: null,
    })
  }),

  check("finds products by words of their name or SKU, in any order and any script, each as a part", function* () {
    const catalog = yield* Catalog
    const scribe = yield* Scribe.owner
    const names = ["Linen Shirt, blue", "면 셔츠 파랑", "100% wool_scarf", "Écharpe", "Shirt \\ tie", "12"]
    const products = names.map((name) => Scribe.product({ name }))
    yield* scribe.commit({ products: products.map((product) => ({ product, onHand: 1 })) })
    const found = (text: string, sku: string | null = null) =>
      Effect.gen(function* () {
        const { rows } = yield* catalog.list({ limit: 20, after: null, sku, words: Words.of(text)! })
        return rows.map(({ name }) => name).toReversed()
      })
    expect(yield* found("SHIRT linen")).toEqual([names[0]])
    expect(yield* found("hirt")).toEqual([names[0], names[4]])
    expect(yield* found("셔츠 파")).toEqual([names[1]])
    expect(yield* found("0% l_s")).toEqual([names[2]])
    expect(yield* found("wool%scarf")).toEqual([])
    expect(yield* found("\\ tie")).toEqual([names[4]])
    expect(yield* found("charpe")).toEqual([names[3]])
    expect(yield* found("écharpe")).toEqual([])
    expect(yield* found(`linen ${products[0]!.sku.slice(-7).toUpperCase()}`)).toEqual([names[0]])
    expect(yield* found("shirt", products[4]!.sku)).toEqual([names[4]])
    expect(Words.of(" s  h ")).toBeNull()
    const first = yield* catalog.list({ limit: 1, after: null, sku: null, words: ["shirt"] })
    expect([first.rows, first.next]).toEqual([[products[4]], products[4]!.id])
    const last = yield* catalog.list({ limit: 1, after: first.next, sku: null, words: ["shirt"] })
    expect(last).toEqual({ rows: [products[0]], next: null })
  }),

  check("lists the stock of each product, newest first, page by page", function* () {
    const { catalog, newest, scribe } = yield* stocked(3)
    const [one] = newest
    const received = { type: "received", onHand: 5, reserved: 0, reason: null } as const
    yield* scribe.commit({
      changes: [{ productId: one!.id, before: { onHand: 10, reserved: 0, version: 1 }, event: received }],
    })
    const rows = newest.map(({ id, sku }, index) => ({
      productId: id,
      sku,
      stock: index === 0 ? { onHand: 15, reserved: 0, version: 2 } : { onHand: 10, reserved: 0, version: 1 },
    }))
    const first = yield* catalog.stock({ limit: 2, after: null })
    expect(first).toEqual({ rows: rows.slice(0, 2), next: newest[1]!.id })
    expect((yield* catalog.stock({ limit: 1, after: first.next })).rows).toEqual(rows.slice(2))
  }),

  check("shows a product's ledger newest first, page by page, and none of another's", function* () {
    const { catalog, newest, scribe } = yield* stocked(2)
    const [one, other] = newest
    const order = Scribe.order([one!])
    yield* scribe.commit({
      changes: Scribe.reserving(order, 10),
      orders: [order],
      holds: Scribe.holds(order),
    })
    const damaged = { type: "adjusted", onHand: -2, reserved: 0, reason: 'fell "down" {\\}' } as const
    const before = { onHand: 10, reserved: 1, version: 2 }
    yield* scribe.commit({ changes: [{ productId: one!.id, before, event: damaged }] })

    const row = { productId: one!.id, orderId: null, reason: null, at: Scribe.NOON }
    const created = { ...row, version: 1, type: "created", onHandDelta: 10, reservedDelta: 0, onHand: 10, reserved: 0 }
    const reserved = {
      ...created,
      version: 2,
      type: "reserved",
      onHandDelta: 0,
      reservedDelta: 1,
      reserved: 1,
      orderId: order.id,
    }
    const adjusted = {
      ...created,
      version: 3,
      type: "adjusted",
      onHandDelta: -2,
      onHand: 8,
      reserved: 1,
      reason: damaged.reason,
    }
    expect(yield* catalog.movements(one!.id, { limit: 2, after: null })).toEqual({
      rows: [adjusted, reserved],
      next: 2,
    })
    expect(yield* catalog.movements(one!.id, { limit: 2, after: 2 })).toEqual({ rows: [created], next: null })
    expect((yield* catalog.movements(other!.id, { limit: 20, after: null })).rows).toHaveLength(1)
    expect(yield* catalog.movements(Scribe.product().id, { limit: 20, after: null })).toEqual({ rows: [], next: null })
  }),
]

export const catalogContract = (name: string, adapter: Layer.Layer<Needs, unknown>): void =>
  runAll(`a catalogue (${name})`, checks, adapter)
