/** Law I11: a hold ends exactly once, paid is never stockless; whatever happens, in whatever order the endings arrive. */
import { Result } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Hold from "../../src/domain/hold.ts"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import * as Order from "../../src/domain/order.ts"
import * as Stock from "../../src/domain/stock.ts"

const END = 1_000
const ON_HAND = 10
const UNITS = 2

const bread = "01a1feab-edb8-7049-b54f-468de46eab73" as ProductId
const milk = "01a1feab-edb8-7049-b54f-468de46eab74" as ProductId
const salt = "01a1feab-edb8-7049-b54f-468de46eab75" as ProductId

const TERMS: Order.Terms = {
  id: "01a1feab-edb8-7f21-8b21-89d61d1a5e73" as OrderId,
  customerId: "Ann",
  lines: [bread, milk, salt].map((productId) => ({
    productId,
    quantity: UNITS,
    unitPrice: { amount: 250, currency: "EUR" },
  })),
  total: { amount: 1_500, currency: "EUR" },
  createdAt: 0,
  expiresAt: END,
}

const OF: Hold.Holder = { orderId: TERMS.id, customerId: TERMS.customerId }

const ENDINGS: ReadonlyArray<Hold.Ending> = ["confirm", "release", "expire", "restock", "drop", "lapse"]

/** A hold beside the stock of its product, and every movement of its units. */
class Shelf {
  hold: Hold.Hold
  stock: Stock.Stock = { onHand: ON_HAND, reserved: 0, version: 1 }
  readonly moves: Array<Stock.EventType> = []

  constructor(hold: Hold.Hold) {
    this.hold = hold
    this.#move({ _tag: "Reserve", quantity: hold.quantity })
  }

  /** Throws if units are to move that are not there: `Stock.decide` treats that as a defect. */
  end(ending: Hold.Ending): void {
    const how = Hold.endingOf(this.hold.state, ending)
    if (how === null) return
    const { stock, to } = Hold.TRANSITIONS[how]
    this.#move({ _tag: stock, quantity: this.hold.quantity })
    this.hold = { ...this.hold, state: to }
  }

  #move(command: Stock.Command): void {
    const event = Result.getOrThrow(Stock.decide(this.hold.productId, command, this.stock))
    this.stock = Stock.evolve(this.stock, event)
    this.moves.push(event.type)
  }
}

/** What a state says must have happened to the units of a hold, and nothing else. */
const PAST: { readonly [S in Hold.State]: string } = {
  tentative: "reserved",
  held: "reserved",
  confirmed: "reserved confirmed",
  released: "reserved released",
  expired: "reserved expired",
  returned: "reserved confirmed restocked",
}

const line = TERMS.lines[0]!

describe("a hold", () => {
  it("ends exactly once, whatever endings come, and its units move with it", () => {
    const step = fc.constantFrom("accept" as const, ...ENDINGS)
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const shelf = new Shelf(Hold.tentative(OF, line, 0, END))
        for (const each of steps) {
          if (each !== "accept") shelf.end(each)
          else if (shelf.hold.state === "tentative") shelf.hold = { ...shelf.hold, state: "held" }
        }
        const { state } = shelf.hold
        expect(shelf.moves.join(" ")).toBe(PAST[state])
        const isLive = state === "tentative" || state === "held"
        expect(shelf.stock.reserved).toBe(isLive ? UNITS : 0)
        expect(shelf.stock.onHand).toBe(ON_HAND - (state === "confirmed" ? UNITS : 0))
        expect(Hold.isCounted(state)).toBe(isLive || state === "confirmed")
      }),
      { numRuns: 2_000 },
    )
  })

  it("that is tentative is ended by nothing but its drop or lapse", () => {
    const ended = ENDINGS.filter((ending) => Hold.endingOf("tentative", ending) !== null)
    expect(ended).toEqual(["drop", "lapse"])
  })

  it("that has not left when its paid order is cancelled is released", () => {
    expect(Hold.endingOf("held", "restock")).toBe("release")
    expect(Hold.endingOf("confirmed", "restock")).toBe("restock")
  })

  it("lies in the lane of its product, with the price that was agreed", () => {
    const base = { ...OF, productId: bread, lineNo: 4, lane: Lane.of(bread), quantity: UNITS, unitPrice: 250 }
    expect(Hold.held(OF, line, 4)).toEqual({ ...base, currency: "EUR", state: "held", lapsesAt: null })
    expect(Hold.tentative(OF, line, 4, END)).toEqual({ ...base, currency: "EUR", state: "tentative", lapsesAt: END })
  })
})

