/** An order as a decider: every end ends the holds once, paid is never stockless, and every command has an answer. */
import { Result } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Order from "../../src/domain/order.ts"
import { mergeLines } from "../../src/domain/order-lines.ts"

const END = 1_000

const bread = "01a1feab-edb8-7049-b54f-468de46eab73" as ProductId
const milk = "01a1feab-edb8-7049-b54f-468de46eab74" as ProductId

const TERMS: Order.Terms = {
  id: "01a1feab-edb8-7f21-8b21-89d61d1a5e73" as OrderId,
  customerId: "Ann",
  lines: [{ productId: bread, quantity: 2, unitPrice: { amount: 250, currency: "EUR" } }],
  total: { amount: 500, currency: "EUR" },
  createdAt: 0,
  expiresAt: END,
}

const ACTION: Order.Action = { kind: "redirect", url: "https://bank.example/act", clientSecret: null }
const ATTEMPT: Order.Attempt = { token: "tok_ok", startedAt: 1, action: null }

const reserved = Order.place(TERMS, null)
const charging = Order.place(TERMS, ATTEMPT)
const patient = Order.place(TERMS, ATTEMPT, 3)

const command: fc.Arbitrary<Order.Command> = fc.oneof(
  fc.nat({ max: 2 * END }).map((at) => ({ _tag: "StartPayment", token: "tok_ok", at }) as const),
  fc.constantFrom("RecordCharge" as const, "RecordAuthorization" as const).map((_tag) => ({ _tag })),
  fc.constantFrom(1, 2).map((attempt) => ({ _tag: "GiveUp", attempt }) as const),
  fc
    .tuple(fc.constantFrom(1, 2), fc.boolean())
    .map(([attempt, retryable]) => ({ _tag: "RecordDecline", attempt, code: "no", retryable }) as const),
  fc.constantFrom(1, 2).map((attempt) => ({ _tag: "RecordAction", attempt, action: ACTION }) as const),
  fc.constant({ _tag: "RecordRef", ref: "pi" } as const),
  fc.constantFrom("too late", null).map((reason) => ({ _tag: "Cancel", reason }) as const),
  fc
    .tuple(fc.nat({ max: 2 * END }), fc.constantFrom("voided" as const, "not-voided" as const))
    .map(([at, voided]) => ({ _tag: "Expire", at, voided }) as const),
  fc
    .constantFrom("RecordRefund" as const, "RecordShipment" as const, "RecordDelivery" as const)
    .map((_tag) => ({ _tag })),
)

/** Every life an order can lead, as its states and what happened between them. */
const life = fc
  .tuple(fc.constantFrom(reserved, charging, patient), fc.array(command, { maxLength: 12 }))
  .map(([first, commands]) => {
    let order: Order.Order = first
    const steps: Array<{ command: Order.Command; before: Order.Order; event: Order.Event | null; after: Order.Order }> =
      []
    for (const each of commands) {
      const before: Order.Order = order
      const decided = Order.decide(each, before)
      const event = Result.isSuccess(decided) ? decided.success : null
      order = event === null ? before : Order.evolve(before, event)
      steps.push({ command: each, before, event, after: order })
    }
    return { order, steps }
  })

const decide = (order: Order.Order, next: Order.Command) => Order.decide(next, order)

/** After these commands, each of which must do something. */
const afterwards = (order: Order.Order, ...commands: ReadonlyArray<Order.Command>): Order.Order =>
  commands.reduce<Order.Order>((state, next) => {
    const event = Result.getOrThrow(Order.decide(next, state))
    if (event === null) throw new Error(`${next._tag} did nothing to an order that is ${state.status}`)
    return Order.evolve(state, event)
  }, order)

const CHARGE = { _tag: "RecordCharge" } as const
const DECLINE = { _tag: "RecordDecline", attempt: 1, code: "no", retryable: true } as const
const CANCEL = { _tag: "Cancel", reason: null } as const
const REFUND = { _tag: "RecordRefund" } as const
const SHIP = { _tag: "RecordShipment" } as const
const DELIVER = { _tag: "RecordDelivery" } as const
const expire = (at: number, voided: "voided" | "not-voided" = "not-voided") => ({ _tag: "Expire", at, voided }) as const
const pay = (at: number) => ({ _tag: "StartPayment", token: "tok_ok", at }) as const

