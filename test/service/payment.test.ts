/**
 * Paying: in time, too late, not at all, and unheard of. On one worker, and on three. Restarts: `payment-restarts.test.ts`. Each test
 * has a product of its own, and most of them wait: they run side by side.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { type Answer, killAll, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

const stockOf = (onHand: number, reserved = 0): Trade.Stock => ({ onHand, reserved, available: onHand - reserved })

/** What one customer does with one product, of which there are ten. */
const shopping = async (service: Service) => {
  const product = await Trade.create(service, 10)
  const wish = (payment: Trade.Wish["payment"]): Trade.Wish => ({
    lines: [{ productId: product, quantity: 2 }],
    ...(payment === undefined ? {} : { payment }),
  })
  return {
    order: (payment?: Trade.Wish["payment"], key = Trade.newKey(), headers: Record<string, string> = {}) =>
      Trade.order(service, wish(payment), key, headers),
    pay: ({ body }: Answer, token?: string, headers: Record<string, string> = {}) =>
      service.post(`/v1/orders/${body.id}/pay`, token === undefined ? {} : { token }, headers),
    cancel: ({ body }: Answer, headers: Record<string, string> = {}) =>
      service.post(`/v1/orders/${body.id}/cancel`, undefined, headers),
    becomes: (status: string, { body }: Answer) =>
      until(`the order is ${status}`, async () => (await Trade.status(service, body.id)) === status),
    stock: () => Trade.stock(service, product),
    movements: () => Trade.movements(service, product),
    detail: async ({ body }: Answer) => (await service.get(`/v1/orders/${body.id}`)).body,
    status: ({ body }: Answer) => Trade.status(service, body.id),
  }
}

const expectProblem = (answer: Answer, status: number, code: string) => {
  expect([answer.status, answer.body.code]).toEqual([status, code])
  expect(answer.headers.get("content-type")).toContain("application/problem+json")
}

const expectReplay = (replay: Answer, first: Answer) => {
  expect([replay.status, replay.text]).toEqual([first.status, first.text])
  expect(first.headers.get("idempotent-replayed")).toBeNull()
  expect(replay.headers.get("idempotent-replayed")).toBe("true")
}

const served = (env: Readonly<Record<string, string>>) => {
  let database: string
  let service: Service
  beforeAll(async () => {
    database = await freshDatabase()
    service = await start({ DATABASE_URL: database, ...env })
  })
  afterAll(async () => {
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    await Trade.verify(database)
  })
  return { shopping: () => shopping(service), now: () => service }
}

/** Whatever the outcome will be: 202 now, and the replay stays the 202 for good. */
const soldLater = async (shop: ReturnType<typeof served>, token: string, end: "paid" | "payment_failed") => {
  const { order, becomes, stock, movements } = await shop.shopping()
  const key = Trade.newKey()
  const accepted = await order({ token }, key)
  expect([accepted.status, accepted.body.status]).toEqual([202, "reserved"])
  await becomes(end, accepted)
  expect(await stock()).toEqual(stockOf(end === "paid" ? 8 : 10))
  expectReplay(await order({ token }, key), accepted)
  expect(await movements()).toEqual(["created", "reserved", end === "paid" ? "confirmed" : "released"])
}