/** What the holds of an order that has come to rest may be. */
const AT_REST: { readonly [S in Order.Status]: ReadonlyArray<Hold.State> } = {
  reserved: ["held"],
  paid: ["confirmed"],
  shipped: ["confirmed"],
  delivered: ["confirmed"],
  cancelled: ["released", "returned"],
  expired: ["expired"],
  payment_failed: ["released"],
}

const command: fc.Arbitrary<Order.Command> = fc.oneof(
  fc
    .constantFrom<Order.Command["_tag"]>("RecordCharge", "RecordDecline", "RecordShipment", "RecordDelivery")
    .map((_tag) => ({ _tag }) as Order.Command),
  fc.constant<Order.Command>({ _tag: "StartPayment", token: "tok_ok", at: 0 }),
  fc.constant<Order.Command>({ _tag: "Cancel", reason: null }),
  fc
    .constantFrom("voided" as const, "not-voided" as const)
    .map((voided): Order.Command => ({ _tag: "Expire", at: END, voided })),
)

/** An ending that reaches a hold of another worker: `nth` of those that the order has had, modulo their number. */
const arrival = fc.record({ hold: fc.constantFrom(1, 2), nth: fc.nat(3) })

/** Each command, and what arrives after it: late, twice, in any order, or never. */
const life = fc.array(fc.tuple(command, fc.array(arrival, { maxLength: 3 })), { maxLength: 10 })

const sweep = (order: Order.Order, shelves: ReadonlyArray<Shelf>): number => {
  for (let sweeps = 0; ; sweeps++) {
    const left = Hold.leftOver(
      order.status,
      shelves.map(({ hold }) => hold),
    )
    if (left === null) return sweeps
    for (const shelf of shelves) if (left.elsewhere.includes(shelf.hold.productId)) shelf.end(left.ending)
  }
}

describe("the holds of an order over several workers", () => {
  it("end as its status says: at its home at once, elsewhere at the latest when what is left over is ended", () => {
    fc.assert(
      fc.property(life, (steps) => {
        let order = Order.place(TERMS, null)
        const shelves = TERMS.lines.map((each, lineNo) => new Shelf(Hold.held(OF, each, lineNo)))
        const endings: Array<Order.Ending> = []
        for (const [next, arrivals] of steps) {
          const event = Result.getOrElse(Order.decide(next, order), () => null)
          if (event !== null) {
            const ending = Order.ending(order, event)
            order = Order.evolve(order, event)
            if (ending !== null) {
              endings.push(ending)
              shelves[0]!.end(ending)
            }
          }
          for (const { hold, nth } of arrivals)
            if (endings.length > 0) shelves[hold]!.end(endings[nth % endings.length]!)
          expect(AT_REST[order.status]).toContain(shelves[0]!.hold.state)
        }
        expect(sweep(order, shelves)).toBeLessThanOrEqual(2)
        for (const { hold, moves } of shelves) {
          expect(AT_REST[order.status]).toContain(hold.state)
          expect(moves.join(" ")).toBe(PAST[hold.state])
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it("leave nothing over of an order that still lives", () => {
    expect(Hold.leftOver("reserved", [{ productId: bread, state: "held" }])).toBeNull()
  })

  it("come back to the shelf first when a paid order was cancelled before all were confirmed", () => {
    const holds = [
      { productId: bread, state: "held" },
      { productId: milk, state: "confirmed" },
      { productId: salt, state: "returned" },
    ] as const
    expect(Hold.leftOver("cancelled", holds)).toEqual({ elsewhere: [milk], ending: "restock" })
    expect(Hold.leftOver("cancelled", [holds[0], holds[2]])).toEqual({ elsewhere: [bread], ending: "release" })
    expect(Hold.leftOver("cancelled", [holds[2]])).toBeNull()
  })
})