describe("every life of an order", () => {
  it("ends its holds at most once, and once it is no longer reserved exactly once", () => {
    fc.assert(
      fc.property(life, ({ order, steps }) => {
        const endings = steps.flatMap(({ before, event }) => (event === null ? [] : [Order.ending(before, event)]))
        const ends = endings.filter((ending) => ending === "confirm" || ending === "release" || ending === "expire")
        expect(ends).toHaveLength(order.status === "reserved" ? 0 : 1)
        // What comes back to the shelf had left it.
        const restocked = endings.filter((ending) => ending === "restock")
        expect(restocked).toHaveLength(order.status === "cancelled" && ends[0] === "confirm" ? 1 : 0)
      }),
      { numRuns: 1_000 },
    )
  })

  it("has contiguous versions, one an event, and terms that never change", () => {
    fc.assert(
      fc.property(life, ({ order, steps }) => {
        expect(order.version).toBe(1 + steps.filter(({ event }) => event !== null).length)
        expect(order).toMatchObject(TERMS)
        for (const { after, before, event } of steps)
          expect(after.version).toBe(before.version + (event === null ? 0 : 1))
      }),
      { numRuns: 1_000 },
    )
  })

  it("never loses money: every charge of an order that is not paid comes to be owed", () => {
    fc.assert(
      fc.property(life, ({ steps }) => {
        for (const { after, command: done } of steps)
          if (done._tag === "RecordCharge")
            expect(["paid", "shipped", "delivered"].includes(after.status) || "refund" in after).toBe(true)
        for (const { after, command: done } of steps)
          if (done._tag === "RecordCharge" && "refund" in after) expect(after.refund).not.toBe("none")
      }),
      { numRuns: 1_000 },
    )
  })

  it("is not paid by what is kept for a charge that was given up, nor begins another: only what was taken pays it", () => {
    fc.assert(
      fc.property(life, ({ steps }) => {
        const from = steps.findIndex(({ event }) => event?._tag === "PaymentGivenUp")
        const later = from < 0 ? [] : steps.slice(from + 1)
        for (const { command: done, event } of later) {
          if (event?._tag === "Paid") expect(done._tag).toBe("RecordCharge")
          expect(["PaymentStarted", "PaymentPrepared", "PaymentActionRequired"]).not.toContain(event?._tag)
        }
      }),
      { numRuns: 1_000 },
    )
    const givenUp = afterwards(charging, { _tag: "GiveUp", attempt: 1 })
    expect(givenUp).toMatchObject({ status: "reserved", attempt: ATTEMPT, payment: { capture: "never" } })
    expect(decide(givenUp, { _tag: "RecordAuthorization" })).toEqual(Result.succeed(null))
    expect(decide(givenUp, { _tag: "GiveUp", attempt: 1 })).toEqual(Result.succeed(null))
    expect(decide(charging, { _tag: "GiveUp", attempt: 2 })).toEqual(Result.succeed(null))
    expect(afterwards(givenUp, CHARGE)).toMatchObject({ status: "paid", payment: { capture: null } })
    const paid = afterwards(charging, { _tag: "RecordAuthorization" })
    expect(decide(paid, { _tag: "GiveUp", attempt: 1 })).toEqual(Result.succeed(null))
    const late = afterwards(givenUp, { _tag: "Expire", at: END, voided: "voided" }, { _tag: "RecordAuthorization" })
    expect(late).toMatchObject({ status: "expired", refund: "due", payment: { capture: "due" } })
  })

  it("moves only along the arrows of its life", () => {
    const arrows: Readonly<Record<Order.Status, ReadonlyArray<Order.Status>>> = {
      reserved: ["reserved", "paid", "cancelled", "expired", "payment_failed"],
      paid: ["paid", "cancelled", "shipped"],
      shipped: ["shipped", "delivered"],
      delivered: ["delivered"],
      cancelled: ["cancelled"],
      expired: ["expired"],
      payment_failed: ["payment_failed"],
    }
    fc.assert(
      fc.property(life, ({ steps }) => {
        for (const { after, before } of steps) expect(arrows[before.status]).toContain(after.status)
      }),
    )
  })

  it("does not return stock while a charge may have happened", () => {
    fc.assert(
      fc.property(life, ({ steps }) => {
        for (const { before, command: done, event } of steps) {
          if (before.status !== "reserved" || before.attempt === null || event === null) continue
          const ending = Order.ending(before, event)
          const certain = done._tag === "RecordDecline" || (done._tag === "Expire" && done.voided === "voided")
          if (ending === "release" || ending === "expire") expect(certain).toBe(true)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it("is not changed by a command that is repeated at once", () => {
    fc.assert(
      fc.property(life, command, ({ order }, next) => {
        const event = Result.getOrElse(Order.decide(next, order), () => null)
        if (event === null) return
        const again = Order.decide(next, Order.evolve(order, event))
        expect(Result.isFailure(again) || again.success === null).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe("an order", () => {
  it("is placed as reserved, at version 1", () => {
    expect(reserved).toEqual({ ...TERMS, version: 1, payment: Order.UNTRIED, status: "reserved", attempt: null })
  })

  it("is paid by a charge, and confirms its holds", () => {
    expect(afterwards(charging, CHARGE)).toEqual({ ...TERMS, version: 2, payment: Order.TRIED_ONCE, status: "paid" })
    expect(Order.ending(charging, { _tag: "Paid" })).toBe("confirm")
  })

  it("fails by a decline of the charge that is pending, and by no other", () => {
    expect(afterwards(charging, DECLINE)).toMatchObject({ status: "payment_failed", refund: "none" })
    expect(decide(reserved, DECLINE)).toEqual(Result.succeed(null))
  })

  it("outlives a decline while another attempt may be made, and none that is final or the last", () => {
    const declined = afterwards(patient, DECLINE)
    expect(declined).toMatchObject({ status: "reserved", attempt: null, payment: { attempts: 1, lastError: "no" } })
    const again = afterwards(declined, pay(2), { ...DECLINE, attempt: 2 }, pay(3))
    expect(again).toMatchObject({ status: "reserved", payment: { attempts: 3, attemptsMax: 3 } })
    expect(afterwards(again, { ...DECLINE, attempt: 3 }).status).toBe("payment_failed")
    expect(afterwards(patient, { ...DECLINE, retryable: false }).status).toBe("payment_failed")
    // What is reported late of an earlier attempt says nothing of this one.
    expect(decide(again, DECLINE)).toEqual(Result.succeed(null))
    expect(afterwards(declined, expire(END)).status).toBe("expired")
    expect(afterwards(declined, CANCEL)).toMatchObject({ status: "cancelled", refund: "none" })
  })

  it("keeps what the provider calls its charge, and what the buyer has to do, until the attempt has ended", () => {
    const asked = afterwards(
      patient,
      { _tag: "RecordRef", ref: "pi" },
      { _tag: "RecordAction", attempt: 1, action: ACTION },
    )
    expect(asked).toMatchObject({ attempt: { action: ACTION }, payment: { ref: "pi" } })
    expect(decide(asked, { _tag: "RecordRef", ref: "other" })).toEqual(Result.succeed(null))
    expect(afterwards(asked, CHARGE)).toMatchObject({ status: "paid", payment: { ref: "pi" } })
    expect(afterwards(asked, DECLINE, pay(2))).toMatchObject({ attempt: { action: null }, payment: { ref: "pi" } })
  })

  it("begins to pay once, and only while its hold lives", () => {
    const started = afterwards(reserved, pay(END - 1))
    expect(started).toMatchObject({ status: "reserved", attempt: { token: "tok_ok", startedAt: END - 1 } })
    expect(decide(started, pay(END - 1))).toEqual(Result.fail({ _tag: "PaymentInProgress", orderId: TERMS.id }))
    expect(decide(reserved, pay(END))).toEqual(
      Result.fail({ _tag: "NotPayable", orderId: TERMS.id, status: "expired" }),
    )
  })

  it("has nothing to pay once it is paid, and cannot be paid once it has ended", () => {
    expect(decide(afterwards(charging, CHARGE), pay(2))).toEqual(Result.succeed(null))
    expect(decide(afterwards(reserved, CANCEL), pay(2))).toEqual(
      Result.fail({ _tag: "NotPayable", orderId: TERMS.id, status: "cancelled" }),
    )
  })

  it("expires at its end, not before, and not while a charge is pending unless that was voided", () => {
    expect(decide(reserved, expire(END - 1))).toEqual(Result.succeed(null))
    expect(afterwards(reserved, expire(END)).status).toBe("expired")
    expect(decide(charging, expire(END))).toEqual(Result.succeed(null))
    expect(afterwards(charging, expire(END, "voided")).status).toBe("expired")
  })

  it("is cancelled without a refund while it is reserved, and refused while a charge is pending", () => {
    expect(afterwards(reserved, { _tag: "Cancel", reason: "typo" })).toMatchObject({ reason: "typo", refund: "none" })
    expect(decide(charging, CANCEL)).toEqual(Result.fail({ _tag: "PaymentInProgress", orderId: TERMS.id }))
  })

  it("owes a refund and brings the units back when it is cancelled after it was paid", () => {
    const paid = afterwards(charging, CHARGE)
    expect(afterwards(paid, CANCEL)).toMatchObject({ status: "cancelled", refund: "due" })
    expect(Order.ending(paid, { _tag: "Cancelled", reason: null, refund: "due" })).toBe("restock")
    expect(afterwards(paid, CANCEL, REFUND)).toMatchObject({ status: "cancelled", refund: "done", version: 4 })
    expect(decide(afterwards(paid, CANCEL, REFUND), REFUND)).toEqual(Result.succeed(null))
  })

  it.each(["shipped", "delivered"] as const)("cannot be cancelled once it is %s", (status) => {
    const gone: Order.Order = { ...TERMS, version: 3, payment: Order.TRIED_ONCE, status }
    expect(decide(gone, CANCEL)).toEqual(Result.fail({ _tag: "NotCancellable", orderId: TERMS.id, status }))
  })

  it("is shipped once it is paid, and delivered once it is shipped", () => {
    const paid = afterwards(charging, CHARGE)
    expect(afterwards(paid, SHIP)).toMatchObject({ ...TERMS, version: 3, status: "shipped" })
    expect(afterwards(paid, SHIP, DELIVER)).toMatchObject({ ...TERMS, version: 4, status: "delivered" })
    expect(decide(paid, DELIVER)).toEqual(Result.succeed(null))
    expect(decide(charging, SHIP)).toEqual(Result.succeed(null))
  })

  it("is not shipped any more once it was cancelled", () => {
    const cancelled = afterwards(charging, CHARGE, CANCEL)
    expect(decide(cancelled, SHIP)).toEqual(Result.succeed(null))
    expect(decide(cancelled, DELIVER)).toEqual(Result.succeed(null))
  })

  it("owes back a charge that comes to light after it has ended, once", () => {
    const expired = afterwards(charging, expire(END, "voided"))
    expect(afterwards(expired, CHARGE)).toMatchObject({ status: "expired", refund: "due" })
    expect(decide(afterwards(expired, CHARGE), CHARGE)).toEqual(Result.succeed(null))
    expect(decide(afterwards(expired, CHARGE, REFUND), CHARGE)).toEqual(Result.succeed(null))
  })

  it("counts as expired from its end on, except while a charge is pending", () => {
    expect(Order.statusAt(reserved, END - 1)).toBe("reserved")
    expect(Order.statusAt(reserved, END)).toBe("expired")
    expect(Order.statusAt(charging, END)).toBe("reserved")
    expect(Order.statusAt(afterwards(charging, CHARGE), END)).toBe("paid")
  })
})

describe("merging lines", () => {
  const line = fc.record({
    productId: fc.constantFrom(bread, milk, "c" as ProductId, "d" as ProductId),
    quantity: fc.nat(),
  })
  const sums = (lines: ReadonlyArray<{ readonly productId: ProductId; readonly quantity: number }>) =>
    lines.reduce((all, { productId, quantity }) => all.set(productId, (all.get(productId) ?? 0) + quantity), new Map())

  it("keeps the sum of each product, each product once, in the order of first mention", () => {
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const merged = mergeLines(lines)
        expect(merged.map(({ productId }) => productId)).toEqual([...new Set(lines.map(({ productId }) => productId))])
        expect(sums(merged)).toEqual(sums(lines))
        expect(mergeLines(merged)).toEqual(merged)
      }),
    )
  })

  it("adds two lines of one product", () => {
    const lines = [
      { productId: bread, quantity: 1 },
      { productId: milk, quantity: 2 },
      { productId: bread, quantity: 3 },
    ]
    expect(mergeLines(lines)).toEqual([
      { productId: bread, quantity: 4 },
      { productId: milk, quantity: 2 },
    ])
  })
})
