/**
 * Things that run out, wanted by many at once: sold exactly as often as there are. On one worker, and on three, and without
 * owners, by one transaction a command; and asked through several HTTP threads.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { runs } from "../support/runs.ts"
import { killAll, type Service, start } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

const SOLD_OUT = "409 insufficient-stock"

afterAll(killAll)

describe.each([
  [1, "actors", 0],
  [3, "actors", 0],
  [3, "actors", 2],
  [1, "atomic", 0],
])("a hot product, with %i worker(s), %s, %i HTTP threads", (workers, inventory, http) => {
  let database: string
  let service: Service
  beforeAll(async () => {
    database = await freshDatabase()
    // So long a patience that a busy machine makes no 202 of a 201.
    const env = { WORKERS: String(workers), INVENTORY: inventory, HTTP_THREADS: String(http) }
    service = await start({ DATABASE_URL: database, PAYMENT_DEADLINE_MS: "30000", ...env })
  })
  afterAll(async () => {
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    await Trade.verify(database)
  })

  it.each(["once", "twice", "three times"].slice(0, runs(1, 3)))(
    "sells 50 units to 400 buyers as 50 orders: %s",
    async () => {
      const product = await Trade.create(service, 50)
      const answers = await Trade.times(400, (index) => Trade.buy(service, product, { customerId: `buyer-${index}` }))
      expect(Trade.tally(answers)).toEqual({ 201: 50, [SOLD_OUT]: 350 })
      expect(await Trade.stock(service, product)).toEqual({ onHand: 0, reserved: 0, available: 0 })
      const sold = answers.filter(({ status }) => status === 201).map(({ body }) => body.id)
      expect((await Trade.ordersOf(service, product)).map(({ id }) => id).toSorted()).toEqual(sold.toSorted())
    },
  )

  it("makes one order of a hundred racing requests with one key, and replays its answer byte for byte", async () => {
    const product = await Trade.create(service, 1_000)
    const key = Trade.newKey()
    const wish = { lines: [{ productId: product, quantity: 3 }] }
    const answers = await Trade.times(100, () => Trade.order(service, wish, key))
    const { 201: accepted = 0, "409 idempotency-in-progress": early = 0 } = Trade.tally(answers)
    expect(accepted + early).toBe(100)
    const acceptances = answers.filter(({ status }) => status === 201)
    expect(new Set(acceptances.map(({ text }) => text)).size).toBe(1)
    expect(acceptances.filter(({ headers }) => headers.get("idempotent-replayed") === null)).toHaveLength(1)
    const later = await Trade.order(service, wish, key)
    expect(later.status).toBe(201)
    expect(later.headers.get("idempotent-replayed")).toBe("true")
    expect(later.text).toBe(acceptances[0]!.text)
    expect(await Trade.stock(service, product)).toEqual({ onHand: 997, reserved: 0, available: 997 })
    expect(await Trade.ordersOf(service, product)).toHaveLength(1)
  })

  it("makes one order of racing requests with one key whose products lie on different workers", async () => {
    const [one, two] = await Trade.createApart(service, workers, { onHand: 100 }, { onHand: 100 })
    const key = Trade.newKey()
    const wish = { lines: [one, two].map((productId) => ({ productId, quantity: 2 })) }
    const answers = await Trade.times(50, () => Trade.order(service, wish, key))
    const { 201: accepted = 0, "409 idempotency-in-progress": early = 0 } = Trade.tally(answers)
    expect([accepted > 0, accepted + early]).toEqual([true, 50])
    expect((await Trade.order(service, wish, key)).headers.get("idempotent-replayed")).toBe("true")
    for (const product of [one, two])
      expect(await Trade.stock(service, product)).toEqual({ onHand: 98, reserved: 0, available: 98 })
  })

  it("refuses a key with another body, also one that only differs in a quantity", async () => {
    const product = await Trade.create(service, 10)
    const key = Trade.newKey()
    const wish = (quantity: number) => ({ lines: [{ productId: product, quantity }] })
    expect((await Trade.order(service, wish(1), key)).status).toBe(201)
    const other = await Trade.order(service, wish(2), key)
    expect([other.status, other.body.code]).toEqual([422, "idempotency-key-reused"])
    expect(await Trade.stock(service, product)).toEqual({ onHand: 9, reserved: 0, available: 9 })
  })

  it("binds no key with a refusal: the same request succeeds once there are goods", async () => {
    const product = await Trade.create(service, 0)
    const key = Trade.newKey()
    const wish = { lines: [{ productId: product, quantity: 1 }] }
    const refused = await Trade.order(service, wish, key)
    expect([refused.status, refused.body.code, refused.body.available]).toEqual([409, "insufficient-stock", 0])
    const receipts = `/v1/products/${product}/stock/receipts`
    const received = await service.post(receipts, { quantity: 1 }, { "idempotency-key": Trade.newKey() })
    expect(received.status).toBe(200)
    expect((await Trade.order(service, wish, key)).status).toBe(201)
    expect(await Trade.stock(service, product)).toEqual({ onHand: 0, reserved: 0, available: 0 })
  })

  it("takes two lines of one product as one, and refuses them together", async () => {
    const product = await Trade.create(service, 10)
    const twoLines = (first: number, second: number) =>
      Trade.order(service, { lines: [first, second].map((quantity) => ({ productId: product, quantity })) })
    const accepted = await twoLines(4, 5)
    expect(accepted.status).toBe(201)
    expect(accepted.body.lines).toMatchObject([{ productId: product, quantity: 9 }])
    const refused = await twoLines(1, 1)
    expect([refused.status, refused.body.code, refused.body.available]).toEqual([409, "insufficient-stock", 1])
    expect(await Trade.stock(service, product)).toEqual({ onHand: 1, reserved: 0, available: 1 })
  })

  it("sells pairs from different workers all or nothing, as many as the scarcer one allows", async () => {
    const [plenty, scarce] = await Trade.createApart(service, workers, { onHand: 100 }, { onHand: 30 })
    const answers = await Trade.times(100, (index) => {
      const pair = index % 2 === 0 ? [plenty, scarce] : [scarce, plenty]
      return Trade.order(service, { lines: pair.map((productId) => ({ productId, quantity: 1 })) })
    })
    expect(Trade.tally(answers)).toEqual({ 201: 30, [SOLD_OUT]: 70 })
    expect(await Trade.stock(service, scarce)).toEqual({ onHand: 0, reserved: 0, available: 0 })
    expect(await Trade.stock(service, plenty)).toEqual({ onHand: 70, reserved: 0, available: 70 })
  })

  it("takes nothing for an order of which one product does not exist", async () => {
    const product = await Trade.create(service, 5)
    const unknown = `${product.slice(0, -3)}${product.endsWith("000") ? "001" : "000"}`
    const refused = await Trade.order(service, {
      lines: [product, unknown].map((productId) => ({ productId, quantity: 1 })),
    })
    expect([refused.status, refused.body.code]).toEqual([404, "product-not-found"])
    expect(await Trade.stock(service, product)).toEqual({ onHand: 5, reserved: 0, available: 5 })
  })

  it("keeps to a purchase limit that one customer races against, and a cancelled order gives the right back", async () => {
    const product = await Trade.create(service, 1_000, { purchaseLimit: 2 })
    const race = (count: number) => Trade.times(count, () => Trade.buy(service, product, { customerId: "greedy" }))
    const answers = await race(50)
    expect(Trade.tally(answers)).toEqual({ 201: 2, "409 purchase-limit-exceeded": 48 })
    expect((await Trade.buy(service, product, { customerId: "modest", quantity: 2 })).status).toBe(201)
    const { id } = answers.find(({ status }) => status === 201)!.body
    expect((await service.post(`/v1/orders/${id}/cancel`)).status).toBe(200)
    expect(Trade.tally(await race(20))).toEqual({ 201: 1, "409 purchase-limit-exceeded": 19 })
    expect(await Trade.stock(service, product)).toEqual({ onHand: 996, reserved: 0, available: 996 })
  })

  it("keeps to a purchase limit inside orders that span workers", async () => {
    const [limited, free] = await Trade.createApart(
      service,
      workers,
      { onHand: 100, purchaseLimit: 2 },
      { onHand: 100 },
    )
    const lines = [limited, free].map((productId) => ({ productId, quantity: 1 }))
    const answers = await Trade.times(30, () => Trade.order(service, { customerId: "greedy", lines }))
    expect(Trade.tally(answers)).toEqual({ 201: 2, "409 purchase-limit-exceeded": 28 })
    for (const product of [limited, free])
      expect(await Trade.stock(service, product)).toEqual({ onHand: 98, reserved: 0, available: 98 })
  })
})
