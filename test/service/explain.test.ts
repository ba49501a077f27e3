/** What a real service says of an order that it accepted, and of one that it refused. */
import { afterAll, expect, it } from "vitest"
import * as Lane from "../../src/domain/lane.ts"
import { freshDatabase } from "../support/postgres.ts"
import { freshId } from "../support/scribe.ts"
import { killAll, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

const explain = (service: Service, id: string) => service.get(`/v1/orders/${id}/explain`)

const place = (
  service: Service,
  customerId: string,
  lines: ReadonlyArray<readonly [product: string, quantity: number]>,
) =>
  service.post(
    "/v1/orders",
    { customerId, lines: lines.map(([productId, quantity]) => ({ productId, quantity })), payment: "later" },
    { "idempotency-key": freshId() },
  )

/** The movement that an order made of a product, as the product's own ledger has it. */
const movementOf = async (service: Service, product: string, orderId: string) => {
  const { body } = await service.get(`/v1/products/${product}/stock/movements?limit=100`)
  return body.data.find((each: { readonly orderId: string; readonly type: string }) => each.orderId === orderId)
}

it("says of an accepted order what it was decided on, also after a restart and with other orders beside it", async () => {
  const database = await freshDatabase()
  const service = await start({ DATABASE_URL: database, WORKERS: "2", HTTP_THREADS: "1" })
  const [bread, milk] = await Trade.times(2, () => Trade.create(service, 100, { purchaseLimit: 5 }))
  // Units of an order that was cancelled are not counted any more.
  const cancelled = (await place(service, "mina", [[bread!, 3]])).body.id
  expect((await service.post(`/v1/orders/${cancelled}/cancel`, {})).status).toBe(200)
  await until("its end is in the timeline", async () =>
    (await service.get(`/v1/orders/${cancelled}/timeline`)).text.includes("cancelled"),
  )
  await place(service, "mina", [[bread!, 1]])
  const crowd = await Promise.all(Array.from({ length: 20 }, (_, n) => place(service, `c${n}`, [[bread!, 1]])))
  expect(crowd.map(({ status }) => status)).toEqual(crowd.map(() => 202))
  const both = await place(service, "mina", [
    [milk!, 2],
    [bread!, 3],
  ])
  expect(both.status, both.text).toBe(202)
  const { id } = both.body
  const said = await explain(service, id)
  expect(said.status, said.text).toBe(200)
  expect(said.body).toMatchObject({ orderId: id, outcome: "accepted", lane: Lane.of(id), traceId: null })
  expect(said.body.sequence).toBeGreaterThan(0)
  expect(said.body.batch).toEqual({ id: expect.stringMatching(/^\d+$/), place: 1, size: 1 })
  expect(Date.parse(said.body.decidedAt)).toBeGreaterThanOrEqual(Date.parse(both.body.createdAt))
  const expected = [
    [milk!, 2, 2],
    [bread!, 3, 4],
  ] as const
  for (const [index, [product, quantity, counted]] of expected.entries()) {
    const { onHand, reserved, version } = await movementOf(service, product, id)
    expect(said.body.lines[index]).toEqual({
      productId: product,
      lane: Lane.of(product as never),
      quantity,
      version,
      stock: {
        before: { onHand, reserved: reserved - quantity, available: onHand - reserved + quantity },
        after: { onHand, reserved, available: onHand - reserved },
      },
      purchaseLimit: { limit: 5, counted },
    })
  }
  // Of those that were placed at once some shared a commit: each has a place of its own in it.
  const batches = await Promise.all(crowd.map(async ({ body }) => (await explain(service, body.id)).body))
  const places = batches.map(({ batch, lane }) => `${lane} ${batch.id} ${batch.place}`)
  expect(new Set(places).size).toBe(crowd.length)
  expect(batches.every(({ batch }) => batch.place <= batch.size)).toBe(true)
  await service.stop()
  const again = await start({ DATABASE_URL: database, WORKERS: "1" })
  expect((await explain(again, id)).body).toEqual(said.body)
  expect((await explain(again, freshId())).body.code).toBe("order-not-found")
})

it("says of a refused order, by the id of its request, what it was refused on", async () => {
  const service = await start({ DATABASE_URL: await freshDatabase(), WORKERS: "1", HTTP_THREADS: "1" })
  const product = await Trade.create(service, 2, { purchaseLimit: 5 })
  const refused = await place(service, "mina", [[product, 3]])
  expect(refused.body.code).toBe("insufficient-stock")
  const said = await service.get(`/v1/requests/${refused.headers.get("x-request-id")}/explain`)
  expect(said.status, said.text).toBe(200)
  expect(said.body).toMatchObject({
    requestId: refused.headers.get("x-request-id"),
    outcome: "refused",
    code: "insufficient-stock",
    detail: refused.body.detail,
    traceId: null,
    lines: [{ productId: product, lane: Lane.of(product as never), quantity: 3, available: 2 }],
  })
  const limited = await place(service, "mina", [[product, 6]])
  expect(limited.body.code).toBe("purchase-limit-exceeded")
  const why = await service.get(`/v1/requests/${limited.headers.get("x-request-id")}/explain`)
  expect(why.body.lines[0].purchaseLimit).toEqual({ limit: 5, counted: 0 })
  expect((await service.get("/v1/requests/never/explain")).body.code).toBe("request-not-found")
})
