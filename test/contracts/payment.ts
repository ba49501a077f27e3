/** What every payment provider promises for one ref: one charge at most, a truth that does not change, a void that bars. */
import { randomUUIDv7 } from "node:crypto"
import { Effect, Fiber, type Layer } from "effect"
import { expect } from "vitest"
import { type Capture, type Charge, type Confirmation, type Listing, Payment } from "../../src/ports/payment.ts"
import { type Check, check, runAll } from "./check.ts"

const MONEY = { amount: 1_250, currency: "EUR" }

/** Milliseconds: long enough to do something meanwhile, short enough for a test. */
const DELAY = "tok_delay_200"

/** A first attempt with this token, of a charge that is ready for it. */
const prepared = Effect.fnUntraced(function* (token: string, capture: Capture = "auto") {
  const { prepare } = yield* Payment
  const preparation = { key: randomUUIDv7(), money: MONEY, customerId: "kim", capture }
  if (prepare === null) return { ...preparation, ref: preparation.key, attempt: 1, token } satisfies Confirmation
  const said = yield* prepare(preparation)
  // Under the same key it is the same charge.
  expect(yield* prepare(preparation)).toEqual(said)
  if (said._tag !== "Prepared") throw new Error(`prepared: ${JSON.stringify(said)}`)
  return { ...preparation, ref: said.ref, attempt: 1, token } satisfies Confirmation
})

const tagOf = <A extends { readonly _tag: string }, E, R>(asking: Effect.Effect<A, E, R>) =>
  Effect.map(asking, ({ _tag }) => _tag as string)

/** The attempt as it is read until it is settled. */
const settled = ({ attempt, ref }: Confirmation) =>
  Effect.flatMap(Payment, ({ read }) =>
    Effect.repeat(tagOf(read(ref, attempt)), { until: (tag) => tag !== "Unknown" && tag !== "ActionRequired" }),
  )

/** Clocks of provider and shop may differ by so much (ms). */
const SKEW_MS = 1_000
const beforeNow = Effect.sync(() => Date.now() - SKEW_MS)

/** The books, all pages. */
const books = Effect.fnUntraced(function* (since: number) {
  const { list } = yield* Payment
  const charges: Array<Charge> = []
  for (let after: string | null = null; ; ) {
    const page: Listing = yield* list(since, after)
    if (page._tag === "Unknown") throw new Error("the books were not shown")
    charges.push(...page.charges)
    if (page.next === null) return charges
    after = page.next
  }
})

