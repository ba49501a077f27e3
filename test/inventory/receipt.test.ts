/**
 * I4 as a type: what a decision will answer cannot be read without a receipt, and only a ledger issues one. The lines marked
 * `@ts-expect-error` are checked by `npm run types`: they are mistakes that must not compile.
 */
import { Exit } from "effect"
import { describe, expect, it } from "vitest"
import { Entry } from "../../src/app/inventory/entry.ts"
import { Line } from "../../src/app/inventory/line.ts"
import { Owner } from "../../src/app/inventory/owner.ts"
import { Registry } from "../../src/app/inventory/registry.ts"
import { Turns } from "../../src/app/inventory/turn.ts"
import type { ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import type { Answer, Command, Reply } from "../../src/ports/inventory.ts"
import { issueReceipt, Receipt, type Sealed, seal } from "../../src/ports/receipt.ts"

const productId = "018f0000-0000-7000-8000-000000000000" as ProductId
const product = { id: productId, sku: "s", name: "", price: { amount: 1, currency: "EUR" }, purchaseLimit: null }
const create = {
  _tag: "CreateProduct",
  product: { ...product, createdAt: 0, version: 1, archived: false },
  onHand: 5,
  claim: null,
} as const satisfies Command

/** A line with one decision in it, and what its caller heard. */
const decided = () => {
  const registry = new Registry()
  const line = new Line([{ lane: Lane.of(productId), epoch: 1, seq: 0 }], registry, () => undefined)
  const heard: Array<Exit.Exit<Answer, unknown>> = []
  const front = { leaves: () => undefined, left: () => undefined }
  const entry = new Entry(create, (exit) => void heard.push(exit), front)
  const outcome = new Turns(registry, () => true).decide(create, 0)
  entry.decided(outcome)
  line.join(entry)
  return { line, entry, heard, outcome, take: () => line.take(() => "018f0000-0000-7000-8000-000000000001") }
}

/** Never called: that they do not compile is the test. */
const MISTAKES: ReadonlyArray<() => unknown> = [
  // An acceptance without a receipt.
  // @ts-expect-error
  () => decided().entry.accept(),
  // A receipt of one's own.
  // @ts-expect-error
  () => new Receipt({}),
  // Something of the shape of a receipt.
  // @ts-expect-error
  () => decided().entry.accept({ isFor: () => true, open: <A>(promised: Sealed<A>) => promised as unknown as A }),
  // What a decision will answer, opened before it is durable: by the entry, or by the caller's own hand.
  // @ts-expect-error
  (reply: Sealed<Reply>): Exit.Exit<Answer> => Exit.succeed({ reply, replayed: false }),
  () => {
    const { outcome } = decided()
    // @ts-expect-error
    return outcome._tag === "Decision" ? outcome.reply._tag : null
  },
  // The line takes a receipt, and nothing that only looks like one.
  // @ts-expect-error
  () => decided().line.committed(),
  // No module reaches into the rooms of the owner.
  // @ts-expect-error
  () => new Owner([], () => 0).registry,
]

describe("an acceptance", () => {
  it("is answered with the receipt of its batch, and not before", () => {
    const { heard, line, take } = decided()
    const { batch } = take()!
    line.acknowledge()
    expect(heard).toEqual([])
    line.committed(issueReceipt(batch))
    line.acknowledge()
    expect(heard).toEqual([Exit.succeed({ reply: { _tag: "Product", product: create.product }, replayed: false })])
  })

  it("is not answered with the receipt of another batch, not even of an equal one", () => {
    const { heard, line, take } = decided()
    const { batch } = take()!
    expect(() => line.committed(issueReceipt({ ...batch }))).toThrow("a receipt of another batch")
    line.acknowledge()
    expect(heard).toEqual([])
  })

  it("does not compile without a receipt, nor with one that no ledger issued", () => {
    expect(MISTAKES).toHaveLength(7)
  })

  it("costs nothing to seal: only the compiler sees it", () => {
    const reply = { _tag: "Done" } as const
    const batch = {}
    expect(issueReceipt(batch).open(seal(reply))).toBe(reply)
  })
})

describe("the line", () => {
  it("has one batch on its way, and acknowledges it before anything is taken back", () => {
    const { line, take } = decided()
    expect(() => line.committed(issueReceipt({}))).toThrow("nothing is on its way")
    expect(() => line.rewind()).toThrow("nothing is on its way")
    const { batch } = take()!
    expect(() => take()).toThrow("a batch is on its way")
    line.committed(issueReceipt(batch))
    expect(() => line.rewind()).toThrow("what is durable is not acknowledged")
  })
})
