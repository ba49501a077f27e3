/** The gate before the turn: what may be taken is looked up, everything else costs nothing, and one command of a claim goes at a time. */
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import { Entry } from "../../src/app/inventory/entry.ts"
import { foundIn, Idempotency, type LookUps } from "../../src/app/inventory/idempotency.ts"
import * as KeyReader from "../../src/app/inventory/key-reader.ts"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import type { Claim, Command } from "../../src/ports/inventory.ts"
import { type KeyPosition, Ledger } from "../../src/ports/ledger.ts"

const productId = "018f0000-0000-7000-8000-000000000000" as ProductId
const orderId = "018f0000-0000-7000-8000-000000000040" as OrderId

const claim = (key: string): Claim => ({ route: "adjustments", key, fingerprint: "f" })

const adjust = (key: string): Command => ({ _tag: "Adjust", productId, delta: 1, reason: "", claim: claim(key) })

const hold: Command = {
  _tag: "HoldTentatively",
  orderId,
  customerId: "kim",
  lines: [{ productId, quantity: 1, lineNo: 0 }],
  lapsesAt: 1,
  claim: claim("hold"),
}

const product = { id: productId, sku: "s", name: "", price: { amount: 1, currency: "EUR" }, purchaseLimit: null }

const entry = (command: Command): Entry =>
  new Entry(command, () => undefined, { leaves: () => undefined, left: () => undefined })

const nothing: Omit<Parameters<typeof foundIn>[0], "known" | "takenSkus"> = {
  products: [],
  details: [],
  orders: [],
  holds: [],
  units: [],
  unpaid: [],
  unreadable: [],
}

/** A gate whose filter has read all keys; these are bound. */
const gate = (...bound: ReadonlyArray<string>) => {
  const idempotency = new Idempotency()
  idempotency.read(bound)
  idempotency.complete()
  const lookUps: LookUps = { keys: [], skus: [] }
  return { idempotency, lookUps }
}