const inTime = (workers: number) =>
  describe.concurrent("paying in time, or with an unknown outcome", () => {
    // So long a deadline that a busy machine makes no 202 of a 201.
    const shop = served({ WORKERS: String(workers), PAYMENT_DEADLINE_MS: "30000" })

    it.each([undefined, "tok_ok", "tok_delay_300"])("answers 201 paid, and the units have left: %s", async (token) => {
      const { order, stock, status, movements } = await shop.shopping()
      const paid = await order(token === undefined ? undefined : { token })
      expect([paid.status, paid.body.status]).toEqual([201, "paid"])
      expect(paid.body.total).toEqual({ amount: 2_500, currency: "EUR" })
      expect(await status(paid)).toBe("paid")
      expect(await stock()).toEqual(stockOf(8))
      expect(await movements()).toEqual(["created", "reserved", "confirmed"])
    })

    it("answers 402 to a decline, with the order's id, and the units are free again", async () => {
      const { order, stock, status, movements } = await shop.shopping()
      const declined = await order({ token: "tok_decline" })
      expectProblem(declined, 402, "payment-declined")
      expect(await status({ ...declined, body: { id: declined.body.orderId } })).toBe("payment_failed")
      expect(await stock()).toEqual(stockOf(10))
      expect(await movements()).toEqual(["created", "reserved", "released"])
    })

    it("keeps a declined order that asked for it, shows why, and is paid by the next attempt; the replay stays the 202", async () => {
      const { order, pay, status, detail, stock } = await shop.shopping()
      const key = Trade.newKey()
      const wish = { token: "tok_decline", onDecline: "keep" } as const
      const kept = await order(wish, key)
      expect([kept.status, kept.body.status]).toEqual([202, "reserved"])
      expectReplay(await order(wish, key), kept)
      expect(await detail(kept)).toMatchObject({
        payment: { status: "declined", attempts: 1, lastError: "insufficient_funds" },
      })
      expect((await pay(kept, "tok_ok")).status).toBe(200)
      expect(await status(kept)).toBe("paid")
      expect(await detail(kept)).toMatchObject({ payment: { status: "charged", attempts: 2 } })
      expect(await stock()).toEqual(stockOf(8))
    })

    it("ends a kept order with the decline of its last attempt, or with one that is final", async () => {
      const { order, pay, stock } = await shop.shopping()
      const kept = await order({ token: "tok_decline", onDecline: "keep" })
      expect((await pay(kept, "tok_decline")).status).toBe(202)
      expectProblem(await pay(kept, "tok_decline"), 402, "payment-declined")
      expectProblem(await order({ token: "tok_decline_final", onDecline: "keep" }), 402, "payment-declined")
      expect(await stock()).toEqual(stockOf(10))
    })

    it("shows what the buyer has to do, and pays when they have done it; a cancelled order shows its refund", async () => {
      const { order, becomes, cancel, detail } = await shop.shopping()
      const asked = await order({ token: "tok_action_1500" })
      expect([asked.status, asked.body.status]).toEqual([202, "reserved"])
      expect(await detail(asked)).toMatchObject({
        payment: { status: "action-required", attempts: 1, action: { kind: "redirect", url: expect.any(String) } },
      })
      await becomes("paid", asked)
      expect((await cancel(asked)).status).toBe(200)
      await until("it is refunded", async () => (await detail(asked)).payment.status === "refunded")
      expect((await detail(asked)).refund).toEqual({ due: 0, done: asked.body.total.amount })
    })

    it("replays a 201 byte for byte, also after the order was cancelled", async () => {
      const { order, cancel, stock } = await shop.shopping()
      const key = Trade.newKey()
      const paid = await order(undefined, key)
      expectReplay(await order(undefined, key), paid)
      expect((await cancel(paid)).status).toBe(200)
      expectReplay(await order(undefined, key), paid)
      expect(await stock()).toEqual(stockOf(10))
    })

    it("replays a 402: same order, nothing tried again", async () => {
      const { order, movements } = await shop.shopping()
      const key = Trade.newKey()
      const declined = await order({ token: "tok_decline" }, key)
      const replay = await order({ token: "tok_decline" }, key)
      expectProblem(replay, 402, "payment-declined")
      expect(replay.headers.get("idempotent-replayed")).toBe("true")
      expect(replay.body.orderId).toBe(declined.body.orderId)
      expect(await movements()).toEqual(["created", "reserved", "released"])
    })

    it("answers 202 at once to who prefers so, and pays in the background; the replay stays the 202", async () => {
      const { order, becomes, stock } = await shop.shopping()
      const key = Trade.newKey()
      const prefer = { prefer: "respond-async" }
      const accepted = await order({ token: "tok_delay_300" }, key, prefer)
      expect([accepted.status, accepted.body.status]).toEqual([202, "reserved"])
      await becomes("paid", accepted)
      expect(await stock()).toEqual(stockOf(8))
      expectReplay(await order({ token: "tok_delay_300" }, key, prefer), accepted)
    })

    it("holds for who pays later, and takes the money when asked", async () => {
      const { order, pay, stock, status } = await shop.shopping()
      const held = await order("later")
      expect([held.status, held.body.status]).toEqual([202, "reserved"])
      expect(Date.parse(held.body.expiresAt)).toBeGreaterThan(Date.parse(held.body.createdAt))
      expect(await stock()).toEqual(stockOf(10, 2))
      const key = { "idempotency-key": Trade.newKey() }
      const paid = await pay(held, undefined, key)
      expect([paid.status, paid.body.status]).toEqual([200, "paid"])
      expectReplay(await pay(held, undefined, key), paid)
      expect(await status(held)).toBe("paid")
      expect(await stock()).toEqual(stockOf(8))
      // Paid is paid: asking again charges no one.
      expect((await pay(held, "tok_decline")).status).toBe(200)
    })

    it("ends a held order whose payment is declined", async () => {
      const { order, pay, stock, status } = await shop.shopping()
      const held = await order("later")
      const declined = await pay(held, "tok_decline")
      expectProblem(declined, 402, "payment-declined")
      expect(declined.body.orderId).toBe(held.body.id)
      expect(await status(held)).toBe("payment_failed")
      expect(await stock()).toEqual(stockOf(10))
      expectProblem(await pay(held), 409, "not-payable")
    })

    it("pays a held order once, however many ask at the same time", async () => {
      const { order, pay, becomes, movements } = await shop.shopping()
      const held = await order("later")
      const answers = await Trade.times(20, () => pay(held, "tok_delay_300"))
      const { 200: paid = 0, "409 payment-in-progress": waiting = 0 } = Trade.tally(answers)
      expect([paid, waiting]).toEqual([1, 19])
      await becomes("paid", held)
      expect(await movements()).toEqual(["created", "reserved", "confirmed"])
    })

    it("cancels what is reserved, and says the same when asked again", async () => {
      const { order, cancel, pay, stock, movements } = await shop.shopping()
      const held = await order("later")
      const cancelled = await cancel(held)
      expect([cancelled.status, cancelled.body.status]).toEqual([200, "cancelled"])
      expect(await stock()).toEqual(stockOf(10))
      expect((await cancel(held)).text).toBe(cancelled.text)
      expect(await movements()).toEqual(["created", "reserved", "released"])
      expectProblem(await pay(held), 409, "not-payable")
    })

    it("cancels what is paid: the units are back, once", async () => {
      const { order, cancel, stock, movements, status, detail } = await shop.shopping()
      const paid = await order()
      const key = { "idempotency-key": Trade.newKey() }
      const cancelled = await cancel(paid, key)
      expect([cancelled.status, cancelled.body.status]).toEqual([200, "cancelled"])
      expectReplay(await cancel(paid, key), cancelled)
      expect((await cancel(paid)).text).toBe(cancelled.text)
      expect(await status(paid)).toBe("cancelled")
      expect(await stock()).toEqual(stockOf(10))
      expect(await movements()).toEqual(["created", "reserved", "confirmed", "restocked"])
      const refunded = /jaego_dependency_calls_total\{dependency="payment",call="refund",outcome="refunded"\} [1-9]/
      await until("it is refunded", async () => (await detail(paid)).payment.status === "refunded")
      await until("the refund was made", async () => refunded.test((await shop.now().get("/metrics")).text))
    })

    it("cancels nothing while a charge is pending", async () => {
      const { order, cancel, stock, status, becomes } = await shop.shopping()
      const pending = await order({ token: "tok_delay_1500" }, Trade.newKey(), { prefer: "respond-async" })
      expect(pending.status).toBe(202)
      expectProblem(await cancel(pending), 409, "payment-in-progress")
      expect(await status(pending)).toBe("reserved")
      expect(await stock()).toEqual(stockOf(10, 2))
      await becomes("paid", pending)
      expect((await cancel(pending)).status).toBe(200)
      expect(await stock()).toEqual(stockOf(10))
    })

    it("pays and cancels an order whose products lie on different workers", async () => {
      const service = shop.now()
      const pair = await Trade.createApart(service, workers, { onHand: 10 }, { onHand: 10 })
      const lines = pair.map((productId) => ({ productId, quantity: 2 }))
      const held = await Trade.order(service, { lines, payment: "later" })
      for (const product of pair) expect(await Trade.stock(service, product)).toEqual(stockOf(10, 2))
      expect((await service.post(`/v1/orders/${held.body.id}/pay`, {})).status).toBe(200)
      for (const product of pair) expect(await Trade.stock(service, product)).toEqual(stockOf(8))
      expect((await service.post(`/v1/orders/${held.body.id}/cancel`)).status).toBe(200)
      for (const product of pair) expect(await Trade.stock(service, product)).toEqual(stockOf(10))
      const declined = await Trade.order(service, { lines, payment: { token: "tok_decline" } })
      expectProblem(declined, 402, "payment-declined")
      for (const product of pair) expect(await Trade.stock(service, product)).toEqual(stockOf(10))
    })

    it("answers 202 at once, finds out that it was charged, and the replay stays the 202", () =>
      soldLater(shop, "tok_unknown_charged", "paid"))

    it("answers 202 to an unknown outcome that turns out to be a decline; the replay stays the 202", () =>
      soldLater(shop, "tok_unknown_declined", "payment_failed"))
  })