export const checks: ReadonlyArray<Check<Payment>> = [
  check("charges, says so again when it is repeated, and when it is read", function* () {
    const payment = yield* Payment
    const one = yield* prepared("tok_ok")
    expect(yield* tagOf(payment.confirm(one))).toBe("Charged")
    expect(yield* tagOf(payment.confirm(one))).toBe("Charged")
    expect(yield* tagOf(payment.read(one.ref, 1))).toBe("Charged")
  }),

  check("charges its default token, if it has one", function* () {
    const payment = yield* Payment
    if (payment.defaultToken === null) return
    expect(yield* tagOf(payment.confirm(yield* prepared(payment.defaultToken)))).toBe("Charged")
  }),

  check("declines what it should and what it does not know, with a code", function* () {
    const payment = yield* Payment
    for (const token of ["tok_decline", "tok_of_somebody_else", "tok_delay_", "tok_delay_9999999999", ""]) {
      const one = yield* prepared(token)
      const said = yield* payment.confirm(one)
      expect(said).toMatchObject({ _tag: "Declined", code: expect.stringMatching(/^[a-z_]{1,64}$/), retryable: true })
      expect(yield* payment.confirm(one)).toEqual(said)
    }
    expect(yield* payment.confirm(yield* prepared("tok_decline_final"))).toMatchObject({ retryable: false })
  }),

  check("lets what an attempt came to stand, whatever is sent under its number later", function* () {
    const payment = yield* Payment
    const one = yield* prepared("tok_decline")
    yield* payment.confirm(one)
    expect(yield* tagOf(payment.confirm({ ...one, token: "tok_ok" }))).not.toBe("Charged")
    expect(yield* tagOf(payment.read(one.ref, 1))).not.toBe("Charged")
  }),

  check("lets another attempt follow one that was declined, and charges once for all of them", function* () {
    const payment = yield* Payment
    const one = yield* prepared("tok_decline")
    yield* payment.confirm(one)
    // The second has not been sent: what is known of the first is not said of it.
    expect(yield* tagOf(payment.read(one.ref, 2))).toBe("Absent")
    expect(yield* tagOf(payment.confirm({ ...one, attempt: 2, token: "tok_ok" }))).toBe("Charged")
    expect(yield* tagOf(payment.read(one.ref, 2))).toBe("Charged")
    expect(yield* tagOf(payment.confirm({ ...one, attempt: 3, token: "tok_ok" }))).toBe("Charged")
  }),

  check("has never heard of an attempt that was not made", function* () {
    const { ref } = yield* prepared("tok_ok")
    expect(yield* tagOf((yield* Payment).read(ref, 1))).toBe("Absent")
  }),

  check("answers unknown when the answer is lost, and the truth when it is read", function* () {
    const payment = yield* Payment
    for (const [token, truth] of [
      ["tok_unknown_charged", ["Charged"]],
      // Of a decline that is not remembered by its number, it says that the attempt may be sent again.
      ["tok_unknown_declined", ["Declined", "Absent"]],
    ] as const) {
      const one = yield* prepared(token)
      expect(yield* tagOf(payment.confirm(one))).toBe("Unknown")
      expect(truth).toContain(yield* tagOf(payment.read(one.ref, 1)))
    }
  }),

  check("says unknown while a charge is running, and charges once for all who ask", function* () {
    const payment = yield* Payment
    const one = yield* prepared(DELAY)
    const first = yield* Effect.forkScoped(payment.confirm(one), { startImmediately: true })
    yield* Effect.repeat(tagOf(payment.read(one.ref, 1)), { until: (tag) => tag === "Unknown" })
    yield* payment.confirm(one)
    yield* Fiber.join(first)
    expect(yield* settled(one)).toBe("Charged")
  }),

  check("goes on charging when the caller has given up", function* () {
    const payment = yield* Payment
    const one = yield* prepared(DELAY)
    const caller = yield* Effect.forkScoped(payment.confirm(one), { startImmediately: true })
    yield* Effect.repeat(tagOf(payment.read(one.ref, 1)), { until: (tag) => tag === "Unknown" })
    yield* Fiber.interrupt(caller)
    expect(yield* settled(one)).toBe("Charged")
  }),

  check("says what the buyer has to do, again and again, and charges once they have done it", function* () {
    const payment = yield* Payment
    const one = yield* prepared("tok_action_2000")
    const asked = yield* payment.confirm(one)
    expect(asked).toMatchObject({ _tag: "ActionRequired", action: { kind: "redirect" } })
    expect(yield* payment.read(one.ref, 1)).toEqual(asked)
    expect(yield* settled(one)).toBe("Charged")
  }),

  check("bars a charge whose buyer has not acted", function* () {
    const payment = yield* Payment
    const one = yield* prepared("tok_action")
    yield* payment.confirm(one)
    expect(yield* tagOf(payment.void(one.ref))).toBe("Voided")
    expect(yield* tagOf(payment.read(one.ref, 1))).not.toBe("Charged")
    expect(yield* tagOf(payment.confirm({ ...one, token: "tok_ok" }))).not.toBe("Charged")
  }),

  check("bars a ref that was never charged, for every attempt", function* () {
    const payment = yield* Payment
    const one = yield* prepared("tok_ok")
    expect(yield* tagOf(payment.void(one.ref))).toBe("Voided")
    expect(yield* tagOf(payment.void(one.ref))).toBe("Voided")
    for (const attempt of [1, 2]) {
      expect(yield* tagOf(payment.confirm({ ...one, attempt }))).not.toBe("Charged")
      expect(yield* tagOf(payment.read(one.ref, attempt))).not.toBe("Charged")
    }
  }),

  check("bars a charge that is still running", function* () {
    const payment = yield* Payment
    const one = yield* prepared(DELAY)
    const caller = yield* Effect.forkScoped(payment.confirm(one), { startImmediately: true })
    yield* Effect.repeat(tagOf(payment.read(one.ref, 1)), { until: (tag) => tag === "Unknown" })
    expect(yield* tagOf(payment.void(one.ref))).toBe("Voided")
    expect(yield* tagOf(Fiber.join(caller))).not.toBe("Charged")
    // A charge begun after it with the same delay has run out, so the barred one would have too.
    const other = yield* prepared(DELAY)
    yield* payment.confirm(other)
    expect(yield* settled(other)).toBe("Charged")
    expect(yield* tagOf(payment.read(one.ref, 1))).not.toBe("Charged")
  }),

  check("does not void what has been charged", function* () {
    const payment = yield* Payment
    for (const token of ["tok_ok", "tok_unknown_charged"]) {
      const one = yield* prepared(token)
      yield* payment.confirm(one)
      expect(yield* tagOf(payment.void(one.ref))).toBe("Charged")
      expect(yield* tagOf(payment.read(one.ref, 1))).toBe("Charged")
    }
  }),

  check("voids a charge that was declined", function* () {
    const payment = yield* Payment
    const one = yield* prepared("tok_unknown_declined")
    yield* payment.confirm(one)
    expect(yield* tagOf(payment.void(one.ref))).toBe("Voided")
  }),

  check("refunds a charge, and says so again when it is repeated", function* () {
    const payment = yield* Payment
    const one = yield* prepared("tok_ok")
    yield* payment.confirm(one)
    const refund = payment.refund(one.ref, one.money, `${one.key}:refund:1`)
    expect(yield* tagOf(refund)).toBe("Refunded")
    expect(yield* tagOf(refund)).toBe("Refunded")
    // A refunded charge stays one: repeating it takes no money again.
    expect(yield* tagOf(payment.confirm(one))).toBe("Charged")
  }),

  check("keeps what is to be taken on shipment, takes it once, and then does not let it go", function* () {
    const payment = yield* Payment
    const one = yield* prepared("tok_ok", "on-shipment")
    expect(yield* tagOf(payment.confirm(one))).toBe("Authorized")
    expect(yield* tagOf(payment.confirm(one))).toBe("Authorized")
    expect(yield* tagOf(payment.read(one.ref, 1))).toBe("Authorized")
    const capture = payment.capture(one.ref, one.money, `${one.key}:capture:1`)
    expect(yield* tagOf(capture)).toBe("Charged")
    expect(yield* tagOf(capture)).toBe("Charged")
    expect(yield* tagOf(payment.read(one.ref, 1))).toBe("Charged")
    expect(yield* tagOf(payment.void(one.ref))).toBe("Charged")
    expect(yield* tagOf(payment.refund(one.ref, one.money, `${one.key}:refund:1`))).toBe("Refunded")
  }),

  check("lets go what it keeps when that is voided, and takes it no more", function* () {
    const payment = yield* Payment
    const since = yield* beforeNow
    const one = yield* prepared("tok_action_100", "on-shipment")
    yield* payment.confirm(one)
    expect(yield* settled(one)).toBe("Authorized")
    const inBooks = Effect.map(books(since), (all) => all.filter(({ key }) => key === one.key))
    const { amount, currency } = MONEY
    const { key, ref } = one
    expect(yield* inBooks).toEqual([{ key, ref, state: "authorized", currency, captured: 0, refunded: 0 }])
    expect(yield* tagOf(payment.refund(ref, { amount, currency }, `${key}:refund:1`))).not.toBe("Refunded")
    expect(yield* tagOf(payment.void(ref))).toBe("Voided")
    expect(yield* tagOf(payment.void(ref))).toBe("Voided")
    expect(yield* tagOf(payment.capture(ref, one.money, `${key}:capture:1`))).toBe("Declined")
    expect(yield* inBooks).toMatchObject([{ state: "voided", captured: 0, refunded: 0 }])
  }),

  check("shows in its books what each charge came to, under our key, once, however many there are", function* () {
    const payment = yield* Payment
    const since = yield* beforeNow
    const tokens = ["tok_ok", "tok_decline", "tok_action", "tok_ok", ...Array.from({ length: 120 }, () => "tok_ok")]
    const all = yield* Effect.forEach(tokens, (token) => prepared(token))
    yield* Effect.forEach(all, (one) => payment.confirm(one), { concurrency: 8 })
    const [paid, declined, acting, returned] = all.slice(0, 4) as [
      Confirmation,
      Confirmation,
      Confirmation,
      Confirmation,
    ]
    yield* payment.refund(returned.ref, returned.money, `${returned.key}:refund:1`)
    const found = Map.groupBy(yield* books(since), ({ key }) => key)
    const { amount, currency } = MONEY
    for (const [{ key, ref }, state, captured, refunded] of [
      [paid, "charged", amount, 0],
      [declined, "declined", 0, 0],
      [acting, "open", 0, 0],
      [returned, "charged", amount, amount],
    ] as const)
      expect(found.get(key)).toEqual([{ key, ref, state, currency, captured, refunded }])
    for (const { key } of all) expect(found.get(key)).toHaveLength(1)
  }),

  check("leaves out of its books what was begun before the time that is asked for", function* () {
    const payment = yield* Payment
    const one = yield* prepared("tok_ok")
    yield* payment.confirm(one)
    const later = Date.now() + 3_600_000
    expect((yield* books(later)).map(({ key }) => key)).not.toContain(one.key)
  }),
]

export const paymentContract = (name: string, adapter: Layer.Layer<Payment, unknown>): void =>
  runAll(`a payment provider (${name})`, checks, adapter)