describe("the gate", () => {
  it("lets a key pass that is certainly new, and has a key looked up that may be bound", () => {
    const { idempotency, lookUps } = gate("adjustments bound")
    expect(idempotency.asks(entry(adjust("new")), lookUps)).toBe(false)
    expect(idempotency.asks(entry(adjust("bound")), lookUps)).toBe(true)
    expect(lookUps.keys.map(({ key }) => key)).toEqual(["bound"])
  })

  it("has every key looked up until all that are bound have been read", () => {
    const lookUps: LookUps = { keys: [], skus: [] }
    expect(new Idempotency().asks(entry(adjust("new")), lookUps)).toBe(true)
  })

  it("has a key looked up that was decided here, from then on", () => {
    const { idempotency, lookUps } = gate()
    idempotency.binds(entry(adjust("mine")))
    expect(idempotency.asks(entry(adjust("mine")), lookUps)).toBe(true)
  })

  it("has every SKU of a new product looked up, and refuses one that is taken", () => {
    const { idempotency, lookUps } = gate()
    const create = entry({
      _tag: "CreateProduct",
      product: { ...product, createdAt: 0, version: 1, archived: false },
      onHand: 1,
      claim: null,
    })
    expect([idempotency.asks(create, lookUps), lookUps.skus]).toEqual([true, ["s"]])
    expect(idempotency.passes(create, foundIn({ ...nothing, known: [], takenSkus: ["s"] }))).toBe(false)
    expect(create.isAnswered).toBe(true)
  })

  it("has none looked up of one who has just done that, until a commit finds one of them taken", () => {
    const { idempotency, lookUps } = gate()
    const terms = { ...product, createdAt: 0, version: 1, archived: false }
    const create = entry({ _tag: "CreateProduct", product: terms, onHand: 1, claim: claim("row"), isLookedUp: true })
    expect([idempotency.asks(create, lookUps), lookUps]).toEqual([false, { keys: [], skus: [] }])
    create.turnGate("shut")
    expect([idempotency.asks(create, lookUps), lookUps]).toEqual([true, { keys: [claim("row")], skus: ["s"] }])
  })

  it("answers a key that is bound, and looks a free one up only once", () => {
    const { idempotency, lookUps } = gate("adjustments a", "adjustments b")
    const [free, bound] = [entry(adjust("a")), entry(adjust("b"))]
    for (const each of [free, bound]) idempotency.asks(each, lookUps)
    const known = [{ ...claim("b"), reply: { _tag: "Done" } as const }]
    const found = foundIn({ ...nothing, known, takenSkus: [] })
    expect([idempotency.passes(free, found), idempotency.passes(bound, found)]).toEqual([true, false])
    expect([bound.isAnswered, idempotency.asks(free, lookUps)]).toEqual([true, false])
  })

  it("has the key of a sibling's hold looked up before a refusal: its order is bound on another worker", () => {
    const { idempotency, lookUps } = gate()
    const held = entry(hold)
    expect(idempotency.asks(held, lookUps)).toBe(false)
    expect(idempotency.asksBeforeRefusal(held, lookUps)).toBe(true)
    expect(idempotency.passes(held, foundIn({ ...nothing, known: [], takenSkus: [] }))).toBe(true)
    expect(idempotency.asksBeforeRefusal(held, lookUps)).toBe(false)
  })

  it("lets one command of a claim in at a time, in the order they came", () => {
    const { idempotency } = gate()
    const [first, second, third, other] = ["k", "k", "k", "l"].map((key) => entry(adjust(key))) as [
      Entry,
      Entry,
      Entry,
      Entry,
    ]
    expect([first, second, third, other].map((each) => idempotency.enter(each))).toEqual([true, false, false, true])
    expect(idempotency.leave(first)).toBe(second)
    expect(idempotency.leave(second)).toBe(third)
    expect(idempotency.leave(third)).toBeNull()
    expect(idempotency.enter(entry(adjust("k")))).toBe(true)
  })
})

describe("the key reader", () => {
  it("reads every page before a key is taken for new", async () => {
    const pages = [["adjustments 1"], ["adjustments 2"], ["adjustments 3"]]
    const idempotency = new Idempotency()
    const maybe = (key: string) => idempotency.asks(entry(adjust(key)), { keys: [], skus: [] })
    const seen: Array<boolean> = []
    const boundKeys = (after: KeyPosition | null) =>
      Effect.sync(() => {
        const page = after === null ? 0 : Number(after.key)
        seen.push(maybe("new"))
        return { names: pages[page]!, next: page === 2 ? null : { key: String(page + 1), route: "" } }
      })
    const reading = KeyReader.run(idempotency).pipe(
      Effect.provideService(Ledger, { boundKeys } as unknown as Ledger["Service"]),
    )
    await Effect.runPromise(Effect.flatMap(Effect.forkChild(reading), Fiber.join))
    expect(seen).toEqual([true, true, true])
    expect(["new", "1", "2", "3"].map(maybe)).toEqual([false, true, true, true])
  })

  it("of a ledger that was away for an hour are read on after seconds", async () => {
    const idempotency = new Idempotency()
    let pages = 0
    const boundKeys = () =>
      Effect.gen(function* () {
        if (pages === 0) yield* Effect.sleep("1 hour")
        return { names: [], next: pages++ === 0 ? { key: "", route: "" } : null }
      })
    const reading = KeyReader.run(idempotency).pipe(
      Effect.provideService(Ledger, { boundKeys } as unknown as Ledger["Service"]),
    )
    const test = Effect.gen(function* () {
      yield* Effect.forkChild(reading)
      yield* TestClock.adjust("1 hour")
      yield* TestClock.adjust(KeyReader.REST_MAX_MS)
      return pages
    })
    expect(await Effect.runPromise(Effect.provide(test, TestClock.layer()))).toBe(2)
  })
})