const tooLate = (workers: number) =>
  describe.concurrent("paying too late for the answer", () => {
    // Shorter than any charge of these tests takes.
    const shop = served({ WORKERS: String(workers), PAYMENT_DEADLINE_MS: "50" })

    it("answers 202, pays in the background, and the replay stays the 202", () =>
      soldLater(shop, "tok_delay_1000", "paid"))

    it("answers 202 to a late payment of a held order", async () => {
      const { order, pay, becomes, stock } = await shop.shopping()
      const held = await order("later")
      const key = { "idempotency-key": Trade.newKey() }
      const accepted = await pay(held, "tok_delay_1000", key)
      expect([accepted.status, accepted.body.status]).toEqual([202, "reserved"])
      await becomes("paid", held)
      expectReplay(await pay(held, "tok_delay_1000", key), accepted)
      expect(await stock()).toEqual(stockOf(8))
    })
  })

const ended = (workers: number) =>
  describe.concurrent("holds that end", () => {
    const shop = served({
      WORKERS: String(workers),
      PAYMENT_DEADLINE_MS: "50",
      HOLD_SECONDS: "1",
      PAYMENT_GRACE_SECONDS: "1",
    })

    // Alone: a request of another test would wake the owner.
    it("expire by themselves: without a request to the owner the units are free again", {
      concurrent: false,
    }, async () => {
      const { order, pay, cancel, movements, status, stock } = await shop.shopping()
      const held = await order("later")
      expect(held.status).toBe(202)
      // Read from the tables, so that this does not wake the product's owner.
      await until("the hold has ended", async () => (await movements()).includes("expired"))
      expect(await status(held)).toBe("expired")
      expect(await stock()).toEqual(stockOf(10))
      expectProblem(await pay(held), 409, "not-payable")
      expectProblem(await cancel(held), 409, "not-cancellable")
      expect(await movements()).toEqual(["created", "reserved", "expired"])
    })

    it("expire on all workers of their order", async () => {
      const service = shop.now()
      const pair = await Trade.createApart(service, workers, { onHand: 10 }, { onHand: 10 })
      const lines = pair.map((productId) => ({ productId, quantity: 2 }))
      expect((await Trade.order(service, { lines, payment: "later" })).status).toBe(202)
      for (const product of pair) {
        await until("the hold has ended", async () => (await Trade.movements(service, product)).includes("expired"))
        expect(await Trade.stock(service, product)).toEqual(stockOf(10))
      }
    })

    it("wait for a pending charge, but not beyond the grace: it is voided, and the units are free again", async () => {
      const { order, cancel, movements, status, stock } = await shop.shopping()
      const pending = await order({ token: "tok_delay_60000" })
      expect(pending.status).toBe(202)
      const ended = await until("the hold has ended", async () => (await movements()).includes("expired") && Date.now())
      // Hold and grace, one second each.
      expect(ended - Date.parse(pending.body.createdAt)).toBeGreaterThanOrEqual(2_000)
      expect(await status(pending)).toBe("expired")
      expect(await stock()).toEqual(stockOf(10))
      expectProblem(await cancel(pending), 409, "not-cancellable")
    })
  })

describe.each([1, 3])("with %i worker(s)", (workers) => {
  inTime(workers)
  tooLate(workers)
  ended(workers)
})
